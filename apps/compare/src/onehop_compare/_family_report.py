"""What a family leaves in its folder.

table.md        what policies achieve over its tasks, at each, and beside each other
results.json    the same, unrounded
picture.png     every task: teacher and student
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from onehop_evaluate import Estimate
from onehop_interfaces import whole_file

from ._family import FamilyRow
from ._family_picture import draw_family
from ._family_table import FamilyTable

__all__ = ["report_family"]


def report_family(
    out: Path, family: str, judged: str, provenance: Mapping[str, Any]
) -> bool:
    """The table of what studies have left; whether any is finished.

    Args:
        out: Where the studies' folders are, and the family's will be.
        family: Its name.
        judged: Name of the folder of a table.
        provenance: Of the present process.

    Raises:
        BadInput: if a study's results are none.
    """
    table = FamilyTable.of(out, family, judged)
    if table is None:
        return False
    folder = out / family / judged
    with whole_file(folder / "table.md") as file:
        file.write_text(table.markdown(), "utf-8")
    with whole_file(folder / "results.json") as file:
        found = json.dumps(_results(table, provenance), allow_nan=False)
        file.write_text(found, "utf-8")
    draw_family(table.rows, table.studies, folder / "picture.png")
    console = Console()
    console.print(table.terminal())
    console.print(str(table), highlight=False)
    print(folder / "table.md")
    return True


def _results(table: FamilyTable, provenance: Mapping[str, Any]) -> dict[str, Any]:
    most = table.most
    return {
        "format": "onehop-family",
        "version": 1,
        "family": table.family,
        "judged": table.judged,
        "studies_of_family": table.of_all,
        "studies": {
            s.name: {"part": s.part, "episodes": s.episodes, "onehop": s.onehop}
            for s in table.studies
        },
        "rows": [_row(row) for row in table.rows],
        "pairs": [
            {**pair._asdict(), "difference": _plain(pair.difference)}
            for pair in table.pairs
        ],
        "peak": None if most is None else {"bytes": most.memory, "cell": most.cell},
        "provenance": dict(provenance),
    }


def _row(row: FamilyRow) -> dict[str, Any]:
    return {
        "policy": row.name,
        "role": row.role,
        "nfe": row.nfe,
        "tasks": len(row.tasks),
        "success": _plain(row.success),
        "parts": {part: _plain(value) for part, value in row.parts.items()},
        "versus_full": _plain(row.versus_full),
        "versus_one": _plain(row.versus_one),
        "kept": _plain(row.kept),
        "deciding_p50_seconds": row.pace.deciding,
        "sensing_p50_seconds": row.pace.sensing,
        "decisions_per_second": row.pace.hertz,
        "success_at": dict(row.tasks),
    }


def _plain(value: Estimate | None) -> dict[str, float] | None:
    return None if value is None else value._asdict()
