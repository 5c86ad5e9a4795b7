"""A run that is killed at any moment and gone on with is the run that was not killed.

A few moments are tried; ONEHOP_KILLS=60 tries 60 drawn by chance and every file
operation of the whole run.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from onehop_interfaces.testing import same_state

KILLS = int(os.environ.get("ONEHOP_KILLS", "0"))
SMALL = ["--batch-size", "8", "--steps", "3", "--save-every", "2", "--log-every", "1"]


class Runs:
    """Training runs in forks of one process, each in a folder of its own."""

    def __init__(self, process, data, folder):
        self.process, self.data, self.folder = process, data, folder

    def __call__(self, name, *more, operation=None, seconds=None):
        out = ["--out", str(self.folder / name)]
        words = ["teacher", "--data", str(self.data), *out, *SMALL, *more]
        order = {"words": words, "operation": operation, "seconds": seconds}
        print(json.dumps(order), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def result(self, name):
        out = self.folder / name
        lines = (out / "log.jsonl").read_text().splitlines()
        logged = [(line["step"], line["loss"]) for line in map(json.loads, lines)]
        files = {path.name for path in out.iterdir()}
        return load_file(out / "checkpoint" / "model.safetensors"), logged, files


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    command = [sys.executable, str(Path(__file__).with_name("killed.py"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        yield Runs(process, data, tmp_path_factory.mktemp("runs"))
        process.stdin.close()


@pytest.fixture(scope="module")
def whole(runs):
    """How the run that was not killed went, and what it left."""
    runs("warm")  # the first reads what the others find in memory
    told = runs("whole")
    assert told["status"] == 0
    return told, runs.result("whole")


def the_same(runs, name, whole):
    weights, logged, files = runs.result(name)
    assert same_state(weights, whole[0])
    assert logged == whole[1]
    assert files == whole[2]
    shutil.rmtree(runs.folder / name)


def test_before_any_file_operation(runs, whole):
    told, result = whole
    every = range(1, told["operations"] + 1)
    tried = every if KILLS else random.Random(0).sample(every, 3)
    for operation in tried:
        name = f"operation-{operation}"
        killed = runs(name, operation=operation)
        assert killed["status"] == -signal.SIGKILL, operation
        assert runs(name, "--resume")["status"] == 0, operation
        the_same(runs, name, result)


def test_at_any_time(runs, whole):
    """Until the run has come to its end: every attempt may be killed."""
    told, result = whole
    draw = random.Random(1)
    killed = 0
    for i in range(KILLS or 1):
        name = f"time-{i}"
        seconds = draw.uniform(0, told["seconds"])
        killed += runs(name, seconds=seconds)["status"] == -signal.SIGKILL
        runs(name, "--resume", seconds=draw.uniform(0, told["seconds"]))
        assert runs(name, "--resume")["status"] == 0, seconds
        the_same(runs, name, result)
    # A machine may have become quicker than it was when the time was taken.
    assert killed >= KILLS // 2
