"""One update in numbers: what is drawn, who sees what, and the loss by hand."""

import copy
import itertools
import math

import pytest
import torch
from torch import Tensor

from onehop_consistency import (
    CD,
    CT,
    CTM,
    CDRecipe,
    CTMRecipe,
    CTRecipe,
    StopTime,
    Student,
    ddim,
    heun,
    ladder,
)
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import (
    SmallDenoiser,
    calls_of,
    check_normal,
    check_uniform,
)

STILL = 1e-9
"""A learning rate that leaves the weights where they are."""
EXAMPLES = 2000
SOLVERS = {"ddim": ddim, "heun": heun}
RECIPES = {CD: CDRecipe, CT: CTRecipe, CTM: CTMRecipe}


def student_of(teacher, trajectory: bool = False) -> Student:
    """Around a small network whose encoder is not the teacher's."""
    torch.manual_seed(0)
    net = SmallDenoiser(teacher, cond_dim=2, width=16)
    net.encode = lambda obs: obs["state"][:, -1] + 1
    stop = StopTime(teacher.signature, 2, width=8) if trajectory else None
    if stop is not None:
        torch.nn.init.normal_(stop.last.weight, std=0.3)
    return Student(net, stop=stop)


def start(method, teacher, **options):
    """A distiller whose target network is not its student."""
    settings = RECIPES[method](**{"lr": STILL, "train_encoder": True, **options})
    student = student_of(teacher, trajectory=method is CTM)
    run = Run(8, torch.Generator().manual_seed(0))
    distiller = method(teacher, settings, run, student)
    torch.manual_seed(1)
    with torch.no_grad():
        for p in distiller.target.parameters():
            p.add_(0.1 * torch.randn_like(p))
    distiller.target.net.encode = lambda obs: obs["state"][:, -1] - 1
    return distiller


def levels(schedule, t: Tensor) -> tuple[Tensor, Tensor]:
    """alpha_t and sigma_t, to multiply chunks with."""
    alpha_t, sigma_t = schedule(t)
    return alpha_t[:, None, None], sigma_t[:, None, None]


def jump(schedule, g: Tensor, x_t: Tensor, t: Tensor, s: Tensor) -> Tensor:
    """alpha_s g + sigma_s times the noise that x_t holds beside g."""
    (alpha_t, sigma_t), (alpha_s, sigma_s) = levels(schedule, t), levels(schedule, s)
    return alpha_s * g + sigma_s * (x_t - alpha_t * g) / sigma_t


def clean(schedule, g: Tensor, x_t: Tensor, t: Tensor) -> Tensor:
    """The jump to the cleanest time, over its signal level."""
    t_min = torch.full_like(t, schedule.domain.t_min)
    return jump(schedule, g, x_t, t, t_min) / levels(schedule, t_min)[0]


def next_below(times: Tensor, t: Tensor) -> Tensor:
    return times[torch.searchsorted(times, t) - 1]


def rungs_of(times: Tensor, t: Tensor) -> Tensor:
    found = torch.searchsorted(times, t)
    assert torch.equal(times[found], t), "times are rungs"
    return found


def assert_gradients(distiller, loss: Tensor) -> None:
    """What the update left is the gradient of `loss`."""
    weights = list(distiller.student.parameters())
    found = torch.autograd.grad(loss, weights, allow_unused=True)
    for p, expected in zip(weights, found, strict=True):
        size = float(expected.abs().max())
        torch.testing.assert_close(p.grad, expected, rtol=1e-3, atol=1e-3 * size)


@pytest.mark.parametrize("solver", ["ddim", "heun"])
@pytest.mark.parametrize("distance", ["squared_error", "pseudo_huber"])
def test_consistency_distillation(mixture, schedule, batch_of, solver, distance):
    teacher = mixture(schedule)
    options = {"rungs": 6, "solver": solver, "distance": distance, "target_decay": 0.5}
    cd = start(CD, teacher, **options)
    target = copy.deepcopy(cd.target)  # The step will move it.
    by_student, by_target = calls_of(cd.student.net), calls_of(cd.target.net)
    by_teacher, batch = calls_of(teacher), batch_of(teacher, EXAMPLES)
    told = cd.update(batch)
    [(x_t, t, cond, g)], [(x_s, s, target_cond, g_target)] = by_student, by_target
    state, x = batch.obs["state"][:, -1], teacher.normalise(batch.actions, batch.obs)
    torch.testing.assert_close(cond, state + 1)
    torch.testing.assert_close(target_cond, state - 1)
    assert len(by_teacher) == (1 if solver == "ddim" else 2)
    torch.testing.assert_close(by_teacher[0][2], state)

    times = torch.tensor(ladder(schedule.domain, 6))
    assert torch.equal(cd.times, times)
    torch.testing.assert_close(s, next_below(times, t))
    counts = torch.bincount(rungs_of(times, t), minlength=7) / EXAMPLES
    expected = torch.tensor([0.0, *[1 / 6] * 6])
    torch.testing.assert_close(counts, expected, atol=0.05, rtol=0)
    alpha_t, sigma_t = levels(schedule, t)
    check_normal((x_t - alpha_t * x) / sigma_t, x)
    torch.testing.assert_close(x_s, SOLVERS[solver](teacher, x_t, t, s, state))

    apart = clean(schedule, g, x_t, t) - clean(schedule, g_target, x_s, s).detach()
    squares = apart.square().sum((1, 2))
    c = 0.00054 * 2**0.5
    loss = squares if distance == "squared_error" else (squares + c**2).sqrt() - c
    assert told["loss"] == pytest.approx(loss.mean().item(), rel=1e-3)
    again = clean(schedule, cd.student.net(x_t, t, cond), x_t, t)
    apart = again - clean(schedule, target.net(x_s, s, target_cond), x_s, s).detach()
    squares = apart.square().sum((1, 2))
    loss = squares if distance == "squared_error" else (squares + c**2).sqrt() - c
    assert_gradients(cd, loss.mean())


