"""Paths over the scene: of every method, and of a mixture's experts.

A path is the agent's position over an episode. Those of successes are coloured, those
of failures grey, and end in a cross. Of a student that is a mixture of experts a second
picture colours every stretch by the expert that decided it, as in VDD's figure 4.

References:
    | Variational Distillation of Diffusion Policies into Mixture of Experts
    | (Zhou et al., 2024), figure 4 | https://arxiv.org/abs/2406.12538
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from numpy.typing import NDArray

from onehop_evaluate import Episode, Row, chance, extent_of, save, scene
from onehop_interfaces.drawing import standard_normal
from onehop_tasks import Start, Task

from ._panels import panels

__all__ = ["draw_experts", "draw_paths", "expert_stretches"]

SHOWN = 100
"""Paths of a method."""
EXPERTS_SHOWN = 40
"""Episodes of a mixture."""


def draw_paths(
    rows: Sequence[Row], task: Task, starts: Sequence[Start], path: Path
) -> None:
    """A panel per row, all over the scene of the first start."""
    figure, places = panels(len(rows))
    picture = scene(task, starts[0])
    for row, axes in zip(rows, places, strict=True):
        _prepare(axes, task, picture, f"{row.name}: {row.success.value:.2f}")
        rollouts = row.seeds[0].rollouts
        for agent, solved in list(zip(rollouts.agent, rollouts.success, strict=True))[
            :SHOWN
        ]:
            _path(axes, agent, bool(solved))
    save(figure, path)


def _path(axes: Axes, agent: NDArray[np.float32], solved: bool) -> None:
    x, y = agent[np.isfinite(agent).all(axis=1)].T
    colour = "#cb181d" if solved else "#555555"
    axes.plot(x, y, color=colour, linewidth=0.5, alpha=0.6)
    if not solved:
        axes.plot(x[-1], y[-1], "x", color=colour, markersize=3)


Stretch = tuple[int, NDArray[np.float32]]
"""An expert, and the positions (n + 1, 2) that its decision led through."""


def expert_stretches(
    student: Any, task: Task, starts: Sequence[Start], seed: int
) -> list[Stretch]:
    """Roll a mixture out, and keep which expert decided what."""
    stretches: list[Stretch] = []
    env = task.scene.make()
    for start in starts:
        episode = Episode(task, env, start, student.signature.n_obs)
        while not episode.done:
            obs = {k: torch.from_numpy(a[None]) for k, a in episode.window.items()}
            like = torch.empty(1, *student.noise)
            noise = standard_normal(like, [chance(seed, episode)])
            with torch.no_grad():
                plan, expert = student.act(obs, noise), student.expert(obs, noise)
            first = len(episode.agent) - 1
            episode.play(student.signature.due(plan)[0].numpy())
            stretches.append((int(expert), np.array(episode.agent[first:])))
    env.close()
    return stretches


def draw_experts(
    rows: Sequence[Row], task: Task, starts: Sequence[Start], path: Path
) -> None:
    """A panel per mixture, stretches coloured by expert; no file without a mixture."""
    mixtures = [
        (row.name, module)
        for row in rows
        if hasattr(module := row.entry.module, "expert")
    ]
    if not mixtures:
        return
    figure, places = panels(len(mixtures))
    picture = scene(task, starts[0])
    colours = matplotlib.colormaps["tab20"].colors  # type: ignore[attr-defined]
    for (title, student), axes in zip(mixtures, places, strict=True):
        _prepare(axes, task, picture, title)
        for expert, agent in expert_stretches(student, task, starts[:EXPERTS_SHOWN], 0):
            x, y = agent.T
            axes.plot(x, y, color=colours[expert % 20], linewidth=0.7)
    save(figure, path)


def _prepare(axes: Axes, task: Task, picture: NDArray[np.uint8], title: str) -> None:
    left, right, bottom, top = extent_of(task)
    axes.imshow(picture, extent=(left, right, bottom, top), alpha=0.6)
    axes.set(xticks=[], yticks=[], xlim=(left, right), ylim=(bottom, top))
    axes.set_title(title, fontsize=8)
