import pytest
import torch

from onehop_consistency import ddim, heun, ladder
from onehop_interfaces import Domain


def solve(solver, teacher, x_t, cond, n: int):
    """n steps down the middle of the schedule."""
    domain = teacher.schedule.domain
    low, high = (float(domain.at(torch.tensor(u))) for u in (0.3, 0.8))
    times = [x_t.new_full((len(x_t),), t) for t in ladder(Domain(low, high), n)]
    for t, s in zip(times[:0:-1], times[-2::-1], strict=True):
        x_t = solver(teacher, x_t, t, s, cond)
    return x_t, times[-1], times[0]


@pytest.mark.parametrize(("solver", "order"), [(ddim, 1), (heun, 2)])
def test_order_of_convergence(gaussian, pf_ode, schedule, solver, order):
    teacher = gaussian(schedule).double()
    cond = torch.tensor([[0.5], [-1.0]], dtype=torch.float64)
    x_t = torch.randn(2, 1, 2, dtype=torch.float64)
    errors = []
    for n in (40, 80):
        x_s, t, s = solve(solver, teacher, x_t, cond, n)
        errors.append((x_s - pf_ode(teacher, x_t, t, s, cond)).abs().max())
    assert (errors[0] / errors[1]).log2().item() == pytest.approx(order, abs=0.2)
    assert errors[1] < 0.05 / 20 ** (order - 1)


def test_ddim_takes_the_noise_from_the_denoised_chunk(mixture, schedule):
    """x_s = alpha_s x + sigma_s eps with alpha_t x + sigma_t eps = x_t."""
    teacher = mixture(schedule).double()
    x_t, cond = torch.randn(3, 1, 2).double(), torch.randn(3, 2).double()
    t, s = (schedule.domain.at(torch.full((3,), u).double()) for u in (0.7, 0.4))
    x = teacher(x_t, t, cond)
    (alpha_t, sigma_t), (alpha_s, sigma_s) = (
        (level[:, None, None] for level in schedule(time)) for time in (t, s)
    )
    eps = (ddim(teacher, x_t, t, s, cond) - alpha_s * x) / sigma_s
    torch.testing.assert_close(alpha_t * x + sigma_t * eps, x_t)


@pytest.mark.parametrize("solver", [ddim, heun])
def test_no_step_is_no_change(mixture, schedule, solver):
    teacher = mixture(schedule)
    x_t, cond, t = torch.randn(3, 1, 2), torch.randn(3, 2), torch.zeros(3)
    t = schedule.domain.at(t + 0.5)
    torch.testing.assert_close(solver(teacher, x_t, t, t, cond), x_t)
