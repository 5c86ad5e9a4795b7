"""Before anything moves: what is refused, what is asked, what a shadow leaves alone."""

import json
import sys
from io import StringIO

import pytest

import onehop_control._metal as metal
from onehop_control import GRIPPER
from onehop_control.__main__ import main
from onehop_control._trial import patient
from onehop_kinova_driver import (
    ArmError,
    ArmInfo,
    KinematicArm,
    Limits,
    LoggedArm,
    MonotonicClock,
    read_log,
)


class Fake(KinematicArm):
    """Says that it is of metal."""

    def __init__(self, clock):
        super().__init__(clock, GRIPPER)

    def info(self):
        return ArmInfo("kortex", "EN1", "2080", tool=GRIPPER.tool, real=True)


@pytest.fixture
def calls(monkeypatch):
    """What the arm at an address is told, in place of Kinova's."""
    told, clock = [], MonotonicClock()

    def make(address):
        told.append(address)
        return LoggedArm(Fake(clock), clock, lambda t, name, _: told.append(name))

    monkeypatch.setattr(metal, "KortexArm", make)
    # A machine with other work may hang for longer than an arm of metal is given.
    monkeypatch.setattr(metal, "Limits", lambda: Limits(timing=patient(1.0)))
    return told


@pytest.fixture
def words(scene_file, tmp_path):
    out = str(tmp_path / "out")
    return [
        "--straight",
        "--scene",
        str(scene_file),
        "--goal",
        "0.565",
        "0.04",
        "0.42",
        "--address",
        "1.2.3.4",
        "--out",
        out,
    ]


def refused(given, capfd):
    with pytest.raises(SystemExit) as stop:
        main(given)
    assert stop.value.code == 2
    return capfd.readouterr().err


def test_without_enable_motion_nothing_is_connected(words, calls, tmp_path, capfd):
    error = refused(["run", *words, "--serial", "EN1"], capfd)
    assert error.startswith("onehop-control: run: expected --enable-motion")
    assert error.count("\n") == 1
    assert calls == []
    assert not (tmp_path / "out").exists()


def test_without_a_serial_an_operator_has_to_type(
    words, calls, tmp_path, capfd, monkeypatch
):
    monkeypatch.setattr(sys, "stdin", StringIO())  # no terminal
    error = refused(["run", *words, "--enable-motion"], capfd)
    assert "arming: expected an operator at a terminal, found none" in error
    assert "command_pose" not in calls
    assert calls.count("connect") == calls.count("close") == 2


def test_another_arm_is_refused(words, calls, capfd):
    error = refused(["run", *words, "--enable-motion", "--serial", "EN2"], capfd)
    assert "serial: expected EN2, got EN1" in error
    assert calls == ["1.2.3.4", "connect", "close"]


def test_another_tool_is_refused(words, calls, capfd):
    more = ["--enable-motion", "--serial", "EN1", "--tool", "0", "0", "0.2"]
    error = refused(["run", *words, *more], capfd)
    assert "tool: expected" in error
    assert calls == ["1.2.3.4", "connect", "close"]


def test_the_arm_that_is_named_is_moved(words, calls, tmp_path, capsys):
    main(["run", *words, "--enable-motion", "--serial", "EN1"])
    assert "ARRIVED" in capsys.readouterr().out
    assert calls[:4] == ["1.2.3.4", "connect", "close", "1.2.3.4"]
    assert calls.count("command_pose") > 10
    assert calls[-2:] == ["stop", "close"]
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["outcome"]["success"] is True


def test_a_shadow_sends_nothing(words, calls, tmp_path, capsys):
    main(["shadow", *words, "--seconds", "1"])
    assert "TIME" in capsys.readouterr().out
    assert set(calls) == {"1.2.3.4", "connect", "close"}
    ticks = read_log(tmp_path / "out" / "log").ticks
    assert sum(tick.sent for tick in ticks) > 5  # as the log has it: computed
    assert len({tick.seen.state.pos for tick in ticks}) == 1


def test_preflight_says_what_holds(calls, capsys, scene_file):
    main(["preflight", "--address", "1.2.3.4", "--scene", str(scene_file)])
    shown = capsys.readouterr().out
    assert shown.count(" ok ") == 6
    assert "EN1" in shown
    assert set(calls) == {"1.2.3.4", "connect", "close"}
    more = ["--serial", "EN2", "--firmware", "3"]
    with pytest.raises(SystemExit) as stop:
        main(["preflight", "--address", "1.2.3.4", *more])
    assert stop.value.code == 1
    assert capsys.readouterr().out.count("NOT OK") == 2


def test_preflight_of_a_simulated_arm(capsys):
    main(["preflight", "--arm", "kinematic"])
    assert capsys.readouterr().out.count(" ok ") == 6


def test_an_arm_that_does_not_answer_is_one_line(monkeypatch, capfd):
    class Mute(Fake):
        def connect(self):
            raise ArmError("no answer in time")

    monkeypatch.setattr(metal, "KortexArm", lambda _: Mute(MonotonicClock()))
    error = refused(["preflight", "--address", "1.2.3.4"], capfd)
    assert error == "onehop-control: arm: expected an answer, got no answer in time\n"


def test_without_the_sdk_it_says_how_to_get_it(words, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "kortex_api", None)
    error = refused(["run", *words, "--enable-motion", "--serial", "EN1"], capfd)
    assert "kortex_api: expected Kinova's wheel with protobuf 3.20" in error
    assert error.count("\n") == 1
