"""Adroit's experts: how often their mean actions end at the goal.

    python apps/tasks/benchmarks/adroit_experts.py adroit_experts.npz

Each acts for 200 steps from each of 100 starts, those of the first demonstrations that
`onehop-collect` would try. A success is one after the last step; beside it stands
whether the goal was reached at any, and after how many steps first (of half of those
that did).
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median

import gymnasium
import gymnasium_robotics
import numpy as np

from onehop_envs import Actor, load_dapg

EPISODES, STEPS, FIRST_SEED = 100, 200, 1_000_000
TASKS = ("door", "hammer", "pen")
LIBRARIES = ("mujoco", "gymnasium", "gymnasium-robotics", "numpy")


def reached(expert: Actor, name: str) -> list[list[bool]]:
    """Of every episode, after every step, whether it is at the goal."""
    rng, episodes = np.random.default_rng(0), []
    with gymnasium.make(f"AdroitHand{name.capitalize()}-v1") as env:
        for seed in range(FIRST_SEED, FIRST_SEED + EPISODES):
            state, _ = env.reset(seed=seed)
            told = []
            for _ in range(STEPS):
                action = expert.act(state, 0.0, rng).astype(np.float32)
                state, *_, info = env.step(action)
                told.append(bool(info["success"]))
            episodes.append(told)
    return episodes


def main() -> None:
    """Print a table in Markdown."""
    path = Path(sys.argv[1])
    gymnasium.register_envs(gymnasium_robotics)
    print("| task | at the goal at the end | at any step | first, steps |")
    print("|---|---|---|---|")
    for name in TASKS:
        episodes = reached(load_dapg(path, name), name)
        last = sum(told[-1] for told in episodes)
        first = [told.index(True) + 1 for told in episodes if any(told)]
        print(
            f"| `adroit-{name}` | {last}/{EPISODES} | {len(first)}/{EPISODES} "
            f"| {median(first):g} |"
        )
    print("\n" + ", ".join(f"{name} {version(name)}" for name in LIBRARIES))


if __name__ == "__main__":
    main()
