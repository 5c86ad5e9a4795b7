"""Other projects' checkpoints: the same numbers as their own code makes of them."""

import json
from zlib import crc32

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from onehop_import import from_diffusion_policy, from_lerobot
from onehop_interfaces import Domain
from onehop_teachers import ddim_raw_eps, ddpm

NAMES = [
    "diffusion_policy_lowdim",
    "diffusion_policy_image",
    "lerobot_state",
    "lerobot_new",
    "lerobot_old",
    "lerobot_fullwidth",
]


@pytest.fixture(scope="module", params=NAMES)
def original(request, golden, tmp_path_factory):
    """A teacher, and what its own code makes of stated inputs."""
    folder, truth = golden(request.param)
    if request.param.startswith("diffusion_policy"):
        return from_diffusion_policy(folder / "checkpoints/latest.ckpt"), truth
    policy = folder / "pretrained_model"
    if not (policy / "model.safetensors").exists():
        policy = with_weights(folder, tmp_path_factory.mktemp("policy"))
    return from_lerobot(policy), truth


def with_weights(folder, policy):
    """Its files, and the weights that a formula says."""
    for file in (folder / "pretrained_model").iterdir():
        (policy / file.name).write_bytes(file.read_bytes())
    formula = json.loads((folder / "weights_formula.json").read_text())
    tensors = {name: formed(name, **how) for name, how in formula.items()}
    for name in list(tensors):
        if name.endswith("running_mean"):
            counted = name.replace("running_mean", "num_batches_tracked")
            tensors[counted] = torch.zeros((), dtype=torch.int64)
    save_file(tensors, policy / "model.safetensors")
    return policy


def formed(name, shape, lo, width, first3):
    """SplitMix64 of the name's checksum and the place."""
    with np.errstate(over="ignore"):
        z = np.arange(np.prod(shape, dtype=np.int64), dtype=np.uint64)
        z += np.uint64((crc32(name.encode()) << 32) + 0x9E3779B97F4A7C15 & 2**64 - 1)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    values = (lo + width * ((z >> np.uint64(40)) / 2**24)).astype(np.float32)
    np.testing.assert_allclose(values[:3], first3[: len(values)], rtol=1e-6)
    return torch.from_numpy(values).view(shape)


def seen(teacher, truth):
    """Pictures are under another name, for they are bytes there, too."""
    found = {}
    for name in teacher.signature.obs:
        picture = f"input.{name.removeprefix('observation.')}_u8_hwc"
        found[name] = truth[picture if picture in truth else f"input.{name}"]
    return found


@torch.no_grad()
def test_conditions_and_network(original, close):
    teacher, truth = original
    cond = teacher.encode(seen(teacher, truth))
    close(cond, truth["global_cond"])
    noisy, times = truth["denoise.noisy"], truth["denoise.timesteps"]
    for t, expected in zip(times, truth["denoise.output"], strict=True):
        close(teacher.network(noisy, t.expand(len(noisy)).float(), cond), expected)


# From the original's own conditions: rounding in those grows tenfold along the steps of
# the full-width network, in double precision as well.
@torch.no_grad()
def test_chunks_in_ten_steps(original, close):
    teacher, truth = original
    cond, noise = truth["global_cond"], truth["ddim10.init_noise"]
    x = ddim_raw_eps(teacher, noise, cond, 10, grid=Domain.leading_grid)
    close(x, truth["ddim10.sample"])
    check_actions(teacher, x, truth, "ddim10", close)


@torch.no_grad()
def test_chunks_in_all_steps(original, close):
    teacher, truth = original
    cond, noise = truth["global_cond"], truth["ddpm100.init_noise"]
    x = ddpm(teacher, noise, cond, 100, list(truth["ddpm100.step_noise"]))
    close(x, truth["ddpm100.sample"])
    check_actions(teacher, x, truth, "ddpm100", close)


def check_actions(teacher, x, truth, sampler, close):
    """All of the plan, and what of it is carried out."""
    plan, due = teacher.denormalise(x, seen(teacher, truth)), teacher.signature
    whole = truth.get(f"{sampler}.action_full_horizon")
    close(plan, truth[f"{sampler}.action_pred"] if whole is None else whole)
    close(plan[:, due.now : due.now + due.n_action], truth[f"{sampler}.action"])
