"""Collect demonstrations in parallel."""

from ._collection import Collection as Collection

__version__ = "0.1.0"
