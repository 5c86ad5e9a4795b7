"""How a target becomes a call of the arm: a bounded action, or a velocity.

`ReachPose` is what the arm does by itself if we are gone: it goes there and stops.
`Twist` goes on: with v towards the target, at most what is allowed, in the frame of the
base, it holds until another comes. So it has a watchdog, between the hold and the
stop of the loop, that stops the arm when no velocity comes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from math import degrees
from typing import Any, TypeAlias

from ._arm import ArmError
from ._clock import Alarm, Clock
from ._kortex_sdk import Sdk
from ._kortex_units import fill_pose, fill_twist, towards
from ._rotations import Vec3
from ._values import ArmState, PoseTarget

__all__ = ["Call", "KortexMotion", "ReachPose", "Twist"]

Call: TypeAlias = Callable[..., Any]
"""Calls the base by name, with a message, in time."""


class KortexMotion(ABC):
    """How a target becomes a call of the arm."""

    @abstractmethod
    def send(self, call: Call, sdk: Sdk, target: PoseTarget, state: ArmState) -> None:
        """Send a target, given the latest state."""

    @abstractmethod
    def hold(self, call: Call, sdk: Sdk) -> None:
        """Let the arm come to rest."""

    @abstractmethod
    def rest(self) -> None:
        """The arm was stopped: nothing has to be watched."""


class ReachPose(KortexMotion):
    """A bounded action for each target.

    Args:
        speed: Of the tool [m/s].
        turn: Its rate of turning [rad/s]; the arm's software says it does not heed it.
    """

    def __init__(self, speed: float = 0.1, turn: float = 0.35) -> None:
        self._speed, self._turn = speed, turn

    def send(self, call: Call, sdk: Sdk, target: PoseTarget, state: ArmState) -> None:
        """An action that is carried out instead of the one before."""
        action = sdk.messages.Action()
        action.name, action.application_data = "onehop", ""
        fill_pose(action.reach_pose.target_pose, target)
        action.reach_pose.constraint.speed.translation = self._speed
        action.reach_pose.constraint.speed.orientation = degrees(self._turn)
        call("ExecuteAction", action)

    def hold(self, call: Call, sdk: Sdk) -> None:
        """Nothing: it comes to rest at the last target by itself."""

    def rest(self) -> None:
        """Nothing."""


class Twist(KortexMotion):
    """A velocity for each target, and a watchdog.

    Args:
        clock: The time.
        time: In which a velocity leads to its target [s].
        speed: At most [m/s].
        turn: At most [rad/s].
        lapse: How long a velocity holds without another [s]; then the arm is stopped,
            and no further one is sent.
    """

    def __init__(
        self,
        clock: Clock,
        time: float = 0.1,
        speed: float = 0.1,
        turn: float = 0.35,
        lapse: float = 0.15,
    ) -> None:
        self._clock, self._time = clock, time
        self._speed, self._turn, self._lapse = speed, turn, lapse
        self._alarm: Alarm | None = None
        self._lapsed = False

    def send(self, call: Call, sdk: Sdk, target: PoseTarget, state: ArmState) -> None:
        """A velocity towards the target, in the frame of the base.

        Raises:
            ArmError: if the watchdog has stopped the arm.
        """
        if self._lapsed:
            raise ArmError("the watchdog of the twist has stopped the arm")
        if self._alarm is None:
            self._alarm = self._clock.alarm(lambda: self._stop(call))
        # Before it is sent: it counts from then on whether or not it is answered.
        self._alarm.set(self._clock.now() + self._lapse)
        linear, angular = towards(state, target, self._time, self._speed, self._turn)
        self._twist(call, sdk, linear, angular)

    def hold(self, call: Call, sdk: Sdk) -> None:
        """No velocity."""
        self._twist(call, sdk, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
        self.rest()

    def rest(self) -> None:
        """The watchdog rests, too."""
        if self._alarm is not None:
            self._alarm.set(None)

    def _twist(self, call: Call, sdk: Sdk, linear: Vec3, angular: Vec3) -> None:
        command = sdk.messages.TwistCommand()
        command.reference_frame = sdk.messages.CARTESIAN_REFERENCE_FRAME_BASE
        command.duration = 0
        fill_twist(command.twist, linear, angular)
        call("SendTwistCommand", command)

    def _stop(self, call: Call) -> None:
        self._lapsed = True
        with suppress(ArmError):  # the loop's own stop comes anyway
            call("Stop")
