import importlib.util
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from onehop_compare import Cell
from onehop_compare._schedule import locally, on_ray, schedule
from onehop_interfaces import BadInput, sources_sha256


def cells(folder, needs):
    return [Cell(name, ("platform",), folder, tuple(n)) for name, n in needs.items()]


NEEDS = {"teacher": "", "a": ["teacher"], "b": ["teacher"], "roll": ["a"]}


class Recorder:
    """Submits to a pool, and notes when cells begin and end."""

    def __init__(self, failing=()):
        self.pool = ThreadPoolExecutor(2)
        self.lock = threading.Lock()
        self.events = []
        self.failing = failing

    def __call__(self, cell):
        return self.pool.submit(self.run, cell)

    def run(self, cell):
        self.note("begin", cell)
        time.sleep(0.02)
        if cell.name in self.failing:
            raise BadInput(f"{cell.name} failed")
        self.note("end", cell)
        return 0.0

    def note(self, what, cell):
        with self.lock:
            self.events.append((what, cell.name))


def test_cells_begin_when_what_they_need_has_ended(tmp_path):
    submit, told = Recorder(), []
    schedule(cells(tmp_path, NEEDS), submit, lambda d, u: told.append((len(d), len(u))))
    at = {event: i for i, event in enumerate(submit.events)}
    assert len(at) == 8
    for name, needs in NEEDS.items():
        for need in needs or []:
            assert at["end", need] < at["begin", name]
    assert at["begin", "b"] < at["end", "a"]  # at the same time
    assert told[-1] == (4, 0)


def test_what_has_ended_before_is_not_run_again(tmp_path):
    first, *rest = cells(tmp_path, NEEDS)
    note = {"words": ["platform"], "sources": sources_sha256(), "seconds": 1.0}
    first.note.write_text(json.dumps(note))
    submit = Recorder()
    schedule([first, *rest], submit, lambda done, under_way: None)
    assert ("begin", "teacher") not in submit.events
    assert len(submit.events) == 6


def test_a_failure_is_tried_again_and_costs_what_needs_it_alone(tmp_path):
    submit = Recorder(failing=("a",))
    failed = schedule(cells(tmp_path, NEEDS), submit, lambda done, under_way: None)
    assert {name: str(error) for name, error in failed.items()} == {"a": "a failed"}
    begun = [name for what, name in submit.events if what == "begin"]
    assert sorted(begun) == ["a", "a", "b", "teacher"]


def test_bad_luck_is_none(tmp_path):
    """What goes well at the second attempt has gone well."""
    submit = Recorder(failing=("a",))
    told = []

    def tell(done, under_way):
        told.append(len(done))
        if ("begin", "a") in submit.events:
            submit.failing = ()

    failed = schedule(cells(tmp_path, NEEDS), submit, tell)
    assert failed == {}
    assert told[-1] == 4


def test_locally_runs_real_commands(tmp_path):
    plan = cells(tmp_path, NEEDS)
    with locally(2) as submit:
        schedule(plan, submit, lambda done, under_way: None)
    assert all(cell.took() is not None for cell in plan)


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is here")
def test_without_ray_one_line_says_so():
    with pytest.raises(BadInput, match=r"pip install 'onehop-compare\[ray\]'"):
        on_ray("auto").__enter__()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_same_cells_on_ray(tmp_path, monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.chdir(tmp_path)
    plan = cells(tmp_path / "cells", NEEDS)
    with on_ray("local") as submit:
        schedule(plan, submit, lambda done, under_way: None)
    assert all(cell.took() is not None for cell in plan)
    bad = Cell("bad", ("json.tool", "nothing"), tmp_path / "cells")
    with on_ray("local") as submit:
        failed = schedule([bad], submit, lambda done, under_way: None)
    assert str(failed["bad"]).startswith("bad: expected")
