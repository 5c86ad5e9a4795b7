"""The picture of a bench: where the tool went, from above and from ahead.

Obstacles of the first problems are grey, paths that succeeded have the policy's colour,
others are dashed.

Needs matplotlib: `pip install onehop-control[bench]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from onehop_interfaces import whole_file

from ._bench import Trials
from ._obstacles import draw_obstacles
from ._problem import Problem

__all__ = ["SHOWN", "picture"]

SHOWN = 4
"""Problems that are drawn, one in a column."""
COLOURS = ("#08306b", "#cb181d", "#238b45", "#6a51a3", "#d94801", "#525252")


def picture(trials: Trials, problems: Sequence[Problem], path: Path) -> None:
    """Draw the paths of the first problems.

    Args:
        trials: In the order of the problems.
        problems: The first of them, at most `SHOWN` are drawn.
        path: The file (.png).
    """
    problems = problems[:SHOWN]
    size = 3.2 * len(problems) + 0.4, 5.6
    figure = Figure(size, dpi=120, layout="constrained")
    panels = figure.subplots(2, len(problems), squeeze=False, sharex=True, sharey="row")
    for row, up in zip(panels, (0, 2), strict=True):
        row[0].set_ylabel("xyz"[up] + " [m]")
        for i, (problem, axes) in enumerate(zip(problems, row, strict=True)):
            draw_obstacles(axes, problem.scene, 1, up)
            axes.plot(problem.goal[1], problem.goal[up], "k*", markersize=9)
            for k, (name, records) in enumerate(trials.items()):
                points = np.array(records[i].path)
                style = "-" if records[i].outcome.success else "--"
                colour = COLOURS[k % len(COLOURS)]
                axes.plot(points[:, 1], points[:, up], style, color=colour, label=name)
            axes.set_aspect("equal")
    for problem, top, bottom in zip(problems, *panels, strict=True):
        top.set_title(f"problem {problem.seed}")
        bottom.set_xlabel("y [m]")
    panels[0, 0].legend(frameon=False, fontsize="small")
    with whole_file(path) as file:
        figure.savefig(file)
