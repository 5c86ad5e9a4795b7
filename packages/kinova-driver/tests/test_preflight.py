"""Before motion: each item that does not hold refuses; and who permits it."""

import io

import pytest

from onehop_interfaces import BadInput
from onehop_kinova_driver import (
    ArmInfo,
    Expected,
    SafetyGate,
    Scene,
    Sphere,
    if_named,
    if_simulated,
    if_typed,
    preflight,
    require,
)

NOW = 100.0
REAL = ArmInfo("kortex", "EN123", "2.8.0", 7, (0.0, 0.0, 0.0), real=True)
NAMED = Expected("EN123", "2.8")


@pytest.fixture
def look(state_at):
    def make(info=REAL, expected=NAMED, scene=None, **changes):
        state = state_at()._replace(**changes)
        scene = scene or Scene()
        return preflight(info, state, SafetyGate(), scene, NOW, expected)

    return make


def failed(items) -> set[str]:
    return {item.name for item in items if not item.holds}


def test_all_in_order(look):
    assert failed(look()) == set()
    require(look())
    assert failed(look(ArmInfo("kinematic"), Expected())) == set()


@pytest.mark.parametrize(
    ("info", "expected", "name"),
    [
        (REAL._replace(dof=6), NAMED, "joints"),
        (REAL, Expected(), "serial"),
        (REAL, Expected("EN124"), "serial"),
        (REAL._replace(serial=""), Expected(), "serial"),
        (REAL, Expected("EN123", "2.7"), "firmware"),
        (REAL._replace(tool=(0.0, 0.0, 0.12)), NAMED, "tool"),
    ],
)
def test_another_arm_is_refused(look, info, expected, name):
    items = look(info, expected)
    assert failed(items) == {name}
    with pytest.raises(BadInput, match=f"{name}: expected"):
        require(items)


@pytest.mark.parametrize(
    "changes",
    [
        {"faults": 1},
        {"ready": False},
        {"t": NOW - 1},
        {"pos": (0.9, 0.0, 0.4)},
        {"dq": (2.0,) * 7},
        {"q": (float("nan"),) * 7},
    ],
)
def test_a_state_that_is_not_as_it_should_be_is_refused(look, changes):
    assert "state" in failed(look(**changes))


def test_a_place_too_near_or_another_tool_is_refused(look):
    near = Scene((Sphere((0.46, 0.1, 0.43), 0.05),))
    assert failed(look(scene=near)) == {"stand"}
    assert failed(look(pos=(0.46, 0.05, 0.43))) == {"stand"}


def test_only_the_operator_permits_metal(monkeypatch):
    assert if_simulated(ArmInfo("kinematic"))
    assert not if_simulated(REAL)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert if_named("EN123")(REAL)
    assert not if_named("EN124")(REAL)
    assert not if_named("")(REAL._replace(serial=""))
    for typed, permitted in (("MOVE\n", True), ("move\n", False), ("\n", False)):
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        assert if_typed(REAL) is permitted
    monkeypatch.setattr("sys.stdin", io.StringIO("MOVE\n"))
    with pytest.raises(BadInput, match="operator at a terminal"):
        if_typed(REAL)