@pytest.mark.parametrize("w", ["even_steps", "inverse_steps"])
@pytest.mark.parametrize("updates", [0, 7])
def test_consistency_training(mixture, schedule, batch_of, w, updates):
    teacher = mixture(schedule)
    options = {"s_0": 5, "s_1": 20, "p_mean": -0.5, "p_std": 1.5, "w": w}
    ct = start(CT, teacher, target_decay=0.5, **options)
    ct.updates = updates
    by_student, by_target = calls_of(ct.student.net), calls_of(ct.target.net)
    batch = batch_of(teacher, EXAMPLES)
    told = ct.update(batch)
    [(x_t, t, cond, _g)], [(x_s, s, target_cond, g_target)] = by_student, by_target
    state, x = batch.obs["state"][:, -1], teacher.normalise(batch.actions, batch.obs)
    torch.testing.assert_close(cond, state + 1)
    torch.testing.assert_close(target_cond, state - 1)

    # K' = floor(8 / (log2(20 / 5) + 1)) = 2, so that 7 updates bring the ladder's end.
    times = torch.tensor(ladder(schedule.domain, 5 if updates == 0 else 20))
    torch.testing.assert_close(s, next_below(times, t))
    ratio = next(sigma / alpha for alpha, sigma in (schedule(times.double()),))
    normal = torch.distributions.Normal(-0.5, 1.5)
    share = normal.cdf(ratio.log()).diff()
    share = (share / share.sum()).float()
    counts = torch.bincount(rungs_of(times, t) - 1, minlength=len(share)) / EXAMPLES
    torch.testing.assert_close(counts, share, atol=0.05, rtol=0)

    (alpha_t, sigma_t), (alpha_s, sigma_s) = levels(schedule, t), levels(schedule, s)
    eps = (x_t - alpha_t * x) / sigma_t
    check_normal(eps, x)
    torch.testing.assert_close(x_s, alpha_s * x + sigma_s * eps, rtol=1e-3, atol=1e-3)

    r_t, r_s = ((sigma / alpha)[:, 0, 0] for alpha, sigma in
                ((alpha_t, sigma_t), (alpha_s, sigma_s)))  # fmt: skip
    weight = (1 / (r_t - r_s)) * ((1 + r_t**2).sqrt() if w == "even_steps" else 1)
    goal = clean(schedule, g_target, x_s, s).detach()
    again = clean(schedule, ct.student.net(x_t, t, cond), x_t, t)
    loss = (weight * (again - goal).square().sum((1, 2))).mean()
    assert told["loss"] == pytest.approx(loss.item(), rel=1e-3)
    assert_gradients(ct, loss)


