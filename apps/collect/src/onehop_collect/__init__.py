"""Collect demonstrations in parallel."""

__version__ = "0.1.0"
