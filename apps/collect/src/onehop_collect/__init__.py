"""Collect demonstrations in parallel."""

from ._collection import Collection as Collection
from ._source import Source as Source
from ._source import avoiding as avoiding
from ._source import pusht as pusht

__version__ = "0.1.0"
