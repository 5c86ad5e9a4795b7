"""A teacher like Diffusion Policy's (a U-Net that predicts eps, clipped), every method.

At the last time of DDPM's table such a network's error counts 2,000 times in a denoised
chunk: students that begin there left the data's range by millions.
"""

import pytest
import torch

from onehop_interfaces import Batch, Signature, minimise
from onehop_methods import METHODS
from onehop_teachers import (
    DiffusionTeacher,
    Flatten,
    PredictEps,
    SampledPolicy,
    ScaledActions,
    SquaredCosine,
    TeacherTraining,
    UNet1D,
    ddim,
    ddpm,
)

CLIP = 2.0
"""Of chunks of unit variance; the data's greatest is 1.7."""


@pytest.fixture(scope="module")
def batch() -> Batch:
    """Straight lines from 100 to where the state says, 100 +- 50."""
    g = torch.Generator().manual_seed(0)
    state = 2 * torch.rand(64, 1, 2, generator=g) - 1
    actions = 100 + 50 * state * torch.linspace(0.25, 1, 4)[:, None]
    return Batch({"state": state}, actions)


@pytest.fixture(scope="module")
def teacher(batch: Batch) -> DiffusionTeacher:
    """Briefly taught."""
    torch.manual_seed(0)
    encoder = Flatten({"state": (2,)}, n_obs=1)
    teacher = DiffusionTeacher(
        Signature({"state": (2,)}, 1, 4, 2, 2),
        SquaredCosine(100),
        PredictEps(),
        UNet1D(4, 2, encoder.cond_dim, down_dims=(8, 16), time_dim=16, groups=4),
        encoder,
        ScaledActions(2),
    ).fit(batch.obs, batch.actions)
    g = torch.Generator().manual_seed(0)
    training = TeacherTraining(teacher, 300, generator=g, lr=3e-3, warmup=20)
    for _ in range(300):
        training.update(batch)
    taught = training.averaged.eval()
    taught.clip = CLIP
    return taught


def chunks(teacher: DiffusionTeacher, actions: torch.Tensor) -> torch.Tensor:
    """Actions in units of the data's standard deviation."""
    standardise = teacher.actions.standardise
    return (actions - standardise.mean) / standardise.std


@pytest.mark.parametrize(("sampler", "steps"), [(ddpm, 100), (ddim, 10)])
def test_the_teacher_itself_is_good(teacher, batch, sampler, steps):
    policy = SampledPolicy(teacher, sampler, steps)
    made = policy(batch.obs, torch.Generator().manual_seed(0))
    error = chunks(teacher, made) - chunks(teacher, batch.actions)
    assert float(error.square().mean().sqrt()) < 0.5


@pytest.mark.parametrize("method", METHODS)
def test_every_methods_student_stays_in_the_datas_range(method, teacher, batch):
    distiller = (
        METHODS[method]
        .recipe()
        .distiller(
            teacher,
            steps=3,
            generator=torch.Generator().manual_seed(0),
            minimise=minimise,
        )
    )
    for _ in range(3):
        distiller.update(batch)
    made = distiller.policy(batch.obs, torch.Generator().manual_seed(0))
    x = chunks(teacher, made).abs()
    assert float(x.max()) <= CLIP + 1e-4
    # Chunks, not the bound: a student thrown about by its gain is at it everywhere.
    assert float((x > CLIP - 1e-3).double().mean()) < 0.2


@pytest.mark.parametrize("method", ["sds", "sdm", "onedp", "cd", "lcm", "ctm"])
def test_a_default_student_begins_where_its_teacher_is_good(method, teacher, batch):
    """One call of the untaught copy, without the clip, already makes a chunk."""
    bare = DiffusionTeacher.from_config(teacher.config())
    bare.load_state_dict(teacher.state_dict())
    bare.clip = None
    distiller = (
        METHODS[method]
        .recipe()
        .distiller(
            bare.eval(),
            steps=3,
            generator=torch.Generator().manual_seed(0),
            minimise=minimise,
        )
    )
    made = distiller.policy(batch.obs, torch.Generator().manual_seed(0))
    error = chunks(teacher, made) - chunks(teacher, batch.actions)
    assert float(error.square().mean().sqrt()) < 3.0
