import dataclasses

import numpy as np
import pytest
import torch

import onehop_zoo
from onehop_envs import Demonstrations
from onehop_interfaces import BadInput, Batch
from onehop_tasks import TASKS
from onehop_teachers import load_teacher
from onehop_train.__main__ import main
from onehop_train._data import WindowData
from onehop_train._kind import apart, check_kind
from onehop_train._teachers import fit, untrained_teacher


@pytest.fixture(scope="module")
def teacher():
    return load_teacher(onehop_zoo.path("pusht-teacher"))


@pytest.fixture(scope="module")
def demonstrations() -> Demonstrations:
    return Demonstrations.load(onehop_zoo.path("pusht-planner")).select(
        range(0, 500, 5)
    )


@pytest.fixture(scope="module")
def windows(demonstrations, teacher) -> WindowData:
    return WindowData(demonstrations, teacher.signature, torch.device("cpu"))


@pytest.fixture(scope="module")
def data(windows) -> Batch:
    return windows.sample()


def seen(data: Batch, change) -> Batch:
    return dataclasses.replace(data, obs={k: change(a) for k, a in data.obs.items()})


def test_apart_is_the_standardised_datas_mean_and_spread(teacher, data):
    keypoints = data.obs["keypoints"]
    found = apart(teacher, data)
    cond = teacher.encode({"keypoints": keypoints}).double()
    x = teacher.normalise(data.actions, data.obs).flatten(0, 1).double()
    off = max(float(cond.mean(0).abs().max()), float(x.mean(0).abs().max()))
    spread = max(float(v.std(0, correction=0).max()) for v in (cond, x))
    assert found.off == pytest.approx(off, rel=1e-6)
    assert found.spread == pytest.approx(spread, rel=1e-6)
    worst = int(cond.mean(0).abs().argmax())
    assert found.off_at == f"encoder.standardise {worst}"


def test_the_teachers_own_data_pass_without_a_word(teacher, data, capsys):
    check_kind(teacher, data)
    assert capsys.readouterr().err == ""


def test_a_single_episode_passes(teacher, demonstrations):
    one = WindowData(demonstrations.select([7]), teacher.signature, torch.device("cpu"))
    check_kind(teacher, one.sample())


def test_data_that_move_more_are_told_of(teacher, data, capsys):
    check_kind(teacher, seen(data, lambda a: 250 + 1.7 * (a - 250)))
    err = capsys.readouterr().err
    assert err.startswith(
        "onehop-train: the data are not quite like the teacher's: off"
    )
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda a: a / 512, r"off by up to 5\.\d standard deviations \(encoder"),
        (lambda a: a / 256 - 1, "off by up to 5"),
        (
            lambda a: torch.cat([a[..., -2:], a[..., :-2]], -1),
            r"spread up to 2\.\d times",
        ),
    ],
    ids=["[0, 1]", "[-1, 1]", "agent first"],
)
def test_data_of_another_kind_are_refused(teacher, data, change, line):
    with pytest.raises(BadInput, match=line) as caught:
        check_kind(teacher, seen(data, change))
    assert "\n" not in str(caught.value)


def test_actions_of_another_kind_are_refused(teacher, data):
    scaled = dataclasses.replace(data, actions=data.actions / 512)
    with pytest.raises(BadInput, match=r"actions\.standardise"):
        check_kind(teacher, scaled)


@pytest.mark.parametrize("command", ["sds", "pairs"])
def test_commands_refuse_data_of_another_kind(
    command, demonstrations, tmp_path, capsys
):
    obs = {k: (a / 512).astype(np.float32) for k, a in demonstrations.obs.items()}
    few = dataclasses.replace(demonstrations, obs=obs).select(range(3))
    few.save(tmp_path / "scaled.safetensors")
    where = [
        "--data",
        str(tmp_path / "scaled.safetensors"),
        "--out",
        str(tmp_path / "o"),
    ]
    with pytest.raises(SystemExit):
        main([command, "--teacher", str(onehop_zoo.path("pusht-teacher")), *where])
    assert "expected data like the teacher's" in capsys.readouterr().err


def test_a_teacher_of_eps_is_clipped_at_the_datas_range(windows, data):
    clips = {}
    for predict, clip in (("eps", None), ("eps", 1.5), ("x", None), ("x", 2.0)):
        teacher = untrained_teacher(TASKS["pusht"], "mlp", predict, clip)
        fit(teacher, windows)
        clips[predict, clip] = teacher.clip
    x = teacher.normalise(data.actions, data.obs).abs().max()
    assert clips["eps", None] == pytest.approx(float(x), rel=1e-6)
    assert clips["eps", 1.5] == 1.5
    assert clips["x", None] is None
    assert clips["x", 2.0] == 2.0


def test_a_teacher_of_eps_without_a_clip_is_told_of(windows, data, capsys):
    teacher = untrained_teacher(TASKS["pusht"], "mlp", "eps")
    fit(teacher, windows)
    check_kind(teacher, data)
    assert capsys.readouterr().err == ""
    teacher.clip = None
    check_kind(teacher, data)
    assert "count up to 2029 times" in capsys.readouterr().err
