"""Teachers: a denoiser, and the way between the world and the space it works in.

Diffusion runs on normalised chunks x; the robot sees observations and actions. A
teacher owns both halves, so that a student made from it needs nothing else; the second
is its *spaces*, all that a student with a network of its own keeps:

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

__all__ = ["Denoiser", "Spaces", "Teacher"]


class Denoiser(Protocol):
    """(x_t, t, cond) -> E[x | x_t, cond]."""

    @property
    def schedule(self) -> Schedule:
        """The schedule that x_t = alpha_t x + sigma_t eps follows."""
        ...

    def __call__(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The mean clean chunk.

        Args:
            x_t: Noisy chunks (B, H, S + A).
            t: Times (B,) in the schedule's domain.
            cond: Conditions (B, C), from `Spaces.encode`.

        Returns:
            E[x | x_t, cond], of x_t's shape.
        """
        ...


class Spaces(Protocol):
    """The way between the world and x."""

    @property
    def signature(self) -> Signature:
        """What a policy that works in these spaces takes and gives."""
        ...

    def encode(self, obs: Obs) -> Tensor:
        """Observations, each (B, n_obs, ...), to conditions (B, C).

        In the network's precision, whatever that of the observations: a simulator gives
        doubles, a camera bytes. Chunks are made in it too.
        """
        ...

    def normalise(self, actions: Tensor, obs: Obs) -> Tensor:
        """Plans (B, H, S + A) in the environment's units to chunks x of that shape."""
        ...

    def denormalise(self, x: Tensor, obs: Obs) -> Tensor:
        """Chunks x to plans, both (B, H, S + A), in the environment's units."""
        ...


class Teacher(Denoiser, Spaces, Protocol):
    """A denoiser with its observation encoder and its normalisation.

    A teacher with an attribute ``spaces``, the second half by itself, spares students
    with networks of their own the first, and says what of it is the encoder; see
    `onehop_interfaces.spaces`.
    """

    def network(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """The raw network under the denoiser, whatever it predicts; shapes as there."""
        ...
