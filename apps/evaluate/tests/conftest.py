"""A task so simple that every outcome is known, and a policy for it."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box

from onehop_interfaces import Obs, Signature
from onehop_tasks import Measure, Picture, Scene, Starts, Task, maximum, mean, named


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
