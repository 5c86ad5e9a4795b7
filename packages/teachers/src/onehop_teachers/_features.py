"""From the world to the space diffusion works in.

An *encoder* turns observations, each (B, n_obs, ...), into conditions (B, C). It is any
module with `cond_dim` and `fit`; one for images or point clouds learns its weights
along with the network. An *action space* turns actions (B, H, A) into chunks x of unit
variance and back, given the observation.

For pushing tasks the geometry between agent and object matters more than where on the
table both are. `RelativeKeypoints` says both and adds velocities; `RelativeActions`
plans from where the agent is now.

`fit` takes the statistics of data, once, before training.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import prod
from typing import Protocol, cast, final

import torch
from torch import Tensor, nn

from onehop_interfaces import Obs

from ._statistics import Standardise

__all__ = [
    "ActionSpace",
    "Encoder",
    "Flatten",
    "RelativeActions",
    "RelativeKeypoints",
    "ScaledActions",
]


class Encoder(Protocol):
    """Observations to conditions."""

    @property
    def cond_dim(self) -> int:
        """C."""
        ...

    def __call__(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        ...

    def fit(self, obs: Obs) -> object:
        """Take the statistics of these observations, if it has any."""
        ...


class ActionSpace(Protocol):
    """Actions to chunks and back, both (B, H, A)."""

    def __call__(self, actions: Tensor, obs: Obs) -> Tensor:
        """Chunks x, from actions in the environment's units."""
        ...

    def inverse(self, x: Tensor, obs: Obs) -> Tensor:
        """Actions in the environment's units, from chunks."""
        ...

    def fit(self, actions: Tensor, obs: Obs) -> object:
        """Take the statistics of these actions, if it has any."""
        ...


class StandardisedFeatures(nn.Module, ABC):
    """An encoder without weights: features of observations, standardised.

    Args:
        cond_dim: C, the features.
    """

    def __init__(self, cond_dim: int) -> None:
        super().__init__()
        self.cond_dim = cond_dim
        self.standardise = Standardise(cond_dim)

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return self.standardise(self._features(obs))  # type: ignore[no-any-return]

    def fit(self, obs: Obs) -> None:
        """Take the statistics of these observations."""
        self.standardise.fit(self._features(obs))

    @abstractmethod
    def _features(self, obs: Obs) -> Tensor:
        """Features (B, C)."""


@final
class Flatten(StandardisedFeatures):
    """Every number of the observations named, standardised.

    Args:
        shapes: Name -> shape of one frame of that observation.
        n_obs: Frames in an observation.
    """

    def __init__(self, shapes: dict[str, Sequence[int]], n_obs: int) -> None:
        super().__init__(n_obs * sum(prod(shape) for shape in shapes.values()))
        self.shapes = {name: tuple(shape) for name, shape in shapes.items()}
        self.n_obs = n_obs

    def _features(self, obs: Obs) -> Tensor:
        return torch.cat([obs[name].flatten(1) for name in self.shapes], dim=-1)


@final
class Joined(nn.Module):
    """Several encoders' conditions, one after another.

    Args:
        encoders: Modules that are an `Encoder` each, by a name of one's choice; each is
            shown all observations and looks at its own.
    """

    def __init__(self, encoders: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self.cond_dim = sum(encoder.cond_dim for encoder in self._each())

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return torch.cat([encoder(obs) for encoder in self._each()], dim=-1)

    def fit(self, obs: Obs) -> None:
        """Let every encoder take its statistics."""
        for encoder in self._each():
            encoder.fit(obs)

    def _each(self) -> list["Encoder"]:
        return [cast("Encoder", encoder) for encoder in self.encoders.values()]


@final
class RelativeKeypoints(StandardisedFeatures):
    """Keypoints of an object and the position of the agent, in the plane.

    The observation (B, n_obs, 2 K + 2) holds K keypoints, then the agent, as x, y
    pairs. The condition holds, of the current frame, the keypoints relative to the
    agent, the keypoints and the agent; and the differences between successive frames
    (velocities per step) of all of them; standardised.

    Args:
        name: The observation's name.
        keypoints: K.
        n_obs: Frames in an observation.
    """

    def __init__(self, name: str, keypoints: int, n_obs: int) -> None:
        super().__init__(2 * keypoints + (2 * keypoints + 2) * n_obs)
        self.name, self.keypoints, self.n_obs = name, keypoints, n_obs

    def _features(self, obs: Obs) -> Tensor:
        frames = obs[self.name]
        now = frames[:, -1]
        relative = now[:, :-2] - now[:, -2:].repeat(1, self.keypoints)
        velocities = frames.diff(dim=1).flatten(1)
        return torch.cat((relative, now, velocities), dim=-1)


@final
class ScaledActions(nn.Module):
    """Actions, standardised per dimension.

    Args:
        action_dim: A.
    """

    def __init__(self, action_dim: int) -> None:
        super().__init__()
        self.action_dim = action_dim
        self.standardise = Standardise(action_dim)

    def forward(self, actions: Tensor, obs: Obs) -> Tensor:
        """Chunks x (B, H, A)."""
        return self.standardise(actions)  # type: ignore[no-any-return]

    def inverse(self, x: Tensor, obs: Obs) -> Tensor:
        """Actions (B, H, A)."""
        return self.standardise.inverse(x)

    def fit(self, actions: Tensor, obs: Obs) -> None:
        """Take the statistics of these actions."""
        self.standardise.fit(actions)


@final
class RelativeActions(nn.Module):
    """Target positions relative to where the agent is now, standardised.

    Args:
        name: The observation whose last numbers are the agent's position.
        action_dim: A, the numbers in a position.
    """

    def __init__(self, name: str, action_dim: int) -> None:
        super().__init__()
        self.name, self.action_dim = name, action_dim
        self.standardise = Standardise(action_dim)

    def forward(self, actions: Tensor, obs: Obs) -> Tensor:
        """Chunks x (B, H, A)."""
        return self.standardise(actions - self._origin(obs))  # type: ignore[no-any-return]

    def inverse(self, x: Tensor, obs: Obs) -> Tensor:
        """Actions (B, H, A)."""
        return self.standardise.inverse(x) + self._origin(obs)

    def fit(self, actions: Tensor, obs: Obs) -> None:
        """Take the statistics of these actions."""
        self.standardise.fit(actions - self._origin(obs))

    def _origin(self, obs: Obs) -> Tensor:
        return obs[self.name][:, -1:, -self.action_dim :]
