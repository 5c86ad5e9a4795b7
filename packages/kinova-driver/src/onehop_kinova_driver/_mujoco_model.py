"""The arm as MuJoCo has it: a body per link, made of the capsules of `Body`.

Joint i is a hinge about z in the frame of its body. An actuator holds it by the torque

    kp (u - q) - kv q',        |torque| <= most,

which follows an angle q_d(t) without lag if u = q_d + (kv / kp) q_d'. Gravity is
compensated, as the arm does itself, and nothing touches: clearance is measured, contact
is not simulated. Masses are Kinova's; inertias are those of the capsules.

References:
    | MuJoCo: A physics engine for model-based control
    | (Todorov, Erez and Tassa, 2012) | https://mujoco.org
"""

from __future__ import annotations

from math import cos, pi, sin

import mujoco
import numpy as np

from ._body import Body
from ._gen3 import OFFSETS, RANGES, TURNS, Gen3
from ._scene import Scene

__all__ = ["KP", "KV", "gen3_model"]

MASSES = (1.3773, 1.1636, 1.1636, 0.9302, 0.6781, 0.6781, 0.5)
"""Of the links [kg]."""
KP = (2000.0,) * 4 + (500.0,) * 3
"""[N m/rad]."""
KV = (100.0,) * 4 + (50.0,) * 3
"""[N m s/rad]."""
MOST = (105.0,) * 4 + (52.0,) * 3
"""[N m]."""


def gen3_model(arm: Gen3, scene: Scene, timestep: float) -> mujoco.MjModel:
    """The model of an arm, and of what is in its way, compiled.

    Args:
        arm: The arm.
        scene: Obstacles, to be seen and measured to.
        timestep: Of the simulation [s].
    """
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.option.timestep = timestep
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    _add_links(spec, arm)
    for i in range(7):
        _add_actuator(spec, i)
    for ball in scene.spheres:
        size = [ball.radius, 0, 0]
        _add_obstacle(spec, mujoco.mjtGeom.mjGEOM_SPHERE, ball.centre, size)
    for box in scene.boxes:
        _add_obstacle(spec, mujoco.mjtGeom.mjGEOM_BOX, box.centre, box.half)
    return spec.compile()


def _add_links(spec: mujoco.MjSpec, arm: Gen3) -> None:
    body = spec.worldbody
    capsules = Body(arm).capsules
    for i in range(8):
        angle = TURNS[i] * pi / 4
        quat = [cos(angle), sin(angle), 0, 0]
        name = f"link_{i + 1}" if i < 7 else "tool"
        body = body.add_body(name=name, pos=list(OFFSETS[i]), quat=quat, gravcomp=1)
        shift = np.array((0.0, 0.0, 0.0) if i < 7 else arm.tool)
        for capsule in (c for c in capsules if c.link == i):
            ends = [*(capsule.a + shift), *(capsule.b + shift)]
            _add_capsule(body, ends, capsule.radius, MASSES[i] if i < 7 else 0.0)
        if i < 7:
            body.add_joint(name=f"joint_{i + 1}", axis=[0, 0, 1], **_range(i))
    body.add_site(name="tool", pos=list(arm.tool))


def _range(i: int) -> dict[str, object]:
    if RANGES[i] > 2 * pi:
        return {}
    return {"range": [-RANGES[i], RANGES[i]], "limited": True}


def _add_capsule(
    body: mujoco.MjsBody, ends: list[float], radius: float, mass: float
) -> None:
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        fromto=ends,
        size=[radius, 0, 0],
        mass=mass,
        contype=0,
        conaffinity=0,
    )


def _add_actuator(spec: mujoco.MjSpec, i: int) -> None:
    spec.add_actuator(
        name=f"joint_{i + 1}",
        target=f"joint_{i + 1}",
        trntype=mujoco.mjtTrn.mjTRN_JOINT,
        gaintype=mujoco.mjtGain.mjGAIN_FIXED,
        biastype=mujoco.mjtBias.mjBIAS_AFFINE,
        gainprm=[KP[i]] + [0] * 9,
        biasprm=[0, -KP[i], -KV[i]] + [0] * 7,
        forcelimited=True,
        forcerange=[-MOST[i], MOST[i]],
    )


def _add_obstacle(
    spec: mujoco.MjSpec, kind: mujoco.mjtGeom, centre: object, size: object
) -> None:
    spec.worldbody.add_geom(
        type=kind,
        pos=list(centre),  # type: ignore[call-overload]
        size=list(size),  # type: ignore[call-overload]
        rgba=[0.8, 0.3, 0.2, 1],
        contype=0,
        conaffinity=0,
    )
