"""How often Square's waypoints succeed, and how long what they do takes.

    hatch run square:python apps/tasks/benchmarks/square_expert.py

Starts are those that `onehop-collect` tries first; nothing is drawn in them, but once
more in the first, to tell what pictures cost. Exits with status 1 if fewer than .85 of
all succeed.
"""

from __future__ import annotations

from importlib.metadata import version
from math import sqrt
from time import process_time

import numpy as np

from onehop_tasks._square_env import MAX_STEPS, SquareEnv
from onehop_tasks._square_expert import SquareExpert

FIRST_SEED, EPISODES, PROMISE = 1_000_000, 50, 0.85
LIBRARIES = ("mujoco", "robosuite", "numpy")


def steps_of(env: SquareEnv, seed: int) -> float:
    """How many it takes; NaN if the nut is not on the peg after all of them."""
    env.arm.reset(seed)
    expert = SquareExpert(env.arm)
    for step in range(1, MAX_STEPS + 1):
        if env.arm.step(expert.act())[1]:
            return step
    return np.nan


def with_pictures(env: SquareEnv, seed: int) -> float:
    """How long it takes while all is seen [CPU s]."""
    began = process_time()
    frame, _ = env.reset(seed=seed)
    expert, over = SquareExpert(env.arm), False
    while not over:
        [*frame.values()]
        frame, _, done, late, _ = env.step(expert.act())
        over = done or late
    return process_time() - began


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share k of n."""
    middle, half = k / n + z * z / 2 / n, z * sqrt(k * (n - k) / n + z * z / 4) / n
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def main() -> None:
    """Print a few lines."""
    env = SquareEnv()
    steps_of(env, FIRST_SEED)  # what is compiled is compiled now
    seeds, began = range(FIRST_SEED, FIRST_SEED + EPISODES), process_time()
    steps = np.array([steps_of(env, seed) for seed in seeds])
    each = (process_time() - began) / EPISODES
    solved = np.isfinite(steps)
    low, high = wilson(int(solved.sum()), EPISODES)
    print(f"solved {solved.sum()} of {EPISODES} [{low:.3f}, {high:.3f}]")
    told = np.nanquantile(steps, (0, 0.5, 1)).astype(int)
    print(f"steps: least {told[0]}, median {told[1]}, most {told[2]}")
    print(f"not from {[s for s, done in zip(seeds, solved, strict=True) if not done]}")
    seen = with_pictures(env, FIRST_SEED)
    print(f"an episode: {each:.1f} CPU s, {seen:.1f} with pictures")
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    raise SystemExit(bool(solved.mean() < PROMISE))


if __name__ == "__main__":
    main()
