import numpy as np
import pytest

from onehop_envs import Demonstrations


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """Two short episodes of noise in Push-T's shapes."""
    draw = np.random.default_rng(0)
    keypoints = draw.uniform(0, 512, (24, 20)).astype(np.float32)
    actions = draw.uniform(0, 512, (24, 2)).astype(np.float32)
    path = tmp_path_factory.mktemp("data") / "demos.safetensors"
    Demonstrations({"keypoints": keypoints}, actions, np.array([14, 24])).save(path)
    return path
