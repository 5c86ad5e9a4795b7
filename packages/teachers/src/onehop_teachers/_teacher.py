"""The diffusion teacher: a network, what it predicts, and the space it does so in.

    x      = c_skip x_t + c_out F(c_in x_t, c_time, cond)         the denoiser
    x      within +-clip, if it has one
    loss   = || F - (x - c_skip x_t) / c_out ||^2                 per example

Unit weight on the network's own target is Ho et al.'s simple loss for eps, and Karras'
weight for EDM. The conditional mean E[x | x_t, cond] is its minimum.

The clip bounds what the denoiser answers and what becomes actions: samplers, scores,
students of any method and what they regress on stay within it. It does not bound the
network's raw output, nor the loss, which has none of either; and gradients pass as if
it were not there, for students and score networks are copies of the teacher. Chunks of
unit variance want the data's greatest |x|, those that fill [-1, 1], as Diffusion
Policy's, want 1.

References:
    | Denoising Diffusion Probabilistic Models (Ho et al., 2020), equation 14
    | https://arxiv.org/abs/2006.11239
    | Elucidating the Design Space of Diffusion-Based Generative Models
    | (Karras et al., 2022), equation 8 | https://arxiv.org/abs/2206.00364
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from typing import Any, Self, cast, final

import torch
from torch import Tensor, nn

from onehop_interfaces import (
    Obs,
    Schedule,
    Signature,
    expand,
    noisy,
    settings,
)
from onehop_interfaces.spaces import Halves

from ._betas import (
    Laplace,
    LinearBetas,
    ScaledLinearBetas,
    SigmoidBetas,
    SquaredCosine,
    TrainedBetas,
)
from ._config import from_config, to_config
from ._features import (
    ActionSpace,
    Encoder,
    Flatten,
    Joined,
    RelativeActions,
    RelativeKeypoints,
    ScaledActions,
)
from ._foreign import Encoded, ForeignFlow, ForeignTable, Normalised
from ._framewise import Framewise
from ._inpainted import Inpainted, innermost
from ._latest import Latest
from ._networks import (
    Average,
    Convolutions,
    KeyPoints,
    ResidualMLP,
    ResNet18,
    UNet1D,
)
from ._perceptron import Perceptron
from ._picture import Picture
from ._places import RelativePlaces
from ._plans import ScaledPlans
from ._points import PointNet
from ._preconditioning import (
    Karras,
    Preconditioning,
    PredictEps,
    PredictFlow,
    PredictV,
    PredictX,
    c_time,
    check_clip,
    clipped,
)
from ._schedule import EDM, Cosine, Flow
from ._trunk import Trunk

__all__ = ["DiffusionSpaces", "DiffusionTeacher"]

_CLASSES: tuple[type, ...] = (
    *(SquaredCosine, Laplace, LinearBetas, ScaledLinearBetas),
    *(SigmoidBetas, TrainedBetas, Cosine, EDM, Flow),
    *(PredictX, PredictEps, PredictFlow, PredictV, Karras),
    *(ForeignTable, ForeignFlow, Encoded, Normalised),
    *(ResidualMLP, UNet1D, Inpainted),
    *(Flatten, Joined, Framewise, Latest, Perceptron, PointNet),
    *(RelativeKeypoints, RelativePlaces),
    *(Picture, Convolutions, ResNet18, KeyPoints, Average),
    *(ScaledActions, RelativeActions, ScaledPlans),
)


class DiffusionSpaces(nn.Module):
    """The way between the world and x, without the network.

    Args:
        signature: What policies that work in these spaces take and give.
        encoder: Observations to conditions, a module that is an `Encoder`.
        actions: Actions to chunks and back, a module that is an `ActionSpace`.
        clip: Greatest |x| of a chunk, in units of x; None for no bound.

    Raises:
        BadInput: if the clip is no bound.
    """

    def __init__(
        self,
        signature: Signature,
        encoder: nn.Module,
        actions: nn.Module,
        clip: float | None = None,
    ) -> None:
        super().__init__()
        check_clip(clip)
        self.signature = signature
        self.encoder = encoder
        self.actions = actions
        self.clip = clip

    def decide_every(self, n_action: int) -> None:
        """Carry out so many rows of a plan before the next decision.

        Raises:
            BadInput: if a plan has not as many.
        """
        self.signature = replace(self.signature, n_action=n_action)

    def encode(self, obs: Obs) -> Tensor:
        """Conditions (B, C) of observations, each (B, n_obs, ...).

        Floating observations are taken in the encoder's own precision, whatever theirs.
        """
        dtype = _precision(self.encoder)
        obs = {k: a.to(dtype) if a.is_floating_point() else a for k, a in obs.items()}
        return cast("Encoder", self.encoder)(obs)

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Chunks x (B, H, S + A) of plans in the environment's units."""
        return cast("ActionSpace", self.actions)(actions, obs)

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """Plans (B, H, S + A) in the environment's units of chunks x, in the clip."""
        return cast("ActionSpace", self.actions).inverse(clipped(x, self.clip), obs)


