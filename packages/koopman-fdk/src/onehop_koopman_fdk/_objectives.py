"""A method's loss with its constants, and whatever it trains beside the student."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput
from onehop_interfaces.drawing import standard_normal

from ._losses import Terms, dnk_terms, first_action_weight, kdm_terms, kdmf_terms
from ._operators import DecomposedKoopman, DynamicKoopman
from ._pairs import Pairs
from ._student import Student

if TYPE_CHECKING:
    from ._recipes import DNKRecipe, KDMFRecipe, KDMRecipe

__all__ = ["DNK", "KDM", "KDMF", "Objective"]


class Objective(nn.Module):
    """Pairs to loss terms.

    Args:
        settings: Has the weight of every term under its name.
        names: The terms.
    """

    def __init__(self, settings: object, *names: str) -> None:
        super().__init__()
        self.weights: dict[str, float] = {n: getattr(settings, n) for n in names}

    def forward(
        self, student: Student, pairs: Pairs, generator: torch.Generator
    ) -> Terms:
        """The terms, each (B,) or a scalar; noise they need comes from `generator`."""
        raise NotImplementedError


class DNK(Objective):
    """FDK's objective, see `dnk_terms`.

    Args:
        student: What it is for.
        settings: Weights of the terms, and of the first action in one of them.

    Raises:
        BadInput: if the student's operator is not a `DynamicKoopman`.
    """

    action_weight: Tensor

    def __init__(self, student: Student, settings: DNKRecipe) -> None:
        _need(student, DynamicKoopman)
        super().__init__(settings, "rec", "lat", "pred", "act", "spec", "inv")
        horizon, now = student.signature.horizon, student.signature.now
        weight = first_action_weight(horizon, settings.first_action, now)
        self.register_buffer("action_weight", weight)

    def forward(
        self, student: Student, pairs: Pairs, generator: torch.Generator
    ) -> Terms:
        """See `Objective`; needs no noise."""
        return dnk_terms(student, pairs, self.action_weight)


class KDM(Objective):
    """KDM's objective, see `kdm_terms`.

    Args:
        student: What it is for; the encoder of targets is made like its encoder.
        settings: Weights of the terms, and the noise on latents while training.
    """

    def __init__(self, student: Student, settings: KDMRecipe) -> None:
        super().__init__(settings, "rec", "lat", "pred")
        self.target_encoder = student.new_encoder()
        self.noise = settings.noise

    def forward(
        self, student: Student, pairs: Pairs, generator: torch.Generator
    ) -> Terms:
        """See `Objective`."""
        noises = _latent_noise(self.noise, student, pairs, generator)
        return kdm_terms(student, self.target_encoder, pairs, *noises)


class KDMF(Objective):
    """KDM-F's objective, see `kdmf_terms`.

    Args:
        student: What it is for; the encoder of targets is made like its encoder.
        settings: Weights of the terms, and the noise on latents while training.

    Raises:
        BadInput: if the student's operator is not a `DecomposedKoopman`.
    """

    def __init__(self, student: Student, settings: KDMFRecipe) -> None:
        _need(student, DecomposedKoopman)
        super().__init__(settings, "rec", "lat", "pred", "eig", "inv")
        self.target_encoder = student.new_encoder()
        self.noise = settings.noise

    def forward(
        self, student: Student, pairs: Pairs, generator: torch.Generator
    ) -> Terms:
        """See `Objective`."""
        noises = _latent_noise(self.noise, student, pairs, generator)
        return kdmf_terms(student, self.target_encoder, pairs, *noises)


def _need(student: Student, operator: type[nn.Module]) -> None:
    if not isinstance(student.operator, operator):
        came = type(student.operator).__name__
        raise BadInput(f"objective: expected a {operator.__name__}, got {came}")


def _latent_noise(
    std: float, student: Student, pairs: Pairs, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Noise for encoded targets and for encoded priors, each (B, d)."""
    like = pairs.x.new_empty(2, len(pairs.x), student.sizes.latent)
    noise_0, noise_T = std * standard_normal(like, generator)
    return noise_0, noise_T
