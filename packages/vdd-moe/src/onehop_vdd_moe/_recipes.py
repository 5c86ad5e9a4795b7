"""Settings as data: what a command line or a record of a run holds."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from math import prod
from typing import Literal

import torch

from onehop_interfaces import Teacher
from onehop_interfaces.drawing import seeded
from onehop_interfaces.learning import Run
from onehop_interfaces.options import Fractions, Positive, Share, Size

from ._data_loss import Curriculum, Weigh, responsibilities
from ._expert_loss import Bound, Score, marginal_score, rescaled_score
from ._experts import Network
from ._student import Student
from ._vdd import VDD
from ._weighted_em import WeightedEM

__all__ = ["EMRecipe", "IMCRecipe", "VDDRecipe"]

SCORES: dict[str, Score] = {f.__name__: f for f in (marginal_score, rescaled_score)}

ChooseName = Literal["sampled_expert", "likeliest_expert"]
DrawName = Literal["expert_mean", "expert_sample"]


@dataclass(frozen=True)
class VDDRecipe:
    """A mixture of Gaussian experts: for a density in closed form, experts to look at.

    `VDD` and its `Student`; see `onehop_interfaces.Recipe`.
    """

    network: Network = field(default_factory=Network)
    """Sizes and starting point of the mixture."""
    choose: ChooseName = "sampled_expert"
    """How an expert is chosen: by its weight, or the likeliest."""
    draw: DrawName = "expert_mean"
    """A chunk from the chosen expert: its mean, or a sample."""
    score: Literal["marginal_score", "rescaled_score"] = "rescaled_score"
    """At the student's x as it is (paper), or scaled to the noisy marginal."""
    control: bool = False
    """Take the experts' own score from the teacher's: less noise; ours."""
    diffused: bool = False
    """Noise the experts as their target is, whatever their spread; ours."""
    weighted: bool = False
    """Let every time weigh (sigma_t / alpha_t)^2; ours."""
    t_range: Fractions = (0.02, 0.1)
    """The part of the schedule's domain that t is drawn from."""
    draws: Size = 2
    """Chunks drawn from each expert per step."""
    expert_steps: Size = 2
    """Steps of the experts to one of the gate."""
    from_data: Share = 0.0
    """Share of the updates, the first, whose experts learn from data; ours."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    lr: Positive = 3e-4
    """Adam's learning rate at the start; it falls linearly to zero."""
    gate_lr: Positive | None = None
    """The gate's own at the start, if it has one."""

    @property
    def bound(self) -> Bound:
        """How the bound is estimated."""
        score = SCORES[self.score]
        return Bound(score, self.control, self.diffused, self.weighted)

    def student(self, teacher: Teacher, generator: torch.Generator) -> Student:
        """A student with fresh weights, which the generator's seed alone decides."""
        return _student(teacher, self.network, self.choose, self.draw, generator)

    def distiller(self, teacher: Teacher, run: Run) -> VDD:
        """The distiller, ready for its first update."""
        return VDD(teacher, self, run)


@dataclass(frozen=True)
class EMRecipe:
    """The same mixture from the data alone, by EM: a baseline, which asks no teacher.

    `WeightedEM` weighed by responsibilities.
    """

    network: Network = field(default_factory=Network)
    """Sizes and starting point of the mixture."""
    choose: ChooseName = "sampled_expert"
    """How an expert is chosen: by its weight, or the likeliest."""
    draw: DrawName = "expert_mean"
    """A chunk from the chosen expert: its mean, or a sample."""
    expert_steps: Size = 1
    """Steps of the experts in an M-step."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    lr: Positive = 3e-4
    """Adam's learning rate at the start; it falls linearly to zero."""
    gate_lr: Positive | None = None
    """The gate's own at the start, if it has one."""

    def weigh(self, teacher: Teacher) -> Weigh:
        """The E-step."""
        return responsibilities

    def student(self, teacher: Teacher, generator: torch.Generator) -> Student:
        """A student with fresh weights, which the generator's seed alone decides."""
        return _student(teacher, self.network, self.choose, self.draw, generator)

    def distiller(self, teacher: Teacher, run: Run) -> WeightedEM:
        """The distiller; of the teacher only encoder and normalisation are used."""
        return WeightedEM(teacher, self, run)


@dataclass(frozen=True)
class IMCRecipe:
    """The same mixture from the data alone, by a curriculum: a baseline beside EM.

    `WeightedEM` weighed by a curriculum.
    """

    network: Network = field(default_factory=lambda: Network(std=0.1))
    """Sizes and starting point of the mixture; covariances are fixed."""
    choose: ChooseName = "sampled_expert"
    """How an expert is chosen: by its weight, or the likeliest."""
    draw: DrawName = "expert_mean"
    """A chunk from the chosen expert: its mean, or a sample."""
    eta: Positive | None = None
    """What the curriculum's entropy counts; the numbers in a chunk if not given."""
    expert_steps: Size = 1
    """Steps of the experts in an M-step."""
    train_encoder: bool = False
    """Let the student's encoder learn too."""
    lr: Positive = 3e-4
    """Adam's learning rate at the start; it falls linearly to zero."""
    gate_lr: Positive | None = None
    """The gate's own at the start, if it has one."""

    def weigh(self, teacher: Teacher) -> Weigh:
        """The E-step."""
        return Curriculum(self.eta or float(prod(teacher.signature.chunk)))

    def student(self, teacher: Teacher, generator: torch.Generator) -> Student:
        """A student with fresh weights, which the generator's seed alone decides."""
        return _student(teacher, self.network, self.choose, self.draw, generator)

    def distiller(self, teacher: Teacher, run: Run) -> WeightedEM:
        """The distiller; of the teacher only encoder and normalisation are used."""
        return WeightedEM(teacher, self, run)


def _student(
    teacher: Teacher,
    network: Network,
    choose: ChooseName,
    draw: DrawName,
    generator: torch.Generator,
) -> Student:
    """A student with fresh weights, which the generator's seed alone decides."""
    settings = dataclasses.asdict(network)
    config = {"network": settings, "choose": choose, "draw": draw}
    with seeded(generator):
        student = Student.from_config(teacher, config)
    return student.to(generator.device)
