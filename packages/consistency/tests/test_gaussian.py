"""What the students make of a Gaussian, whose answer is known in closed form.

The network is affine in x_t at every time, so that what is measured is the method, not
how well a network fits.
"""

import copy

import torch

from onehop_consistency import (
    CD,
    CT,
    CTM,
    CDRecipe,
    CTMRecipe,
    CTRecipe,
    StopTime,
    Student,
    time_at_ratio,
)
from onehop_interfaces import ddim_step, expand
from onehop_interfaces.acting import decide
from onehop_interfaces.exact import CosineVP, DiscreteVP
from onehop_interfaces.learning import Run


def student_of(teacher, net, trajectory: bool = False, r_max: float = 80.0) -> Student:
    torch.manual_seed(0)
    stop = StopTime(teacher.signature, 1, width=32) if trajectory else None
    t_init = time_at_ratio(teacher.schedule, r_max)
    return Student(copy.deepcopy(net), t_init=t_init, stop=stop)


def moments(student, teacher, c: float) -> tuple[torch.Tensor, torch.Tensor]:
    obs = {"state": torch.full((4000, 1, 1), c)}
    plan = decide(student, obs, torch.Generator().manual_seed(1))
    x = teacher.normalise(plan, obs)[:, 0]
    return x.mean(0), x.T.cov()


def assert_matches(student, teacher, mean: float, std: float) -> None:
    """Mean within `mean`, deviations within the fraction `std`, correlation < .2."""
    for c in (-0.5, 0.5):
        mu, cov = moments(student, teacher, c)
        expected = teacher.component_means(torch.tensor([[c]]))[0, 0]
        torch.testing.assert_close(mu, expected, atol=mean, rtol=0)
        spread = torch.tensor([0.2, 0.5])
        torch.testing.assert_close(cov.diagonal().sqrt(), spread, rtol=std, atol=0)
        assert cov[0, 1].abs() < 0.2 * spread.prod()


def test_distillation(gaussian, schedule, affine, warm, teach):
    teacher = gaussian(schedule)
    net = warm(affine(teacher), teacher, steps=300)
    untaught = student_of(teacher, net)
    run, student = Run(800, torch.Generator().manual_seed(0)), student_of(teacher, net)
    cd = CD(teacher, CDRecipe(lr=4e-3), run, student)
    teach(cd, steps=800)
    assert_matches(cd.policy, teacher, mean=0.12, std=0.15)
    _, cov = moments(untaught, teacher, 0.5)
    assert cov.trace() < 0.2 * (0.04 + 0.25), "a denoiser's one step is the mean"


def test_latent_consistency_ends_where_the_teacher_s_ddim_10_does(
    gaussian, affine, warm, teach
):
    """The analytic optimum: ten affine steps, which shrink the spread."""
    teacher = gaussian(DiscreteVP())
    net = warm(affine(teacher), teacher, steps=300)
    draw = torch.Generator().manual_seed(0)
    student = student_of(teacher, net, r_max=1e9)
    settings = CDRecipe(rungs=10, solver="ddim", lr=4e-3)
    lcm = CD(teacher, settings, Run(600, draw), student)
    teach(lcm, steps=600)
    cond = torch.linspace(-1, 1, 64)[:, None]
    z = torch.randn(64, 1, 2, generator=draw)
    x_t = z
    for t, s in zip(lcm.times.flip(0)[:-1], lcm.times.flip(0)[1:], strict=True):
        levels = (*teacher.schedule(t.expand(64)), *teacher.schedule(s.expand(64)))
        x_t = ddim_step(x_t, teacher(x_t, t.expand(64), cond), *levels)
    end = x_t / expand(teacher.schedule(lcm.times[:1])[0], x_t)
    error = lcm.policy.generate(z[:, None], cond) - end
    assert error.square().mean().sqrt() < 0.02
    around = (end[:, 0] - teacher.component_means(cond)[:, 0]).std(0)
    assert (around < 0.9 * torch.tensor([0.2, 0.5])).all(), "not the truth"


def test_training_without_a_teacher(gaussian, affine, teach):
    """From fresh weights."""
    teacher = gaussian(CosineVP())
    run = Run(1600, torch.Generator().manual_seed(0))
    ct = CT(teacher, CTRecipe(lr=1e-2), run, student_of(teacher, affine(teacher)))
    teach(ct, steps=1600)
    assert_matches(ct.policy, teacher, mean=0.1, std=0.2)


def test_trajectory(gaussian, pf_ode, affine, warm, teach):
    teacher = gaussian(CosineVP())
    net = warm(affine(teacher), teacher, steps=300)
    student = student_of(teacher, net, trajectory=True)
    draw = torch.Generator().manual_seed(0)
    ctm = CTM(teacher, CTMRecipe(rungs=18, lr=4e-3), Run(1200, draw), student)
    teach(ctm, steps=1200)
    assert_matches(ctm.policy, teacher, mean=0.1, std=0.15)
    cond, x = torch.zeros(64, 1), teacher.sample(torch.zeros(64, 1), draw)
    t, s = torch.full((64,), 0.9), torch.full((64,), 0.2)
    alpha_t, sigma_t = teacher.schedule(t)
    x_t = expand(alpha_t, x) * x + expand(sigma_t, x) * torch.randn(x.shape)
    jumps = [p.jump(x_t, t, s, cond) for p in (ctm.policy, Student(net))]
    exact = pf_ode(teacher, x_t, t, s, cond)
    taught, one_step = ((jump - exact).square().mean().sqrt() for jump in jumps)
    assert taught < min(0.05, 0.3 * one_step), "jumps between any two times"
