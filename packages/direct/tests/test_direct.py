"""On data of an exact mixture, whose mean, modes and weights are known."""

import math

import pytest
import torch
from torch import Tensor

from onehop_direct import (
    MIP,
    Drifting,
    DriftingRecipe,
    MIPRecipe,
    Regression,
    RegressionRecipe,
    TwoCalls,
    drift,
)
from onehop_interfaces import BadInput, Batch
from onehop_interfaces.acting import OneCall, decide
from onehop_interfaces.exact import (
    CosineVP,
    DiscreteVP,
    MixtureTeacher,
    VarianceExploding,
)
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_distiller,
    check_export,
    check_policy,
    random_obs,
)

SCHEDULES = [CosineVP(), DiscreteVP(), VarianceExploding(0.02, 10.0)]
every_schedule = pytest.mark.parametrize(
    "schedule", SCHEDULES, ids=lambda s: type(s).__name__
)
RECIPES = [RegressionRecipe(), MIPRecipe(), DriftingRecipe(samples=3)]
every_recipe = pytest.mark.parametrize(
    "recipe", RECIPES, ids=lambda r: type(r).__name__
)


def two_modes(schedule=None) -> MixtureTeacher:
    """Modes at c + (-1, 0) and c + (1, 0), weights .3 and .7, spread .1."""
    return MixtureTeacher(
        torch.tensor([0.3, 0.7]),
        torch.tensor([[-1.0, 0.0], [1.0, 0.0]]),
        torch.eye(2).expand(2, 2, 2),
        0.1**2 * torch.eye(2).expand(2, 2, 2),
        schedule=schedule,
        scale=2.0,
    )


def demonstrated(teacher: MixtureTeacher, size: int, seed: int) -> Batch:
    """Observations in the plane, and what the mixture does there."""
    generator = torch.Generator().manual_seed(seed)
    state = 2 * torch.rand(size, 1, 2, generator=generator) - 1
    obs = {"state": state}
    x = teacher.sample(teacher.encode(obs), generator)
    return Batch(obs, teacher.denormalise(x, obs))


def taught(recipe, schedule, steps: int = 400):
    """A policy of a small network."""
    teacher = two_modes(schedule)
    net = SmallDenoiser(teacher, cond_dim=2)
    run = Run(steps, torch.Generator().manual_seed(0))
    distiller = recipe.distiller(net, run)
    for step in range(steps):
        distiller.update(demonstrated(teacher, 256, step))
    return teacher, distiller.policy


def chunks_of(teacher: MixtureTeacher, policy, size: int) -> tuple[Tensor, Tensor]:
    """Where the policy goes, less the condition, (N, 2), and the condition."""
    obs = demonstrated(teacher, size, -1).obs
    plans = decide(policy, obs, torch.Generator().manual_seed(1))
    cond = teacher.encode(obs)
    return teacher.normalise(plans, obs)[:, 0] - cond, cond


@every_schedule
def test_regression_is_the_mean_of_the_modes(schedule):
    apart, _ = chunks_of(*taught(RegressionRecipe(lr=5e-3), schedule), 500)
    torch.testing.assert_close(
        apart, torch.tensor([0.4, 0.0]).expand_as(apart), atol=0.25, rtol=0
    )
    assert apart.mean(0).sub(torch.tensor([0.4, 0.0])).abs().max() < 0.05


@every_schedule
def test_mip_finds_the_mean_and_mends_what_is_off(schedule):
    """Data of spread .1, off by .1: the best guess is still off by .1 / sqrt(2)."""
    teacher, policy = taught(MIPRecipe(lr=5e-3), schedule, 600)
    batch = demonstrated(teacher, 2000, -1)
    cond, x = (
        teacher.encode(batch.obs),
        teacher.normalise(batch.actions, batch.obs),
    )
    off = x + 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        first = policy.call(torch.zeros_like(x), 0.0, cond)[:, 0] - cond
        mended = policy.call(off, policy.t, cond)
    assert first.mean(0).sub(torch.tensor([0.4, 0.0])).abs().max() < 0.1
    error = float((mended - x).square().mean().sqrt())
    assert 0.95 * 0.1 / math.sqrt(2) < error < 0.09


def test_drifting_finds_both_modes_and_their_weights():
    teacher, policy = taught(DriftingRecipe(lr=2e-3), CosineVP(), 1500)
    apart, _ = chunks_of(teacher, policy, 2000)
    at_right = apart[:, 0] > 0
    assert 0.6 < float(at_right.float().mean()) < 0.8
    modes = torch.where(at_right[:, None], 1.0, -1.0) * torch.tensor([1.0, 0.0])
    assert (apart - modes).norm(dim=1).median() < 0.3


def by_hand(y, x, tau: float) -> list[list[float]]:
    """One observation's forces, point by point, unscaled."""
    points = [*x, *y]
    everything = [math.dist(a, b) for a in y for b in points]
    mean = sum(everything) / len(everything)
    g, p = len(y), len(x)
    pairs = [(i, j) for i in range(g) for j in range(p + g) if j != p + i]
    k = {(i, j): math.exp(-math.dist(y[i], points[j]) / mean / tau) for i, j in pairs}
    row = {i: sum(k[i, j] for j in range(p + g) if (i, j) in k) for i in range(g)}
    col = {j: sum(k[i, j] for i in range(g) if (i, j) in k) for j in range(p + g)}
    a = {(i, j): v / math.sqrt(row[i] * col[j]) for (i, j), v in k.items()}
    forces = []
    for i in range(g):
        data = sum(a[i, j] for j in range(p))
        samples = sum(a[i, j] for j in range(p, p + g) if (i, j) in a)
        force = [0.0] * len(y[0])
        for j in range(p + g):
            if (i, j) not in a:
                continue
            weight = a[i, j] * (samples if j < p else -data)
            force = [f + weight * c for f, c in zip(force, points[j], strict=True)]
        forces.append(force)
    return forces


