"""How policies are used: where, how often they decide, and among how many plans."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from onehop_envs import Demonstrations
from onehop_interfaces import BadInput, Domain, Policy, Teacher, naming
from onehop_methods import Chooser, load_chooser, load_policy
from onehop_selectors import ActorPolicy, BestOf, Guided, Recalled, Tempered
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
        critic: Folder of the critic, or of the return classifier, that chooses among
            plans.
        candidates: Among how many.
        guidance: How far a return classifier moves what a teacher denoises.
        temperature: Of the noise that policies decide from.
        ten_at: The times of the teacher's ten steps.
        ahead: Whether the critic values where plans end, not how they begin.
        data: The demonstrations, whose own actions are to be among the policies.

    Raises:
        BadInput: if there is nothing to choose or to guide by.
    """

    device: torch.device
    n_action: int | None = None
    critic: Path | None = None
    candidates: int = 1
    ten_at: Grid = Domain.grid
    guidance: float = 0.0
    temperature: float = 1.0
    ahead: bool = False
    data: Path | None = None

    def __post_init__(self) -> None:
        if self.critic is None and (self.candidates > 1 or self.guidance):
            raise BadInput("--critic: expected one with --candidates or --guidance")
        if self.guidance and self.chooser.classifier is None:
            raise BadInput(
                f"--guidance: expected --critic to be a return classifier, "
                f"{self.critic} is none"
            )

    def teacher(self, folder: Path) -> DiffusionTeacher:
        """A teacher, from its checkpoint."""
        return load_teacher(folder, n_action=self.n_action).to(self.device)

    def sampled(
        self, teacher: DiffusionTeacher, sampler: Sampler, steps: int, grid: Grid
    ) -> Policy:
        """A teacher's way to sample, as it is used."""
        return self.chosen(SampledPolicy(self.guided(teacher), sampler, steps, grid))

    def sampled_anew(
        self, folder: Path, sampler: Sampler, steps: int, grid: Grid
    ) -> Policy:
        """The same, from the teacher's checkpoint."""
        return self.sampled(self.teacher(folder), sampler, steps, grid)

    def student(self, folder: Path) -> Any:
        """A student, from its checkpoint: a module."""
        return load_policy(folder, self.n_action).to(self.device)

    def chosen_student(self, folder: Path) -> Policy:
        """The same, as it is used."""
        return self.chosen(self.student(folder))

    def guided(self, teacher: DiffusionTeacher) -> Teacher:
        """The teacher, or the same moved uphill of what plans return."""
        classifier = self.chooser.classifier if self.guidance else None
        if classifier is None:
            return teacher
        return Guided(teacher, classifier, self.guidance)

    def chosen(self, policy: Policy) -> Policy:
        """The policy at its temperature, or the best of its candidates.

        Raises:
            BadInput: if what chooses knows other observations or plans.
        """
        if self.temperature != 1.0:
            policy = Tempered(policy, self.temperature)
        if self.critic is None:
            return policy
        with naming(f"--critic {self.critic}"):
            selector = self.chooser.selector(policy.signature)
        return BestOf(policy, selector, self.candidates)

    def actor(self) -> ActorPolicy | None:
        """The critic's own actor, which has one plan only; None where none chooses."""
        return None if self.critic is None else self.chooser.actor

    def recalled(self) -> Policy | None:
        """What the data did in such states, chosen among by a critic; None without.

        Raises:
            BadInput: if there is no "state" in the data.
        """
        blind = self.critic is not None and (self.ahead or not self.actor())
        if self.data is None or blind:
            return None
        states = self.demonstrations.obs.get("state")
        if states is None:
            have = ", ".join(self.demonstrations.obs)
            raise BadInput(f"--data: expected an observation 'state', have {have}")
        arrays = states, self.demonstrations.actions
        s, a = (torch.from_numpy(x.astype(np.float32)).to(self.device) for x in arrays)
        return self.chosen(Recalled("state", s, a))

    @property
    def demonstrations(self) -> Demonstrations:
        """The data."""
        assert self.data is not None
        return _demonstrations(self.data)

    def needed(self, module: nn.Module) -> nn.Module:
        """A policy's networks, and what chooses."""
        if self.critic is None:
            return module
        return nn.ModuleList([module, self.chooser.module])

    @property
    def chooser(self) -> Chooser:
        """Who chooses."""
        assert self.critic is not None
        return _chooser(self.critic, self.device, self.ahead)

    # Once for all entries: it hashes the critic's files.
    @cached_property
    def said(self) -> str:
        """What of it changes episodes, in words."""
        words = ""
        if self.n_action is not None:
            words += f", of which {self.n_action} are carried out,"
        if self.critic is not None:
            words += f" best of {self.candidates} by {checkpoint_sha256(self.critic)}"
        if self.ahead:
            words += " looking ahead"
        if self.guidance:
            words += f" guided by {self.guidance}"
        if self.temperature != 1.0:
            words += f" at temperature {self.temperature}"
        return words

    def __str__(self) -> str:
        """The same for beneath a table."""
        words = ""
        if self.n_action is not None:
            words += f" Of a plan {self.n_action} actions are carried out."
        if self.critic is not None:
            words += f" Carried out is the best of {self.candidates} plans by a critic."
        if self.ahead:
            words += " It values the states that plans end in."
        if self.guidance:
            words += f" The teacher is guided by {self.guidance:g} times its gradient."
        if self.temperature != 1.0:
            words += f" Noise is multiplied by {self.temperature:g}."
        return words


@cache
def _demonstrations(file: Path) -> Demonstrations:
    return Demonstrations.load(file)


@cache
def _chooser(folder: Path, device: torch.device, ahead: bool) -> Chooser:
    return load_chooser(folder, device, ahead)
