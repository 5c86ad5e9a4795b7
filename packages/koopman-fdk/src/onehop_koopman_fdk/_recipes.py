"""The methods' settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from onehop_interfaces import BadInput, Teacher
from onehop_interfaces.drawing import seeded
from onehop_interfaces.learning import Run
from onehop_interfaces.options import NonNegative, Positive, Size
from onehop_interfaces.spaces import halves_of

from ._distiller import KoopmanDistiller, Source
from ._from_teacher import FromTeacher
from ._objectives import DNK, KDM, KDMF, Objective
from ._operators import DecomposedKoopman, DenseKoopman, Operator
from ._pairs import Temperatures
from ._shards import FromShards
from ._sizes import Sizes
from ._student import Student

__all__ = ["DNKRecipe", "KDMFRecipe", "KDMRecipe", "KoopmanOptions"]


@dataclass(frozen=True, kw_only=True)
class KoopmanOptions(ABC):
    """Settings that all three methods have, and what they make of them."""

    pairs: Path | None = None
    """Folder of pairs written by `write_pairs`; made on the spot if not given."""
    teacher_steps: Size = 10
    """DDIM steps of the teacher per such pair, at most the schedule's own."""
    tau: tuple[float, ...] = (1.0,)
    """Temperatures of the prior of such pairs."""
    tau_probabilities: tuple[float, ...] = (1.0,)
    """How often each of them is drawn."""
    temperature: Positive = 1.0
    """Temperature of the prior at decisions."""
    latent: Size = 256
    """d, the size of the latent."""
    width: Size = 512
    """Units of the encoder's and the decoder's layers."""
    depth: Size = 3
    """Residual blocks in either."""
    train_encoder: bool = False
    """Let the student's encoder of observations learn too; not from pairs on disk."""
    lr: Positive = 3e-4
    """AdamW's learning rate at the start of its cosine."""
    passes: Size = 1
    """Optimiser steps per batch of pairs."""

    @abstractmethod
    def fresh(self, teacher: Teacher) -> tuple[Student, Objective]:
        """A student with fresh weights, and what it is trained by."""

    def parts(
        self, teacher: Teacher, generator: torch.Generator
    ) -> tuple[Student, Objective]:
        """The same by the generator's seed alone, on its device."""
        with seeded(generator):
            student, objective = self.fresh(teacher)
        return student.to(generator.device), objective.to(generator.device)

    def source(self, teacher: Teacher) -> Source:
        """Where pairs come from.

        Raises:
            BadInput: if `pairs` does not hold pairs of this teacher's chunks, or none
                that an encoder can learn from.
        """
        if self.pairs is None:
            steps = teacher.schedule.domain.at_most(self.teacher_steps)
            temperatures = Temperatures(self.tau, self.tau_probabilities)
            return FromTeacher(teacher, steps=steps, temperatures=temperatures)
        if self.train_encoder:
            raise BadInput(
                "train_encoder: expected pairs made on the spot, got a folder of them, "
                "which holds conditions and no observations"
            )
        return FromShards.read(self.pairs, teacher)

    def distiller(self, teacher: Teacher, run: Run) -> KoopmanDistiller:
        """The distiller, ready for its first update.

        Raises:
            BadInput: as `source`.
        """
        return KoopmanDistiller(teacher, self, run)

    def sizes(self) -> Sizes:
        """Of the student."""
        return Sizes(self.latent, self.width, self.depth)

    def seeing_late(
        self, teacher: Teacher, operator: type[Operator], control: bool
    ) -> Student:
        """KDM's: the condition is not encoded, but may be added to the moved latent."""
        return Student(
            teacher,
            operator,
            self.sizes(),
            encode_cond=False,
            control=control,
            temperature=self.temperature,
        )


@dataclass(frozen=True, kw_only=True)
class DNKRecipe(KoopmanOptions):
    """FDK's linear step on a latent: for a small network of its own; slow to train.

    `DNK` (dynamic neural Koopman); see `onehop_interfaces.Recipe`.
    """

    start: Literal["teacher", "fresh"] = "teacher"
    """Encoder and decoder from the teacher's network (ours), where that predicts x and
    has a last layer; or with fresh weights (paper)."""
    blocks: Size | None = None
    """Of the teacher's residual blocks, how many are kept: the first ones and the last;
    all without. Fewer are faster, and have more to learn."""
    gamma_width: Size | None = None
    """Units of the layer that eigenvalues come from; twice the latent without."""
    transitions: Size = 1
    """J, how often the operator is applied."""
    rec: NonNegative = 1.0
    """Weight of the target's reconstruction."""
    lat: NonNegative = 1.0
    """Weight of the latent's distance to the encoded target."""
    pred: NonNegative = 1.0
    """Weight of the chunk's distance to the target."""
    act: NonNegative = 1.0
    """Weight of the same, the first action counting more."""
    spec: NonNegative = 1e-2
    """Weight of the eigenvalues' excess over 1."""
    inv: NonNegative = 1.0
    """Weight of P Q's distance to the identity."""
    first_action: NonNegative = 10.0
    """What the first action counts in act; the others count 1."""

    def fresh(self, teacher: Teacher) -> tuple[Student, Objective]:
        """A student that shows the condition to its encoder, and `DNK`."""
        warm = self.start == "teacher" and halves_of(teacher) is not None
        blocks = self.blocks if warm else None
        sizes = replace(self.sizes(), blocks=blocks, gamma_width=self.gamma_width)
        student = Student(
            teacher,
            sizes=sizes,
            from_teacher=warm,
            transitions=self.transitions,
            temperature=self.temperature,
        )
        return student, DNK(student, self)


@dataclass(frozen=True, kw_only=True)
class KDMRecipe(KoopmanOptions):
    """A fixed linear step on a latent: FDK's baseline; cannot turn with what it sees.

    `KDM`; see `onehop_interfaces.Recipe`.
    """

    control: bool = True
    """Whether the condition is added to the latent; without, it is never seen."""
    rec: NonNegative = 1.0
    """Weight of the target's reconstruction."""
    lat: NonNegative = 1.0
    """Weight of the latent's distance to the encoded target ("push")."""
    pred: NonNegative = 1.0
    """Weight of the chunk's distance to the target."""
    noise: NonNegative = 0.4
    """Standard deviation of the noise on latents while training."""

    def fresh(self, teacher: Teacher) -> tuple[Student, Objective]:
        """A student with a dense operator, and `KDM`."""
        student = self.seeing_late(teacher, DenseKoopman, self.control)
        return student, KDM(student, self)


@dataclass(frozen=True, kw_only=True)
class KDMFRecipe(KoopmanOptions):
    """KDM with its operator in eigenvalues: FDK's other baseline, weak like KDM.

    `KDMF`; see `onehop_interfaces.Recipe`.
    """

    control: bool = True
    """Whether the condition is added to the latent; without, it is never seen."""
    rec: NonNegative = 1.0
    """As in KDM."""
    lat: NonNegative = 1.0
    """As in KDM."""
    pred: NonNegative = 1.0
    """As in KDM."""
    noise: NonNegative = 0.4
    """As in KDM."""
    eig: NonNegative = 1.0
    """Weight of the eigenvalues' distance to their random places."""
    inv: NonNegative = 1.0
    """Weight of P_inv P's distance to the identity."""

    def fresh(self, teacher: Teacher) -> tuple[Student, Objective]:
        """A student with a decomposed operator, and `KDMF`."""
        student = self.seeing_late(teacher, DecomposedKoopman, self.control)
        return student, KDMF(student, self)