def test_forces_are_those_of_the_formula():
    draw = torch.Generator().manual_seed(0)
    y, x = (torch.rand(1, n, 2, generator=draw).double() for n in (4, 2))
    total = torch.zeros(4, 2).double()
    for tau in (0.3, 1.0):
        force = torch.tensor(by_hand(y[0].tolist(), x[0].tolist(), tau)).double()
        total += force / force.square().mean().sqrt()
    torch.testing.assert_close(drift(y, x, (0.3, 1.0))[0], total)


def test_samples_at_one_place_are_drawn_to_the_data():
    y, x = torch.zeros(1, 3, 2), torch.tensor([[[2.0, 0.0]]])
    v = drift(y + 1e-3 * torch.randn(1, 3, 2), x, (0.2,))
    assert bool((v[..., 0] > 10 * v[..., 1].abs()).all())


@pytest.mark.parametrize("recipe", [DriftingRecipe(samples=3)])
def test_the_gradient_is_against_the_drift(recipe, monkeypatch):
    """d loss / d y = -2 V / N, by the weights of one last layer."""
    teacher = two_modes()
    drifting = recipe.distiller(SmallDenoiser(teacher, cond_dim=2), Run(9))
    seen = []

    def generate(noise, cond):
        seen.append(noise.clone().requires_grad_(True))
        return seen[0]

    monkeypatch.setattr(drifting.student, "generate", generate)
    monkeypatch.setattr(drifting, "descend", lambda loss: loss.backward())
    batch = demonstrated(teacher, 5, 0)
    drifting.update(batch)
    (y,) = seen
    x = teacher.normalise(batch.actions, batch.obs)
    v = drift(y.detach().view(5, 3, 2), x, recipe.tau).view_as(y)
    torch.testing.assert_close(y.grad, -2 * v / y.numel())


@every_schedule
def test_what_the_networks_are_asked(schedule):
    """MIP: nothing at the noisiest time; the chunk, .1 off, at a tenth."""
    teacher = two_modes(schedule)
    mip = MIPRecipe().distiller(SmallDenoiser(teacher, cond_dim=2), Run(9))
    net, calls = mip.student.net, []
    network = net.network

    def noted(x_t, t, cond):
        calls.append((x_t, t, network(x_t, t, cond)))
        return calls[-1][2]

    net.network = noted
    batch = demonstrated(teacher, 4000, 0)
    told = mip.update(batch)
    (nothing, t_first, first), (off, t_second, second) = calls
    x = teacher.normalise(batch.actions, batch.obs)
    domain = schedule.domain
    assert float(nothing.abs().max()) == 0
    assert bool((t_first == domain.t_max).all())
    assert bool((t_second == domain.at(torch.tensor([0.1]))).all())
    assert float((off - x).std()) == pytest.approx(0.1, rel=0.05)
    expected = (first - x).square().mean() / 0.81
    expected = expected + (second - x).square().mean() / 0.01
    assert told["loss"] == pytest.approx(float(expected.detach()), rel=1e-4)


@every_recipe
def test_distillers_and_policies_are_as_they_should_be(recipe):
    teacher = two_modes()
    net = SmallDenoiser(teacher, cond_dim=2)
    batch = demonstrated(teacher, 8, 0)

    def make():
        return recipe.distiller(net, Run(9, torch.Generator().manual_seed(0)))

    check_distiller(make, batch, frozen=net)
    policy = make().policy
    check_policy(policy, random_obs(teacher.signature, 3))
    check_export(policy, random_obs(teacher.signature, 5))
    kind = type(policy)
    again = kind.from_config(SmallDenoiser(teacher, cond_dim=2), policy.config())
    again.load_state_dict(policy.state_dict())
    obs = random_obs(teacher.signature, 3)
    same = [decide(p, obs, torch.Generator().manual_seed(0)) for p in (policy, again)]
    torch.testing.assert_close(*same)


@every_recipe
def test_weights_are_fresh_and_the_seed_s(recipe):
    net = SmallDenoiser(two_modes(), cond_dim=2)
    weights = [
        recipe.student(net, torch.Generator().manual_seed(seed)).net.layers[0].weight
        for seed in (0, 0, 1)
    ]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], net.layers[0].weight)


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda net: DriftingRecipe(samples=1).distiller(net, Run(9)), "samples: "),
        (lambda net: DriftingRecipe(tau=()).distiller(net, Run(9)), "tau: expected"),
        (lambda net: DriftingRecipe(tau=(0.0,)).distiller(net, Run(9)), "tau: expec"),
        (lambda net: MIPRecipe(t=1.0).distiller(net, Run(9)), "t: expected between"),
        (lambda net: TwoCalls.from_config(net, {"t": "x"}), "student t: expected"),
        (lambda net: TwoCalls.from_config(net, {}), "student config: expected"),
    ],
)
def test_settings_that_cannot_be_are_one_line(make, line):
    with pytest.raises(BadInput, match=line):
        make(SmallDenoiser(two_modes(), cond_dim=2))


def test_a_student_can_be_given():
    net = SmallDenoiser(two_modes(), cond_dim=2)
    one, two = OneCall(net), TwoCalls(net)
    assert Regression(net, RegressionRecipe(), Run(9), one).student is one
    assert Drifting(net, DriftingRecipe(), Run(9), one).student is one
    assert MIP(net, MIPRecipe(), Run(9), two).student is two
