import pytest
import torch

from onehop_flowdistill import (
    Student,
    action_loss,
    as_ends,
    as_slopes,
    flow_level,
    mean_velocity_target,
    slope_loss,
    to_flow,
    to_noisy,
)
from onehop_interfaces import velocity_of
from onehop_interfaces.exact import DiscreteVP
from onehop_interfaces.testing import SmallDenoiser, random_obs


def test_slope_loss_is_the_squared_error_of_slopes():
    x, target, x_s = torch.randn(3, 6, 4, 2, dtype=torch.float64)
    s = torch.rand(6, dtype=torch.float64) + 0.01
    u, v = ((x_s - end) / s[:, None, None] for end in (x, target))
    torch.testing.assert_close(
        slope_loss(x, target, s, as_slopes), ((u - v) ** 2).sum((1, 2))
    )
    torch.testing.assert_close(
        slope_loss(x, target, s, as_ends), ((x - target) ** 2).sum((1, 2))
    )


def test_action_loss_is_huber_s():
    x = torch.tensor([0.05, 0.5]).view(2, 1, 1)
    expected = torch.tensor([0.5 * 0.05**2, 0.1 * (0.5 - 0.05)])
    torch.testing.assert_close(action_loss(x, torch.zeros_like(x)), expected)


def test_mean_velocity_target_by_finite_differences(mixture, schedule):
    """x' = end - s d(end)/ds, with the derivative along the ODE taken by hand."""
    if schedule.domain.steps:
        pytest.skip("a table has no derivative; see its loss in `test_update.py`")
    teacher = mixture(schedule).double()
    torch.manual_seed(0)
    student = Student(SmallDenoiser(teacher, cond_dim=1, width=16).double())
    t = schedule.domain.at(torch.linspace(0.1, 0.9, 9).double())
    x_t, cond = torch.randn(9, 1, 2).double(), torch.randn(9, 1).double()
    x = teacher(x_t, t, cond)
    levels = schedule(t)
    x_s, v, s = to_flow(x_t, *levels), velocity_of(x_t, x, *levels), flow_level(*levels)

    def end(shift: float) -> torch.Tensor:
        there = schedule(t + shift)
        ds = (flow_level(*there) - s)[:, None, None]
        return student.end(to_noisy(x_s + ds * v, *there), t + shift, cond)

    h = 1e-6
    ds = flow_level(*schedule(t + h)) - flow_level(*schedule(t - h))
    with torch.no_grad():
        slope = (end(h) - end(-h)) / ds[:, None, None]
        expected = end(0.0) - s[:, None, None] * slope
    target = mean_velocity_target(student, x_t, t, cond, x)
    torch.testing.assert_close(target, expected, rtol=1e-6, atol=1e-6)
    assert not target.requires_grad


def test_the_exact_map_to_the_ends_is_mean_velocity_s_fixed_point(
    gaussian, exact_ends, schedule
):
    teacher = gaussian(schedule).double()
    student = Student(exact_ends(teacher))
    t = schedule.domain.at(torch.linspace(0.1, 0.9, 9).double())
    x_t, cond = torch.randn(9, 1, 2).double(), torch.randn(9, 1).double()
    target = mean_velocity_target(student, x_t, t, cond, teacher(x_t, t, cond))
    # A table's difference over one step is of first order.
    tolerance = 0.05 if schedule.domain.steps else 1e-6
    end = student.end(x_t, t, cond)
    torch.testing.assert_close(target, end, atol=tolerance, rtol=0)
    inst = Student(teacher)
    away = mean_velocity_target(inst, x_t, t, cond, teacher(x_t, t, cond))
    assert (away - inst.end(x_t, t, cond)).abs().max() > 0.1, "E[x | x_t] is not"


def test_at_a_table_s_first_time_the_target_is_the_teacher_s(mixture):
    teacher = mixture(DiscreteVP())
    student = Student(SmallDenoiser(teacher, cond_dim=1))
    x_t, cond = torch.randn(4, 1, 2), random_obs(teacher.signature, 4)["state"][:, 0]
    x = teacher(x_t, torch.zeros(4), cond)
    target = mean_velocity_target(student, x_t, torch.zeros(4), cond, x)
    assert torch.equal(target, x)
