"""How often MetaWorld's scripted policies succeed, from starts of `validation`.

    python apps/tasks/benchmarks/metaworld_experts.py > experts.md

An episode succeeds if it does at any of its first 200 steps. The table says how many
of 20 do, and after how many steps on average. Exits with status 1 if fewer than .97 of
all do: demonstrations would be of other starts than evaluations are.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np

from onehop_tasks._metaworld_env import MAX_STEPS
from onehop_tasks._metaworld_tasks import DIFFICULTY
from onehop_tasks._sawyer import Sawyer

FIRST_SEED, EPISODES, PROMISE = 400_000, 20, 0.97


def first_success(sawyer: Sawyer, seed: int) -> float:
    """The step of the first success; NaN without one."""
    sawyer.reset(seed)
    for step in range(1, MAX_STEPS + 1):
        if sawyer.step(sawyer.shown())[1]:
            return step
    return np.nan


def main() -> None:
    """Print the table."""
    # The policies themselves ask for more than they know is carried out.
    warnings.filterwarnings("ignore", message="Constant")
    print("# Scripted policies of MetaWorld\n")
    print("    python apps/tasks/benchmarks/metaworld_experts.py\n")
    print(f"{EPISODES} starts from seed {FIRST_SEED}, at most {MAX_STEPS} steps.\n")
    print("| task | difficulty | solved | steps |\n|---|---|---|---|")
    shares = []
    for name, difficulty in DIFFICULTY.items():
        sawyer = Sawyer(name)
        seeds = range(FIRST_SEED, FIRST_SEED + EPISODES)
        steps = np.array([first_success(sawyer, seed) for seed in seeds])
        solved = np.isfinite(steps)
        shares.append(solved.mean())
        print(
            f"| {name} | {difficulty} | {solved.sum()} | {steps[solved].mean():.0f} |",
            flush=True,
        )
    print(f"\nAll: {np.mean(shares):.3f}")
    sys.stdout.flush()
    raise SystemExit(bool(np.mean(shares) < PROMISE))


if __name__ == "__main__":
    main()
