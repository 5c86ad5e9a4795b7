"""Control steps per second of Push-T, next to gym-pusht's, coverage included.

    python packages/envs/benchmarks/speed.py [replay.zarr.zip]

Both environments are made the same way and carry out the same actions from the same
starts, in turns; a rate is the median over the turns. The actions are targets all over
the world (roam), targets around the block, so that most steps push it (shove), and, if
Diffusion Policy's replay buffer is given, what people did (human).

Needs gym-pusht. Exits with status 1 if a ratio is under 5, which is what the
environment promises.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from statistics import median
from time import perf_counter

import gym_pusht  # noqa: F401 - registers the reference
import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from onehop_envs import (
    PushTPhysics,
    PushTState,
    paper_start,
    read_diffusion_policy_zarr,
)

Episode = tuple[PushTState, NDArray[np.float32]]

OURS = ("onehop/PushTState-v0", "state")
THEIRS = ("gym_pusht/PushT-v0", "reset_to_state")
TURNS = 7
EPISODES = 5
STEPS = 300
PROMISE = 5.0


def roam(seed: int) -> Episode:
    """Targets all over the world."""
    actions = np.random.default_rng(seed).uniform(0, 512, (STEPS, 2))
    return paper_start(seed), actions.astype(np.float32)


def shove(seed: int) -> Episode:
    """Targets around the block."""
    physics, rng, actions = PushTPhysics(), np.random.default_rng(seed), []
    physics.set_state(paper_start(seed))
    for _ in range(STEPS):
        target = np.clip(physics.state[2:4] + rng.normal(0, 70, 2), 0, 512)
        actions.append(target)
        physics.step((float(target[0]), float(target[1])))
    return paper_start(seed), np.array(actions, np.float32)


def human(path: str) -> list[Episode]:
    """The first recorded episodes; the k-th began at the paper's start of seed k."""
    recorded = read_diffusion_policy_zarr(path)
    ends = [0, *recorded.episode_ends[:EPISODES].tolist()]
    return [
        (paper_start(seed), recorded.actions[begin:end])
        for seed, (begin, end) in enumerate(pairwise(ends))
    ]


def rate(env: gym.Env, option: str, episodes: list[Episode]) -> float:
    """Control steps per second, resets included."""
    begin = perf_counter()
    for start, actions in episodes:
        env.reset(options={option: start})
        for action in actions:
            env.step(action)
    return sum(len(actions) for _, actions in episodes) / (perf_counter() - begin)


def compare(name: str, episodes: list[Episode]) -> float:
    """Print one line of the table; return ours / theirs."""
    sides = [
        (gym.make(id, disable_env_checker=True), key) for id, key in (OURS, THEIRS)
    ]
    turns = [[rate(*side, episodes) for side in sides] for _ in range(TURNS)]
    ours, theirs = (median(rates) for rates in zip(*turns, strict=True))
    print(f"{name:8} {ours:12,.0f} {theirs:12,.0f} {ours / theirs:8.1f}")
    return ours / theirs


def main() -> None:
    """Print the table."""
    work = {
        "roam": [roam(seed) for seed in range(EPISODES)],
        "shove": [shove(seed) for seed in range(EPISODES)],
    }
    if len(sys.argv) > 1:
        work["human"] = human(sys.argv[1])
    print(f"{'actions':8} {'onehop [1/s]':>12} {'gym-pusht':>12} {'ratio':>8}")
    ratios = [compare(name, episodes) for name, episodes in work.items()]
    raise SystemExit(min(ratios) < PROMISE)


if __name__ == "__main__":
    main()
