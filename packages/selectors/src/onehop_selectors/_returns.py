"""What a plan returns: a regression from noisy plans to what their episodes earned.

    minimise E (J(x_t, t, cond) - R)^2,     x_t = alpha_t x + sigma_t eps

with R the return from the plan's start on, in standard deviations of the data's. The
minimum is J = E[R | x_t, cond]: its gradient guides samplers (`Guided`), and without
noise it ranks plans (`ReturnSelector`). It knows the noise by alpha_t and sigma_t.

References:
    | Planning with Diffusion for Flexible Behavior Synthesis (Janner et al., 2022),
    | section 3.2 and appendix | https://arxiv.org/abs/2205.09991
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, final

import torch
from torch import Tensor, nn

from onehop_interfaces import (
    Batch,
    Obs,
    Schedule,
    Spaces,
    Teacher,
    noisy,
    settings,
    whole,
)
from onehop_interfaces.drawing import seeded, standard_normal, uniform
from onehop_interfaces.learning import Learning, Run, half_cosine
from onehop_interfaces.options import Positive, Size

from ._networks import mlp
from ._selector import for_each

__all__ = [
    "ReturnClassifier",
    "ReturnLearning",
    "ReturnRecipe",
    "ReturnSelector",
    "Returning",
]

LARGEST = 2**14


class Returning(NamedTuple):
    """Windows, and what their episodes earned from there on.

    Attributes:
        batch: The windows.
        returns: R (B,), in the environment's units.
    """

    batch: Batch
    returns: Tensor


@final
class ReturnClassifier(nn.Module):
    """J: a `Value`.

    Args:
        schedule: The teacher's.
        dim: Numbers in a chunk, H (S + A).
        cond_dim: C.
        width: Units of a hidden layer.
        depth: Hidden layers.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, schedule: Schedule, dim: int, cond_dim: int, width: int, depth: int
    ) -> None:
        super().__init__()
        self.schedule = schedule
        self.sizes = {"dim": dim, "cond_dim": cond_dim, "width": width, "depth": depth}
        self.net = mlp(dim + 2 + cond_dim, 1, width, depth)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))

    def fit(self, returns: Tensor) -> None:
        """Take the units of returns (N,)."""
        self.mean.copy_(returns.double().mean())
        self.std.copy_(returns.double().std(correction=0).clamp_min(1e-6))

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """J (B,) of noisy chunks (B, H, S + A), in standard deviations of returns."""
        return self.at(x_t, *self.schedule(t), cond)

    def at(self, x_t: Tensor, alpha_t: Tensor, sigma_t: Tensor, cond: Tensor) -> Tensor:
        """The same at levels (B,); 1 and 0 are none."""
        levels = torch.stack([alpha_t, sigma_t], -1).to(x_t)
        value: Tensor = self.net(torch.cat([x_t.flatten(1), levels, cond], -1))
        return value.squeeze(-1)

    def clean(self, x: Tensor, cond: Tensor) -> Tensor:
        """The same of chunks without noise."""
        return self.at(x, x.new_ones(x.shape[0]), x.new_zeros(x.shape[0]), cond)

    def config(self) -> dict[str, Any]:
        """What `from_config` takes beside the schedule, JSON."""
        return dict(self.sizes)

    @classmethod
    def from_config(cls, schedule: Schedule, config: object) -> Self:
        """A classifier of these sizes; the weights are loaded after.

        Raises:
            BadInput: if the config is not one that `config` writes.
        """
        names = ("dim", "cond_dim", "width", "depth")
        given: Mapping[str, Any] = settings(config, "classifier config", names)
        sizes = {n: whole(given[n], f"classifier {n}", 0, LARGEST) for n in names}
        return cls(schedule, **sizes)


@dataclass(frozen=True)
class ReturnRecipe:
    """How a return classifier is taught."""

    lr: Positive = 3e-4
    """Adam's; it falls to zero as a cosine."""
    width: Size = 256
    """Units of a hidden layer."""
    depth: Size = 3
    """Hidden layers."""

    def learning(self, teacher: Teacher, cond_dim: int, run: Run) -> ReturnLearning:
        """A fresh classifier's learning, which the generator's seed alone decides."""
        horizon, numbers = teacher.signature.chunk
        sizes = horizon * numbers, cond_dim, self.width, self.depth
        with seeded(run.generator):
            classifier = ReturnClassifier(teacher.schedule, *sizes)
        return ReturnLearning(teacher, classifier, self, run)


class ReturnLearning(Learning):
    """The learner.

    Args:
        teacher: In whose spaces plans are, and at whose times.
        classifier: What learns.
        settings: How.
        run: The run it is part of.
    """

    def __init__(
        self,
        teacher: Teacher,
        classifier: ReturnClassifier,
        settings: ReturnRecipe,
        run: Run,
    ) -> None:
        super().__init__(run)
        self.teacher = teacher
        self.classifier = self.keep("classifier", classifier)
        self.optimizer = self.optimise(
            "optimizer",
            classifier.parameters(),
            lambda parameters: torch.optim.Adam(parameters, lr=settings.lr, fused=True),
            half_cosine,
        )

    def update(self, given: Returning) -> dict[str, float]:
        """One step on a batch."""
        batch = given.batch
        with torch.no_grad():
            cond = self.teacher.encode(batch.obs)
            x = self.teacher.normalise(batch.actions, batch.obs)
        domain = self.teacher.schedule.domain
        t = domain.at(uniform(len(x), self.generator)).to(x)
        alpha_t, sigma_t = self.teacher.schedule(t)
        x_t = noisy(x, standard_normal(x, self.generator), alpha_t, sigma_t)
        wanted = (given.returns - self.classifier.mean) / self.classifier.std
        off = self.classifier.at(x_t, alpha_t, sigma_t, cond) - wanted
        loss = off.square().mean()
        self.minimise(loss, self.optimizer)
        return self.end_update(loss=loss)


@dataclass(frozen=True)
class ReturnSelector:
    """Score a plan by what it returns, without noise.

    Attributes:
        classifier: J.
        spaces: In which it was taught.
    """

    classifier: ReturnClassifier
    spaces: Spaces

    def __call__(self, plans: Tensor, obs: Obs) -> Tensor:
        """See `Selector`."""
        batch, n = plans.shape[:2]
        x = self.spaces.normalise(plans.flatten(0, 1), for_each(obs, n))
        cond = self.spaces.encode(obs).repeat_interleave(n, 0)
        return self.classifier.clean(x, cond).view(batch, n)
