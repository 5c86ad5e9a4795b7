from itertools import pairwise

import pytest
import torch

from onehop_flowdistill import (
    flow_level,
    point_at,
    teacher_path,
    times_at,
    to_flow,
    to_noisy,
)
from onehop_interfaces import BadInput, ddim_path, noisy, velocity_of


def test_flow_coordinates_are_straight_lines_from_x_to_eps(schedule):
    x, eps = torch.randn(2, 5, 3, 2, dtype=torch.float64)
    t = schedule.domain.at(torch.rand(5, dtype=torch.float64))
    levels = schedule(t)
    s = flow_level(*levels)[:, None, None]
    x_s = to_flow(noisy(x, eps, *levels), *levels)
    torch.testing.assert_close(x_s, (1 - s) * x + s * eps)
    torch.testing.assert_close(to_noisy(x_s, *levels), noisy(x, eps, *levels))


def test_times_are_found_by_their_level(schedule):
    t = schedule.domain.at(torch.linspace(0, 1, 26, dtype=torch.float64))
    found = times_at(schedule, flow_level(*schedule(t)))
    width = 0 if schedule.domain.steps else 1e-3
    torch.testing.assert_close(found, t, atol=width, rtol=1e-12)


def test_levels_beyond_the_schedule_give_its_ends(schedule):
    domain = schedule.domain
    found = times_at(schedule, torch.tensor([0.0, 1.0], dtype=torch.float64))
    assert found.tolist() == pytest.approx([domain.t_min, domain.t_max])


def test_paths_pass_through_ddim_s_points_with_the_ode_s_slope(mixture, schedule):
    teacher = mixture(schedule).double()
    z, cond = torch.randn(6, 1, 2).double(), torch.randn(6, 1).double()
    path = teacher_path(teacher, z, cond, 7)
    points = list(ddim_path(teacher, z, cond, 7))
    for i, (t, x_t, x) in enumerate(points):
        levels = schedule(t)
        # Just below the node, where its slope holds.
        x_s, v = point_at(path, path.s[i] - 1e-12 * torch.ones(6).double())
        torch.testing.assert_close(x_s, to_flow(x_t, *levels), atol=1e-9, rtol=0)
        torch.testing.assert_close(
            v, velocity_of(x_t, x, *levels), rtol=1e-6, atol=1e-6
        )
    assert torch.equal(path.end, points[-1].x)
    last, _ = point_at(path, torch.zeros(6).double())
    torch.testing.assert_close(last, path.end)


def test_paths_converge_to_the_ode_of_the_gaussian(gaussian, exact_end, schedule):
    teacher = gaussian(schedule).double()
    z = torch.randn(50, 1, 2, generator=torch.Generator().manual_seed(0)).double()
    cond = torch.linspace(-1, 1, 50).double()[:, None]
    x_t = torch.stack(schedule(torch.tensor([schedule.domain.t_max]))).norm() * z
    t = torch.full((50,), schedule.domain.t_max).double()
    truth = exact_end(teacher, x_t, t, cond)
    errors = [
        float((teacher_path(teacher, x_t, cond, n).end - truth).square().mean().sqrt())
        for n in (10, 20, 40)
    ]
    assert errors[2] < 0.05
    for coarse, fine in pairwise(errors):
        assert 1.7 < coarse / fine < 2.6, "Euler's method: first order"


def test_too_many_steps_are_refused(mixture):
    teacher = mixture()
    with pytest.raises(BadInput, match="sampling steps"):
        teacher_path(teacher, torch.randn(2, 1, 2), torch.zeros(2, 1), 0)
