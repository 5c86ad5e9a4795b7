"""Teachers, networks and measures that several test files share, as fixtures."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
import torch
from torch import Tensor, nn

from onehop_interfaces import Batch, Distiller, Schedule, Teacher, expand, noisy
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
    gaussian_teacher,
)

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 20.0)]


@pytest.fixture(params=SCHEDULES, ids=lambda s: type(s).__name__)
def schedule(request: pytest.FixtureRequest) -> Schedule:
    return request.param


class AffineDenoiser(nn.Module):
    """x = A(r) [x_t, cond, 1]: the class of functions that holds a Gaussian's answer.

    A is a small MLP of ln r; x_t is scaled as in `SmallDenoiser`.
    """

    def __init__(self, like: MixtureTeacher) -> None:
        super().__init__()
        self.schedule, self.signature = like.schedule, like.signature
        self.encode, self.normalise = like.encode, like.normalise
        self.denormalise = like.denormalise
        size, inputs = like.means.shape[1], like.maps.shape[2] + 1
        self.size, self.inputs = size, size + inputs
        self.layers = nn.Sequential(
            nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, size * self.inputs)
        )

    def forward(self, x_t: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        alpha_t, sigma_t = self.schedule(t)
        scaled = x_t / expand((alpha_t**2 + sigma_t**2).sqrt(), x_t)
        features = torch.cat(
            [scaled.flatten(1), cond, torch.ones_like(cond[:, :1])], -1
        )
        gains = self.layers((sigma_t / alpha_t).log()[:, None])
        gains = gains.view(-1, self.size, self.inputs)
        return torch.einsum("bij,bj->bi", gains, features).view_as(x_t)

    network = forward


class EpsNet(nn.Module):
    """A teacher whose network predicts eps: network = eps, denoiser = x."""

    def __init__(self, like: Teacher) -> None:
        super().__init__()
        self.like, self.schedule, self.signature = like, like.schedule, like.signature
        self.gain = nn.Parameter(torch.ones(()))
        self.encode, self.denormalise = like.encode, like.denormalise
        self.normalise = like.normalise

    def network(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return self.gain * (x_t - alpha_t * self.like(x_t, t, cond)) / sigma_t

    def forward(self, x_t, t, cond):
        alpha_t, sigma_t = (level[:, None, None] for level in self.schedule(t))
        return (x_t - sigma_t * self.network(x_t, t, cond)) / alpha_t


@pytest.fixture
def eps_net() -> type[EpsNet]:
    return EpsNet


@pytest.fixture
def affine() -> Callable[[MixtureTeacher], AffineDenoiser]:
    def make(teacher: MixtureTeacher) -> AffineDenoiser:
        torch.manual_seed(0)
        return AffineDenoiser(teacher)

    return make


@pytest.fixture
def gaussian() -> Callable[..., MixtureTeacher]:
    """N((c, -c) + (1, 2), diag(.04, .25)) on a schedule; actions are three times x."""

    def make(schedule: Schedule | None = None) -> MixtureTeacher:
        return gaussian_teacher(
            torch.tensor([1.0, 2.0]),
            torch.tensor([[1.0], [-1.0]]),
            torch.diag(torch.tensor([0.04, 0.25])),
            schedule=schedule,
            scale=3.0,
        )

    return make


@pytest.fixture
def mixture() -> Callable[..., MixtureTeacher]:
    """Modes at c + (-1, 0, ...) and c + (1, 0, ...), spread .15, actions twice x."""

    def make(
        schedule: Schedule | None = None,
        weights: tuple[float, float] = (0.3, 0.7),
        horizon: int = 1,
    ) -> MixtureTeacher:
        size = 2 * horizon
        side = torch.tensor([1.0, 0.0]).repeat(horizon) / horizon**0.5
        return MixtureTeacher(
            torch.tensor(weights),
            torch.stack([-side, side]),
            torch.eye(2).repeat(horizon, 1).expand(2, size, 2) / horizon**0.5,
            0.15**2 * torch.eye(size).expand(2, size, size),
            horizon=horizon,
            schedule=schedule,
            scale=2.0,
        )

    return make


def demonstrations(
    teacher: MixtureTeacher, steps: int, draw: torch.Generator, size: int = 128
) -> Iterator[Batch]:
    """Batches of conditions in [-1, 1] and exact samples."""
    for _ in range(steps):
        state = 2 * torch.rand(size, 1, teacher.maps.shape[-1], generator=draw) - 1
        obs = {"state": state}
        x = teacher.sample(state[:, 0], draw)
        yield Batch(obs, teacher.denormalise(x, obs))


@pytest.fixture
def batch_of() -> Callable[[MixtureTeacher, int], Batch]:
    def make(teacher: MixtureTeacher, size: int = 16) -> Batch:
        draw = torch.Generator().manual_seed(5)
        return next(demonstrations(teacher, 1, draw, size))

    return make


@pytest.fixture
def teach() -> Callable[..., Distiller]:
    """Run a distiller on demonstrations of its teacher."""

    def run(distiller: Distiller, steps: int, size: int = 128) -> Distiller:
        draw = torch.Generator().manual_seed(0)
        for batch in demonstrations(distiller.teacher, steps, draw, size):
            distiller.update(batch)
        return distiller

    return run


Net = TypeVar("Net", bound=nn.Module)


def warm_up(net: Net, teacher: MixtureTeacher, steps: int = 400) -> Net:
    """Teach a network to denoise as an exact teacher does."""
    draw = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(net.parameters(), 5e-3)
    domain = teacher.schedule.domain
    for batch in demonstrations(teacher, steps, draw):
        x = teacher.normalise(batch.actions, batch.obs)
        cond = teacher.encode(batch.obs)
        t = domain.at(torch.rand(len(x), generator=draw))
        eps = torch.randn(x.shape, generator=draw)
        x_t = noisy(x, eps, *teacher.schedule(t))
        loss = (net(x_t, t, cond) - teacher(x_t, t, cond)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


@pytest.fixture
def warm() -> Callable[..., nn.Module]:
    return warm_up


@pytest.fixture
def pf_ode() -> Callable[..., Tensor]:
    """The Gaussian's probability-flow ODE from t to s in closed form.

    (y_s - mu) = sqrt((lambda + r_s^2) / (lambda + r_t^2)) (y_t - mu) in the axes of
    the covariance, with y = x_t / alpha_t and r = sigma_t / alpha_t.
    """

    def flow(
        teacher: MixtureTeacher, x_t: Tensor, t: Tensor, s: Tensor, cond: Tensor
    ) -> Tensor:
        (alpha_t, sigma_t), (alpha_s, sigma_s) = (
            teacher.schedule(t),
            teacher.schedule(s),
        )
        mu, axes = teacher.component_means(cond)[:, 0], teacher.axes[0]
        y = x_t.flatten(1) / alpha_t[:, None]
        r_t, r_s = (sigma_t / alpha_t)[:, None], (sigma_s / alpha_s)[:, None]
        gain = ((teacher.variances + r_s**2) / (teacher.variances + r_t**2)).sqrt()
        y_s = mu + (gain * ((y - mu) @ axes)) @ axes.T
        return (alpha_s[:, None] * y_s).view_as(x_t)

    return flow
