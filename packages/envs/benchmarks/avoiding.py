"""How well Avoiding's demonstrator does on every way, and how fast the environment is.

    python benchmarks/avoiding.py [--episodes 2400] [--first-seed 3000000]

Prints success in the way asked for, steps, room left to the cylinders, and steps per
second. Exits with status 1 if an episode fails.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from onehop_envs import (
    AVOIDING_MODES,
    AvoidingEnv,
    avoiding_mode,
    demonstrate_avoiding,
)
from onehop_envs._avoiding_scene import clearance


def replayed(actions: NDArray[np.float32]) -> tuple[NDArray[np.float64], bool]:
    """Positions (N + 1, 2) of the rod [m], and whether the episode succeeds."""
    env, success = AvoidingEnv(), False
    path = [env.reset()[0][2:]]
    for action in actions:
        state, _, _, _, info = env.step(action)
        path.append(state[2:])
        success = info["is_success"]
    return np.array(path), success


def rate(steps: int = 100_000) -> float:
    """Steps per second of an environment that does as it is told by chance."""
    actions = np.random.default_rng(0).uniform(-0.02, 0.02, (steps, 2))
    env = AvoidingEnv()
    env.reset()
    begin = perf_counter()
    for action in actions.astype(np.float32):
        if env.step(action)[2]:
            env.reset()
    return steps / (perf_counter() - begin)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=2400)
    parser.add_argument("--first-seed", type=int, default=3_000_000)
    args = parser.parse_args()
    solved, steps, room = [], [], []
    for i in range(args.episodes):
        mode = i % AVOIDING_MODES
        demonstration = demonstrate_avoiding(mode, args.first_seed + i)
        path, success = replayed(demonstration.actions)
        solved.append(success and avoiding_mode(path) == mode)
        steps.append(len(demonstration.actions))
        room.append(1000.0 * clearance(path))
    print(f"solved {sum(solved)} of {len(solved)}")
    print(f"steps  least {min(steps)}, mean {np.mean(steps):.1f}, most {max(steps)}")
    print(f"room   least {min(room):.1f} mm, mean {np.mean(room):.1f} mm")
    print(f"speed  {rate():,.0f} steps/s")
    raise SystemExit(not all(solved))


if __name__ == "__main__":
    main()
