"""Conditions, written beforehand: what a teacher's encoder makes of demonstrations.

    cond_i = encode(window of observations that ends in step i)

for every step, as a demonstration file whose observation "cond" they are; the only
others it keeps are those that actions are relative to. A student whose encoder is the
teacher's, frozen, learns the same from this file as from the pictures, at the cost of
its network alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from onehop_envs import Demonstrations, Json, write_episodes
from onehop_interfaces import BadInput, Obs
from onehop_interfaces.options import check_options
from onehop_teachers import (
    COND,
    DiffusionTeacher,
    checkpoint_sha256,
    known,
    load_teacher,
)

from ._config import ConditionsCommand
from ._data import WindowData, read_demonstrations
from ._kind import check_kind

__all__ = ["make_conditions", "of_conditions"]


def make_conditions(command: ConditionsCommand) -> None:
    """Write the file, or what is left of it."""
    check_options(command)
    torch.set_num_threads(command.threads)
    demonstrations = read_demonstrations(command.data)
    source = Conditions(command.teacher, demonstrations)
    with tqdm(total=len(demonstrations), unit="episode") as bar:
        written = write_episodes(
            source, command.out, lambda done, episodes: bar.update(done - bar.n)
        )
    print(f"{command.out}: {written.steps} steps, observations {written.obs}")


def of_conditions(
    teacher: DiffusionTeacher, folder: Path, demonstrations: Demonstrations
) -> DiffusionTeacher:
    """The teacher as it is to be asked about demonstrations that may be conditions.

    Args:
        teacher: The teacher.
        folder: Where it is from.
        demonstrations: What it is asked about.

    Returns:
        The teacher itself, or, if they are conditions, one that takes them.

    Raises:
        BadInput: if they are another teacher's.
    """
    if COND not in demonstrations.obs or COND in teacher.signature.obs:
        return teacher
    ours, theirs = checkpoint_sha256(folder), demonstrations.meta.get("teacher_sha256")
    if ours != theirs:
        raise BadInput(
            f"--data: expected conditions of the teacher {folder} (SHA-256 "
            f"{ours:.12}), got those of {theirs!s:.12}"
        )
    return known(teacher, set(demonstrations.obs) - {COND})


class Conditions:
    """The conditions of demonstrations, `onehop_envs.Episodes`.

    Args:
        folder: The teacher's.
        demonstrations: What it sees.

    Raises:
        BadInput: if it sees something else.
    """

    def __init__(self, folder: Path, demonstrations: Demonstrations) -> None:
        self.teacher = load_teacher(folder)
        self.demonstrations = demonstrations
        windows = self._windows(demonstrations).sample()
        check_kind(self.teacher, windows)
        self.kept = sorted(_looked_at(self.teacher, windows.obs, windows.actions))
        self.lengths: NDArray[np.int64] = demonstrations.episode_lengths
        self.meta: Mapping[str, Json] = {
            "source": "onehop_train conditions",
            "teacher_sha256": checkpoint_sha256(folder),
            "data_sha256": demonstrations.sha256,
            "of": demonstrations.meta,
        }

    @torch.no_grad()
    def episode(self, i: int) -> Demonstrations:
        """Episode i."""
        seen = self.demonstrations.select([i])
        parts = self._windows(seen).parts()
        conds = torch.cat([self.teacher.encode(part.obs) for part in parts])
        kept = {name: seen.obs[name] for name in self.kept}
        obs = {COND: conds.numpy(), **kept}
        ends = seen.episode_ends
        return Demonstrations(obs, seen.actions, ends, {}, seen.rewards)

    def _windows(self, demonstrations: Demonstrations) -> WindowData:
        return WindowData(demonstrations, self.teacher.signature, torch.device("cpu"))


class _Noted(dict[str, Any]):
    """Observations that note which of them were looked at."""

    def __init__(self, obs: Obs) -> None:
        super().__init__(obs)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)


@torch.no_grad()
def _looked_at(
    teacher: DiffusionTeacher, obs: Obs, actions: torch.Tensor
) -> Sequence[str]:
    """The observations that actions are relative to."""
    noted = _Noted(obs)
    teacher.denormalise(teacher.normalise(actions, noted), noted)
    return list(noted.names)
