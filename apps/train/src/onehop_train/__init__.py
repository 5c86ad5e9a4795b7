"""Train teachers and distil students."""

__version__ = "0.1.0"
