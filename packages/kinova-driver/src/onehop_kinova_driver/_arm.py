"""What an arm does for the driver, whether of metal or not.

A target of a pose is bounded: the arm goes there and stays. Whatever becomes of the
process that sent it, that is all that it does.

What an arm refuses or does not answer is an `ArmError`: calls take at most their time
limit, and nothing is tried again behind the caller's back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from ._values import ArmInfo, ArmState, PoseTarget

__all__ = ["ArmError", "ArmInterface", "ArmTimeout"]


class ArmError(Exception):
    """An arm did not do what was asked.

    Attributes:
        code: The arm's own number of the error, 0 if it has none.
        sub: Its further number.
    """

    def __init__(self, message: str, code: int = 0, sub: int = 0) -> None:
        super().__init__(message)
        self.code, self.sub = code, sub


class ArmTimeout(ArmError):
    """It did not answer in time; whether it has done what was asked is not known."""


class ArmInterface(ABC):
    """An arm.

    `connect` and `close` are the only calls that may take long. `stop` and `estop` may
    be called from another thread than the rest, while another call hangs.
    """

    @abstractmethod
    def connect(self) -> None:
        """Open the connection; nothing moves."""

    @abstractmethod
    def info(self) -> ArmInfo:
        """Who it is."""

    @abstractmethod
    def read_state(self) -> ArmState:
        """Its latest state."""

    @abstractmethod
    def command_pose(self, target: PoseTarget) -> None:
        """Send the tool towards a pose, instead of where it was going."""

    @abstractmethod
    def hold(self) -> None:
        """Let it come to rest no farther than the last target; it stays in control."""

    @abstractmethod
    def stop(self, reason: str) -> None:
        """Stop it, now; why is for its log."""

    @abstractmethod
    def estop(self) -> None:
        """Stop it so that it has to be cleared before it moves again."""

    @abstractmethod
    def clear_faults(self) -> None:
        """Let it forget its faults; for the operator, never by itself."""

    @abstractmethod
    def close(self) -> None:
        """Give the connection back; once closed it stays so."""
