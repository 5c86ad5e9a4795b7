"""Every task of a family: where a student stands beside its teacher.

A panel per student, a line per task. The square is the teacher with all its steps, the
ring the teacher at one, the dot the student; the bar between square and dot is what is
lost (red) or won (blue). Tasks stand in order of the family's parts, within a part by
the teacher's success.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from onehop_evaluate import save

from ._family import FamilyRow, parts_of
from ._finished import Finished
from ._panels import COLUMNS

__all__ = ["draw_family", "in_order"]

LOST, WON, TEACHER = "#cb181d", "#2171b5", "#555555"


def draw_family(
    rows: Sequence[FamilyRow], studies: Sequence[Finished], path: Path
) -> None:
    """The picture; without students, the teacher alone."""
    of = {row.role: row for row in rows if row.role != "student"}
    names = in_order(studies, of["full"].tasks if "full" in of else {})
    shown = [row for row in rows if row.role == "student"] or list(rows[:1])
    columns = min(len(shown), COLUMNS)
    lines = -(-len(shown) // columns)
    height = (0.16 * len(names) + 0.9) * lines
    figure = Figure(figsize=(2.2 + 2.0 * columns, height), layout="constrained")
    grid: Any = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True)
    for axes in list(grid.flat)[len(shown) :]:
        axes.set_axis_off()
    for row, axes in zip(shown, grid.flat, strict=False):
        _panel(axes, row, of, names)
    save(figure, path)


def in_order(studies: Sequence[Finished], success: Mapping[str, float]) -> list[str]:
    """Names of the studies, by part, then from the teacher's best to its worst."""
    parts = parts_of(studies) or [studies[0].part]
    by = sorted(studies, key=lambda s: (parts.index(s.part), -success.get(s.name, 0.0)))
    return [study.name for study in by]


def _panel(
    axes: Axes, row: FamilyRow, of: Mapping[str, FamilyRow], names: Sequence[str]
) -> None:
    for role, marker, filled in (("full", "s", True), ("one", "o", False)):
        if role in of:
            at = [
                (of[role].tasks[n], i)
                for i, n in enumerate(names)
                if n in of[role].tasks
            ]
            x, y = zip(*at, strict=True)
            face = TEACHER if filled else "none"
            axes.scatter(x, y, 14, marker=marker, facecolors=face, edgecolors=TEACHER)
    for i, name in enumerate(names):
        if name not in row.tasks:
            continue
        own = row.tasks[name]
        reference = of["full"].tasks.get(name, own) if "full" in of else own
        colour = LOST if own < reference else WON
        axes.plot([reference, own], [i, i], color=colour, linewidth=1.0, zorder=1)
        axes.plot([own], [i], "o", color=colour, markersize=4)
    axes.set_title(f"{row.name}: {row.success.value:.2f}", fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=6)
    axes.set(xlim=(-0.03, 1.03), ylim=(len(names) - 0.5, -0.5))
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(axis="y", linewidth=0.3)