@final
class DiffusionTeacher(DiffusionSpaces):
    """A conditional denoiser of chunks, in its spaces.

    Args:
        signature: What policies made from it take and give.
        schedule: Noise levels of the times.
        preconditioning: What the network predicts.
        net: F(c_in x_t, c_time, cond), module of (B, H, A), (B,), (B, C) to (B, H, A).
        encoder: As in `DiffusionSpaces`,
        actions: and this,
        clip: and this.

    Raises:
        BadInput: if the clip is no bound.
    """

    def __init__(
        self,
        signature: Signature,
        schedule: Schedule,
        preconditioning: Preconditioning,
        net: nn.Module,
        encoder: nn.Module,
        actions: nn.Module,
        clip: float | None = None,
    ) -> None:
        super().__init__(signature, encoder, actions, clip)
        self.schedule = schedule
        self.preconditioning = preconditioning
        self.net = net

    @property
    def spaces(self) -> DiffusionSpaces:
        """The same encoder and actions, without the network."""
        return DiffusionSpaces(self.signature, self.encoder, self.actions, self.clip)

    @property
    def halves(self) -> Halves | None:
        """Trunk and last layer of an MLP that predicts x; None for others."""
        predicts_x = isinstance(self.preconditioning, PredictX)
        mlp = innermost(self.net)
        if not (predicts_x and isinstance(mlp, ResidualMLP)):
            return None
        net = cast("ResidualMLP | Inpainted", self.net)
        return Halves(Trunk(self.schedule, self.preconditioning, net), mlp.last)

    def network(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """F(c_in x_t, c_time, cond), (B, H, A): what the network itself predicts."""
        c_in = self.preconditioning(*self.schedule(t)).c_in
        return self._net(x_t, t, cond, c_in)

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """E[x | x_t, cond], (B, H, A), within the clip, for t (B,) and cond (B, C)."""
        return clipped(self.unclipped(x_t, t, cond), self.clip)

    def unclipped(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The same as the network has it, clip or not."""
        c_skip, c_out, c_in = self.preconditioning(*self.schedule(t))
        f = self._net(x_t, t, cond, c_in)
        return expand(c_skip, x_t) * x_t + expand(c_out, x_t) * f

    def loss(
        self,
        x: Tensor,
        eps: Tensor,
        t: Tensor,
        cond: Tensor,
        weight: Tensor | float = 1.0,
    ) -> Tensor:
        """Mean squared error of the network's own target, one per example.

        Args:
            x: Clean chunks (B, H, A).
            eps: Standard normal noise of x's shape.
            t: Times (B,).
            cond: Conditions (B, C).
            weight: Of the squared errors (H, A).

        Returns:
            Losses (B,).
        """
        alpha_t, sigma_t = self.schedule(t)
        c_skip, c_out, c_in = self.preconditioning(alpha_t, sigma_t)
        x_t = noisy(x, eps, alpha_t, sigma_t)
        target = (x - expand(c_skip, x) * x_t) / expand(c_out, x)
        off = self._net(x_t, t, cond, c_in) - target
        return (weight * off.square()).flatten(1).mean(1)

    def fit(self, obs: Obs, actions: Tensor) -> Self:
        """Take the statistics of the data, once, before training.

        Args:
            obs: Observations, each (N, n_obs, ...).
            actions: Actions (N, H, A).

        Returns:
            The teacher itself.
        """
        cast("Encoder", self.encoder).fit(obs)
        cast("ActionSpace", self.actions).fit(actions, obs)
        return self

    def config(self) -> dict[str, Any]:
        """All that `from_config` needs to build the same teacher, without weights."""
        parts = ("schedule", "preconditioning", "net", "encoder", "actions")
        return {
            "signature": self.signature.to_json(),
            **{part: to_config(getattr(self, part)) for part in parts},
            "clip": self.clip,
        }

    @classmethod
    def from_config(cls, config: object, classes: Iterable[type] = ()) -> Self:
        """An untrained teacher of this configuration.

        Args:
            config: From `config()`, perhaps by way of a file.
            classes: The caller's own classes that may appear in it, such as an encoder.

        Raises:
            BadInput: if something is missing, unknown or of an unknown class.
        """
        parts = ("schedule", "preconditioning", "net", "encoder", "actions")
        given = settings(config, "teacher", ("signature", *parts), {"clip": None})
        known = (*_CLASSES, *classes)
        built = {p: from_config(given[p], known, f"teacher {p}") for p in parts}
        signature = Signature.from_json(given["signature"])
        return cls(signature, **built, clip=given["clip"])

    def _net(self, x_t: Tensor, t: Tensor, cond: Tensor, c_in: Tensor) -> Tensor:
        time = c_time(self.schedule, t)
        return cast("Tensor", self.net(expand(c_in, x_t) * x_t, time, cond))


def _precision(module: nn.Module) -> torch.dtype:
    """The type of a module's numbers; single if it has none."""
    tensors = chain(module.parameters(), module.buffers())
    kinds = (tensor.dtype for tensor in tensors if tensor.is_floating_point())
    return next(kinds, torch.float32)
