"""A teacher like Diffusion Policy's (a U-Net that predicts eps, clipped), every method.

At the last time of DDPM's table such a network's error counts 2,000 times in a denoised
chunk: students that begin there left the data's range by millions.
"""

import copy

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, Signature
from onehop_interfaces.acting import decide
from onehop_interfaces.learning import Run
from onehop_methods import METHODS
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    PredictEps,
    SampledPolicy,
    ScaledActions,
    SquaredCosine,
    UNet1D,
    ddim,
    ddpm,
)

CLIP = 2.5
"""Of chunks of unit variance; the data's greatest is 2.3."""
CHUNK = (4, 2)


class NearlyEps(nn.Module):
    """The true noise in x_t, off by a tenth of what an untaught U-Net says.

    Chunks are known from the condition, x = W cond, so that eps is (x_t - alpha x) /
    sigma.
    """

    def __init__(self, schedule: SquaredCosine, weight: Tensor) -> None:
        super().__init__()
        self.schedule = schedule
        self.weight = nn.Buffer(weight)
        self.unet = UNet1D(*CHUNK, 2, down_dims=(8, 16), time_dim=8, groups=4)

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        alpha, sigma = (level[:, None, None] for level in self.schedule(t))
        x = (cond @ self.weight).view_as(x_t)
        return (x_t - alpha * x) / sigma + 0.1 * self.unet(x_t, t, cond)


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Straight lines from 100 to where the state says, 100 +- 50."""
    g = torch.Generator().manual_seed(0)
    state = 2 * torch.rand(64, 1, 2, generator=g) - 1
    actions = 100 + 50 * state * torch.linspace(0.25, 1, 4)[:, None]
    return Batch({"state": state}, actions)


@pytest.fixture(scope="module")
def teacher(batch: Batch) -> DiffusionTeacher:
    torch.manual_seed(0)
    encoder, actions = Flatten({"state": (2,)}, 1), ScaledActions(2)
    encoder.fit(batch.obs)
    actions.fit(batch.actions, batch.obs)
    schedule = SquaredCosine(100)
    cond, x = encoder(batch.obs), actions(batch.actions, batch.obs).flatten(1)
    net = NearlyEps(schedule, torch.linalg.lstsq(cond, x).solution)
    signature = Signature({"state": (2,)}, 1, CHUNK[0], 2, CHUNK[1])
    return DiffusionTeacher(
        signature, schedule, PredictEps(), net, encoder, actions, CLIP
    ).eval()


def error(teacher: DiffusionTeacher, policy, batch: Batch) -> float:
    """Root mean square of decisions less the data [standard deviations]."""
    made = decide(policy, batch.obs, torch.Generator().manual_seed(0))
    apart = (made - batch.actions) / teacher.actions.standardise.std
    return float(apart.square().mean().sqrt())


def distiller_of(method: str, teacher: DiffusionTeacher):
    run = Run(3, torch.Generator().manual_seed(0))
    return METHODS[method].recipe().distiller(teacher, run)


@pytest.mark.parametrize(("sampler", "steps"), [(ddpm, 100), (ddim, 10)])
def test_the_teacher_is_good_by_its_clip(teacher, batch, sampler, steps):
    assert error(teacher, SampledPolicy(teacher, sampler, steps), batch) < 0.3
    t = torch.full((64,), 99.0)
    with torch.no_grad():
        x = teacher.unclipped(torch.randn(64, *CHUNK), t, teacher.encode(batch.obs))
    assert float(x.abs().max()) > 10 * CLIP


@pytest.mark.parametrize("method", METHODS)
def test_every_methods_student_stays_in_the_datas_range(method, teacher, batch):
    distiller = distiller_of(method, teacher)
    for _ in range(3):
        distiller.update(batch)
    made = decide(distiller.policy, batch.obs, torch.Generator().manual_seed(0))
    standardise = teacher.actions.standardise
    x = ((made - standardise.mean) / standardise.std).abs()
    assert float(x.max()) <= CLIP + 1e-4
    if method == "mip":
        return  # it wants a fresh network, and this one divides by sigma by itself
    # Chunks, not the bound: a student thrown about by its gain is at it everywhere.
    assert float((x > CLIP - 1e-3).double().mean()) < 0.2


@pytest.mark.parametrize("method", ["sds", "sdm", "onedp", "cd", "lcm", "ctm"])
def test_a_default_student_begins_where_its_teacher_is_good(method, teacher, batch):
    """One call of the untaught copy, without the clip, already makes a chunk."""
    bare = copy.deepcopy(teacher)
    bare.clip = None
    assert error(teacher, distiller_of(method, bare).policy, batch) < 1.5


@pytest.mark.parametrize("method", ["oneflow", "meanflow", "ct"])
def test_a_student_of_another_reading_begins_in_range(method, teacher, batch):
    bare = copy.deepcopy(teacher)
    bare.clip = None
    assert error(teacher, distiller_of(method, bare).policy, batch) < 3.0
