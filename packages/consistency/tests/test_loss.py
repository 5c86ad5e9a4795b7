from functools import partial

import pytest
import torch
from torch import Tensor

from onehop_consistency import (
    StopTime,
    Student,
    cd_loss,
    ct_loss,
    ctm_loss,
    ddim,
    dsm_loss,
    heun,
    ladder,
    pseudo_huber,
    squared_error,
)
from onehop_interfaces import noisy
from onehop_interfaces.testing import SmallDenoiser

LOSSES = ["cd", "ct", "ctm", "dsm"]


def small_student(teacher, seed: int) -> Student:
    torch.manual_seed(seed)
    stop = StopTime(teacher.signature, cond_dim=2, width=4)
    torch.nn.init.normal_(stop.last.weight, std=0.3)
    net = SmallDenoiser(teacher, cond_dim=2, width=4)
    return Student(net, stop=stop).double()


def losses(name, student, target, teacher, distance=squared_error) -> Tensor:
    """One of the losses on six fixed examples."""
    schedule, draw = teacher.schedule, torch.Generator().manual_seed(0)
    x, eps = torch.randn(2, 6, 1, 2, generator=draw).double()
    cond = torch.randn(6, 2, generator=draw).double()
    t, u, s = (
        schedule.domain.at(torch.full((6,), place).double())
        for place in (0.8, 0.6, 0.3)
    )
    solve = lambda x_t, t, s: heun(teacher, x_t, t, s, cond)  # noqa: E731
    f, f_target = (partial(p.consistency, cond=cond) for p in (student, target))
    jump, jump_target = (partial(p.jump, cond=cond) for p in (student, target))
    chunk = partial(student.chunk, cond=cond)
    if name == "cd":
        return cd_loss(f, f_target, solve, schedule, x, eps, t, u, distance)
    if name == "ct":
        return ct_loss(f, f_target, schedule, x, eps, t, u, distance)
    if name == "ctm":
        times = (t, u, s)
        return ctm_loss(jump, jump_target, solve, schedule, x, eps, *times, distance)
    return dsm_loss(chunk, schedule, x, eps, t)


@pytest.mark.parametrize("distance", [squared_error, pseudo_huber])
@pytest.mark.parametrize("name", LOSSES)
def test_no_gradient_of_the_student_is_stopped(mixture, name, distance):
    """The slope of the value, in all of its parameters at once, along a direction.

    What the value has to be stands in `test_update.py`.
    """
    teacher = mixture().double()
    student, target = small_student(teacher, 0), small_student(teacher, 1)
    value = losses(name, student, target, teacher, distance)
    assert value.shape == (6,)
    parameters = list(student.parameters())
    grads = torch.autograd.grad(value.sum(), parameters)
    ways = [torch.randn_like(p) for p in parameters]
    h, at = 1e-6, []
    for sign in (1, -1):
        with torch.no_grad():
            for p, way in zip(parameters, ways, strict=True):
                p += sign * h * way
            at.append(losses(name, student, target, teacher, distance).sum())
            for p, way in zip(parameters, ways, strict=True):
                p -= sign * h * way
    slope = sum((g * way).sum() for g, way in zip(grads, ways, strict=True))
    assert slope.abs() > 1e-3, "a loss without gradient teaches nothing"
    torch.testing.assert_close((at[0] - at[1]) / (2 * h), slope, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_reaches_all_of_the_student_and_nothing_else(mixture, name):
    teacher = small_student(mixture().double(), 2).net
    student, target = small_student(teacher, 0), small_student(teacher, 1)
    target.requires_grad_(False)
    losses(name, student, target, teacher).sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in student.parameters())
    frozen = (*target.parameters(), *teacher.parameters())
    assert all(p.grad is None for p in frozen)


@pytest.fixture
def exact(gaussian, pf_ode, schedule):
    """The Gaussian, the ODE's own functions and a batch of it."""
    teacher = gaussian(schedule).double()
    cond = torch.rand(64, 1).double()
    x, eps = teacher.sample(cond), torch.randn(64, 1, 2).double()
    t_min = torch.full((64,), schedule.domain.t_min).double()

    def jump(x_t: Tensor, t: Tensor, s: Tensor) -> Tensor:
        return pf_ode(teacher, x_t, t, s, cond)

    def f(x_t: Tensor, t: Tensor) -> Tensor:
        return jump(x_t, t, t_min) / schedule(t_min)[0][:, None, None]

    return teacher, cond, x, eps, f, jump


