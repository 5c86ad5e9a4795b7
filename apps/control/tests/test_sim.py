"""Real processes, in real time: an arm without masses, a policy in another process.

The program of a flight is a file, since the policy's process imports what it is made
of; what is promised in milliseconds is held in the driver's own tests.
"""

import json
import os
import signal
import subprocess
import sys
import time

import imageio.v3 as iio
import pytest

from onehop_control import (
    GRIPPER,
    Conditions,
    Fixed,
    StraightOn,
    Tolerance,
    Weights,
    kinematic,
    pilot_of,
    told,
    try_out,
)
from onehop_control.__main__ import main
from onehop_control._film import film
from onehop_kinova_driver import (
    Phase,
    Reason,
    Recorder,
    Ruling,
    SafetyGate,
    Scene,
    Workspace,
    read_log,
)

FLIGHT = """
import os, sys, time
from functools import partial
from pathlib import Path
import numpy as np
from onehop_control import GRIPPER, Hand, Pilot, Problem, Situation, Tolerance
from onehop_control import kinematic
from onehop_control._flight import Flight, fly
from onehop_control._problem import at_start
from onehop_control._straight import Straight
from onehop_control._trial import patient
from onehop_kinova_driver import (
    HOME, Limits, LoggedArm, MonotonicClock, SafetyGate, Scene, Workspace
)

class Dies:
    def __init__(self, goal):
        self.straight = Straight(goal)
    def __call__(self, state, k):
        if state.t > 0 and k > 10:
            os._exit(3)
        return self.straight(state, k)

def pilot(problem):
    box = Workspace()
    hand = Hand(np.zeros((1, 3)), np.array([0.05]))
    there = Situation(problem.goal, problem.scene, hand, box)
    return Pilot(Dies(problem.goal), there)

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    pos, quat = GRIPPER.pose(HOME)
    problem = Problem(0, HOME, (0.5, 0.3, 0.4), quat, Scene())
    calls, clock = [], MonotonicClock()
    arm = LoggedArm(kinematic(clock, problem), clock,
                    lambda t, name, target: calls.append(name))
    gate = SafetyGate(Limits(timing=patient(1.0)), GRIPPER)
    flight = Flight(arm, gate, problem,
                    partial(pilot, problem), at_start(problem), folder / "lock")
    report = fly(flight, Tolerance(0.01, 20.0), folder / "board", folder)
    after = calls.index("stop")
    print(report.phase.name, report.reason.name, calls.count("stop"),
          calls.count("command_pose"), "command_pose" in calls[after:])
"""


def test_a_policy_that_dies_stops_the_arm(tmp_path):
    program = tmp_path / "flight.py"
    program.write_text(FLIGHT)
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    phase, reason, stops, sent, after = done.stdout.split()
    assert (phase, reason, stops, after) == ("STOPPED", "TARGET_STALE", "1", "False")
    assert int(sent) >= 5
    assert len((tmp_path / "decisions.jsonl").read_text().splitlines()) >= 10


def words(scene_file, *more):
    goal = ["--goal", "0.565", "0.04", "0.42"]
    return [
        "sim",
        "--straight",
        "--patience",
        "1",
        "--arm",
        "kinematic",
        "--scene",
        str(scene_file),
        *goal,
        *more,
    ]


def test_it_arrives_and_says_so(scene_file, tmp_path, capsys):
    out = tmp_path / "out"
    main(words(scene_file, "--out", str(out)))
    shown = capsys.readouterr().out
    assert "ARRIVED" in shown
    assert "completion [s]" in shown
    result = json.loads((out / "result.json").read_text())
    outcome = result["outcome"]
    assert outcome["success"] is True
    assert outcome["error"] < 0.01
    assert outcome["contact"] is False
    assert sorted(p.name for p in out.iterdir()) == [
        "decisions.jsonl",
        "log",
        "result.json",
    ]
    log = read_log(out / "log")
    rows = [json.loads(t) for t in (out / "decisions.jsonl").read_text().splitlines()]
    assert log.whole
    assert len(rows) == outcome["decisions"] > 10
    # At most 20 times a second, and on the grid.
    assert len(rows) <= (rows[-1]["t"] - rows[0]["t"]) / 0.05 + 3
    decided = {tuple(row["target"]) for row in rows}
    # The first ones are pulled to where the tool is.
    assert {t.seen.target.pos for t in log.ticks[10:]} <= decided

    main(["replay", str(out)])
    assert "of none" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(words(scene_file, "--out", str(out)))
    assert stop.value.code == 2
    assert "expected a new or empty folder" in capsys.readouterr().err


