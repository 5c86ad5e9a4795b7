from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

GOLDEN = Path(__file__).parents[3].parent / "shared/data/golden"


@pytest.fixture(scope="session")
def golden():
    """Name -> folder, and what the original code makes of stated inputs."""

    def read(name):
        folder = GOLDEN / name
        if not folder.exists():
            pytest.skip(f"no golden checkpoint at {folder}")
        return folder, load_file(folder / "golden.safetensors")

    return read


@pytest.fixture(scope="session")
def close():
    """Within 1e-5 of the greatest number."""

    def check(found, expected):
        atol = 1e-5 * expected.abs().max().item()
        torch.testing.assert_close(found, expected, atol=atol, rtol=0)

    return check
