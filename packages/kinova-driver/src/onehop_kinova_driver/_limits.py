"""What the gate and the loop hold an arm to. Every limit is a number; none can be off.

The defaults are those of the README's table. Each limit has a bound of its own, so that
one that is mistyped (degrees for radians, millimetres for metres) is refused as well.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from math import radians
from typing import Any

from onehop_interfaces import BadInput, number, settings, whole

from ._rotations import Vec3

__all__ = [
    "Limits",
    "Motion",
    "Posture",
    "Timing",
    "Workspace",
    "limits_from",
    "limits_to",
]


def _bound(most: float, default: float) -> float:
    """A field: above 0 and at most this."""
    made: float = field(default=default, metadata={"most": most})
    return made


def _check(limits: object) -> None:
    """Hold the fields that have a bound to it.

    Raises:
        BadInput: naming the one that is none.
    """
    for each in fields(limits):  # type: ignore[arg-type]
        most = each.metadata.get("most")
        value = getattr(limits, each.name)
        if most is not None and not 0 < number(value, each.name) <= most:
            expected = f"above 0, at most {most:g}"
            raise BadInput(f"{each.name}: expected {expected}, got {value}")


def _rising(what: str, *values: float) -> None:
    if list(values) != sorted(set(values)):
        raise BadInput(f"{what}: expected rising numbers, got {values}")


@dataclass(frozen=True)
class Workspace:
    """A box that the tool stays in.

    Attributes:
        low: Its corner with the least coordinates [m].
        high: The one with the greatest [m].
        soft: Targets nearer to the sides than that are moved away from them [m].
    """

    low: Vec3 = (0.15, -0.55, 0.05)
    high: Vec3 = (0.75, 0.55, 0.85)
    soft: float = _bound(0.2, 0.02)

    def __post_init__(self) -> None:
        _check(self)
        for corner in (self.low, self.high):
            if not isinstance(corner, tuple) or len(corner) != 3:
                raise BadInput(f"workspace: expected corners of 3 numbers: {corner!r}")
            if max(abs(number(x, "workspace")) for x in corner) > 2:
                raise BadInput(f"workspace: expected at most 2 m, got {corner}")
        for low, high in zip(self.low, self.high, strict=True):
            _rising("workspace", low, low + self.soft, high - self.soft, high)


@dataclass(frozen=True)
class Motion:
    """How the target that is sent may move.

    Attributes:
        speed: Of the tool at most [m/s].
        turn: Its rate of turning at most [rad/s].
        acceleration: At most [m/s^2], from one target to the next.
        lead: How far a target may be from where the tool is [m].
        lead_angle: By how much it may be turned against it [rad].
        start: How far the first target may be from where the tool is [m].
        start_angle: By how much the first may be turned [rad].
    """

    speed: float = _bound(0.5, 0.10)
    turn: float = _bound(radians(100), radians(20))
    acceleration: float = _bound(5, 0.4)
    lead: float = _bound(0.1, 0.02)
    lead_angle: float = _bound(radians(30), radians(10))
    start: float = _bound(0.1, 0.02)
    start_angle: float = _bound(radians(30), radians(5))

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class Posture:
    """How the arm may stand.

    Attributes:
        joint_margin: What joints 2, 4, 6 keep from the ends of their ranges [rad].
        joint_lead: By how much a joint may have to turn to the target [rad].
        slow_condition: Condition number of the Jacobian above which it slows down.
        stop_condition: The one it does not go beyond.
        slow_clearance: Whole-arm clearance below which it slows down [m].
        stop_clearance: The one it does not go below, and stops at [m].
        self_clearance: Of its parts to each other, which it does not go below [m].
        slowest: The share of the speed that slowing down leaves.
        mismatch: How far the pose may be from what the joints say [m].
        mismatch_angle: By how much it may be turned against it [rad].
    """

    joint_margin: float = _bound(0.5, 0.1)
    joint_lead: float = _bound(1, 0.2)
    slow_condition: float = _bound(1e3, 17.0)
    stop_condition: float = _bound(1e3, 30.0)
    slow_clearance: float = _bound(0.5, 0.06)
    stop_clearance: float = _bound(0.5, 0.02)
    self_clearance: float = _bound(0.1, 0.01)
    slowest: float = _bound(1, 0.1)
    mismatch: float = _bound(0.1, 0.02)
    mismatch_angle: float = _bound(0.5, 0.1)

    def __post_init__(self) -> None:
        _check(self)
        _rising("condition", self.slow_condition, self.stop_condition)
        _rising("clearance", self.stop_clearance, self.slow_clearance)


@dataclass(frozen=True)
class Timing:
    """How old things may be, and how long they may take.

    Attributes:
        period: Of the loop [s].
        call: What a call of the arm may take [s]; two that fail fit into `stop_after`.
        hold_after: The age [s] of a target that is not followed any more.
        stop_after: The age [s] of a target at which the arm is stopped.
        feedback_hold: The age [s] of a state on which nothing is sent.
        feedback_stop: The age [s] of a state at which the arm is stopped.
        ahead: How far ahead of the clock a stamp may be [s].
        misses: Deadlines missed in a row after which nothing is sent for a tick.
    """

    period: float = _bound(1, 0.05)
    call: float = _bound(0.15, 0.075)
    hold_after: float = _bound(0.5, 0.125)
    stop_after: float = _bound(1, 0.2)
    feedback_hold: float = _bound(0.5, 0.1)
    feedback_stop: float = _bound(1, 0.25)
    ahead: float = _bound(0.1, 0.01)
    misses: int = 5

    def __post_init__(self) -> None:
        _check(self)
        whole(self.misses, "misses", 1, 100)
        _rising("period, hold_after, stop_after", *self._ages())
        _rising("feedback_hold, feedback_stop", self.feedback_hold, self.feedback_stop)
        if self.period + 2 * self.call > self.stop_after + 1e-9:
            came = f"{self.period} + 2 x {self.call} > {self.stop_after}"
            raise BadInput(f"call: expected two to fit before stop_after, got {came}")

    def _ages(self) -> tuple[float, float, float]:
        return self.period, self.hold_after, self.stop_after


@dataclass(frozen=True)
class Limits:
    """All of them.

    Raises:
        BadInput: if one is missing, no number, not finite, not above 0 or larger than
            makes sense.
    """

    workspace: Workspace = Workspace()
    motion: Motion = Motion()
    posture: Posture = Posture()
    timing: Timing = Timing()

    def __post_init__(self) -> None:
        for name, kind in KINDS.items():
            if not isinstance(getattr(self, name), kind):
                raise BadInput(f"{name}: expected limits, got {getattr(self, name)!r}")


KINDS = {"workspace": Workspace, "motion": Motion, "posture": Posture, "timing": Timing}


def limits_to(limits: Limits) -> dict[str, Any]:
    """Limits as JSON has them."""
    return asdict(limits)


def limits_from(value: object) -> Limits:
    """The limits that JSON says, all of them.

    Raises:
        BadInput: if it says other ones, or none.
    """
    found = {}
    for name, kind in KINDS.items():
        part = settings(value, "limits", KINDS)[name]
        numbers = settings(part, name, [field.name for field in fields(kind)])
        found[name] = kind(**{k: _tuple(v) for k, v in numbers.items()})
    return Limits(**found)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
