"""Benches: resumed, damaged, of slow policies; estimates against hand numbers."""

import json
from dataclasses import dataclass, replace
from time import sleep

import numpy as np
import pytest
from PIL import Image
from scipy.stats import t as student

import onehop_control._benched as benched
from onehop_control import Conditions, Fixed, Tolerance, Weights, kinematic
from onehop_control.__main__ import main
from onehop_control._bench import Plan, bench
from onehop_control._bench_table import bench_tables, markdown
from onehop_control._choice import Choice
from onehop_control._row import rows_of
from onehop_control._sampled import Sampled
from onehop_control._statistics import paired_difference, share
from onehop_control._virtual_policy import AsMeasured
from onehop_interfaces import BadInput


@dataclass(frozen=True)
class Fanned(Choice):
    """The test's policy; one that is slow waits, on the machine's clock."""

    policy: object
    called: str
    wait: float = 0.0

    name = identity = property(lambda self: self.called)

    def proposer(self, problem, seed):
        made = Sampled(self.policy, problem.goal, problem.scene, 4, seed)

        def propose(state, k):
            if state.t > 0:  # neither while it warms up nor at the very beginning
                sleep(self.wait)
            return made(state, k)

        return propose


@pytest.fixture
def plan(close, fan):
    choices = [Fanned(fan, "teacher"), Fanned(fan, "student")]
    given = Conditions(kinematic, ends=Tolerance(0.01, 8.0), pace=Fixed(0.01))
    return Plan(choices, (7, 8), lambda seed: close._replace(seed=seed), given)


def test_trials_are_run_once(plan, tmp_path):
    asked, told = [], []

    def problem(seed):
        asked.append(seed)
        return plan.problem(seed)

    counted = replace(plan, problem=problem)
    first = bench(counted, tmp_path, tell=lambda: told.append(0))
    assert len(told) == 4
    assert asked == [7, 8]
    assert len(list(tmp_path.glob("*/*.json"))) == 4
    assert {n: len(r) for n, r in first.items()} == {"teacher": 2, "student": 2}
    assert all(r.outcome.success for rs in first.values() for r in rs)
    again = bench(counted, tmp_path, tell=lambda: told.append(0))
    assert asked == [7, 8]
    assert len(told) == 8
    assert again == first
    more = bench(replace(counted, seeds=(7, 8, 9)), tmp_path)
    assert asked == [7, 8, 9]
    assert more["student"][:2] == first["student"]
    bench(replace(counted, weights=Weights(near=1.0)), tmp_path)  # another bench
    assert asked == [7, 8, 9, 7, 8]


def test_a_damaged_trial_is_refused_by_name(plan, tmp_path):
    bench(plan, tmp_path)
    file = next(tmp_path.glob("*/7.json"))
    text = file.read_text()
    damages = [
        text.replace('"ticks": ', '"ticks": 1'),
        json.dumps({**json.loads(text), "path": [[1, 2]], "seal": ""}),
        json.dumps({**json.loads(text), "latencies": None, "seal": ""}),
        json.dumps({**json.loads(text), "version": 7, "seal": ""}),
        text[:100],
    ]
    for damaged in damages:
        file.write_text(damaged)
        with pytest.raises(BadInput, match=r"7\.json.*remove the file to run it again"):
            bench(plan, tmp_path)
    file.unlink()
    bench(plan, tmp_path)


def test_a_slow_policy_is_as_slow_as_it_was(plan, fan, tmp_path):
    """What it took passes on virtual time: held, then stopped."""
    given = replace(plan.given, pace=AsMeasured())
    choices = [Fanned(fan, "quick"), Fanned(fan, "slow", wait=0.25)]
    trials = bench(replace(plan, choices=choices, given=given), tmp_path)
    for record in trials["slow"]:
        assert record.outcome.end == "TARGET_STALE"
        assert record.latencies[-1] >= 0.25
        assert record.outcome.missed >= 4
    assert max(np.median(record.latencies) for record in trials["quick"]) < 0.1
    first, slow = rows_of(trials)
    assert first.beside is None
    assert slow.success.value == 0
    assert slow.beside.error.value > 0.01
    assert slow.beside.speed_up < 0.5
    assert slow.ends == {"TARGET_STALE": 2}


