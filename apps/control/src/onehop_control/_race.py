"""The race of a bench: all policies on the first problem, from above and from ahead.

Time runs as it ran on the virtual clock, `FASTER` times as fast, so that whoever
decides late is seen to be late.

Needs matplotlib: `pip install onehop-control[bench]`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter
from matplotlib.figure import Figure

from onehop_interfaces import whole_file

from ._bench import Trials
from ._contract import PERIOD, Array
from ._kept import EVERY
from ._obstacles import draw_obstacles
from ._picture import COLOURS
from ._problem import Problem

__all__ = ["race"]

FASTER = 2
LONGEST = 200
"""Pictures at most: 40 s."""


def race(trials: Trials, problem: Problem, path: Path) -> None:
    """Draw the first trial of every policy.

    Args:
        trials: In the order of the problems.
        problem: The first.
        path: The file (.gif).
    """
    figure = Figure((7.2, 4.0), dpi=80, layout="constrained")
    paths = {name: np.array(records[0].path) for name, records in trials.items()}
    drawn = [
        _runners(axes, paths, problem, up)
        for axes, up in zip(figure.subplots(1, 2), (0, 2), strict=True)
    ]
    length = min(LONGEST, max(map(len, paths.values())))

    def show(k: int) -> list[Any]:
        figure.suptitle(f"{k * EVERY * PERIOD:.1f} s")
        for runners in drawn:
            for line, points in runners:
                line.set_data(*points[: k + 1].T)
        return []

    film = FuncAnimation(figure, show, frames=length)
    rate = FASTER / (EVERY * PERIOD)
    with whole_file(path) as file:
        film.save(str(file), writer=PillowWriter(fps=round(rate)))


def _runners(
    axes: Any, paths: dict[str, Array], problem: Problem, up: int
) -> list[tuple[Any, Array]]:
    """A line for each policy, its points beside it; its end is where the tool is."""
    draw_obstacles(axes, problem.scene, 1, up)
    axes.plot(problem.goal[1], problem.goal[up], "k*", markersize=9)
    made = []
    for (name, points), colour in zip(paths.items(), COLOURS, strict=False):
        style = {"color": colour, "marker": "o", "markevery": [-1], "label": name}
        (line,) = axes.plot([], [], **style)
        made.append((line, points[:, [1, up]]))
    axes.set(xlim=(-0.45, 0.45), ylim=((0.25, 0.8), (0.0, 0.65))[up == 2])
    axes.set(aspect="equal", xlabel="y [m]", ylabel="xyz"[up] + " [m]")
    if up == 0:
        axes.legend(frameon=False, fontsize="small", loc="lower right")
    return made
