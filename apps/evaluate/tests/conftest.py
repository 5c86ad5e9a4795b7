"""A task so simple that every outcome is known, a policy for it, and small runs."""

import copy
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box

from onehop_evaluate.__main__ import main
from onehop_interfaces import Obs, Signature
from onehop_interfaces.acting import OneCall
from onehop_tasks import Measure, Picture, Scene, Starts, Task, maximum, mean, named
from onehop_teachers import (
    DiffusionTeacher,
    PredictX,
    ResidualMLP,
    SquaredCosine,
    pusht_teacher,
    save_checkpoint,
    save_teacher,
)


class Walk(gymnasium.Env[np.ndarray, np.ndarray]):
    """The agent walks by its action; coverage is how far right it is, 1 at x = 10.

    It starts at (seed modulo 5, seed); the goal is reached above x = 9.5.
    """

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012
    observation_space = Box(-np.inf, np.inf, (2,), np.float32)
    action_space = Box(-np.inf, np.inf, (2,), np.float32)

    def __init__(self, render_mode: str | None = None) -> None:
        self.render_mode = render_mode

    def reset(self, *, seed=None, options=None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.position = np.array([seed % 5, seed], np.float32)
        if options is not None:
            self.position = np.asarray(options["position"], np.float32)
        return self.position.copy(), {}

    def step(self, action):
        self.position += action
        coverage = float(self.position[0]) / 10
        return (
            self.position.copy(),
            coverage,
            coverage > 0.95,
            False,
            {"coverage": coverage, "is_success": coverage > 0.95},
        )

    def render(self) -> np.ndarray:
        return np.full((16, 16, 3), 255, np.uint8)


class Scripted(torch.nn.Module):
    """Plans steps of `stride`, noisy if asked, and remembers what it saw."""

    def __init__(self, stride=(1.0, 0.0), noise=0.0, n_obs=2, n_action=3) -> None:
        super().__init__()
        self.signature = Signature({"position": (2,)}, n_obs, 4, n_action, 2)
        self.nfe, self.noise = 1, (4, 2)
        self.stride = torch.as_tensor(stride)
        self.spread = noise
        self.seen: list[torch.Tensor] = []

    def act(self, obs: Obs, noise: torch.Tensor):
        self.seen.append(obs["position"].clone())
        return self.stride + self.spread * noise


gymnasium.register("onehop-tests/Walk-v0", Walk)


@pytest.fixture
def walk() -> Task:
    return Task(
        name="walk",
        about="walk to the right",
        scene=Scene(
            make=lambda: named("onehop-tests/Walk-v0", "position", 12),
            obs=("position",),
            max_steps=12,
            period=0.1,
        ),
        measure=Measure(
            "coverage",
            lambda reward, info: info["coverage"],
            maximum("coverage"),
            (mean("coverage"),),
            goal=0.95,
        ),
        starts={"test": Starts("test", 500_000, 3, 10)},
        teacher=None,
        picture=Picture(lambda frame: frame["position"], (0.0, 10.0, 10.0, 0.0)),
    )


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture
def cpu() -> torch.device:
    return torch.device("cpu")


def _small_teacher(schedule, preconditioning) -> DiffusionTeacher:
    """Push-T's teacher with a tiny untrained network."""
    like = pusht_teacher()
    signature = like.signature
    torch.manual_seed(0)
    net = ResidualMLP(16, 2, like.encoder.cond_dim, width=16, blocks=1)
    teacher = DiffusionTeacher(
        signature, schedule, preconditioning, net, like.encoder, like.actions
    )
    obs = {"keypoints": 512 * torch.rand(32, 2, 20)}
    return teacher.fit(obs, 512 * torch.rand(32, 16, 2))


def _save_student(folder: Path, teacher: DiffusionTeacher, method: str = "sds") -> None:
    student = OneCall(copy.deepcopy(teacher))
    config = {
        "method": method,
        "policy": student.config(),
        "teacher": teacher.config(),
    }
    save_checkpoint(folder, student.state_dict(), config, {"seed": 1})


def _command(runs: Path, **options: object) -> list[str]:
    chosen = {
        "teacher": runs / "teacher",
        "students": runs / "student",
        "out": runs / "out",
        "episodes": 2,
        "latency-rounds": 1,
        **options,
    }
    return [word for key, value in chosen.items() for word in (f"--{key}", str(value))]


def _refused(words: list[str], capsys) -> str:
    """The one line on stderr of a command that is refused."""
    with pytest.raises(SystemExit) as exit_:
        main(words)
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("onehop-evaluate: ")
    return line


@pytest.fixture
def runs(tmp_path) -> Path:
    """A folder with a teacher's and a student's checkpoints."""
    teacher = _small_teacher(SquaredCosine(steps=12), PredictX())
    save_teacher(tmp_path / "teacher", teacher, {"seed": 0, "data_sha256": "ab"})
    _save_student(tmp_path / "student", teacher)
    return tmp_path


@pytest.fixture
def small_teacher() -> Any:
    """Makes a teacher."""
    return _small_teacher


@pytest.fixture
def save_student() -> Any:
    """Saves a student."""
    return _save_student


@pytest.fixture
def command() -> Any:
    """Words of a command."""
    return _command


@pytest.fixture
def refused() -> Any:
    """Runs a command that is refused."""
    return _refused
