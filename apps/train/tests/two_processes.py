"""Run by each of two processes: one step of `Minimiser`, then the real command.

What every update draws is left in <folder>/rank-<n>.json, as numbers to tell apart.
"""

import json
import sys
from pathlib import Path

import torch
from accelerate import Accelerator

from onehop_teachers import TeacherTraining
from onehop_train.__main__ import main
from onehop_train._launch import Minimiser


def mean_gradient(accelerator: Accelerator) -> float:
    """Where SGD of rate 1 goes from 0, down gradients of 1 here and 5 there."""
    w = torch.nn.Parameter(torch.zeros(()))
    gradient = (1.0, 5.0)[accelerator.process_index]
    Minimiser(accelerator)(gradient * w, torch.optim.SGD([w], lr=1.0))
    return w.item()


def note_draws() -> list[tuple[float, float]]:
    """Let every update note a number of its batch and one of its noise."""
    draws: list[tuple[float, float]] = []
    update = TeacherTraining.update

    def noted(self, batch):
        noise = torch.Generator()
        noise.set_state(self.generator.get_state())
        drawn = batch.actions[0].sum(), torch.rand((), generator=noise)
        draws.append((drawn[0].item(), drawn[1].item()))
        return update(self, batch)

    TeacherTraining.update = noted
    return draws


folder, *words = sys.argv[1:]
accelerator = Accelerator()
step = mean_gradient(accelerator)
draws = note_draws()
main(words)
found = {"processes": accelerator.num_processes, "step": step, "draws": draws}
(Path(folder) / f"rank-{accelerator.process_index}.json").write_text(json.dumps(found))
