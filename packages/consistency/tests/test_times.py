import pytest
import torch

from onehop_consistency import ladder, noise_to_signal, time_at_ratio
from onehop_consistency._times import part_below
from onehop_interfaces import BadInput, Domain
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding


@pytest.mark.parametrize("n", [1, 2, 3, 18, 40])
def test_a_ladder_takes_n_steps_between_the_very_ends(schedule, n):
    times = ladder(schedule.domain, n)
    assert times[0] == schedule.domain.t_min
    assert times[-1] == schedule.domain.t_max
    assert len(times) == n + 1
    assert times == sorted(set(times))


def test_a_discrete_ladder_is_that_of_ddim():
    domain = DiscreteVP(100).domain
    assert ladder(domain, 10) == [0, 9, 19, 29, 39, 49, 59, 69, 79, 89, 99]
    assert ladder(domain, 100) == [float(t) for t in range(100)]
    with pytest.raises(BadInput, match="expected 1 to 100, got 101"):
        ladder(domain, 101)


@pytest.mark.parametrize(
    ("schedule", "t"),
    [(CosineVP(), 0.992042), (DiscreteVP(), 98.0), (VarianceExploding(), 1.0)],
    ids=str,
)
def test_time_at_ratio(schedule, t):
    found = time_at_ratio(schedule, 80.0)
    assert found == pytest.approx(t, abs=1e-6)
    r = noise_to_signal(schedule, torch.tensor(found, dtype=torch.float64))
    assert r <= 80.0


def test_time_at_ratio_inverts_the_ratio():
    schedule = VarianceExploding(0.02, 20.0)
    assert time_at_ratio(schedule, 0.02 * 1000**0.25) == pytest.approx(0.25, abs=1e-9)
    with pytest.raises(BadInput, match=r"noisier than 0\.01"):
        time_at_ratio(schedule, 0.01)


def test_part_below():
    assert part_below(DiscreteVP(100).domain, 98.0) == Domain(0.0, 98.0, 99)
    assert part_below(CosineVP().domain, 0.5) == Domain(0.01, 0.5)


@pytest.mark.parametrize(
    ("schedule", "t", "line"),
    [
        (DiscreteVP(100), 100.0, "expected more than 0, at most 99, got 100"),
        (DiscreteVP(100), 64.5, "expected a whole number, got 64.5"),
        (CosineVP(), 0.01, "expected more than 0.01"),
    ],
)
def test_foreign_times_are_refused(schedule, t, line):
    with pytest.raises(BadInput, match=line):
        part_below(schedule.domain, t)
