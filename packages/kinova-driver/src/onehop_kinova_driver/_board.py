"""What lies between the process of a policy and that of the driver.

Two mailboxes in a folder that is the driver's own: the driver reads targets from one
and writes what each tick saw to the other. A policy that is slow, suspended or dead is
silent, and the driver acts on silence; a driver that is dead is silent as well, which
`Published.t` tells.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from onehop_interfaces import writing

from ._clock import Clock
from ._codec import (
    STATE_BYTES,
    TARGET_BYTES,
    pack_state,
    pack_target,
    unpack_state,
    unpack_target,
)
from ._mailbox import Mailbox
from ._rotations import Quat, Vec3
from ._tick import Phase, Tick
from ._values import ArmState, PoseTarget

__all__ = ["DriverBoard", "PolicyBoard", "Published"]

TARGETS, STATES = "targets", "states"
_HEAD = Struct("<dBq")
_STATES_BYTES = _HEAD.size + STATE_BYTES


class Published(NamedTuple):
    """What the driver says.

    Attributes:
        t: When [s].
        phase: Of its loop.
        generation: What targets are to be of.
        state: The arm's latest.
    """

    t: float
    phase: Phase
    generation: int
    state: ArmState


class DriverBoard:
    """The driver's side.

    Args:
        folder: Made if it is not there; it is for one driver at a time.
    """

    def __init__(self, folder: Path) -> None:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._targets = Mailbox.make(folder / TARGETS, TARGET_BYTES)
        self._states = Mailbox.make(folder / STATES, _STATES_BYTES)

    def target(self) -> PoseTarget | None:
        """The policy's latest; None if it has said none."""
        found = self._targets.read()
        return None if found is None else unpack_target(found[1])

    def publish(self, tick: Tick) -> None:
        """Say what a tick saw; nothing if the arm said nothing, or no state."""
        if tick.seen.state is None:
            return
        head = _HEAD.pack(tick.times.now, tick.phase, tick.generation)
        with suppress(StructError, TypeError, AttributeError):
            self._states.write(head + pack_state(tick.seen.state))

    def close(self) -> None:
        """Give the memory back."""
        self._targets.close()
        self._states.close()


class PolicyBoard:
    """The policy's side.

    Args:
        folder: The driver's.
        clock: The machine's, as the driver's.
        valid: How long a target is worth anything [s].

    Raises:
        BadInput: if no driver has made it.
    """

    def __init__(self, folder: Path, clock: Clock, valid: float = 0.3) -> None:
        self._targets = Mailbox(folder / TARGETS, TARGET_BYTES)
        self._states = Mailbox(folder / STATES, _STATES_BYTES)
        self._clock, self._valid = clock, valid
        before = self._targets.read()
        self._seq = 0 if before is None else unpack_target(before[1]).seq

    def seen(self) -> Published | None:
        """The driver's latest; None if it has said nothing."""
        found = self._states.read()
        if found is None:
            return None
        t, phase, generation = _HEAD.unpack_from(found[1])
        state = unpack_state(found[1][_HEAD.size :])
        return Published(t, Phase(phase), generation, state)

    def send(self, pos: Vec3, quat: Quat, seen: Published) -> PoseTarget:
        """Say where the tool is to go.

        Args:
            pos: Position of the tool [m].
            quat: Its rotation.
            seen: What that was computed from.
        """
        self._seq += 1
        now = self._clock.now()
        made = PoseTarget(
            pos, quat, self._seq, seen.state.t, now, now + self._valid, seen.generation
        )
        self._targets.write(pack_target(made))
        return made

    def close(self) -> None:
        """Give the memory back."""
        self._targets.close()
        self._states.close()
