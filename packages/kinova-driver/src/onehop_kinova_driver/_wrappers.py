"""Arms around an arm: one that writes down what it is told, one that only looks on."""

from __future__ import annotations

from collections.abc import Callable

from ._arm import ArmInterface
from ._clock import Clock
from ._values import ArmInfo, ArmState, PoseTarget

__all__ = ["LoggedArm", "ShadowArm"]


class LoggedArm(ArmInterface):
    """Writes down each call that asks for something, before it is passed on.

    Args:
        inner: The arm.
        clock: The time.
        write: Given the time [s], the call's name, and the target if there is one.
    """

    def __init__(
        self,
        inner: ArmInterface,
        clock: Clock,
        write: Callable[[float, str, PoseTarget | None], None],
    ) -> None:
        self._inner, self._clock, self._write = inner, clock, write

    def connect(self) -> None:
        """Of the arm."""
        self._note("connect")
        self._inner.connect()

    def info(self) -> ArmInfo:
        """Of the arm."""
        return self._inner.info()

    def read_state(self) -> ArmState:
        """Of the arm."""
        return self._inner.read_state()

    def command_pose(self, target: PoseTarget) -> None:
        """Of the arm."""
        self._note("command_pose", target)
        self._inner.command_pose(target)

    def hold(self) -> None:
        """Of the arm."""
        self._note("hold")
        self._inner.hold()

    def stop(self, reason: str) -> None:
        """Of the arm."""
        self._note("stop")
        self._inner.stop(reason)

    def estop(self) -> None:
        """Of the arm."""
        self._note("estop")
        self._inner.estop()

    def clear_faults(self) -> None:
        """Of the arm."""
        self._note("clear_faults")
        self._inner.clear_faults()

    def close(self) -> None:
        """Of the arm."""
        self._note("close")
        self._inner.close()

    def _note(self, name: str, target: PoseTarget | None = None) -> None:
        self._write(self._clock.now(), name, target)


class ShadowArm(ArmInterface):
    """Says what an arm says, and passes nothing on to it that could move or clear it.

    Args:
        inner: The arm.
    """

    def __init__(self, inner: ArmInterface) -> None:
        self._inner = inner

    def connect(self) -> None:
        """Of the arm."""
        self._inner.connect()

    def info(self) -> ArmInfo:
        """Of the arm."""
        return self._inner.info()

    def read_state(self) -> ArmState:
        """Of the arm."""
        return self._inner.read_state()

    def command_pose(self, target: PoseTarget) -> None:
        """Nothing."""

    def hold(self) -> None:
        """Nothing."""

    def stop(self, reason: str) -> None:
        """Nothing: it is not moved from here, and who moves it is not interrupted."""

    def estop(self) -> None:
        """Nothing."""

    def clear_faults(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Of the arm."""
        self._inner.close()
