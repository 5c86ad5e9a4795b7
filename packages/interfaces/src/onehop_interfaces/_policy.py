"""Policies: observations in, a chunk of actions out.

A receding-horizon policy looks at the last `n_obs` observations, plans `horizon`
actions, carries out `n_action` of them and decides again:

    row of the plan   0 ... now - 1     now ... now + n_action - 1     ... H - 1
                      past: left alone  `due`: carried out             left alone

Plans start now unless they say otherwise. Those of Diffusion Policy, LeRobot and BESO
start where the observations do, `now = n_obs - 1` rows before: carried out from row 0,
every action of theirs would come that much too late. A row is an action, or, where a
trajectory is planned, the state expected there and the action.

A policy is a function: all chance is an argument, z of a shape that it states. So one
row's decision depends on no other's, candidates are several z for one observation, and
the function can be exported. `onehop_interfaces.acting.decide` draws z and checks what
comes from outside.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023), section 2.3 | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ._errors import BadInput, reading

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

MOST_FRAMES = 1_000
"""Frames that a decision may look at."""
MOST_SEEN = 2**26
"""Numbers in all of them: two cameras of full HD, five frames of each."""
MOST_PLANNED = 2**16
"""Numbers in a plan."""


@dataclass(frozen=True)
class Signature:
    """What a policy takes and gives; checked when made.

    Actions have no bounds: what a policy plans is not compared with what its robot can
    do. A teacher's own `clip` bounds its chunks, and roll-outs refuse what is not
    finite.

    Attributes:
        obs: Name -> shape of one frame of that observation, without batch and time.
        n_obs: How many frames, the current one last, a decision looks at.
        horizon: H, the number of rows in a plan.
        n_action: How many of them are carried out before the next decision.
        action_dim: A, the numbers in one action.
        now: The row of the plan that is for now; those before it are of the past.
        state_dim: S, the numbers of state that are planned before each action.
        period: Time between two actions [s]; None where nothing says it.

    Raises:
        BadInput: if a number is not whole or out of range, if more rows are due than
            are planned, or if decisions look at nothing or at too much.
    """

    obs: Mapping[str, tuple[int, ...]]
    n_obs: int
    horizon: int
    n_action: int
    action_dim: int
    now: int = 0
    state_dim: int = 0
    period: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no policy can be."""
        _check_whole("n_obs", self.n_obs, 1, MOST_FRAMES)
        _check_whole("horizon", self.horizon, 1, MOST_PLANNED)
        most = MOST_PLANNED // self.horizon
        _check_whole("action_dim", self.action_dim, 1, most)
        _check_whole("state_dim", self.state_dim, 0, most - self.action_dim)
        _check_whole("now", self.now, 0, self.horizon - 1)
        _check_whole("n_action", self.n_action, 1, self.horizon - self.now)
        if self.period is not None and not 0 < self.period < math.inf:
            raise BadInput(
                f"signature period: expected seconds above 0, got {self.period!r}"
            )
        if not isinstance(self.obs, Mapping) or not self.obs:
            raise BadInput(f"signature obs: expected names and shapes, got {self.obs}")
        for name, shape in self.obs.items():
            if not isinstance(shape, tuple) or not all(
                type(size) is int and size >= 1 for size in shape
            ):
                raise BadInput(
                    f"signature obs {name!r}: expected a tuple of whole numbers above "
                    f"0, got {shape!r}"
                )
        seen = self.n_obs * sum(map(math.prod, self.obs.values()))
        if seen > MOST_SEEN:
            raise BadInput(
                f"signature obs: expected at most {MOST_SEEN} numbers in all frames, "
                f"got {seen}"
            )

    @property
    def chunk(self) -> tuple[int, int]:
        """(H, S + A), the shape of a plan and of x."""
        return self.horizon, self.state_dim + self.action_dim

    def due(self, plan: Tensor) -> Tensor:
        """What is carried out, (B, n_action, A), of plans (B, H, S + A)."""
        return plan[:, self.now : self.now + self.n_action, self.state_dim :]

    def to_json(self) -> dict[str, Any]:
        """What `from_json` takes; fields that are as by default are left out."""
        fields = dataclasses.fields(self)
        given = {f.name: getattr(self, f.name) for f in fields}
        given = {f.name: given[f.name] for f in fields if given[f.name] != f.default}
        return {**given, "obs": {k: list(v) for k, v in self.obs.items()}}

    @classmethod
    def from_json(cls, config: Any) -> Signature:
        """The signature that `to_json` wrote.

        Raises:
            BadInput: if the config is none.
        """
        with reading("signature", "numbers, and observations' shapes by name"):
            obs = {name: tuple(shape) for name, shape in config["obs"].items()}
            return cls(**{**config, "obs": obs})

    def check(self, obs: Obs) -> None:
        """Refuse observations of other names or shapes, and any that are not finite.

        Tensors and NumPy arrays alike, of any type of real number.

        Raises:
            BadInput: naming the observation, what was expected and what came.
        """
        batch: int | None = None
        for name, shape in self.obs.items():
            if name not in obs:
                raise BadInput(f"observation {name!r} is missing; got {sorted(obs)}")
            expected, came = (self.n_obs, *shape), _shape_of(name, obs[name])
            if len(came) == 0 or came[1:] != expected or batch not in (None, came[0]):
                text = ", ".join(map(str, (batch or "B", *expected)))
                raise BadInput(f"observation {name!r}: expected ({text}), got {came}")
            batch = came[0]
            # Comparing, unlike summing, overflows in no type.
            if not bool(((obs[name] > -math.inf) & (obs[name] < math.inf)).all()):
                raise BadInput(f"observation {name!r}: expected finite values, got NaN")


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    # Not isinstance: a bool is an int.
    if type(value) is not int or not low <= value <= high:
        raise BadInput(
            f"signature {name}: expected a whole number of {low} to {high}, "
            f"got {value!r}"
        )


def _shape_of(name: str, array: Any) -> tuple[int, ...]:
    """The shape of an array of real numbers, NumPy's or torch's."""
    dtype = getattr(array, "dtype", None)
    # NumPy's types have a kind, torch's do not: all of its real ones are ordered.
    real = getattr(dtype, "kind", "f") in "fiub" and not getattr(
        dtype, "is_complex", False
    )
    if dtype is None or not real:
        came = type(array).__name__ if dtype is None else dtype
        raise BadInput(f"observation {name!r}: expected numbers, got {came}")
    return tuple(array.shape)


class Policy(Protocol):
    """Observations and noise to a plan: a function, without chance of its own."""

    @property
    def signature(self) -> Signature:
        """What the policy takes and gives."""
        ...

    @property
    def nfe(self) -> int:
        """Network calls (function evaluations) per decision; 1 for a student."""
        ...

    @property
    def noise(self) -> tuple[int, ...]:
        """The shape of the standard normal numbers that one decision takes."""
        ...

    def act(self, obs: Obs, noise: Tensor) -> Tensor:
        """Decide.

        Args:
            obs: Observations, each (B, n_obs, ...), in the environment's units;
                they fit the signature.
            noise: Standard normal numbers (B, *`noise`).

        Returns:
            Plans (B, H, S + A) in the environment's units; `signature.due` of them are
            to be carried out.
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
