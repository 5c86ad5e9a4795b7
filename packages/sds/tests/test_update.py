"""One update in numbers: what is drawn, who sees what, and the step that follows."""

import math

import pytest
import torch

from onehop_interfaces import Batch, expand, noisy
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
    calls_of,
    check_normal,
    check_uniform,
    random_obs,
)
from onehop_sds import SDS, SDSRecipe

SCHEDULES = [CosineVP(), DiscreteVP(1000), VarianceExploding(0.02, 10.0)]
by_name = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: type(s).__name__)
STILL = 1e-9
"""A learning rate that leaves the weights where they are."""
EXAMPLES = 2000


def two_modes(schedule=None) -> MixtureTeacher:
    return MixtureTeacher(
        torch.tensor([0.3, 0.7]),
        torch.tensor([[-1.0, 0.0], [1.0, 0.0]]),
        torch.eye(2).expand(2, 2, 2),
        0.15**2 * torch.eye(2).expand(2, 2, 2),
        schedule=schedule,
        scale=2.0,
    )


def student_of(teacher: MixtureTeacher, **options) -> OneCall:
    """Around a small network whose encoder is not the teacher's."""
    torch.manual_seed(0)
    net = SmallDenoiser(teacher, cond_dim=2, width=16)
    net.encode = lambda obs: obs["state"][:, -1] + 1
    return OneCall(net, **options)


@by_name
@pytest.mark.parametrize("w", ["sigma_squared", "sigma_over_alpha"])
def test_one_update(schedule, w):
    teacher = two_modes(schedule)
    student = student_of(teacher)
    settings = SDSRecipe(lr=STILL, w=w, t_range=(0.3, 0.7), train_encoder=True)
    sds = SDS(teacher, settings, Run(9, torch.Generator().manual_seed(0)), student)
    by_student, by_teacher = calls_of(student.net), calls_of(teacher)
    batch = Batch(random_obs(teacher.signature, EXAMPLES), torch.empty(EXAMPLES, 1, 2))
    told = sds.update(batch)
    [(start, t_start, cond, x)], [(x_t, t, teacher_cond, x_teacher)] = (
        by_student,
        by_teacher,
    )
    state = batch.obs["state"][:, -1]
    torch.testing.assert_close(cond, state + 1)
    torch.testing.assert_close(teacher_cond, state)
    domain, (alpha_t, sigma_t) = schedule.domain, schedule(t)
    assert bool((t_start == domain.t_max).all())
    check_uniform((t - domain.t_min) / (domain.t_max - domain.t_min), 0.3, 0.7)
    assert torch.equal(t, t.round()) == (domain.steps is not None)

    spread = torch.stack(schedule(t_start[:1])).norm()
    eps = (x_t - expand(alpha_t, x) * x) / expand(sigma_t, x)
    check_normal(start / spread)
    check_normal(eps, start)

    # w (eps_teacher - eps) is w alpha / sigma (x - x_teacher).
    weight = {"sigma_squared": alpha_t * sigma_t, "sigma_over_alpha": 0 * t + 1}
    grad = (expand(weight[w], x) * (x - x_teacher)).detach()
    expected = 0.5 * float(grad.square().sum()) / EXAMPLES
    assert told["loss"] == pytest.approx(expected, rel=1e-3)
    weights = list(student.net.parameters())
    again = student.net(start, t_start, cond)
    by_hand = torch.autograd.grad((grad * again).sum() / EXAMPLES, weights)
    for p, expected in zip(weights, by_hand, strict=True):
        torch.testing.assert_close(p.grad, expected, rtol=1e-3, atol=1e-4)


def test_updates_draw_anew():
    teacher = two_modes()
    student = student_of(teacher)
    sds = SDS(teacher, SDSRecipe(lr=STILL), Run(9), student)
    by_student, by_teacher = calls_of(student.net), calls_of(teacher)
    batch = Batch(random_obs(teacher.signature, 4), torch.empty(4, 1, 2))
    sds.update(batch)
    sds.update(batch)
    for first, second in (by_student, by_teacher):
        assert not torch.isclose(first[0], second[0]).any()
    assert not torch.isclose(by_teacher[0][1], by_teacher[1][1]).any()


@by_name
def test_z_is_scaled_to_the_spread_of_the_noisy_marginal(schedule):
    teacher = two_modes(schedule)
    t_init = float(schedule.domain.at(torch.tensor(0.8)))
    student = student_of(teacher, t_init=t_init)
    calls, z = calls_of(student.net), torch.randn(5, 1, 2)
    student.generate(z, torch.zeros(5, 2))
    [(x_t, t, *_)] = calls
    alpha_t, sigma_t = (float(level[0]) for level in schedule(t))
    assert bool((t == t_init).all())
    torch.testing.assert_close(x_t, z * math.hypot(alpha_t, sigma_t))
    x = teacher.sample(torch.zeros(4000, 2), torch.Generator().manual_seed(0))
    x_t = noisy(x / x.std(0), torch.randn_like(x), *schedule(t[:1].expand(4000)))
    assert float(x_t.std(0).mean()) == pytest.approx(
        math.hypot(alpha_t, sigma_t), rel=0.05
    )


def test_the_optimiser_is_adam_without_its_first_moment():
    """So the first two steps are each lr g / sqrt(v / (1 - .999^n))."""
    student = student_of(two_modes())
    sds = SDS(two_modes(), SDSRecipe(lr=0.01), Run(10**9), student)
    batch = Batch(random_obs(student.signature, 8), torch.empty(8, 1, 2))
    weight, v = student.net.layers[0].weight, 0.0
    for n in (1, 2):
        before = weight.detach().clone()
        sds.update(batch)
        v = 0.999 * v + 0.001 * weight.grad**2
        step = 0.01 * weight.grad / ((v / (1 - 0.999**n)).sqrt() + 1e-8)
        torch.testing.assert_close(weight, before - step, rtol=1e-4, atol=1e-6)


def test_steps_are_taken_as_the_run_has_it():
    teacher = SmallDenoiser(two_modes(), cond_dim=2)
    seen = []
    run = Run(7, minimise=lambda *a: seen.append(a))
    sds = SDSRecipe(lr=0.5).distiller(teacher, run)
    assert sds.optimizer.defaults["lr"] == 0.5
    sds.update(Batch(random_obs(teacher.signature, 4), torch.empty(4, 1, 2)))
    assert [optimizer for _, optimizer in seen] == [sds.optimizer]


def test_a_frozen_encoder_is_asked_once():
    teacher, obs = two_modes(), random_obs(two_modes().signature, 4)
    student = student_of(teacher)
    sds = SDS(teacher, SDSRecipe(), Run(9), student)
    by_student, by_teacher = calls_of(student.net), calls_of(teacher)
    sds.update(Batch(obs, torch.empty(4, 1, 2)))
    assert torch.equal(by_student[0][2], obs["state"][:, -1])
    assert torch.equal(by_teacher[0][2], obs["state"][:, -1])


def test_decisions_are_denormalised():
    teacher = two_modes()
    student, obs = student_of(teacher), random_obs(teacher.signature, 4)
    noise = torch.randn(4, 1, 2, generator=torch.Generator().manual_seed(0))
    x = student.generate(noise, student.net.encode(obs))
    torch.testing.assert_close(student.act(obs, noise), 2 * x)
    plan = decide(student, obs, torch.Generator().manual_seed(0))
    torch.testing.assert_close(plan, 2 * x)
