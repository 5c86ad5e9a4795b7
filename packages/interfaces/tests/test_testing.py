"""The kit's own checks must refuse what they are there to find."""

import pytest
import torch

from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.testing import calls_of, check_normal, check_uniform

DRAW = torch.Generator().manual_seed(0)
NOISE, OTHER = torch.randn(2, 2000, 2, generator=DRAW)
U = torch.rand(2000, generator=DRAW)


def test_good_draws_pass():
    check_normal(NOISE, OTHER)
    check_uniform(0.3 + 0.4 * U, 0.3, 0.7)


@pytest.mark.parametrize(
    ("noise", "others"),
    [
        (NOISE + 0.2, ()),
        (0.9 * NOISE, ()),
        (NOISE[:1].expand(2000, 2), ()),
        (NOISE, (0.5 * NOISE + OTHER,)),
    ],
    ids=["mean", "deviation", "one for all", "related"],
)
def test_other_noise_is_refused(noise, others):
    with pytest.raises(AssertionError):
        check_normal(noise, *others)


@pytest.mark.parametrize(
    "u",
    [0.35 + 0.35 * U, 0.3 + 0.35 * U, 0.3 + 0.4 * U**2, 0.5 + 0 * U],
    ids=["low end", "high end", "uneven", "one for all"],
)
def test_other_times_are_refused(u):
    with pytest.raises(AssertionError):
        check_uniform(u, 0.3, 0.7)


def test_calls_are_noted_with_their_answers():
    teacher = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    calls, (x_t, t, cond) = calls_of(teacher), (torch.ones(3, 1, 2), U[:3], U[:3, None])
    answer = teacher(x_t, t, cond)
    assert [len(call) for call in calls] == [4]
    for noted, given in zip(calls[0], (x_t, t, cond, answer), strict=True):
        assert torch.equal(noted, given)
