"""How much memory it takes to teach a teacher of pictures, and how long an update is.

    python benchmarks/pixels.py make demos.safetensors --frames 50000
    python benchmarks/pixels.py train demos.safetensors --steps 200

The first writes noise in the shape of Push-T's pictures, 1.4 GB of it; the second
teaches a small convolutional teacher and prints, as JSON, the resident memory at its
peak (VmHWM of /proc) before the file is opened and in all [bytes].
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import cast

import numpy as np
import torch
import tyro
from accelerate import Accelerator
from torch import Tensor, nn

from onehop_envs import Demonstrations
from onehop_interfaces import Obs, Signature
from onehop_interfaces.learning import Run
from onehop_teachers import (
    DiffusionTeacher,
    PredictX,
    ResidualMLP,
    ScaledActions,
    SquaredCosine,
    TeacherRecipe,
    TeacherTraining,
)
from onehop_train._data import WindowData
from onehop_train._launch import Minimiser
from onehop_train._loop import Plan, run
from onehop_train._teachers import fit

EPISODE = 100
"""Steps of an episode."""


class Pictures(nn.Module):
    """An encoder of the observation "image", bytes (B, n_obs, height, width, 3).

    Args:
        n_obs: Frames in an observation.
        features: Numbers made of each.
    """

    def __init__(self, n_obs: int, features: int) -> None:
        super().__init__()
        self.n_obs, self.features = n_obs, features
        self.cond_dim = n_obs * features
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 5, stride=4),
            nn.SiLU(),
            nn.Conv2d(8, features, 3, stride=2),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(1),
        )

    def forward(self, obs: Obs) -> Tensor:
        """Conditions (B, C)."""
        frames = obs["image"].flatten(0, 1).permute(0, 3, 1, 2) / 255 - 0.5
        return cast("Tensor", self.layers(frames)).reshape(-1, self.cond_dim)

    def fit(self, obs: Obs) -> None:
        """Nothing: bytes need no statistics."""


def make(path: tyro.conf.Positional[Path], frames: int = 50_000) -> None:
    """Write demonstrations of so many frames."""
    draw = np.random.default_rng(0)
    image = draw.integers(0, 256, (frames, 96, 96, 3), np.uint8)
    actions = draw.uniform(0, 512, (frames, 2)).astype(np.float32)
    ends = np.arange(0, frames, EPISODE)[1:].tolist()
    Demonstrations({"image": image}, actions, np.array([*ends, frames])).save(path)


def train(
    path: tyro.conf.Positional[Path], steps: int = 200, batch_size: int = 64
) -> None:
    """Teach for so many updates; print what it took."""
    torch.set_num_threads(1)
    before = _peak()
    signature = Signature({"image": (96, 96, 3)}, 2, 16, 8, 2)
    encoder = Pictures(n_obs=2, features=32)
    net = ResidualMLP(16, 2, encoder.cond_dim, width=64, blocks=1)
    teacher = DiffusionTeacher(
        signature, SquaredCosine(), PredictX(), net, encoder, ScaledActions(2)
    )
    demonstrations = Demonstrations.load(path)
    data = WindowData(demonstrations, signature, torch.device("cpu"))
    fit(teacher, data)
    accelerator, generator = Accelerator(), torch.Generator()
    described = Run(steps, generator, Minimiser(accelerator))
    training = TeacherTraining(teacher, TeacherRecipe(), described)
    with tempfile.TemporaryDirectory() as out:
        plan = Plan(Path(out), steps, batch_size, 0, steps, steps)
        start = time.perf_counter()
        run(training, generator, data, plan, accelerator, lambda batch, _: batch)
        seconds = time.perf_counter() - start
    size = sum(a.nbytes for a in demonstrations.obs.values())
    took = {"pictures": size, "before": before, "peak": _peak()}
    print(json.dumps({**took, "seconds_per_update": seconds / steps}))


def _peak() -> int:
    """The most memory that was resident at a time, so far [bytes]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return 1024 * int(line.split()[1])


if __name__ == "__main__":
    tyro.extras.subcommand_cli_from_dict({"make": make, "train": train})
