"""A film of an episode: from above and from the side, twenty pictures a second at most.

The arm is drawn through the origins of its links, the tool's path in red, obstacles in
grey, the goal as a star. Time runs as it ran.

Needs matplotlib and imageio: `pip install onehop-control[video]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from onehop_interfaces import whole_file
from onehop_kinova_driver import Gen3, Tick

from ._contract import PERIOD, Array
from ._obstacles import draw_obstacles
from ._problem import Problem

__all__ = ["film"]

EVERY = 2
"""Of the ticks, one in so many is a picture."""
VIEWS = ((1, 0, "from above"), (1, 2, "from ahead"))
"""Coordinates to the right and upwards."""
LABELS = ("x [m]", "y [m]", "z [m]")


def film(ticks: Sequence[Tick], problem: Problem, arm: Gen3, path: Path) -> None:
    """Draw the ticks of an episode.

    Args:
        ticks: In order.
        problem: What was to be done.
        arm: Whose kinematics.
        path: The file; its suffix says of what kind, .gif or .mp4.
    """
    states = [tick.seen.state for tick in ticks if tick.seen.state is not None]
    frames = np.array([arm.frames(state.q)[:, :3, 3] for state in states[::EVERY]])
    points = np.concatenate((np.zeros((len(frames), 1, 3)), frames), 1)
    pictures = _pictures(points, problem)
    rate = 1 / (PERIOD * EVERY)
    with whole_file(path) as file:
        if path.suffix == ".gif":
            shown: dict[str, Any] = {"duration": 1e3 / rate, "loop": 0}
            iio.imwrite(file, list(pictures), **shown)
        else:
            with iio.imopen(file, "w", plugin="pyav") as out:
                out.init_video_stream("libx264", fps=rate)
                for picture in pictures:
                    out.write_frame(picture)


def _pictures(points: Array, problem: Problem) -> Iterator[NDArray[np.uint8]]:
    """One for each of (n, 9, 3): base, links, tool."""
    figure = Figure((8.0, 4.0), dpi=80, layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)  # not all of it has types
    lines = []
    for axes, (right, up, title) in zip(figure.subplots(1, 2), VIEWS, strict=True):
        draw_obstacles(axes, problem.scene, right, up)
        axes.plot(problem.goal[right], problem.goal[up], "k*", markersize=10)
        (path,) = axes.plot([], [], color="#cb181d", linewidth=1.2)
        (body,) = axes.plot([], [], "o-", color="#08306b", linewidth=3, markersize=4)
        low, high = ((-0.1, 0.9), (-0.05, 0.95))[up == 2]
        axes.set(xlim=(-0.6, 0.6), ylim=(low, high), aspect="equal", title=title)
        axes.set(xlabel=LABELS[right], ylabel=LABELS[up])
        lines.append((path, body, right, up))
    for i in range(len(points)):
        for path, body, right, up in lines:
            path.set_data(points[: i + 1, -1, right], points[: i + 1, -1, up])
            body.set_data(points[i, :, right], points[i, :, up])
        canvas.draw()
        picture = np.asarray(canvas.buffer_rgba())[..., :3]
        yield np.ascontiguousarray(picture, np.uint8)