def test_a_policy_that_fails_is_named(plan, fan, tmp_path):
    class Short(type(fan)):
        def act(self, obs, noise):
            return super().act(obs, noise)[:, :9]

    broken = replace(plan, choices=[Fanned(Short(), "short")])
    with pytest.raises(BadInput, match=r"short, problem 7: policy: expected plans"):
        bench(broken, tmp_path)
    assert not list(tmp_path.glob("*/*.json"))


def test_estimates_are_those_of_the_books():
    """Student's for a mean of pairs, Wilson's for a share."""
    values, reference = np.array([3.0, 5.0, 4.0, 8.0]), np.array([1.0, 1.0, 1.0, 1.0])
    found = paired_difference(values, reference)
    half = student.ppf(0.975, 3) * np.std([2, 4, 3, 7], ddof=1) / 2
    assert found == pytest.approx((4.0, 4.0 - half, 4.0 + half))
    assert paired_difference(values, values) == (0, 0, 0)
    assert np.isnan(paired_difference(values[:1], reference[:1])[1:]).all()
    p, n, z = 0.8, 50, 1.959964
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    found = share(np.repeat([1.0, 0.0], [40, 10]))
    assert found == pytest.approx((0.8, centre - half, centre + half), abs=1e-6)


def test_rows_are_means(plan, tmp_path):
    trials = bench(plan, tmp_path)
    teacher, pupil = rows_of(trials)
    outcomes = [record.outcome for record in trials["teacher"]]
    assert teacher.error == pytest.approx(np.mean([o.error for o in outcomes]))
    assert teacher.seconds == pytest.approx(np.mean([o.seconds for o in outcomes]))
    assert teacher.latency_mean == pytest.approx(0.01)
    assert pupil.beside.error.value == 0  # the same policy, problems and noise
    assert pupil.beside.speed_up == pytest.approx(1)
    tables = bench_tables([teacher, pupil])
    assert [len(titles) for titles, _ in tables] == [3, 2]
    for titles, rows in tables:
        assert {len(titles)} == {len(row) for row in rows}
        assert markdown((titles, rows)).count("\n") == 2 + len(rows)


def test_the_command_goes_on_where_it_stopped(close, tmp_path, monkeypatch, capsys):
    asked = []

    def problem(seed):
        asked.append(seed)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return close._replace(seed=seed)

    monkeypatch.setattr(benched, "drawn", problem)
    words = ["bench", "--straight", "--trials", "3", "--arm", "kinematic"]
    words += ["--latency", "0", "--seconds", "6", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert "interrupted; the same command goes on" in str(stop.value.code)
    assert not (tmp_path / "out" / "results.json").exists()
    main(words)
    out = capsys.readouterr().out
    assert asked[:2] == [500_000, 500_001]
    assert "straight" in out
    assert "holds" in out
    assert len(list((tmp_path / "out" / "trials").glob("*/*.json"))) == 3
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    (row,) = results["rows"]
    assert row["success"]["value"] == 1
    assert len(results["trials"]["straight"]) == 3
    assert "| success | 1.00 [" in (tmp_path / "out" / "table.md").read_text()
    assert (tmp_path / "out" / "paths.png").stat().st_size > 1000
    with Image.open(tmp_path / "out" / "race.gif") as race:
        assert 1 < race.n_frames <= 200
    assert not (tmp_path / "out" / ".lock").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "policies: expected some of different names"),
        (["nowhere"], "nowhere: expected a policy, found none"),
        (["--straight", "--trials", "0"], "--trials: expected"),
        (["--straight", "--patience", "0.1"], "--patience: expected"),
        (["--straight", "--latency", "-1"], "--latency: expected"),
        (["--straight", "--latency", "nan"], "--latency: expected"),
        (["--straight", "--weights.near", "-1"], "--near: expected"),
        (["--straight", "--out", "file"], "--out: expected a folder"),
        (["file", "--trials", "1"], "file: expected an ONNX file"),
    ],
)
def test_options_that_cannot_be(words, said, tmp_path, monkeypatch, capfd, free):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benched, "drawn", lambda seed: free)
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(SystemExit) as stop:
        main(["bench", "--out", "new", *words])
    assert stop.value.code == 2
    error = capfd.readouterr().err
    assert error.splitlines()[-1].startswith("onehop-control: ")
    assert said in error
    assert sorted(tmp_path.rglob("*")) == before