def test_ctrl_c_stops_the_arm_and_leaves_no_process(scene_file, tmp_path):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "onehop_control", *words(scene_file)]
    command += ["--out", str(out), "--near", "1e-9"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    decisions = out / "decisions.jsonl"
    until(lambda: decisions.exists() and decisions.stat().st_size > 500)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "SIGNAL" in shown
    assert json.loads((out / "result.json").read_text())["outcome"]["end"] == "SIGNAL"
    last = read_log(out / "log").ticks[-1]
    assert (last.phase, last.reason) == (Phase.STOPPED, Reason.SIGNAL)
    until(lambda: not alive(process.pid))


def until(holds, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def problem(scene_file):
    return told(Scene.load(scene_file), (0.565, 0.04, 0.42))


@pytest.fixture
def ticks(problem):
    """Half a second."""
    pilot = pilot_of(StraightOn(), problem, 0, Weights(), Workspace())
    given = Conditions(kinematic, ends=Tolerance(0.01, 0.5), pace=Fixed(0.0))
    return try_out(pilot, problem, given).ticks


def test_a_film_has_a_picture_of_every_other_tick(problem, ticks, tmp_path):
    file = tmp_path / "film.mp4"
    film(ticks[:6], problem, GRIPPER, file)
    assert iio.imread(file).shape[0] == 3


def test_a_log_that_says_otherwise_is_found(ticks, tmp_path, capsys):
    gate = SafetyGate(arm=GRIPPER)

    def written(name, ticks):
        recorder = Recorder(tmp_path / name, gate)
        for tick in ticks:
            recorder(tick)
        recorder.close()
        return str(tmp_path / name)

    main(["replay", written("true", ticks)])
    assert "of none" in capsys.readouterr().out
    wrong = ticks[5]._replace(verdict=ticks[5].verdict._replace(ruling=Ruling.HOLD))
    with pytest.raises(SystemExit) as stop:
        main(["replay", written("false", [*ticks[:5], wrong, *ticks[6:]])])
    assert stop.value.code == 1
    shown = capsys.readouterr().out
    (row,) = (line for line in shown.splitlines() if "otherwise" in line)
    assert row.split("│")[2].strip() == "5"
    cut = (tmp_path / "true").read_bytes()[:-7]
    (tmp_path / "cut").write_bytes(cut)
    main(["replay", str(tmp_path / "cut")])
    assert "cut short" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--planner"], "expected one of a path, --planner and --straight"),
        (["--near", "0"], "--near: expected"),
        (["--patience", "2"], "--patience: expected"),
        (["--seconds", "-1"], "--seconds: expected"),
        (["--candidates", "0"], "--candidates: expected"),
        (["--video", "a.avi"], "--video: expected a .gif or an .mp4"),
        (["--scene", "nowhere.json"], "nowhere.json: expected a file"),
        (["--out", "file"], "file"),
    ],
)
def test_options_that_cannot_be(more, said, scene_file, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        main(words(scene_file, *more))
    assert stop.value.code == 2
    error = capfd.readouterr().err
    assert error.startswith("onehop-control: ")
    assert error.count("\n") == 1
    assert said in error
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sim"], "got 0"),
        (["sim", "--straight", "--scene", "a.json"], "--scene, --goal: expected both"),
        (["sim", "nowhere.onnx"], "nowhere.onnx: expected a policy, found none"),
        (["replay", "nowhere"], "nowhere: expected a file"),
        (["replay", "file"], "file: expected a log of a kinova driver"),
    ],
)
def test_words_that_cannot_be(words, said, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert said in error
