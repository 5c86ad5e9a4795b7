"""How well and how fast the planner solves Push-T, on starts nothing was fitted to.

    python benchmarks/planner.py [--episodes 100] [--first-seed 3000000]
                                 [--temperature 0]

Prints success (coverage above 0.95 within 300 steps), steps and CPU seconds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from onehop_envs import SUCCESS_COVERAGE, PushTPhysics, PushTPlanner
from onehop_envs._pusht_starts import random_start


def solve(seed: int, temperature: float) -> tuple[float, int, float]:
    """Largest coverage, steps and CPU [s] of one episode."""
    started = time.process_time()
    physics = PushTPhysics()
    physics.set_state(random_start(np.random.default_rng(seed)))
    planner = PushTPlanner(seed, temperature)
    best = physics.coverage()
    steps = 0
    while steps < 300 and best <= SUCCESS_COVERAGE:
        steps += 1
        x, y = planner.act(physics.state)
        physics.step((float(x), float(y)))
        best = max(best, physics.coverage())
    return best, steps, time.process_time() - started


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=3_000_000)
    parser.add_argument("--temperature", type=float, default=0.0)
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.episodes)
    runs = [solve(seed, args.temperature) for seed in seeds]
    best, steps, cpu = np.array(runs).T
    solved = best > SUCCESS_COVERAGE
    print(f"solved {solved.sum()} of {len(runs)}, unsolved: ", end="")
    print([seed for seed, good in zip(seeds, solved, strict=True) if not good])
    print(f"steps  mean {steps.mean():.1f}, largest {steps.max():.0f}")
    print(f"CPU    mean {cpu.mean():.2f} s, largest {cpu.max():.2f} s")


if __name__ == "__main__":
    main()
