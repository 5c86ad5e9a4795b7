"""Against sums that are written out, and against returns where V knows them."""

import pytest
import torch

from onehop_selectors import Transitions
from onehop_selectors._advantages import advantages

GAMMA = 0.9
# Two episodes that ended, one that was stopped between them: its last step is unknown.
ENDED = torch.tensor([0.0, 0, 1, 0, 0, 0, 0, 1])
AT = torch.tensor([0, 1, 2, 3, 4, 6, 7, 8])
LAST = [2, 2, 2, 4, 4, 7, 7, 7]
"""Of the steps, by the place in the list, that each one's episode is known to."""


def steps() -> Transitions:
    rng = torch.Generator().manual_seed(0)
    s, s_next = torch.randn(2, 8, 1, generator=rng)
    return Transitions(s, s, torch.randn(8, generator=rng), s_next, ENDED, AT)


@pytest.mark.parametrize("lam", [0.0, 0.7, 1.0])
def test_they_are_discounted_sums_of_surprises_within_an_episode(lam):
    of = steps()
    v, v_next = of.s.squeeze(1), of.s_next.squeeze(1)
    delta = of.r + GAMMA * (1 - ENDED) * v_next - v
    sums = [
        sum((GAMMA * lam) ** (k - i) * delta[k] for k in range(i, last + 1))
        for i, last in enumerate(LAST)
    ]
    found = advantages(of, v, v_next, GAMMA, lam)
    torch.testing.assert_close(found, torch.stack(sums))


def test_with_lambda_one_they_are_returns_above_what_was_expected():
    """V of the states between cancels; that at a stop is what was not seen."""
    of = steps()
    values = 5 * torch.randn(9, generator=torch.Generator().manual_seed(1))
    v, v_next = values[:-1], values[1:]
    returns = [
        sum(GAMMA ** (k - i) * of.r[k] for k in range(i, last + 1))
        + GAMMA ** (last + 1 - i) * (1 - ENDED[last]) * v_next[last]
        for i, last in enumerate(LAST)
    ]
    found = advantages(of, v, v_next, GAMMA, 1.0)
    torch.testing.assert_close(found, torch.stack(returns) - v)
