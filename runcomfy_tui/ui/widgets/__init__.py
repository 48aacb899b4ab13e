"""Widgets: they draw; attributes come down, messages go up."""
