"""A policy on virtual time: what it decided is there only when it would have been.

A decision that begins at the virtual time t and took L to compute is handed over at
t + L; the next begins at the first point of the 20 Hz grid that is then not over. Until
it is there the driver acts on the older target, as it would act on a slow policy's. The
grid lies half a period after the driver's, as of two processes it does in the mean.

L is what a *pace* makes of the measured time: the time itself, or a number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

from onehop_kinova_driver import PoseTarget, Quat, Tick, VirtualClock

from ._contract import PERIOD
from ._grid import Grid
from ._outcome import Decided
from ._pilot import Pilot
from ._policy_process import pulled

__all__ = ["AsMeasured", "Fixed", "Pace", "VirtualPolicy"]

Pace: TypeAlias = Callable[[float], float]
"""What a decision took [s] -> what it takes on virtual time [s]."""


@dataclass(frozen=True)
class AsMeasured:
    """As long as it took."""

    def __call__(self, took: float) -> float:
        """The same [s]."""
        return took

    def __str__(self) -> str:
        """For a sentence."""
        return "decisions take what they took here"


@dataclass(frozen=True)
class Fixed:
    """So long, whatever it took.

    Attributes:
        latency: How long [s].
    """

    latency: float

    def __call__(self, took: float) -> float:
        """How long [s]."""
        return self.latency

    def __str__(self) -> str:
        """For a sentence."""
        return f"decisions take {1e3 * self.latency:g} ms"


class VirtualPolicy:
    """Gives the driver its targets.

    Args:
        pilot: Decides.
        quat: The rotation that is sent.
        clock: The time.
        pace: What decisions take.
        valid: How long a target is worth anything [s].
    """

    def __init__(
        self, pilot: Pilot, quat: Quat, clock: VirtualClock, pace: Pace, valid: float
    ) -> None:
        self._pilot, self._quat, self._clock = pilot, quat, clock
        self._pace, self._valid = pace, valid
        self._grid = Grid(clock.now() + PERIOD / 2, PERIOD)
        self._tick: Tick | None = None
        self._given: PoseTarget | None = None
        self._coming: PoseTarget | None = None
        self._seq = self._missed = self._switches = 0
        self._latencies: list[float] = []

    @property
    def decided(self) -> Decided:
        """What it did so far."""
        return Decided(self._latencies, self._missed, self._switches)

    def see(self, tick: Tick) -> None:
        """What the driver publishes."""
        self._tick = tick

    def latest(self) -> PoseTarget | None:
        """The last target that is there by now; None before the first."""
        now = self._clock.now()
        while self._grid.next < now and self._tick is not None:
            # It begins only after the last was handed over.
            self._given, self._coming = self._coming or self._given, None
            self._decide(self._grid.next, self._tick)
        if self._coming is not None and self._coming.t_sent <= now:
            self._given, self._coming = self._coming, None
        return self._given

    def _decide(self, t: float, tick: Tick) -> None:
        """Decide at t [s] on what the driver published last."""
        state = tick.seen.state
        if state is None:
            self._grid.passed(t)
            return
        begun = perf_counter()
        decision = self._pilot.decide(state)
        latency = self._pace(perf_counter() - begun)
        self._latencies.append(latency)
        self._missed += self._grid.passed(t + latency)
        if decision is None:
            return
        self._switches += decision.switched
        self._seq += 1
        sent = t + latency
        self._coming = PoseTarget(
            pulled(decision.target, state, tick.phase),
            self._quat,
            self._seq,
            state.t,
            sent,
            sent + self._valid,
            tick.generation,
        )