def rungs(schedule, n: int, *places: int) -> list[Tensor]:
    times = ladder(schedule.domain, n)
    return [torch.full((64,), times[i]).double() for i in places]


def test_a_student_off_the_ode_s_own_map_costs_its_distance_at_the_clean_end(
    exact, schedule
):
    """By the Gaussian's map, which stretches what is added at s on the way to clean.

    So the ODE's own map is at the optimum, and costs nothing.
    """
    _, _, x, eps, f, jump = exact
    t, u, s = rungs(schedule, 10, 7, 6, 3)
    arguments = (jump, schedule, x, eps, t, u)
    (alpha_0, sigma_0), (alpha_s, sigma_s) = (
        (level[0] for level in schedule(time))
        for time in (torch.full_like(s, schedule.domain.t_min), s)
    )
    variances = torch.tensor([0.04, 0.25], dtype=torch.float64)
    r_0, r_s = sigma_0 / alpha_0, sigma_s / alpha_s
    stretch = alpha_0 * ((variances + r_0**2) / (variances + r_s**2)).sqrt() / alpha_s
    for off in (torch.zeros(2), torch.tensor([0.3, 0.0]), torch.tensor([0.1, -0.2])):
        cd = cd_loss(
            lambda x_t, t, off=off: f(x_t, t) + off, f, *arguments, squared_error
        )
        ctm = ctm_loss(
            lambda x_t, t, s, off=off: jump(x_t, t, s) + off, jump, *arguments, s,
            squared_error,
        )  # fmt: skip
        for found, apart in ((cd, off), (ctm, stretch * off)):
            expected = apart.square().sum().expand(64).double()
            torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-18)


def test_denoising_counts_by_karras_s_weight(exact, schedule):
    """(r^2 + .5^2) / (.5 r)^2 = 4 + 1 / r^2 of the squared error, here .25."""
    _, _, x, eps, *_ = exact
    t = rungs(schedule, 10, 5)[0]
    alpha_t, sigma_t = schedule(t)
    r = float(sigma_t[0] / alpha_t[0])
    off = torch.tensor([0.3, -0.4], dtype=torch.float64)
    loss = dsm_loss(lambda x_t, t, s: x + off, schedule, x, eps, t, 0.5)
    expected = torch.full((64,), 0.25 * (4 + 1 / r**2), dtype=torch.float64)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize(("solver", "order"), [(ddim, 2), (heun, 3)])
def test_a_rung_s_error_falls_with_the_solver_s_order(exact, schedule, solver, order):
    teacher, cond, x, eps, f, _ = exact
    solve = lambda x_t, t, s: solver(teacher, x_t, t, s, cond)  # noqa: E731
    errors = []
    for width in (0.02, 0.01):
        t = schedule.domain.t_min + 0.5 * (
            schedule.domain.t_max - schedule.domain.t_min
        )
        span = width * (schedule.domain.t_max - schedule.domain.t_min)
        t, s = (torch.full((64,), v).double() for v in (t, t - span))
        loss = cd_loss(f, f, solve, schedule, x, eps, t, s, squared_error)
        errors.append(loss.mean().sqrt())
    assert (errors[0] / errors[1]).log2().item() == pytest.approx(order, abs=0.2)


def test_training_without_a_teacher_steps_along_the_ode_on_average(exact, schedule):
    """E[x_s | x_t] is Euler's step; so CT's expected gradient is CD's with DDIM."""
    teacher, cond, *_ = exact
    domain = schedule.domain
    t, s = (domain.at(torch.full((1,), u).double()) for u in (0.6, 0.5))
    (alpha_t, sigma_t), (alpha_s, sigma_s) = schedule(t), schedule(s)
    cond = cond[:1].expand(400_000, 1)
    x, eps = teacher.sample(cond), torch.randn(400_000, 1, 2).double()
    # The same x_t for all: eps is what each x needs to arrive there, weighted by p.
    x_t = noisy(x[:1], eps[:1], alpha_t, sigma_t)
    eps = (x_t - alpha_t * x) / sigma_t
    w = (-0.5 * eps.square().flatten(1).sum(1)).softmax(0)
    x_s = (w[:, None, None] * noisy(x, eps, alpha_s, sigma_s)).sum(0)
    expected = ddim(teacher, x_t, t, s, cond[:1])[0]
    torch.testing.assert_close(x_s, expected, rtol=0, atol=0.02)
