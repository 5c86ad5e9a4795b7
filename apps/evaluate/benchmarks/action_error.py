"""How like its teacher's a student's actions are, from the same observations and noise.

    python apps/evaluate/benchmarks/action_error.py TEACHER STUDENT ... --data FILE

Folders of runs, and demonstrations that the teacher sees. A line for the teacher's
single step, and one for each student: the error from the same noise, against the
teacher's deterministic steps (DDIM), the energy distance between the two distributions,
and the bias of its mean, all in standard deviations of the demonstrated actions; its
spread is over the teacher's. The last line is the teacher with other noise: what a
method that pairs them anew may have as its error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from numpy.typing import NDArray

from onehop_envs import Demonstrations, gather
from onehop_evaluate import carried_out, likeness
from onehop_interfaces import Policy, Signature
from onehop_methods import load_policy
from onehop_teachers import SampledPolicy, Standardise, ddim, load_teacher

CPU = torch.device("cpu")


def seen(
    demonstrations: Demonstrations, signature: Signature, count: int
) -> dict[str, NDArray[Any]]:
    """Observations (count, n_obs, ...) by name, evenly over all that were recorded."""
    rows, _ = demonstrations.window_rows(signature.n_obs, signature.horizon)
    rows = rows[:: -(-len(rows) // count)]
    arrays = {name: gather(demonstrations.obs[name], rows) for name in signature.obs}
    return {
        name: array.astype(np.float32) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }


def spreads(demonstrations: Demonstrations) -> torch.Tensor:
    """Standard deviations (A,) of the actions, 0 where they do not change."""
    statistics = Standardise(demonstrations.actions.shape[1])
    statistics.fit(torch.from_numpy(np.asarray(demonstrations.actions)))
    return statistics.std


@torch.no_grad()
def main(
    teacher: tyro.conf.Positional[Path],
    students: tyro.conf.Positional[tuple[Path, ...]],
    data: Path,
    observations: int = 200,
    draws: int = 16,
    steps: int = 100,
) -> None:
    """Print the table.

    Args:
        teacher: Folder of its run.
        students: Folders of theirs.
        data: Demonstrations.
        observations: At how many of their observations.
        draws: From how many noises at each; at least four.
        steps: Of the teacher, at most all it has.
    """
    whole, demonstrations = load_teacher(teacher), Demonstrations.load(data)
    obs = seen(demonstrations, whole.signature, observations)
    std = spreads(demonstrations)

    def acts(policy: Policy) -> torch.Tensor:
        return carried_out(policy, obs, std, CPU, draws)

    many = whole.schedule.domain.at_most(steps)
    theirs = acts(SampledPolicy(whole, ddim, many))
    rows = {"one step": acts(SampledPolicy(whole, ddim, 1))}
    rows |= {str(folder): acts(load_policy(folder)) for folder in students}
    rows["other noise"] = theirs.roll(1, 1)
    print(f"| policy | error against {many} steps | distance | bias | spread |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, ours in rows.items():
        error, distance, bias, spread = likeness(ours, theirs)
        print(f"| {name} | {error:.3f} | {distance:.4f} | {bias:.3f} | {spread:.2f} |")


if __name__ == "__main__":
    tyro.cli(main)
