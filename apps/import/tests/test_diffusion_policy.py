"""Diffusion Policy's checkpoints: the same numbers as its own code."""

import pytest
import torch

from onehop_import import from_diffusion_policy
from onehop_interfaces import Domain
from onehop_teachers import ddim_raw_eps, ddpm


@pytest.fixture(scope="module")
def lowdim(golden):
    folder, truth = golden("diffusion_policy_lowdim")
    return from_diffusion_policy(folder / "checkpoints/latest.ckpt"), truth


@torch.no_grad()
def test_conditions_and_network_are_the_original_s(lowdim, close):
    teacher, truth = lowdim
    cond = teacher.encode({"obs": truth["input.obs"]})
    close(cond, truth["global_cond"])
    noisy, times = truth["denoise.noisy"], truth["denoise.timesteps"]
    for t, expected in zip(times, truth["denoise.output"], strict=True):
        close(teacher.network(noisy, t.expand(len(noisy)).float(), cond), expected)


@torch.no_grad()
def test_chunks_are_the_original_s(lowdim, close):
    teacher, truth = lowdim
    obs = {"obs": truth["input.obs"]}
    cond = teacher.encode(obs)
    x = ddim_raw_eps(
        teacher, truth["ddim10.init_noise"], cond, 10, grid=Domain.leading_grid
    )
    close(x, truth["ddim10.sample"])
    close(teacher.denormalise(x, obs), truth["ddim10.action_pred"])
    noise = list(truth["ddpm100.step_noise"])
    x = ddpm(teacher, truth["ddpm100.init_noise"], cond, 100, noise)
    close(x, truth["ddpm100.sample"])
    close(teacher.denormalise(x, obs), truth["ddpm100.action_pred"])
    due = teacher.signature
    rows = slice(due.now, due.now + due.n_action)
    close(teacher.denormalise(x, obs)[:, rows], truth["ddpm100.action"])
