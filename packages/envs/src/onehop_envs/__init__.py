"""Manipulation environments, demonstrators and demonstration files."""

__version__ = "0.1.0"
