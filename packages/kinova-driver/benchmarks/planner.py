"""What the planner solves, and how fast: problems, trajectories a second, clearances.

    OMP_NUM_THREADS=1 python packages/kinova-driver/benchmarks/planner.py [problems]

Problems from the number 5000 on, four seeds each, in one process. The straight line
counts as blocked if the whole arm, led along it, comes nearer than 50 mm to anything.
Times are of the processor, so that other work on the machine counts less.

Exits with status 1 if less than 99 % are solved.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time
from typing import TypeVar

import numpy as np

from onehop_kinova_driver import Body
from onehop_kinova_driver.planner import GRIPPER, JointPath, Problem, plan, problem

FIRST = 5_000
PROMISE = 0.99
NEAR = 0.05
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What work makes, and how long the processor took [s]."""
    begun = process_time()
    made = work()
    return made, process_time() - begun


def straight(asked: Problem) -> float:
    """The clearance [m] of the arm whose tool is led straight to the goal."""
    body, q = Body(GRIPPER), np.array(asked.start)
    a, b = np.array(GRIPPER.pose(q)[0]), np.array(asked.goal)
    least = np.inf
    for s in np.linspace(0, 1, 40):
        x, y, z = (a + (b - a) * s).tolist()
        found = GRIPPER.inverse(q, (x, y, z), asked.quat, 3)
        q, least = found.q, min(least, body.clearance(found.frames, asked.scene))
    return float(least)


def show(problems: list[Problem], paths: list[JointPath | None]) -> float:
    """Print what came out; the share that is solved."""
    pairs = [(p, path) for p, path in zip(problems, paths, strict=True) if path]
    share = len(pairs) / len(problems)
    blocked = np.mean([straight(p) < NEAR for p in problems])
    durations = [path.duration for _, path in pairs]
    clear = [1e3 * path.clearance(p.scene) for p, path in pairs]
    print(f"solved {share:.2%}, straight line blocked {blocked:.2%}")
    print(f"duration s: mean {np.mean(durations):.1f}  max {max(durations):.1f}")
    parts = zip(("min", "p10", "p50", "p90"), (0, 10, 50, 90), strict=True)
    print("clearance mm:", *(f"{k} {np.percentile(clear, n):.0f}" for k, n in parts))
    return share


def main() -> None:
    """Draw, plan, print, and compare with the promise."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    problem(FIRST)  # what is kept of the arm is made by the first
    problems, drawing = timed(lambda: [problem(FIRST + i) for i in range(count)])
    paths, planning = timed(lambda: plan(problems))
    print(f"drawing {1e3 * drawing / count:.0f} ms a problem")
    print(f"planning {count / planning:.0f} trajectories/s")
    raise SystemExit(show(problems, paths) < PROMISE)


if __name__ == "__main__":
    main()
