"""Damaged files and bad options are refused in one line, or do no harm.

A few hundred inputs, always the same. ONEHOP_FUZZ=5000 asks for more, and
`python integration_tests/fuzz --help` says how to try one target or another seed.
"""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("zarr", reason="writes what is read, needs zarr 2")

INPUTS = os.environ.get("ONEHOP_FUZZ", "170")


def test_nothing_passes_crashes_hangs_or_runs():
    # A process of its own: a crash is a result.
    words = [Path(__file__).parent / "fuzz", "--inputs", INPUTS]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, (lines[-1:], done.stderr[-2000:])
    faults = [
        f"{case}\n{line}" for case, line in pairwise(lines) if line.startswith("FAULT")
    ]
    assert not faults, "\n".join(faults[:20])
    tally = json.loads(lines[-1])
    assert tally.pop("peak GiB") < 2
    assert tally.keys() <= {"refused", "read as written", "read otherwise"}
    assert tally["refused"] > tally["read as written"] > 0
