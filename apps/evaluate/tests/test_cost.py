import pytest
import torch
from torch import nn

from onehop_evaluate import Cost, cost_of
from onehop_interfaces import Signature


class Linear(nn.Module):
    """A chunk of 4 x 2 from 3 x 5 numbers by one product, done `nfe` times."""

    def __init__(self, nfe: int) -> None:
        super().__init__()
        self.nfe = nfe
        self.signature = Signature({"state": (5,)}, 3, 4, 2, 2)
        self.layer = nn.Linear(15, 8)

    noise = ()

    def act(self, obs, noise):
        for _ in range(self.nfe):
            chunk = self.layer(obs["state"].flatten(1))
        return chunk.view(-1, 4, 2)


@pytest.mark.parametrize("nfe", [1, 7])
def test_one_linear_layer(nfe):
    policy = Linear(nfe)
    obs = {"state": torch.zeros(1, 3, 5)}
    assert cost_of(policy, policy, obs) == Cost(15 * 8 + 8, nfe * 2 * 15 * 8)
