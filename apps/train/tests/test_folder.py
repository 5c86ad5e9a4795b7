"""Which folders a run may begin in, and which runs may be gone on with."""

import json

import pytest

from onehop_interfaces import BadInput
from onehop_train._folder import noted, open_run

SETTINGS = {"steps": 4, "lr": 0.1, "out": "somewhere", "resume": False}
NOTED = {"steps": 4, "lr": 0.1}


def beginnings(out):
    """All that a run leaves behind before its first state, each a moment of a kill."""
    yield lambda: None
    yield (out / ".lock").touch
    yield (out / ".0123456789abcdef.run.json").touch
    yield lambda: (out / "run.json").write_text(json.dumps(NOTED))
    yield lambda: (out / "run.json").write_text('{"steps":')
    yield (out / "log.jsonl").touch
    yield (out / "tensorboard").mkdir
    yield (out / "states").mkdir
    yield lambda: (out / "states/step-00000001.partial").mkdir(parents=True)


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("moment", range(9))
def test_what_was_hardly_begun_may_be_begun_anew(moment, resume, tmp_path):
    for i, leave in enumerate(beginnings(tmp_path)):
        if i == moment or (0 < i < moment and i not in (4, 7)):
            leave()
    open_run(tmp_path, SETTINGS | {"lr": 0.2}, resume)
    assert json.loads((tmp_path / "run.json").read_text()) == NOTED | {"lr": 0.2}
    assert not list(tmp_path.glob(".*run.json"))


@pytest.mark.parametrize("name", ["notes.txt", "checkpoint", "states/mine", ".hidden"])
@pytest.mark.parametrize("resume", [False, True])
def test_other_things_are_left_alone(name, resume, tmp_path):
    (tmp_path / name).mkdir(parents=True)
    with pytest.raises(BadInput, match=r"expected a new or empty folder"):
        open_run(tmp_path, SETTINGS, resume)
    assert not (tmp_path / "run.json").exists()


@pytest.fixture
def begun(tmp_path):
    open_run(tmp_path, SETTINGS, False)
    (tmp_path / "states" / "step-00000002").mkdir(parents=True)
    return tmp_path


def test_a_saved_state_binds_the_folder(begun):
    assert noted(begun) == NOTED
    with pytest.raises(BadInput, match="holds a run; pass --resume"):
        open_run(begun, SETTINGS, False)
    with pytest.raises(BadInput, match=r"lr was 0\.1, now is 0\.2"):
        open_run(begun, SETTINGS | {"lr": 0.2}, True)
    open_run(begun, SETTINGS, True)
    assert noted(begun) == NOTED


def test_every_length_is_noted(begun):
    for steps in (8, 8, 2):
        open_run(begun, SETTINGS | {"steps": steps}, True)
    before = [{"steps": 4, "until": 2}, {"steps": 8, "until": 2}]
    assert noted(begun) == NOTED | {"steps": 2, "steps_before": before}
    with pytest.raises(BadInput, match="at least the 2 that are done, got 1"):
        open_run(begun, SETTINGS | {"steps": 1}, True)
    assert noted(begun)["steps"] == 2


def test_without_its_note_a_run_is_not_gone_on_with(begun):
    (begun / "run.json").unlink()
    with pytest.raises(BadInput, match=r"run\.json: expected a file"):
        open_run(begun, SETTINGS, True)
