"""Pictures larger than what may be in memory: the benchmark, with fewer of them."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "pixels.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_teacher_of_pictures_is_taught_without_all_of_them_in_memory(tmp_path):
    spec = importlib.util.spec_from_file_location("pixels", SCRIPT)
    pixels = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pixels)
    pixels.make(tmp_path / "demos", 16_000)
    command = [sys.executable, str(SCRIPT), "train", str(tmp_path / "demos")]
    few = ["--steps", "4", "--batch-size", "8"]
    done = subprocess.run([*command, *few], capture_output=True, text=True, check=True)
    took = json.loads(done.stdout)
    assert took["pictures"] == 16_000 * 96 * 96 * 3
    # Torch takes a hundred megabytes or two itself when it begins to compute.
    assert took["peak"] - took["before"] < 0.75 * took["pictures"]
