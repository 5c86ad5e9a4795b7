"""What is wrong with a verdict, by an oracle that derives every bound anew.

It knows the limits as plain numbers: rotations by matrices, distances to boxes by the
nearest of their points, of the arm to itself by points along its parts.
"""

from itertools import combinations
from math import inf

import numpy as np

from onehop_kinova_driver import Gen3, Ruling, SafetyGate, Sent, Verdict

BODY, ARM = SafetyGate()._body, Gen3()
LOW, HIGH = np.array([0.15, -0.55, 0.05]), np.array([0.75, 0.55, 0.85])


def rows(quat) -> np.ndarray:
    """The matrix of a quaternion, by v + 2 w (u x v) + 2 u x (u x v)."""
    w, *u = np.array(quat) / np.linalg.norm(quat)
    cross = np.cross(np.eye(3), u).T * -1
    return np.eye(3) - 2 * w * cross + 2 * cross @ cross


def angle(a, b) -> float:
    """Between two rotations, by the length of the difference of their matrices."""
    half = np.linalg.norm(rows(a) - rows(b)) / np.sqrt(8)
    return 2 * np.arcsin(min(1.0, half))


def unsafe(state, scene, now, last, verdict) -> list[str]:
    """What is wrong with a verdict."""
    if not isinstance(verdict, Verdict):
        return ["no verdict"]
    if verdict.ruling >= Ruling.HOLD:
        return ["a target that is not to be sent"] * (verdict.target is not None)
    pos, quat = np.array(verdict.target.pos), np.array(verdict.target.quat)
    if not np.isfinite([*pos, *quat]).all():
        return ["finite"]
    before = last or Sent(now - 0.05, state.pos, state.quat, (0.0, 0.0, 0.0))
    passed = now - before.t
    dt = min(passed, 0.05)
    u = np.array(before.velocity) if passed <= 0.125 else np.zeros(3)
    step = pos - before.pos
    q = np.array(state.q)
    found = ARM.inverse(q, verdict.target.pos, verdict.target.quat)
    # The nearest obstacle allows the share of the speed, as far as the arm reaches.
    share = np.clip((clearance(q, scene) - 0.02) / 0.04, 0.1, 1)
    kept = {
        "unit": abs(np.linalg.norm(quat) - 1) < 1e-6,
        "box": (pos >= LOW).all() and (pos <= HIGH).all(),
        "arm in box": (np.array(state.pos) >= LOW).all(),
        "lead": np.linalg.norm(pos - state.pos) <= 0.02 + 1e-8,
        "lead angle": angle(quat, state.quat) <= np.radians(10) + 1e-5,
        "time": passed > 0,
        "speed": np.linalg.norm(step) <= 0.1 * share * dt + 1e-8,
        "turn": angle(quat, before.quat) <= np.radians(20) * dt + 1e-5,
        "acceleration": np.linalg.norm(step / dt - u) <= 0.4 * dt + 1e-6,
        "state fresh": -0.01 <= now - state.t <= 0.1,
        "target fresh": -0.01 <= now - verdict.target.t_sent < 0.125,
        "valid": now <= verdict.target.t_valid_until,
        "faults": state.faults == 0 and state.ready,
        "reached": found.position_error < 1e-3,
        "joints": all(
            size(found.q[i]) < max(end - 0.1, size(q[i])) + 1e-3
            for i, end in ((1, 2.24), (3, 2.57), (5, 2.09))
        ),
        "clearance": clearance(found.q, scene) > 0.02 - 1e-3,
        "here clear": clearance(q, scene) > 0.02 - 1e-9,
        "itself": (there := itself(found.q)) > 0.009 or there > itself(q) - 1e-3,
        "joint jump": np.abs(found.q - q).max() < 0.2 + 1e-3,
        "condition": np.linalg.cond(found.jacobian)
        < max(30, np.linalg.cond(ARM.jacobian(q))) + 0.1,
    }
    return [name for name, holds in kept.items() if not holds]


def size(q: float) -> float:
    """Of an angle, whole turns taken off."""
    return abs(np.arctan2(np.sin(q), np.cos(q)))


def clearance(q, scene) -> float:
    """Of the arm, by the centres of its joints' spheres alone."""
    centres = BODY.centres(ARM.frames(q))
    least = inf
    for c, r in zip(centres, BODY.radii, strict=True):
        for ball in scene.spheres:
            least = min(least, np.linalg.norm(c - ball.centre) - ball.radius - r)
        for box in scene.boxes:
            near = np.clip(
                c, np.subtract(box.centre, box.half), np.add(box.centre, box.half)
            )
            least = min(least, np.linalg.norm(c - near) - r)
    return least - scene.margin


def itself(q) -> float:
    """Of the arm to itself, of all parts that may touch."""
    found = parts(BODY, ARM.frames(q))
    pairs = (pair for pair in combinations(sorted(found), 2) if may_touch(*pair))
    return min(apart(found[i], found[j], 40) for i, j in pairs)


def parts(body, frames) -> dict[int, tuple]:
    """Ends and radius of each part by its place: pedestal, links 0 to 6, tool."""
    found = {-1: (np.zeros(3), np.array([0.0, 0.0, 0.15643]), 0.075)}
    for link, a, b, radius in body.capsules:
        turn, at = frames[link, :3, :3], frames[link, :3, 3]
        found[link] = turn @ a + at, turn @ b + at, radius
    return found


def may_touch(i, j) -> bool:
    """Of two parts, by places: no neighbours, nor the forearm and the bracelet."""
    return j - i >= 3 and (i, j) != (3, 6)


def apart(one, other, n) -> float:
    """How far two parts are from each other: points along the one, to the other."""
    (a, b, r), (c, d, s) = one, other
    points = a + np.linspace(0, 1, n)[:, None] * (b - a)
    t = np.clip((points - c) @ (d - c) / ((d - c) @ (d - c)), 0, 1)
    gaps = points - c - t[:, None] * (d - c)
    return float(np.linalg.norm(gaps, axis=1).min()) - r - s
