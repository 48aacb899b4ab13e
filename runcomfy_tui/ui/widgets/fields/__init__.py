"""The form that a model's input schema asks for: one module per kind of field."""
