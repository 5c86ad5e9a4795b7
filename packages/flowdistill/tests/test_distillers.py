import copy

import pytest
import torch

from onehop_flowdistill import (
    MeanFlow,
    MeanFlowRecipe,
    OneFlow,
    OneFlowRecipe,
    Student,
    fade_by_half,
    flow_level,
    mean_velocity_target,
    raw_as_velocity,
)
from onehop_interfaces import BadInput, Batch, noisy
from onehop_interfaces.acting import x_at_t
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser, check_distiller, random_obs

RECIPES = {OneFlow: OneFlowRecipe, MeanFlow: MeanFlowRecipe}


@pytest.mark.parametrize("head", [x_at_t, raw_as_velocity])
@pytest.mark.parametrize("method", [OneFlow, MeanFlow])
def test_conforms(mixture, schedule, method, head):
    teacher = mixture(schedule)
    torch.manual_seed(0)
    net = SmallDenoiser(teacher, cond_dim=1)

    def make():
        student = Student(copy.deepcopy(net), head=head)
        run = Run(8, torch.Generator().manual_seed(0))
        return method(teacher, RECIPES[method](lr=1e-3), run, student)

    batch = Batch(random_obs(teacher.signature, 16), torch.randn(16, 1, 2))
    check_distiller(make, batch, frozen=teacher)


@pytest.mark.parametrize("method", [OneFlow, MeanFlow])
def test_no_gradient_reaches_a_trainable_teacher(mixture, method):
    teacher = SmallDenoiser(mixture(), cond_dim=1)
    flow = method(teacher, RECIPES[method](), Run(4))
    flow.update(Batch(random_obs(teacher.signature, 16), torch.randn(16, 1, 2)))
    assert all(p.grad is None for p in teacher.parameters())
    assert all(p.grad.abs().sum() > 0 for p in flow.student.parameters())


def test_teacher_calls_are_counted(mixture):
    teacher, calls = mixture(), []
    teacher.register_forward_hook(lambda *_: calls.append(1))
    batch = Batch(random_obs(teacher.signature, 4), torch.randn(4, 1, 2))

    def updates(method, **options) -> float:
        student = Student(SmallDenoiser(mixture(), cond_dim=1))
        flow = method(teacher, RECIPES[method](**options), Run(4), student)
        flow.update(batch)
        return flow.update(batch)["teacher_calls"]

    assert updates(OneFlow, teacher_steps=5, passes=3) == len(calls) == 10
    calls.clear()
    assert updates(MeanFlow) == len(calls) == 2


def test_mean_flow_s_loss_is_the_distance_to_its_target(mixture, schedule):
    teacher = mixture(schedule)
    student = Student(SmallDenoiser(teacher, cond_dim=1))
    flow = MeanFlow(teacher, MeanFlowRecipe(), Run(1), student)
    batch = Batch(random_obs(teacher.signature, 6), torch.randn(6, 1, 2))
    t = schedule.domain.at(torch.linspace(0, 1, 6))
    eps, cond = torch.randn(6, 1, 2), teacher.encode(batch.obs)
    x_t = noisy(batch.actions / teacher.scale, eps, *schedule(t))
    x = teacher(x_t, t, cond)
    target = mean_velocity_target(student, x_t, t, cond, x)
    target[0] = x[0]
    expected = (student.end(x_t, t, cond) - target).square().sum((1, 2))
    torch.testing.assert_close(flow.loss(batch, eps, t), expected)


def test_half_of_the_points_are_pure_noise(mixture, schedule):
    teacher = mixture(schedule)
    student = Student(SmallDenoiser(teacher, cond_dim=1))
    run, seen = Run(4, torch.Generator().manual_seed(0)), []
    student.net.register_forward_hook(lambda net, args, _: seen.append(args[1]))
    flow = OneFlow(teacher, OneFlowRecipe(), run, student)
    flow.update(Batch(random_obs(teacher.signature, 1000), torch.empty(1000, 1, 2)))
    assert len(seen) == 4, "one call per pass"
    for t in seen:
        start = t == t.max()
        rest = flow_level(*schedule(t[~start]))
        assert float(start.float().mean()) == pytest.approx(0.5, abs=0.05)
        assert float(rest.mean()) == pytest.approx(0.5, abs=0.05)


def test_fades():
    assert [fade_by_half(n, 8) for n in (0, 2, 4, 8)] == [1.0, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("method", "options", "line"),
    [
        (OneFlow, {"start_share": 0.0}, "start_share: expected in"),
        (OneFlow, {"passes": 0}, "passes: expected at least 1, got 0"),
        (OneFlow, {"teacher_steps": 0}, "sampling steps: expected at least 1, got 0"),
        (MeanFlow, {"start_share": 0.7, "first_share": 0.4}, "got 0.7 and 0.4"),
    ],
)
def test_settings_out_of_range_are_refused(mixture, method, options, line):
    teacher = mixture()
    student = Student(SmallDenoiser(teacher, cond_dim=1))
    with pytest.raises(BadInput, match=line):
        method(teacher, RECIPES[method](**options), Run(1), student)
