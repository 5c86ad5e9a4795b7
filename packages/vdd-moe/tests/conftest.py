from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from onehop_interfaces import Batch
from onehop_interfaces.exact import MixtureTeacher
from onehop_vdd_moe import Mixture, Student, expert_sample, sampled_expert


def two_modes(schedule=None) -> MixtureTeacher:
    """Modes at c + (-1, 0) and c + (1, 0), weights .3 and .7, spread .15."""
    return MixtureTeacher(
        torch.tensor([0.3, 0.7]),
        torch.tensor([[-1.0, 0.0], [1.0, 0.0]]),
        torch.eye(2).repeat(2, 1, 1),
        0.15**2 * torch.eye(2).repeat(2, 1, 1),
        schedule=schedule,
        scale=2.0,
    )


def three_chunks(schedule=None) -> MixtureTeacher:
    """Three paths of three steps in the plane: left, straight on, right.

    They bend by the condition; weights .2, .3 and .5, spread .1.
    """
    steps = torch.tensor([1.0, 2.0, 3.0]) / 2
    paths = [torch.stack([side * steps, steps], -1) for side in (-1.0, 0.0, 1.0)]
    bend = torch.stack([steps**2, 0 * steps], -1).flatten()
    return MixtureTeacher(
        torch.tensor([0.2, 0.3, 0.5]),
        torch.stack(paths).flatten(1),
        0.3 * bend[:, None].repeat(3, 1, 1),
        0.1**2 * torch.eye(6).repeat(3, 1, 1),
        horizon=3,
        schedule=schedule,
    )


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(name="two_modes", scope="session")
def two_modes_fixture() -> Callable[..., MixtureTeacher]:
    return two_modes


@pytest.fixture(name="three_chunks", scope="session")
def three_chunks_fixture() -> Callable[..., MixtureTeacher]:
    return three_chunks


@pytest.fixture
def mixture() -> Mixture:
    """Two rows, three experts, in two dimensions."""
    generator = torch.Generator().manual_seed(0)
    draw = torch.randn(2, 3, 2, 4, generator=generator, dtype=torch.float64)
    chols = draw[..., :2].tril(-1) + torch.diag_embed(draw[..., 2].abs() + 0.3)
    return Mixture(draw[:, :, 0, 3].log_softmax(-1), draw[..., 3], chols)


def conditions(teacher: MixtureTeacher, batch: int, seed: int) -> Tensor:
    """Uniform in [-1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, teacher.maps.shape[-1])
    return 2 * torch.rand(shape, generator=generator) - 1


@pytest.fixture(scope="session")
def train():
    """(distiller, teacher, steps, after) -> distiller, trained on exact data."""

    def train(distiller, teacher, steps, after=lambda step: None):
        draw = torch.Generator().manual_seed(7)
        for step in range(steps):
            obs = {"state": conditions(teacher, 64, seed=100 + step)[:, None]}
            x = teacher.sample(teacher.encode(obs), draw)
            distiller.update(Batch(obs, teacher.denormalise(x, obs)))
            after(step + 1)
        return distiller

    return train


def samples(student: Student, cond: Tensor, seed: int = 0) -> Tensor:
    """Exact samples of q, one per condition, (B, H, A)."""
    noise = torch.empty(len(cond), *student.noise)
    noise.normal_(generator=torch.Generator().manual_seed(seed))
    k = student.experts.network.experts
    with torch.no_grad():
        mixture = student.experts(cond)
        x = expert_sample(mixture, sampled_expert(mixture, noise[:, :k]), noise[:, k:])
    return x.view(len(cond), *student.signature.chunk)


@pytest.fixture(scope="session")
def kl():
    """(student, teacher) -> KL(q || p) to the clean density, over 2,000 samples."""

    def kl(student: Student, teacher: MixtureTeacher) -> float:
        cond = conditions(teacher, 2000, seed=3)
        x = samples(student, cond)
        with torch.no_grad():
            log_q = student.log_prob(x, cond)
        return float((log_q - teacher.log_prob_clean(x, cond)).mean())

    return kl


@pytest.fixture(scope="session")
def forward_kl():
    """(student, teacher) -> KL(p || q) from the clean density, over 2,000 samples."""

    def forward_kl(student: Student, teacher: MixtureTeacher) -> float:
        cond = conditions(teacher, 2000, seed=3)
        x = teacher.sample(cond, torch.Generator().manual_seed(1))
        with torch.no_grad():
            log_q = student.log_prob(x, cond)
        return float((teacher.log_prob_clean(x, cond) - log_q).mean())

    return forward_kl


@pytest.fixture(scope="session")
def mode_weights():
    """(chunks, teacher, cond) -> share of the modes, and of all within 4 spreads."""

    def mode_weights(x: Tensor, teacher: MixtureTeacher, cond: Tensor):
        away = (x.flatten(1)[:, None] - teacher.component_means(cond)).norm(dim=-1)
        counts = torch.bincount(away.argmin(1), minlength=len(teacher.weights))
        dim = x.flatten(1).shape[1]
        spread = teacher.variances.max() ** 0.5 * dim**0.5
        return counts / len(x), float((away.amin(1) < 4 * spread).float().mean())

    return mode_weights


@pytest.fixture(scope="session")
def draw_samples():
    return samples


@pytest.fixture(scope="session")
def draw_conditions():
    return conditions
