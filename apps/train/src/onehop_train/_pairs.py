"""What `onehop-train pairs` composes: a teacher, observations, shards of pairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from onehop_interfaces import BadInput, locked
from onehop_interfaces.options import check_options
from onehop_methods import FromTeacher, Temperatures, load_returns, write_pairs
from onehop_teachers import DiffusionTeacher, load_teacher

from ._conditions import of_conditions
from ._config import PairsCommand
from ._data import WindowData, read_demonstrations
from ._kind import check_kind

__all__ = ["make_pairs"]


def make_pairs(command: PairsCommand) -> None:
    """Write the pairs that are not there yet."""
    check_options(command)
    torch.set_num_threads(command.threads)
    demonstrations = read_demonstrations(command.data)
    teacher = of_conditions(
        load_teacher(command.teacher), command.teacher, demonstrations
    )
    data = WindowData(demonstrations, teacher.signature, torch.device("cpu"))
    check_kind(teacher, data.sample())
    source = FromTeacher(
        teacher,
        steps=command.teacher_steps,
        temperatures=Temperatures(command.tau, command.tau_probabilities),
        score=None if command.returns is None else _score(command.returns, teacher),
    )
    with locked(command.out), tqdm(total=command.count, unit="pair") as bar:
        write_pairs(
            source,
            data,
            command.out,
            count=command.count,
            shard_size=command.shard_size,
            seed=command.seed,
            progress=lambda pairs: bar.update(min(pairs, command.count) - bar.n),
        )


def _score(
    folder: Path, teacher: DiffusionTeacher
) -> Callable[[Tensor, Tensor], Tensor]:
    """What chunks return, by a classifier of this teacher's.

    Raises:
        BadInput: if it is another's.
    """
    returns = load_returns(folder)
    own, others = teacher.spaces.state_dict(), returns.spaces.state_dict()
    same = own.keys() == others.keys() and all(
        torch.equal(own[name], others[name]) for name in own
    )
    if not same:
        raise BadInput(f"--returns {folder}: expected a classifier of this teacher's")
    return returns.classifier.clean
