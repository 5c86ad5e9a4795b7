"""Whether a study's table is there already: then policies are not timed again.

Of fifty studies the tables alone take hours, for times are measured by one process. So
each leaves a note of what it was made of: the rows, how often they were timed, and the
cells, by the seconds that each took (which no two runs have alike). A table whose note
says the same is not made again; without its folder, it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onehop_interfaces import read_json, sources_sha256, whole_file

from ._plan import Plan
from ._tables import Table

__all__ = ["Reported"]


class Reported:
    """The note of a table.

    Args:
        folder: The table's.
        plan: The study.
        table: Which.
        there: The seeds of every method that are rows.
        latency_rounds: Of timed decisions.
    """

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        table: Table,
        there: Mapping[str, Sequence[int]],
        latency_rounds: int,
    ) -> None:
        self.path = folder / "made-of.json"
        self.made_of: dict[str, Any] = {
            "sources": sources_sha256(),
            "episodes": plan.starts[table.starts],
            "latency_rounds": latency_rounds,
            "rows": {method: list(seeds) for method, seeds in there.items()},
            "cells": {cell.name: cell.took() for cell in plan.cells()},
        }

    def before(self) -> bool:
        """Whether the table was made, of the same."""
        return self.path.exists() and read_json(self.path) == self.made_of

    def now(self) -> None:
        """Leave the note; it is the last file of the folder."""
        with whole_file(self.path) as file:
            file.write_text(json.dumps(self.made_of) + "\n", "utf-8")
