from itertools import pairwise

import pytest
import torch

from onehop_interfaces import ddim_path
from onehop_interfaces.exact import CosineVP, VarianceExploding, gaussian_teacher


@pytest.mark.parametrize("schedule", [CosineVP(), VarianceExploding(0.002, 80.0)])
def test_the_path_of_a_gaussian_keeps_its_quantile_to_first_order(schedule):
    """x_t's deviation from its mean, in standard deviations, is constant along it."""
    mean = torch.tensor([1.0, -2.0], dtype=torch.float64)
    var = torch.tensor([0.04, 1.0], dtype=torch.float64)
    zero = torch.zeros(2, 1, dtype=torch.float64)
    teacher = gaussian_teacher(mean, zero, torch.diag(var), schedule=schedule)
    t_max = torch.tensor([schedule.domain.t_max], dtype=torch.float64)
    alpha, sigma = teacher.schedule(t_max)
    quantile = torch.tensor([0.7, -1.2], dtype=torch.float64)
    x_t = alpha * mean + quantile * (alpha**2 * var + sigma**2).sqrt()
    truth = mean + quantile * var.sqrt()

    def error(steps: int) -> torch.Tensor:
        path = ddim_path(teacher, x_t[None, None], x_t.new_zeros(1, 1), steps)
        return (list(path)[-1].x[0, 0] - truth).norm()

    ratio = error(100) / error(200)
    assert 1.8 < ratio < 2.2, f"first order halves the error, not by {ratio:.2f}"


def test_the_path_calls_the_denoiser_once_a_step():
    teacher = gaussian_teacher(torch.zeros(2), torch.zeros(2, 1), torch.eye(2))
    points = list(ddim_path(teacher, torch.randn(3, 1, 2), torch.zeros(3, 1), 5))
    assert [float(p.t[0]) for p in points] == pytest.approx(
        teacher.schedule.domain.grid(5)
    )
    for p in points:
        torch.testing.assert_close(p.x, teacher(p.x_t, p.t, torch.zeros(3, 1)))
    for p, then in pairwise(points):
        (alpha_t, sigma_t), (alpha_s, sigma_s) = map(teacher.schedule, (p.t, then.t))
        eps = (p.x_t - alpha_t[0] * p.x) / sigma_t[0]
        torch.testing.assert_close(then.x_t, alpha_s[0] * p.x + sigma_s[0] * eps)
