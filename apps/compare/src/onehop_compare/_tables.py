"""Which tables there are: from where episodes begin, and how plans are chosen."""

from __future__ import annotations

from typing import NamedTuple

from onehop_tasks import Choice

__all__ = ["Table"]


class Table(NamedTuple):
    """What a table is of.

    Attributes:
        starts: The name of the starts.
        choice: How policies come by the plan that they carry out.
    """

    starts: str
    choice: Choice = Choice()
