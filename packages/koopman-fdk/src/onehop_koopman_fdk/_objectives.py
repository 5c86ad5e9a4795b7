"""A method's loss with its constants, and whatever it trains beside the student."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput
from onehop_interfaces.drawing import standard_normal

from ._losses import Terms, dnk_terms, first_action_weight, kdm_terms, kdmf_terms
from ._operators import DecomposedKoopman, DynamicKoopman
from ._pairs import Pairs
from ._student import Student

__all__ = ["DNK", "KDM", "KDMF", "Objective"]


class Objective(nn.Module):
    """Pairs to loss terms.

    Args:
        weights: How much each term counts.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        super().__init__()
        self.weights = dict(weights)

    def forward(
        self, student: Student, pairs: Pairs, generator: torch.Generator
    ) -> Terms:
        """The terms, each (B,) or a scalar; noise they need comes from `generator`."""
        raise NotImplementedError


class DNK(Objective):
    """FDK's objective, see `dnk_terms`.

    Args:
        student: What it is for.
        rec: Weight of the target's reconstruction.
        lat: Weight of the latent's distance to the encoded target.
        pred: Weight of the chunk's distance to the target.
        act: Weight of the same, early actions counting more.
        spec: Weight of the eigenvalues' excess over 1.
        inv: Weight of P Q's distance to the identity.
        first_action: What the first action counts in act; the others count 1.

    Raises:
        BadInput: if the student's operator is not a `DynamicKoopman`.
    """

    action_weight: Tensor

    def __init__(
        self,
        student: Student,
        *,
        rec: float = 1.0,
        lat: float = 1.0,
        pred: float = 1.0,
        act: float = 1.0,
        spec: float = 1e-2,
        inv: float = 1.0,
        first_action: float = 10.0,
    ) -> None:
        _need(student, DynamicKoopman)
        super().__init__(
            {"rec": rec, "lat": lat, "pred": pred, "act": act, "spec": spec, "inv": inv}
        )
        signature = student.signature
        weight = first_action_weight(signature.horizon, first_action, signature.now)
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
        rec: Weight of the target's reconstruction.
        lat: Weight of the latent's distance to the encoded target ("push").
        pred: Weight of the chunk's distance to the target.
        noise: Standard deviation of the noise on latents while training.
    """

    def __init__(
        self,
        student: Student,
        *,
        rec: float = 1.0,
        lat: float = 1.0,
        pred: float = 1.0,
        noise: float = 0.4,
    ) -> None:
        super().__init__({"rec": rec, "lat": lat, "pred": pred})
        self.target_encoder = student.new_encoder()
        self.noise = noise

    def forward(
        self, student: Student, pairs: Pairs, generator: torch.Generator
    ) -> Terms:
        """See `Objective`."""
        noises = _latent_noise(self.noise, student, pairs, generator)
        return kdm_terms(student, self.target_encoder, pairs, *noises)


class KDMF(Objective):
    """KDM-F's objective, see `kdmf_terms`.

    Args:
        student: What it is for.
        eig: Weight of the eigenvalues' distance to their random places.
        inv: Weight of P_inv P's distance to the identity.
        rec: As in `KDM`,
        lat: and this,
        pred: and this,
        noise: and this.

    Raises:
        BadInput: if the student's operator is not a `DecomposedKoopman`.
    """

    def __init__(
        self,
        student: Student,
        *,
        eig: float = 1.0,
        inv: float = 1.0,
        rec: float = 1.0,
        lat: float = 1.0,
        pred: float = 1.0,
        noise: float = 0.4,
    ) -> None:
        _need(student, DecomposedKoopman)
        super().__init__({"rec": rec, "lat": lat, "pred": pred, "eig": eig, "inv": inv})
        self.target_encoder = student.new_encoder()
        self.noise = noise

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
    like = pairs.x.new_empty(2, len(pairs.x), student.sizes["latent"])
    noise_0, noise_T = std * standard_normal(like, generator)
    return noise_0, noise_T
