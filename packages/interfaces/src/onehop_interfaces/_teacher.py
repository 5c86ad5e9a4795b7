"""Teachers: a denoiser, and the way between the world and the space it works in.

Diffusion runs on normalised chunks x; the robot sees observations and actions. A
teacher owns both halves, so that a student made from it needs nothing else:

    cond = encode(obs)
    x = normalise(actions, obs)
    actions = denormalise(x, obs)

`normalise` is given the observation because useful action spaces are relative to it
(Push-T: to where the agent is now).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ._policy import Obs, Signature
from ._schedule import Schedule

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Denoiser", "Teacher"]


class Denoiser(Protocol):
    """(x_t, t, cond) -> E[x | x_t, cond]."""

    @property
    def schedule(self) -> Schedule:
        """The schedule that x_t = alpha_t x + sigma_t eps follows."""
        ...

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The mean clean chunk.

        Args:
            x_t: Noisy chunks (B, H, A).
            t: Times (B,) in the schedule's domain.
            cond: Conditions (B, C), from `Teacher.encode`.

        Returns:
            E[x | x_t, cond], of shape (B, H, A).
        """
        ...


class Teacher(Denoiser, Protocol):
    """A denoiser with its observation encoder and its normalisation."""

    @property
    def signature(self) -> Signature:
        """What a policy made from this teacher takes and gives."""
        ...

    def network(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The raw network under the denoiser, whatever it predicts; shapes as there."""
        ...

    def encode(self, obs: Obs) -> Tensor:
        """Observations, each (B, n_obs, ...), to conditions (B, C).

        In the network's precision, whatever that of the observations: a simulator gives
        doubles, a camera bytes. Noise is drawn, and chunks are made, in it too.
        """
        ...

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Actions (B, H, A) in the environment's units to chunks x (B, H, A)."""
        ...

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """Chunks x (B, H, A) to actions (B, H, A) in the environment's units."""
        ...
