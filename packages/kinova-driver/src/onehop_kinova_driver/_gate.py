"""The safety gate: what is sent to an arm has passed it.

`check` is a function of its arguments and the limits alone: what it says can be said
again from a recording, bit for bit. In this order, the first that applies:

1. The state and the target are what they should be, of the present, and in the box.
2. The pose is what the joints say; the first target is where the arm is; the arm keeps
   clear of obstacles.
3. A target on the way to the one asked for is proposed (`_proposal`).
4. It breaks no limit, an inverse of it is near, and there the joints are in their
   ranges, the Jacobian is regular and the whole arm is clear, of itself as well.

What fails in 1 and 2 mostly stops the arm, what fails in 4 holds it. The gate answers
with a verdict whatever it is given.

This is software in one process and by no means conforms to any norm of functional
safety: an emergency stop of hardware within reach is a precondition.
"""

from __future__ import annotations

from math import dist, inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._admission import admit_state, admit_target, inside, sound_sent
from ._body import Body
from ._gen3 import RANGES, Gen3, Solution, jacobian_of, pose_of, wrapped
from ._limits import Limits
from ._proposal import breach, propose
from ._rotations import angle_between, unit
from ._scene import Scene
from ._values import ArmState, PoseTarget
from ._verdict import Reason, Ruling, Sent, Verdict

__all__ = ["SafetyGate", "condition_of"]

Array = NDArray[np.float64]

SAME = 1e-9
"""What is that near is where it was asked for."""
REACHED = 1e-3
"""An inverse may be that far from the pose [m], [rad / 10]."""


class Stand(NamedTuple):
    """How the arm stands, measured.

    Attributes:
        q: Angles of the joints [rad], (7,).
        frames: Of the links and the tool, (8, 4, 4).
        clearance: The least distance of any part to any obstacle [m].
        condition: Condition number of the Jacobian.
    """

    q: Array
    frames: Array
    clearance: float
    condition: float


