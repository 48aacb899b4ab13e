"""A terminal dashboard for RunComfy Model API jobs."""

__version__ = "0.1.0"
