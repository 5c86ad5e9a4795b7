"""The picture of a bench: where the tool went, seen from above, policy by policy.

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
    figure = Figure((3.2 * len(problems), 3.8), dpi=120, layout="constrained")
    panels = figure.subplots(1, len(problems), squeeze=False, sharey=True)[0]
    for i, (problem, axes) in enumerate(zip(problems, panels, strict=True)):
        draw_obstacles(axes, problem.scene, 1, 0)
        for k, (name, records) in enumerate(trials.items()):
            points = np.array(records[i].path)
            style = "-" if records[i].outcome.success else "--"
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(points[:, 1], points[:, 0], style, color=colour, label=name)
        axes.plot(problem.goal[1], problem.goal[0], "k*", markersize=9)
        axes.set(title=f"problem {problem.seed}", xlabel="y [m]", aspect="equal")
    panels[0].set_ylabel("x [m]")
    panels[0].legend(frameon=False, fontsize="small")
    with whole_file(path) as file:
        figure.savefig(file)
