"""Obstacles as the arm's own protection zones, against stubs that keep them."""

import pytest

from onehop_kinova_driver import ArmError, Box, Scene, Sphere

BALL = Sphere((0.5, -0.2, 0.3), 0.1)
BOX = Box((0.4, 0.0, -0.05), (0.5, 0.6, 0.05))


def shown(robot) -> set[tuple]:
    """What the arm holds of each zone of ours, but for names."""
    found = set()
    for zone in (zone for zone in robot.zones if zone.name.startswith("onehop-")):
        shape = zone.shape
        at = shape.origin.x, shape.origin.y, shape.origin.z
        size = tuple(round(x, 9) for x in shape.dimensions)
        found.add((shape.shape_type, at, size))
    return found


def names(robot) -> set[str]:
    return {zone.name for zone in robot.zones}


@pytest.fixture
def others(robot):
    """What someone else has put there."""
    made = robot.sdk().messages.ProtectionZone()
    made.name, made.handle = "the fence", "theirs"
    robot.zones.append(made)
    robot.calls.clear()
    return made


def test_balls_and_boxes_with_their_margin(arm, robot):
    arm.protect(Scene((BALL,), (BOX,), margin=0.02))
    assert shown(robot) == {
        (2, BALL.centre, (0.12,)),
        (3, BOX.centre, (1.04, 1.24, 0.14)),
    }
    for zone in robot.zones:
        rows = zone.shape.orientation
        assert (rows.row1.column1, rows.row2.column2, rows.row3.column3) == (1, 1, 1)
        assert zone.is_enabled
        assert zone.name.startswith("onehop-")


def test_nothing_else_is_asked_and_with_time(arm, robot):
    robot.calls.clear()
    arm.protect(Scene((BALL,)))
    arm.protect(Scene())
    assert robot.names() == [
        *("ReadAllProtectionZones", "CreateProtectionZone"),
        *("ReadAllProtectionZones", "DeleteProtectionZone"),
    ]
    assert {options.timeout_ms for *_, options in robot.calls} == {1_000}


def test_again_it_is_the_same_and_others_stay(arm, robot, others):
    scene = Scene((BALL,), (BOX,))
    arm.protect(scene)
    once = shown(robot)
    robot.zones[1].is_enabled = False
    arm.protect(scene)
    assert shown(robot) == once
    assert len(robot.zones) == 3
    assert len(names(robot)) == 3
    assert all(zone.is_enabled for zone in robot.zones if zone is not others)
    arm.protect(Scene((BALL,)))
    assert len(robot.zones) == 2
    arm.protect(Scene())
    assert robot.zones == [others]


def test_the_new_are_there_before_the_old_go(arm, robot):
    arm.protect(Scene((BALL, BALL)))
    robot.calls.clear()
    arm.protect(Scene(boxes=(BOX,)))
    kinds = [name.removesuffix("ProtectionZone") for name in robot.names()[1:]]
    assert kinds == ["Create", "Delete", "Delete"]


def test_if_one_is_refused_those_of_before_stay(arm, robot, others):
    arm.protect(Scene((BALL,)))
    before = list(robot.zones)
    make, left = robot.call, iter([None, None, robot.refusal("no room")])

    def call(name, *messages, options=None):
        error = next(left) if name == "CreateProtectionZone" else None
        if error:
            raise error
        return make(name, *messages, options=options)

    robot.call = call
    with pytest.raises(ArmError, match="no room"):
        arm.protect(Scene((BALL, BALL), (BOX,)))
    assert robot.zones == before


def test_zones_are_the_operators_alone(arm, robot, target_by):
    arm.command_pose(target_by(arm.read_state()))
    arm.stop("test")
    arm.close()
    assert not any("Zone" in name for name in robot.names())
