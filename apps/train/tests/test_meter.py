"""The meter: what is counted, and that a stopped run costs as much as a whole one."""

import json

import pytest
import torch

from onehop_interfaces import Batch
from onehop_train.__main__ import main
from onehop_train._meter import Metered
from onehop_train._precision import resolved


class Asking:
    """A distiller that asks a network for the batch, and again for half of it."""

    policy = None

    def __init__(self, net):
        self.net = net

    def update(self, batch):
        self.net(batch.actions)
        self.net(batch.actions[: len(batch.actions) // 2])
        return {"loss": 0.0}

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        assert state == {}


BATCH = Batch({}, torch.zeros(6, 1, 2))


def test_rows_of_the_teachers_network_are_counted():
    net = torch.nn.Linear(2, 2)
    metered = Metered(Asking(net), net)
    assert metered.update(BATCH) == {"loss": 0.0}
    metered.update(BATCH)
    assert metered.cost["teacher_evaluations"] == 2 * (6 + 3)
    assert metered.cost["seconds"] > 0


def test_the_cost_goes_on_after_a_stop():
    net = torch.nn.Linear(2, 2)
    first = Metered(Asking(net), net)
    first.update(BATCH)
    second = Metered(Asking(torch.nn.Linear(2, 2)), torch.nn.Linear(2, 2))
    second.load_state_dict(first.state_dict())
    assert second.cost == first.cost


def test_a_copy_of_the_teacher_is_not_the_teacher(data, tmp_path):
    """SDS asks the teacher once a row; its student is a copy of the same network."""
    common = ["--data", str(data), "--batch-size", "8"]
    teacher, student = tmp_path / "teacher", tmp_path / "student"
    main(["teacher", *common, "--out", str(teacher), "--steps", "1"])
    words = ["--teacher", str(teacher / "checkpoint"), "--out", str(student)]
    main(["sds", *common, *words, "--steps", "3", "--precision", "auto"])
    notes = json.loads((student / "checkpoint" / "provenance.json").read_text())
    assert notes["metrics"]["teacher_evaluations"] == 3 * 8
    assert notes["metrics"]["seconds"] > 0
    assert notes["settings"]["precision"] in ("no", "bf16")


@pytest.mark.parametrize("given", ["no", "bf16"])
def test_a_precision_that_is_given_is_kept(given):
    assert resolved(given, torch.device("cpu")) == given


@pytest.mark.parametrize(("quicker", "expected"), [("bf16", "bf16"), ("no", "no")])
def test_auto_is_the_quicker_one(quicker, expected, monkeypatch):
    kind = {"bf16": torch.bfloat16, "no": torch.float32}[quicker]
    monkeypatch.setattr(
        "onehop_train._precision._seconds", lambda k, device: 1.0 if k == kind else 2.0
    )
    assert resolved("auto", torch.device("cpu")) == expected
