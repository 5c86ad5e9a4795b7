"""What FDK, KDM and KDM-F descend, term by term.

With z = E(prior, cond), its moved latent z' and the encoded target z_x:

FDK, one encoder E for prior and target
    rec   = || D(E(x, cond)) - x ||^2
    lat   = || z' - sg(E(x, cond)) ||^2
    pred  = || D(z') - x ||^2
    act   = || W^(1/2) (D(z') - x) ||^2           W diagonal, larger for early actions
    spec  = || relu(|gamma(z)| - 1) ||^2
    inv   = || PQ - I ||^2 + || QP - I ||^2

KDM, encoders E_T of priors and E_0 of targets, z = E_T(prior) + s n_T
    rec   = || D(E_0(x) + s n_0) - x ||^2
    lat   = || z' - E_0(x) ||^2                   no gradient is stopped
    pred  = || D(z') - x ||^2
KDM-F adds
    eig   = mean |lambda - U|
    inv   = || P_inv P - I ||^2 + || P P_inv - I ||^2

All squared norms are means over entries, so that weights do not depend on sizes. The
data terms are weighted per pair by `Pairs.weight`; spec, eig and inv, properties of the
operator, are not. FDK's weights are in no public text; the defaults of the objectives
are this package's reading, KDM's are those of its code.

References:
    | Dynamic Neural Koopman / FDK, 2026, trajectory, action and operator losses
    | https://arxiv.org/abs/2605.24924
    | One-step offline distillation of diffusion models via Koopman modelling (KDM)
"""

from __future__ import annotations

from typing import TypeAlias, cast

import torch
from torch import Tensor, nn

from ._operators import DecomposedKoopman, DynamicKoopman
from ._pairs import Pairs
from ._student import Student

__all__ = ["Terms", "dnk_terms", "first_action_weight", "kdm_terms", "kdmf_terms"]

Terms: TypeAlias = dict[str, Tensor]
"""Loss terms by name: one value per pair (B,), or a scalar for the operator alone."""


def first_action_weight(horizon: int, first: float = 10.0, now: int = 0) -> Tensor:
    """The diagonal of W per action, (H, 1): `first` for row `now`, 1 for the rest."""
    weight = torch.ones(horizon, 1)
    weight[now] = first
    return weight


def dnk_terms(student: Student, pairs: Pairs, action_weight: Tensor) -> Terms:
    """FDK's terms rec, lat, pred, act, spec, each (B,), and inv, a scalar.

    Args:
        student: With a `DynamicKoopman`.
        pairs: A batch of pairs.
        action_weight: The diagonal of W, (H, 1) or (H, A).
    """
    operator = cast(DynamicKoopman, student.operator)
    cond, prior, x, weight = pairs
    z_x, z = student.encode_target(x, cond), student.encode(prior, cond)
    spec = torch.zeros_like(weight)
    for _ in range(student.transitions):
        excess = (operator.gamma(z).abs() - 1).relu()
        spec = spec + excess.square().mean(1) / student.transitions
        z = student.move(z, cond)
    error = (student.decode(z) - x).square()
    return {
        "rec": weight * _mean_square(student.decode(z_x) - x),
        "lat": weight * _mean_square(z - z_x.detach()),
        "pred": weight * error.flatten(1).mean(1),
        "act": weight * (action_weight * error).flatten(1).mean(1),
        "spec": spec,
        "inv": operator.inverse_error(),
    }


def kdm_terms(
    student: Student,
    target_encoder: nn.Module,
    pairs: Pairs,
    noise_0: Tensor,
    noise_T: Tensor,
) -> Terms:
    """KDM's terms rec, lat and pred, each (B,).

    Args:
        student: Its encoder is E_T.
        target_encoder: E_0, from `Student.new_encoder`.
        pairs: A batch of pairs.
        noise_0: Added to the encoded target for rec, (B, d).
        noise_T: Added to the encoded prior, (B, d).
    """
    cond, prior, x, weight = pairs
    z_x = target_encoder(student.features(x, cond))
    z = student.encode(prior, cond) + noise_T
    for _ in range(student.transitions):
        z = student.move(z, cond)
    return {
        "rec": weight * _mean_square(student.decode(z_x + noise_0) - x),
        "lat": weight * _mean_square(z - z_x),
        "pred": weight * _mean_square(student.decode(z) - x),
    }


def kdmf_terms(
    student: Student,
    target_encoder: nn.Module,
    pairs: Pairs,
    noise_0: Tensor,
    noise_T: Tensor,
) -> Terms:
    """KDM's terms, and the scalars eig and inv of a `DecomposedKoopman`."""
    operator = cast(DecomposedKoopman, student.operator)
    return {
        **kdm_terms(student, target_encoder, pairs, noise_0, noise_T),
        "eig": operator.eigenvalue_error(),
        "inv": operator.inverse_error(),
    }


def _mean_square(error: Tensor) -> Tensor:
    """Mean over all entries but the first axis, (B,)."""
    return error.square().flatten(1).mean(1)
