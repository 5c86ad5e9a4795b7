"""Experts and gate from data: by expectation maximisation, or by a curriculum.

Both weigh every expert's share in every example, w_nk, and descend

    - sum_k w_nk log q_k(x_n)   the experts,     - sum_k w_nk log pi_k   the gate.

EM weighs by the responsibilities q(k | x_n, cond_n) of the mixture as it stands. The
gradient of the two losses is then that of -log q(x_n | cond_n) itself.

IMC lets each expert choose the data it is good at. A curriculum p(n, k) over examples
and experts maximises

    sum_nk p(n, k) R_nk + eta H(p),      R_nk = log q_k(x_n) + eta log q(k | x_n)

so that p(n, k) is the softmax of R_nk / eta over examples and experts together, and
w_nk = N p(n, k). Examples that no expert explains weigh next to nothing, which avoids
averaging over modes; a large eta weighs all examples alike, a small one keeps few.
log q_k adds up over the D numbers of a chunk, so eta has to grow with D.

The paper keeps p(n, k) of the whole data set between iterations and takes q(k | x_n)
from it. A stream of batches has no such memory: here the batch stands for the data, and
q(k | x_n) is that of gate and experts. VDD's gate, too, learns from responsibilities.

References:
    | Maximum Likelihood from Incomplete Data via the EM Algorithm
    | (Dempster et al., 1977)
    | Adaptive Mixtures of Local Experts (Jacobs et al., 1991)
    | Information Maximizing Curriculum (Blessing et al., 2023)
    | https://arxiv.org/abs/2303.15349
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from ._mixture import Mixture

__all__ = ["Curriculum", "Weigh", "gate_loss", "likelihood_loss", "responsibilities"]

Weigh: TypeAlias = Callable[[Mixture, Tensor], Tensor]
"""(mixture, x (B, H, A)) -> w, (B, K), of mean 1 over the examples; a constant."""


@torch.no_grad()
def responsibilities(mixture: Mixture, x: Tensor) -> Tensor:
    """EM's weights: q(k | x_n, cond_n), (B, K), for x (B, H, A)."""
    return mixture.log_responsibilities(x.flatten(1)[:, None])[:, 0].exp()


@dataclass(frozen=True)
class Curriculum:
    """IMC's weights: N p(n, k), (B, K), with the batch for the data.

    Attributes:
        eta: What the curriculum's entropy counts, more than 0; of the order of D.
    """

    eta: float

    @torch.no_grad()
    def __call__(self, mixture: Mixture, x: Tensor) -> Tensor:
        """The weights for x (B, H, A)."""
        points = x.flatten(1)[:, None]
        log_q = mixture.expert_log_probs(points)[:, 0]
        log_p = log_q / self.eta + mixture.log_responsibilities(points)[:, 0]
        return len(x) * log_p.flatten().softmax(0).view_as(log_p)


def likelihood_loss(mixture: Mixture, x: Tensor, w: Tensor) -> Tensor:
    """The experts' weighted likelihood, one value per example, (B,).

    Args:
        mixture: The student's, differentiable; the gate gets no gradient.
        x: Demonstrated chunks (B, H, A).
        w: Weights (B, K).
    """
    return -(w * mixture.expert_log_probs(x.flatten(1)[:, None])[:, 0]).sum(-1)


def gate_loss(mixture: Mixture, w: Tensor) -> Tensor:
    """The gate's cross-entropy to w (B, K), one value per example, (B,)."""
    return -(w * mixture.log_weights).sum(-1)
