"""Figures of many panels, a row of the table in each."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["panels"]

COLUMNS = 6


def panels(count: int) -> tuple[Figure, list[Axes]]:
    """`count` panels, at most `COLUMNS` in a row."""
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(2.4 * columns, 2.6 * rows), layout="constrained")
    grid: Any = figure.subplots(rows, columns, squeeze=False)
    places = list(grid.flat)
    for axes in places[count:]:
        axes.set_axis_off()
    return figure, places[:count]
