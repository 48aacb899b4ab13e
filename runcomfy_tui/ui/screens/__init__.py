"""Screens: they answer messages and start work."""
