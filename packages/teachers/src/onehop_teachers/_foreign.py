"""Modules of other projects, in the clothes of a teacher's parts.

    F(x_t, c_time, cond) = call(net, x_t, t, cond)                `ForeignTable`
    F(x_t, c_time, cond) = +-call(net, x_t, scale t, cond)        `ForeignFlow`
    cond = encode(obs)                                            `Encoded`
    x = normalise(actions, obs),  actions = denormalise(x, obs)   `Normalised`

A table's time is the c_time. A flow's is s = sigma / (alpha + sigma) where noise is at
one, and 1 - s where it is at zero; there its velocity d x_t / dt = x - eps has the
other sign, and F is eps - x in either case.

Whatever is given may be a function, or a module if it has weights: it is then moved,
copied and saved with the teacher. What a function holds on to is not.
"""

from collections.abc import Callable
from typing import TypeAlias, final

from torch import Tensor, nn

from onehop_interfaces import BadInput, Obs

from ._preconditioning import flow_time

__all__ = [
    "Call",
    "Encode",
    "Encoded",
    "ForeignFlow",
    "ForeignTable",
    "Normalise",
    "Normalised",
]

Call: TypeAlias = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]
"""(net, x_t (B, H, A), t (B,), cond (B, C)) -> what the network predicts (B, H, A)."""

Encode: TypeAlias = Callable[[Obs], Tensor]
"""Observations, each (B, n_obs, ...) -> conditions (B, C)."""

Normalise: TypeAlias = Callable[[Tensor, Obs], Tensor]
"""(actions, obs) -> x, or (x, obs) -> actions, all (B, H, A)."""


def _call(net: nn.Module, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
    predicted: Tensor = net(x_t, t, cond)
    return predicted


def _unchanged(x: Tensor, obs: Obs) -> Tensor:
    return x


@final
class ForeignTable(nn.Module):
    """A network of integer times.

    Args:
        net: Any.
        call: How it is called, if not as net(x_t, t, cond).
    """

    def __init__(self, net: nn.Module, call: Call | None = None) -> None:
        super().__init__()
        self.net, self.call = net, call

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """What the network predicts, (B, H, A), told the times t (B,) as int64."""
        return (self.call or _call)(self.net, x_t, t.round().long(), cond)


@final
class ForeignFlow(nn.Module):
    """A network of velocities.

    Args:
        net: Any.
        call: How it is called, if not as net(x_t, t, cond).
        noise_at: Its time of pure noise, 1 or 0.
        scale: What its time is multiplied by, as 1000 in diffusers.

    Raises:
        BadInput: if noise is at another time, or the scale is not above 0.
    """

    def __init__(
        self,
        net: nn.Module,
        call: Call | None = None,
        *,
        noise_at: int,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        if noise_at not in (0, 1):
            raise BadInput(f"noise_at: expected 0 or 1, got {noise_at!r}")
        if not scale > 0:
            raise BadInput(f"flow's time scale: expected above 0, got {scale}")
        self.net, self.call = net, call
        self.noise_at, self.scale = noise_at, scale

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        """eps - x (B, H, A) at the `c_time` t (B,) of a continuous schedule."""
        sign = 1 if self.noise_at else -1
        time = self.scale * flow_time(sign * t)
        return sign * (self.call or _call)(self.net, x_t, time, cond)


@final
class Encoded(nn.Module):
    """A function as an encoder; its statistics, if any, are its own.

    Args:
        encode: Observations to conditions (B, C).
    """

    def __init__(self, encode: Encode) -> None:
        super().__init__()
        self.encode = encode

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        return self.encode(obs)

    def fit(self, obs: Obs) -> None:
        """Nothing."""


@final
class Normalised(nn.Module):
    """Two functions as an action space; its statistics, if any, are its own.

    Args:
        normalise: Actions to chunks x; None where they are the same.
        denormalise: And back.
    """

    def __init__(
        self, normalise: Normalise | None = None, denormalise: Normalise | None = None
    ) -> None:
        super().__init__()
        self.normalise, self.denormalise = normalise, denormalise

    def forward(self, actions: Tensor, obs: Obs) -> Tensor:
        """Chunks x (B, H, A)."""
        return (self.normalise or _unchanged)(actions, obs)

    def inverse(self, x: Tensor, obs: Obs) -> Tensor:
        """Actions (B, H, A)."""
        return (self.denormalise or _unchanged)(x, obs)

    def fit(self, actions: Tensor, obs: Obs) -> None:
        """Nothing."""
