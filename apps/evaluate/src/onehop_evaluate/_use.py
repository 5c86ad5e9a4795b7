"""How policies are used: where, how often they decide, and among how many plans."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from onehop_interfaces import BadInput, Domain, Policy
from onehop_methods import load_judge, load_policy
from onehop_selectors import ActorPolicy, BestOf, Judge, QSelector
from onehop_teachers import (
    DiffusionTeacher,
    Grid,
    SampledPolicy,
    Sampler,
    checkpoint_sha256,
    load_teacher,
)

__all__ = ["Use"]


@dataclass(frozen=True)
class Use:
    """The same for all policies of an evaluation; it travels to other processes.

    Attributes:
        device: Where they compute.
        n_action: Rows of a plan that all carry out, if not their own number.
        critic: Folder of the critic that chooses among plans.
        candidates: Among how many; of one, none is asked.
        ten_at: The times of the teacher's ten steps.

    Raises:
        BadInput: if there are candidates and no critic, or the other way round.
    """

    device: torch.device
    n_action: int | None = None
    critic: Path | None = None
    candidates: int = 1
    ten_at: Grid = Domain.grid

    def __post_init__(self) -> None:
        if (self.candidates > 1) != (self.critic is not None):
            raise BadInput(
                "--candidates: expected more than one with --critic, and one without, "
                f"got {self.candidates}"
            )

    def teacher(self, folder: Path) -> DiffusionTeacher:
        """A teacher, from its checkpoint."""
        return load_teacher(folder, n_action=self.n_action).to(self.device)

    def sampled(self, folder: Path, sampler: Sampler, steps: int, grid: Grid) -> Policy:
        """A teacher's way to sample, from its checkpoint."""
        teacher = self.teacher(folder)
        return self.chosen(SampledPolicy(teacher, sampler, steps, grid))

    def student(self, folder: Path) -> Any:
        """A student, from its checkpoint: a module."""
        return load_policy(folder, self.n_action).to(self.device)

    def chosen_student(self, folder: Path) -> Policy:
        """The same, as it is used."""
        return self.chosen(self.student(folder))

    def chosen(self, policy: Policy) -> Policy:
        """The policy, or the best of its candidates.

        Raises:
            BadInput: if the critic is one of other states or actions.
        """
        if self.critic is None:
            return policy
        judge, signature = self.judge, policy.signature
        wanted = signature.obs.get(judge.name), signature.action_dim
        if wanted != ((judge.state_dim,), judge.action_dim):
            raise BadInput(
                f"--critic {self.critic}: expected one of the policy's observations "
                f"{dict(signature.obs)} and {signature.action_dim} numbers in an "
                f"action, got one of {judge.name!r} ({judge.state_dim},) and "
                f"{judge.action_dim}"
            )
        return BestOf(policy, QSelector(judge, signature), self.candidates)

    def actor(self) -> Policy:
        """The critic's own actor, which has one plan only."""
        return ActorPolicy(self.judge)

    def needed(self, module: nn.Module) -> nn.Module:
        """A policy's networks, and what chooses."""
        if self.critic is None:
            return module
        return nn.ModuleList([module, self.judge.critic])

    @property
    def judge(self) -> Judge:
        """Who chooses."""
        assert self.critic is not None
        return _judge(self.critic, self.device)

    @property
    def said(self) -> str:
        """What of it changes episodes, in words."""
        words = ""
        if self.n_action is not None:
            words += f", of which {self.n_action} are carried out,"
        if self.critic is not None:
            words += f" best of {self.candidates} by {checkpoint_sha256(self.critic)}"
        return words

    def __str__(self) -> str:
        """The same for beneath a table."""
        words = ""
        if self.n_action is not None:
            words += f" Of a plan {self.n_action} actions are carried out."
        if self.critic is not None:
            words += f" Carried out is the best of {self.candidates} plans by a critic."
        return words


@cache
def _judge(folder: Path, device: torch.device) -> Judge:
    return load_judge(folder).to(device)