def test_consistency_trajectory(mixture, schedule, batch_of):
    """Compared after the jump to clean, through which the gradient goes."""
    teacher = mixture(schedule)
    ctm = start(
        CTM, teacher, rungs=6, solver="ddim", dsm_weight=0.3, sigma_data=0.7,
        target_decay=0.5,
    )  # fmt: skip
    target = copy.deepcopy(ctm.target)
    by_student, by_target = calls_of(ctm.student.net), calls_of(ctm.target.net)
    by_teacher, batch = calls_of(teacher), batch_of(teacher, EXAMPLES)
    told = ctm.update(batch)
    (x_t, t, *_), (noised, t_dsm, *_) = by_student
    (x_u, u, *_), (_landed_goal, s, *_), (_landed, s_again, *_) = by_target
    state, x = batch.obs["state"][:, -1], teacher.normalise(batch.actions, batch.obs)
    torch.testing.assert_close(by_teacher[0][2], state)

    times = torch.tensor(ladder(schedule.domain, 6))
    i, j = rungs_of(times, t), rungs_of(times, s)
    torch.testing.assert_close(u, times[i - 1])
    assert torch.equal(s, s_again)
    counts = torch.bincount(i, minlength=7) / EXAMPLES
    expected = torch.tensor([0.0, *[1 / 6] * 6])
    torch.testing.assert_close(counts, expected, atol=0.05, rtol=0)
    for rung in range(1, 7):
        ends = torch.bincount(j[i == rung], minlength=7)
        even = torch.tensor([1 / rung] * rung + [0.0] * (7 - rung))
        torch.testing.assert_close(ends / ends.sum(), even, atol=0.12, rtol=0)
    eps = (x_t - levels(schedule, t)[0] * x) / levels(schedule, t)[1]
    eps_dsm = (noised - levels(schedule, t_dsm)[0] * x) / levels(schedule, t_dsm)[1]
    check_normal(eps, x)
    check_normal(eps_dsm, x, eps)
    domain = schedule.domain
    place = (t_dsm - domain.t_min) / (domain.t_max - domain.t_min)
    check_uniform(place, 0.3, 1.0)
    torch.testing.assert_close(x_u, ddim(teacher, x_t, t, u, state))

    t_min = torch.full_like(t, domain.t_min)

    def jumped(policy, x_t, t, s, cond) -> Tensor:
        return jump(schedule, policy.chunk(x_t, t, s, cond), x_t, t, s)

    def at_clean(x_s: Tensor) -> Tensor:
        return jumped(target, x_s, s, t_min, state - 1)

    goal = at_clean(jumped(target, x_u, u, s, state - 1)).detach()
    trajectory = at_clean(jumped(ctm.student, x_t, t, s, state + 1)) - goal
    trajectory = trajectory.square().sum((1, 2)).mean()
    alpha, sigma = schedule(t_dsm)
    r = sigma / alpha
    w = (r**2 + 0.7**2) / (0.7 * r) ** 2
    g = ctm.student.chunk(noised, t_dsm, t_dsm, state + 1)
    denoising = (w * (g - x).square().sum((1, 2))).mean()
    assert told["trajectory"] == pytest.approx(trajectory.item(), rel=1e-3)
    assert told["denoising"] == pytest.approx(denoising.item(), rel=1e-3)
    loss = trajectory + 0.3 * denoising
    assert told["loss"] == pytest.approx(loss.item(), rel=1e-3)
    assert_gradients(ctm, loss)


@pytest.mark.parametrize("method", [CD, CT, CTM])
def test_updates_draw_anew(mixture, batch_of, method):
    teacher = mixture()
    distiller, batch = start(method, teacher), batch_of(teacher, 4)
    calls = calls_of(distiller.student.net)
    for _ in range(2):
        distiller.update(batch)
    half = len(calls) // 2
    assert not torch.isclose(calls[0][0], calls[half][0]).any()


@pytest.mark.parametrize("method", [CD, CT, CTM])
def test_the_target_follows_after_the_step(mixture, batch_of, method):
    """theta- <- mu theta- + (1 - mu) theta, with the new theta.

    The optimiser is Adam, whose rate falls to zero along half a cosine.
    """
    teacher, batch = mixture(), batch_of(mixture())
    student = student_of(teacher, trajectory=method is CTM)
    settings = RECIPES[method](lr=1e-2, target_decay=0.75)
    made = method(teacher, settings, Run(8), student)
    weight = student.net.layers[0].weight
    expected, m, v = None, 0.0, 0.0
    for n in (1, 2, 3):
        before = weight.detach().clone()
        made.update(batch)
        m, v = 0.9 * m + 0.1 * weight.grad, 0.999 * v + 0.001 * weight.grad**2
        step = (m / (1 - 0.9**n)) / ((v / (1 - 0.999**n)).sqrt() + 1e-8)
        lr = 1e-2 * (1 + math.cos(math.pi * (n - 1) / 8)) / 2
        torch.testing.assert_close(weight, before - lr * step, rtol=1e-4, atol=1e-6)
        expected = weight if n == 1 else 0.75 * expected + 0.25 * weight
        expected = expected.detach().clone()
        torch.testing.assert_close(made.target.net.layers[0].weight, expected)


@pytest.mark.parametrize("schedule", [CosineVP(), DiscreteVP(), VarianceExploding()])
@pytest.mark.parametrize("nfe", [2, 3])
def test_a_chain_s_inputs(mixture, schedule, nfe):
    """z at the noisiest time; then what was found, noised anew to the next one."""
    teacher = mixture(schedule)
    student = student_of(teacher)
    student = Student(student.net, nfe=nfe)
    calls = calls_of(student.net)
    noise, cond = torch.randn(3000, nfe, 1, 2), torch.zeros(3000, 2)
    student.generate(noise, cond)
    z = noise[:, 0]
    assert [float(t[0]) for _, t, *_ in calls] == pytest.approx(student.times)
    torch.testing.assert_close(
        calls[0][0], z * torch.stack(schedule(calls[0][1][:1])).norm()
    )
    noises = [z]
    for (x_t, t, _, g), (x_s, s, *_) in itertools.pairwise(calls):
        x = clean(schedule, g, x_t, t)
        (alpha_s, sigma_s), low = levels(schedule, s), torch.full_like(s, 0.0)
        alpha_0, sigma_0 = levels(schedule, low + schedule.domain.t_min)
        missing = alpha_s * ((sigma_s / alpha_s) ** 2 - (sigma_0 / alpha_0) ** 2).sqrt()
        noises.append((x_s - alpha_s * x) / missing)
    torch.testing.assert_close(torch.stack(noises, 1), noise, rtol=1e-2, atol=1e-2)
