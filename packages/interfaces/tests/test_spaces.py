import pytest
import torch
from torch import nn

from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.spaces import cond_dim, freeze_encoder, spaces_of, zero_obs
from onehop_interfaces.testing import SmallDenoiser, random_obs


class Half(nn.Module):
    """Encoder and statistics."""

    def __init__(self, signature, encoder, std) -> None:
        super().__init__()
        self.signature, self.seen, self.std = signature, encoder, std

    def encode(self, obs):
        return self.seen(obs["state"][:, -1])

    def normalise(self, actions, obs):
        return actions / self.std

    def denormalise(self, x, obs):
        return x * self.std


class Whole(nn.Module):
    """Encoder, statistics and network in one part, as a teacher may have them."""

    def __init__(self, like) -> None:
        super().__init__()
        self.schedule, self.signature = like.schedule, like.signature
        self.body = nn.ModuleDict(
            {
                "encoder": nn.Sequential(nn.Linear(1, 5), nn.Dropout(0.5)),
                "net": SmallDenoiser(like, cond_dim=5),
            }
        )
        self.std = nn.Buffer(torch.tensor([2.0, 3.0]))
        self.unused = nn.Parameter(torch.zeros(4))

    def network(self, x_t, t, cond):
        return self.body["net"](x_t, t, cond)

    forward = network

    @property
    def spaces(self):
        return Half(self.signature, self.body["encoder"], self.std)

    def encode(self, obs):
        return self.spaces.encode(obs)

    def normalise(self, actions, obs):
        return self.spaces.normalise(actions, obs)

    def denormalise(self, x, obs):
        return self.spaces.denormalise(x, obs)


@pytest.fixture
def teacher() -> Whole:
    torch.manual_seed(0)
    return Whole(gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2)))


def test_no_weight_of_the_network_is_carried(teacher):
    spaces = spaces_of(teacher)
    kept = {"seen.0.weight", "seen.0.bias", "std"}
    assert spaces.state_dict().keys() == kept
    assert len(teacher.state_dict()) > len(kept), "a copy was taken"
    assert not any(p.requires_grad for p in spaces.parameters())
    assert all(p.requires_grad for p in teacher.parameters())


def test_the_three_calls_are_the_teacher_s(teacher):
    spaces, obs = spaces_of(teacher), random_obs(teacher.signature, 4)
    x = torch.randn(4, 1, 2)
    assert teacher.training, "left as it was"
    assert torch.equal(spaces.encode(obs), teacher.eval().encode(obs))
    assert torch.equal(spaces.normalise(x, obs), teacher.normalise(x, obs))
    assert torch.equal(spaces.denormalise(x, obs), teacher.denormalise(x, obs))


def test_spaces_of_spaces_are_the_same(teacher):
    spaces = spaces_of(teacher)
    assert spaces_of(spaces).state_dict().keys() == spaces.state_dict().keys()


def test_of_a_teacher_that_does_not_tell_them_apart_all_is_kept():
    whole = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    spaces = spaces_of(whole)
    assert spaces is not whole
    assert spaces.state_dict().keys() == whole.state_dict().keys()


def test_only_the_encoder_is_frozen(teacher):
    freeze_encoder(teacher)
    learns = {name for name, p in teacher.named_parameters() if p.requires_grad}
    assert learns
    assert not any("encoder" in name for name in learns)


def test_zeros_fit(teacher):
    obs = zero_obs(teacher.double())
    assert obs["state"].shape == (1, 1, 1)
    assert obs["state"].dtype is torch.float64
    assert cond_dim(teacher) == 5
