"""The arms keep to their interface, and an arm that does not is found out."""

from collections.abc import Callable

import pytest

from onehop_kinova_driver import (
    ArmInterface,
    Clock,
    FaultyArm,
    Gen3,
    KinematicArm,
    LoggedArm,
    PoseServo,
    ReplayArm,
    Scheduled,
    ShadowArm,
    faults,
)
from onehop_kinova_driver.sim import MujocoArm
from onehop_kinova_driver.testing import check_arm

TOOL = Gen3((0.0, 0.0, 0.12))
ARMS: dict[str, Callable[[Clock], ArmInterface]] = {
    "kinematic": KinematicArm,
    "kinematic with a tool": lambda clock: KinematicArm(clock, TOOL),
    "kinematic that restarts": lambda clock: KinematicArm(
        clock, servo=PoseServo(restart=True)
    ),
    "mujoco": MujocoArm,
    "mujoco with a tool": lambda clock: MujocoArm(clock, TOOL),
    "logged": lambda clock: LoggedArm(KinematicArm(clock), clock, lambda *_: None),
    "faultless": lambda clock: FaultyArm(KinematicArm(clock), clock, []),
}


@pytest.mark.parametrize("name", ARMS)
def test_arms_keep_to_their_interface(name):
    check_arm(ARMS[name])


def faulty(fault) -> Callable[[Clock], ArmInterface]:
    return lambda clock: FaultyArm(
        KinematicArm(clock), clock, [Scheduled(0.0, 1e9, fault)]
    )


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda clock: ShadowArm(KinematicArm(clock)), "does not get to its target"),
        (lambda clock: ReplayArm([], clock), "no states to replay"),
        (faulty(faults.dropped), "does not advance"),
        (faulty(faults.altered(pos=lambda p: (9.0, 0.0, 0.0))), "the gate refuses"),
        (faulty(faults.lost("stop")), "moves on after a stop"),
        (faulty(faults.lost("estop")), "is not in its state"),
        (faulty(faults.lost("clear_faults")), "not ready"),
    ],
)
def test_arms_that_do_not_are_found_out(make, what):
    with pytest.raises(Exception, match=what):
        check_arm(make)
