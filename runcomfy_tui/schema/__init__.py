"""From a model's input_schema to a form, and the one judge of what is valid. Pure; no I/O."""
