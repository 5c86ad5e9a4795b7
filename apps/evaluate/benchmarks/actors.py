"""What do critics' own actors earn? One row per critic, and one of all of them.

    python apps/evaluate/benchmarks/actors.py walker2d validation CRITIC CRITIC CRITIC

From all starts of a set, by the mean action. Of several critics, trained from several
seeds, the interval is over seeds and starts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from onehop_evaluate import Rollouts, estimate, mean, rollout
from onehop_methods import load_judge
from onehop_selectors import ActorPolicy
from onehop_tasks import Task, task_named


def returns(task: Task, starts: str, critic: Path) -> NDArray[np.float64]:
    """Of one critic's actor, (E,)."""
    policy = ActorPolicy(load_judge(critic))
    every = task.starts_named(starts).take(None)
    found = dict(rollout(policy, task, every, 0, torch.device("cpu")))
    records = [found[start] for start in every]
    return Rollouts.of(records, task.scene.max_steps).outcome(task.measure.outcome)


def main(name: str, starts: str, critics: Sequence[Path]) -> None:
    """Roll out, and print a row for each."""
    torch.set_num_threads(1)
    task = task_named(name)
    rows = []
    for critic in critics:
        rows.append(returns(task, starts, critic))
        print(f"{critic}: {estimate(mean(rows[-1][None]), 1)}", flush=True)
    print(f"all {len(rows)}: {estimate(mean(np.array(rows)), 1)}")


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(f"expected TASK STARTS CRITIC..., got {sys.argv[1:]}")
    main(sys.argv[1], sys.argv[2], [Path(critic) for critic in sys.argv[3:]])
