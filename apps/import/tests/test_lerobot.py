"""LeRobot's diffusion policies: the same numbers as its own code."""

import pytest
import torch

from onehop_import import from_lerobot
from onehop_interfaces import Domain
from onehop_teachers import ddim_raw_eps, ddpm


@pytest.fixture(scope="module")
def state(golden):
    folder, truth = golden("lerobot_state")
    return from_lerobot(folder / "pretrained_model"), truth


def seen(teacher, truth):
    return {name: truth[f"input.{name}"] for name in teacher.signature.obs}


@torch.no_grad()
def test_conditions_and_network_are_the_original_s(state, close):
    teacher, truth = state
    cond = teacher.encode(seen(teacher, truth))
    close(cond, truth["global_cond"])
    noisy, times = truth["denoise.noisy"], truth["denoise.timesteps"]
    for t, expected in zip(times, truth["denoise.output"], strict=True):
        close(teacher.network(noisy, t.expand(len(noisy)).float(), cond), expected)


@torch.no_grad()
def test_chunks_are_the_original_s(state, close):
    teacher, truth = state
    obs = seen(teacher, truth)
    cond = teacher.encode(obs)
    noise = truth["ddim10.init_noise"]
    x = ddim_raw_eps(teacher, noise, cond, 10, grid=Domain.leading_grid)
    close(x, truth["ddim10.sample"])
    close(teacher.denormalise(x, obs), truth["ddim10.action_full_horizon"])
    noise, *more = truth["ddpm100.init_noise"], *truth["ddpm100.step_noise"]
    x = ddpm(teacher, noise, cond, 100, more)
    close(x, truth["ddpm100.sample"])
    due = teacher.signature
    rows = slice(due.now, due.now + due.n_action)
    close(teacher.denormalise(x, obs)[:, rows], truth["ddpm100.action"])
