"""Push-T's pictures: how many are drawn in a second, and how far they are from others'.

    python packages/envs/benchmarks/pictures.py [replay.zarr.zip]

The rate is the median over turns, of one core. If Diffusion Policy's replay buffer is
given, every tenth of its frames is drawn from its state: the mean absolute difference
[grey levels], outside the agent's edge (3 pixels wide) and in it, and the share of
pixels that are more than 20 apart.
"""

from __future__ import annotations

import sys
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_envs import (
    Demonstrations,
    DiffusionPolicyEpisodes,
    in_memory,
    paper_start,
    with_pictures,
)

FRAMES, TURNS = 1000, 7
RADIUS = 15 * 96 / 512
"""Of the agent, in pixels."""
HALF_EDGE = 1.5
EVERY = 10


def drawn(states: NDArray[Any]) -> NDArray[np.uint8]:
    """Pictures of states (N, 5)."""
    states = states.astype(np.float32)
    actions, ends = np.zeros((len(states), 2), np.float32), np.array([len(states)])
    return with_pictures(Demonstrations({"state": states}, actions, ends)).obs["image"]


def rate(states: NDArray[Any]) -> float:
    """Pictures in a second."""
    begin = perf_counter()
    drawn(states)
    return len(states) / (perf_counter() - begin)


def edge(states: NDArray[Any]) -> NDArray[np.bool_]:
    """Which pixels (N, 96, 96) are the agent's edge."""
    y, x = np.mgrid[:96, :96] + 0.5
    across = x - states[:, :1, None] * 96 / 512
    down = y - states[:, 1:2, None] * 96 / 512
    return np.abs(np.hypot(across, down) - RADIUS) < HALF_EDGE


def main() -> None:
    """Print what is measured."""
    states = np.array([paper_start(seed) for seed in range(FRAMES)])
    print(f"{median(rate(states) for _ in range(TURNS)):,.0f} pictures a second")
    if len(sys.argv) > 1:
        recorded = in_memory(DiffusionPolicyEpisodes(sys.argv[1])).obs
        states, image = recorded["state"][::EVERY], recorded["image"][::EVERY]
        off = np.abs(drawn(states).astype(int) - image)
        rim = edge(states)
        print(
            f"{len(off)} frames: {off.mean():.2f} grey levels apart, "
            f"{off[~rim].mean():.2f} outside the agent's edge, {off[rim].mean():.1f} "
            f"in it; {(off.max(-1) > 20).mean():.1%} of the pixels more than 20"
        )


if __name__ == "__main__":
    main()