class SafetyGate:
    """Checks targets.

    Args:
        limits: What they are held to.
        arm: Whose targets they are.
    """

    def __init__(self, limits: Limits | None = None, arm: Gen3 | None = None) -> None:
        self.limits, self.arm = limits or Limits(), arm or Gen3()
        self._body = Body(self.arm)

    def check(
        self,
        state: ArmState,
        target: PoseTarget | None,
        scene: Scene,
        now: float,
        last: Sent | None = None,
    ) -> Verdict:
        """What is to be done about a target.

        Args:
            state: The arm's latest.
            target: The policy's latest, if it has said one.
            scene: What is in the way.
            now: The time [s].
            last: `Verdict.sent` of what was sent last; None before the first.
        """
        if not sound_sent(last):
            return Verdict(Ruling.STOP, Reason.MALFORMED_STATE)
        stand = self._stand(state, scene, now)
        if isinstance(stand, Verdict) and stand.ruling == Ruling.STOP:
            return stand
        unfit = admit_target(target, now, self.limits)
        if unfit is not None and unfit.ruling == Ruling.STOP:
            return unfit
        if isinstance(stand, Verdict):
            return stand
        if unfit is not None or target is None:
            return unfit or Verdict(Ruling.HOLD, Reason.NO_TARGET)
        if last is None and self._far(state, target):
            return Verdict(Ruling.STOP, Reason.FAR_START)
        return self._step(state, stand, target, scene, now, last)

    def watch(self, state: ArmState, scene: Scene, now: float) -> Verdict | None:
        """Why nothing may be sent, whatever the target; None if something may."""
        stand = self._stand(state, scene, now)
        return stand if isinstance(stand, Verdict) else None

    def _stand(self, state: ArmState, scene: Scene, now: float) -> Stand | Verdict:
        """How the arm stands, or why that is no place to send it anywhere from."""
        clear = isinstance(scene, Scene) and isinstance(now, float) and isfinite(now)
        if not clear:
            return Verdict(Ruling.STOP, Reason.MALFORMED_STATE)
        refusal = admit_state(state, now, self.limits)
        if refusal is not None:
            return refusal
        posture, q = self.limits.posture, np.array(state.q)
        frames = self.arm.frames(q)
        pos, quat = pose_of(frames)
        apart = dist(pos, state.pos), angle_between(quat, state.quat)
        if apart[0] > posture.mismatch or apart[1] > posture.mismatch_angle:
            return Verdict(Ruling.STOP, Reason.TOOL_MISMATCH)
        clearance = self._body.clearance(frames, scene)
        if clearance <= posture.stop_clearance:
            return Verdict(Ruling.STOP, Reason.OBSTACLE_NEAR)
        return Stand(q, frames, clearance, condition_of(jacobian_of(frames)))

    def _far(self, state: ArmState, target: PoseTarget) -> bool:
        motion = self.limits.motion
        return (
            dist(state.pos, target.pos) > motion.start
            or angle_between(state.quat, unit(target.quat)) > motion.start_angle
        )

    def _step(
        self,
        state: ArmState,
        stand: Stand,
        target: PoseTarget,
        scene: Scene,
        now: float,
        last: Sent | None,
    ) -> Verdict:
        made = propose(state, target, now, last, self._scale(stand), self.limits)
        reason = breach(made, state, self.limits)
        if reason == Reason.NONE:
            found = self.arm.inverse(stand.q, made.sent.pos, made.sent.quat)
            reason = self._bent(stand, found, scene)
        if reason != Reason.NONE:
            return Verdict(Ruling.HOLD, reason)
        sent = made.sent
        allowed = target._replace(pos=sent.pos, quat=sent.quat)
        if dist(sent.pos, target.pos) < SAME and dist(sent.quat, target.quat) < SAME:
            return Verdict(Ruling.PASS, Reason.NONE, allowed, sent)
        box = self.limits.workspace
        free = inside(target.pos, box, box.soft)
        reason = Reason.RATE if free else Reason.SOFT_BOX
        return Verdict(Ruling.CLAMP, reason, allowed, sent)

    def _scale(self, stand: Stand) -> float:
        """The share of the speed that is allowed where the arm is."""
        posture = self.limits.posture
        room = stand.clearance - posture.stop_clearance
        near = room / (posture.slow_clearance - posture.stop_clearance)
        rest = posture.stop_condition - stand.condition
        bent = rest / (posture.stop_condition - posture.slow_condition)
        return max(posture.slowest, min(1.0, near, bent))

    def _bent(self, stand: Stand, found: Solution, scene: Scene) -> Reason:
        """The limit of posture that an inverse of the target breaks."""
        posture = self.limits.posture
        error = max(found.position_error, found.rotation_error / 10)
        if not error <= REACHED:
            return Reason.UNREACHABLE
        if not np.abs(found.q - stand.q).max() <= posture.joint_lead:
            return Reason.JOINT_JUMP
        left, before = _left(found.q), _left(stand.q)
        if ((left < posture.joint_margin) & (left < before)).any():
            return Reason.JOINT_LIMIT
        condition = condition_of(found.jacobian)
        if condition > posture.stop_condition and condition > stand.condition:
            return Reason.SINGULAR
        if not self._body.clearance(found.frames, scene) > posture.stop_clearance:
            return Reason.OBSTACLE_AHEAD
        if self._nears_itself(stand, found):
            return Reason.SELF_NEAR
        return Reason.NONE

    def _nears_itself(self, stand: Stand, found: Solution) -> bool:
        """Whether the arm is too near itself there, and no farther than it is now."""
        ahead = self._body.self_clearance(found.frames)
        if ahead >= self.limits.posture.self_clearance:
            return False
        return not ahead >= self._body.self_clearance(stand.frames)


def condition_of(jacobian: Array) -> float:
    """Its largest by its smallest singular value; infinite where that is 0."""
    squares = np.linalg.eigvalsh(jacobian @ jacobian.T)
    return sqrt(squares[-1] / squares[0]) if squares[0] > 0 else inf


def _left(q: Array) -> Array:
    """What the joints have left to the ends of their ranges [rad]."""
    made: Array = RANGES - np.abs(wrapped(q))
    return made
