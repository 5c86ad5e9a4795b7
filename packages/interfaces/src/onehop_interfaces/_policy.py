"""Policies: observations in, a chunk of actions out.

A receding-horizon policy looks at the last `n_obs` observations, plans `horizon`
actions starting now, carries out the first `n_action` of them and decides again.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 2.3 | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ._errors import BadInput

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Chance", "Obs", "Policy", "Signature", "Student"]

Obs: TypeAlias = "Mapping[str, Tensor]"
"""Named observations, each of shape (B, n_obs, ...), in the environment's units."""

Chance: TypeAlias = "torch.Generator | Sequence[torch.Generator] | None"
"""Source of randomness: one for all rows, or one for each; None is torch's own.

With one for each, what a row draws does not depend on which others are there.
"""


@dataclass(frozen=True)
class Signature:
    """What a policy takes and gives.

    Attributes:
        obs: Name -> shape of one frame of that observation, without batch and time.
        n_obs: How many frames, the current one last, a decision looks at.
        horizon: H, the number of actions in a chunk; the first is for now.
        n_action: How many of them are carried out before the next decision.
        action_dim: A, the numbers in one action.
    """

    obs: Mapping[str, tuple[int, ...]]
    n_obs: int
    horizon: int
    n_action: int
    action_dim: int

    def check(self, obs: Obs) -> None:
        """Refuse observations of other names or shapes, and any that are not finite.

        Raises:
            BadInput: naming the observation, what was expected and what came.
        """
        for name, shape in self.obs.items():
            if name not in obs:
                raise BadInput(f"observation {name!r} is missing; got {sorted(obs)}")
            expected, came = (self.n_obs, *shape), tuple(obs[name].shape)
            if came[1:] != expected:
                text = ", ".join(map(str, ("B", *expected)))
                raise BadInput(f"observation {name!r}: expected ({text}), got {came}")
            # A sum is finite only if every term is, and is one pass over the data.
            if not bool(obs[name].sum().isfinite()):
                raise BadInput(f"observation {name!r}: expected finite values, got NaN")


class Policy(Protocol):
    """Observations to a chunk of actions."""

    @property
    def signature(self) -> Signature:
        """What the policy takes and gives."""
        ...

    @property
    def nfe(self) -> int:
        """Network calls (function evaluations) per decision; 1 for a student."""
        ...

    def __call__(self, obs: Obs, generator: Chance = None) -> Tensor:
        """Decide.

        Args:
            obs: Observations, each (B, n_obs, ...), in the environment's units.
            generator: Source of all randomness, for all rows or one for each; the same
                states give the same chunks.

        Returns:
            Actions (B, H, A) in the environment's units.

        Raises:
            BadInput: if `obs` does not fit `signature`.
        """
        ...


class Student(Policy, Protocol):
    """A policy that can be written down and rebuilt from its teacher's configuration.

    An implementation also has ``from_config(net, config)``, which makes the student
    that `config` describes around a network `net` like the teacher's.
    """

    def config(self) -> dict[str, Any]:
        """What `from_config` needs, as JSON."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Its tensors by name."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Take the tensors that `state_dict` gave."""
        ...
