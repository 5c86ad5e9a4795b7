import copy
import dataclasses
import math

import pytest
import torch
from torch import nn

from onehop_interfaces import BadInput
from onehop_interfaces.testing import (
    SmallDenoiser,
    check_export,
    check_policy,
    random_obs,
)
from onehop_vdd_moe import (
    Experts,
    Mixture,
    Network,
    Student,
    expert_mean,
    expert_sample,
    likeliest_expert,
    sampled_expert,
)

SMALL = Network(experts=3, width=16, blocks=1, head_width=16, gate_width=8)


class Half(nn.Module):
    """The spaces of `Parts`."""

    def __init__(self, signature, encoder, scale) -> None:
        super().__init__()
        self.signature, self.encoder, self.scale = signature, encoder, scale

    def encode(self, obs):
        return self.encoder(obs["state"][:, -1])

    def normalise(self, actions, obs):
        return actions / self.scale

    def denormalise(self, x, obs):
        return x * self.scale


class Parts(nn.Module):
    """A teacher with an encoder, a normalisation and a network, as parts."""

    def __init__(self, like) -> None:
        super().__init__()
        self.schedule, self.signature = like.schedule, like.signature
        self.net = SmallDenoiser(like, cond_dim=5)
        self.encoder = nn.Linear(2, 5)
        self.scale = nn.Buffer(torch.full((), 3.0))

    def forward(self, x_t, t, cond):
        return self.net(x_t, t, cond)

    network = forward

    @property
    def spaces(self):
        return Half(self.signature, self.encoder, self.scale)

    def encode(self, obs):
        return self.spaces.encode(obs)

    def normalise(self, actions, obs):
        return self.spaces.normalise(actions, obs)

    def denormalise(self, x, obs):
        return self.spaces.denormalise(x, obs)


@pytest.fixture
def teacher(two_modes) -> Parts:
    torch.manual_seed(0)
    return Parts(two_modes())


@pytest.fixture
def student(teacher) -> Student:
    return Student(teacher, Experts(5, 2, SMALL))


def test_the_teacher_s_network_is_left_behind_and_nothing_else(teacher, student):
    names = {name for name in student.state_dict() if name.startswith("kept")}
    assert names == {
        "kept.encoder.weight", "kept.encoder.bias", "kept.scale",
    }  # fmt: skip
    obs, x = random_obs(teacher.signature, 4), torch.randn(4, 1, 2)
    assert torch.equal(student.spaces.encode(obs), teacher.encode(obs))
    assert torch.equal(student.spaces.normalise(x, obs), teacher.normalise(x, obs))
    assert teacher(x, torch.ones(4) / 2, teacher.encode(obs)).shape == x.shape
    frozen = [p for p in student.parameters() if not p.requires_grad]
    assert len(frozen) == 2, "the encoder's weight and bias"
    assert all(p.requires_grad for p in teacher.parameters()), "only the copy's"


@pytest.mark.parametrize("choose", [sampled_expert, likeliest_expert])
@pytest.mark.parametrize("draw", [expert_mean, expert_sample])
@pytest.mark.parametrize("chunks", [False, True])
def test_conforms(choose, draw, chunks, two_modes, three_chunks):
    teacher = three_chunks() if chunks else two_modes()
    cond_dim, dim = teacher.maps.shape[-1], teacher.means.shape[-1]
    experts = Experts(cond_dim, dim, SMALL)
    student = Student(teacher, experts, choose=choose, draw=draw)
    obs = random_obs(teacher.signature, 16)
    check_policy(student, obs)


def test_start(teacher):
    """Experts start as N(b_k, init_std^2 I) whatever the condition, equally likely."""
    torch.manual_seed(0)
    network = Network(experts=50, init_std=0.3, mean_bound=1.5)
    with torch.no_grad():
        mixture = Experts(5, 2, network)(torch.randn(64, 5))
    assert mixture.means.std(0).max() < 0.05
    assert 1.3 < mixture.means.abs().max() < 1.6
    expected = 0.3 * torch.eye(2).expand_as(mixture.chols)
    torch.testing.assert_close(mixture.chols, expected, rtol=0, atol=0.05)
    expected = torch.full((64, 50), -math.log(50))
    torch.testing.assert_close(mixture.log_weights, expected, rtol=0, atol=0.1)


def test_no_covariance_is_smaller_than_min_std():
    experts = Experts(5, 2, Network(min_std=1e-3))
    with torch.no_grad():
        experts.chol[-1].bias.fill_(-1e4)
        chols = experts(torch.randn(4, 5)).chols
    diagonal = chols.diagonal(dim1=-2, dim2=-1)
    torch.testing.assert_close(diagonal, torch.full_like(diagonal, 1e-3))
    assert torch.equal(chols, chols.tril())


def test_a_fixed_std_needs_no_head():
    experts = Experts(5, 2, Network(experts=3, std=0.2))
    chols = experts(torch.randn(4, 5)).chols
    assert torch.equal(chols, 0.2 * torch.eye(2).expand(4, 3, 2, 2))


def test_config_rebuilds_the_student(teacher, student):
    student = Student(teacher, student.experts, choose=likeliest_expert)
    skeleton = Parts(copy.deepcopy(teacher.net))
    rebuilt = Student.from_config(skeleton, student.config())
    rebuilt.load_state_dict(student.state_dict())
    obs = random_obs(teacher.signature, 4)
    noise = torch.randn(4, *student.noise)
    assert torch.equal(rebuilt.act(obs, noise), student.act(obs, noise))
    assert rebuilt.config() == student.config()


@pytest.mark.parametrize("choose", [sampled_expert, likeliest_expert])
@pytest.mark.parametrize("draw", [expert_mean, expert_sample])
def test_an_act_can_be_exported(teacher, choose, draw):
    student = Student(teacher, Experts(5, 2, SMALL), choose=choose, draw=draw)
    check_export(student, random_obs(teacher.signature, 7))


@pytest.mark.parametrize("choose", [sampled_expert, likeliest_expert])
def test_a_decision_is_the_mean_of_the_expert_that_is_told(teacher, choose):
    student = Student(teacher, Experts(5, 2, SMALL), choose=choose)
    obs = random_obs(teacher.signature, 64)
    noise = torch.randn(64, 3 + 2, generator=torch.Generator().manual_seed(0))
    k, mixture = student.expert(obs, noise), student.mixture(obs)
    told = mixture.means[torch.arange(64), k][:, None] * teacher.scale
    torch.testing.assert_close(student.act(obs, noise), told)
    assert len(k.unique()) == 3 or choose is likeliest_expert
    other = torch.cat([noise[:, :3], torch.randn(64, 2)], 1)
    assert torch.equal(student.expert(obs, other), k), "the last D numbers spread"


def test_experts_are_chosen_as_often_as_they_weigh():
    weights = torch.tensor([0.1, 0.2, 0.7])
    means = torch.arange(3.0)[None, :, None].expand(20_000, 3, 1)
    mixture = Mixture(weights.log().expand(20_000, 3), means, means[..., None])
    z = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0))
    k = sampled_expert(mixture, z)
    share = torch.bincount(k, minlength=3) / len(k)
    torch.testing.assert_close(share, weights, rtol=0, atol=0.01)
    assert torch.equal(expert_mean(mixture, k, z[:, :1])[:, 0], k.float())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"network": None}, "student network: expected"),
        ({"choose": "os.system"}, "got 'os.system'"),
        ({"draw": None}, "student draw: expected one of"),
        ({"experts": 0}, "experts: expected a whole number from 1 to .*, got 0"),
        ({"experts": 2.5}, "experts: expected a whole number"),
        ({"min_std": "small"}, "min_std: expected a number"),
        ({"min_std": 0.0}, "min_std: expected above 0, got 0.0"),
        ({"speed": 1}, "student config: expected"),
    ],
)
def test_foreign_configs_are_refused(teacher, student, change, line):
    config = student.config()
    network = {**config["network"], **change}
    known = set(network) == set(config["network"])
    config = {**config, "network": network} if known else {**config, **change}
    with pytest.raises(BadInput, match=line):
        Student.from_config(teacher, config)


def test_from_the_teacher_every_expert_starts_near_its_mean_chunk(teacher):
    net = SmallDenoiser(teacher, cond_dim=2, width=32)
    network = Network(experts=3, std=0.3, start="teacher", mean_bound=0.5)
    like = {"network": dataclasses.asdict(network), "choose": "sampled_expert"}
    student = Student.from_config(net, {**like, "draw": "expert_mean"})
    cond, chunk = torch.randn(6, 2), teacher.signature.chunk
    t_max = torch.full((6,), net.schedule.domain.t_max)
    mean = net(torch.zeros(6, *chunk), t_max, cond)
    apart = student.experts(cond).means.view(6, 3, *chunk) - mean[:, None]
    # Held over the chunk, the same for every condition, and within the bound.
    torch.testing.assert_close(apart, apart[:1, :, :1].expand_as(apart))
    assert 0 < apart.abs().max() <= 0.5
    again = Student.from_config(net, student.config())
    again.load_state_dict(student.state_dict())
    torch.testing.assert_close(again.experts(cond).means, student.experts(cond).means)


def test_a_teacher_that_is_not_in_halves_is_no_start(teacher):
    """The mixture then starts afresh."""
    fresh, asked = (
        Experts(2, 2, dataclasses.replace(SMALL, start=start), teacher=teacher)
        for start in ("fresh", "teacher")
    )
    assert fresh.state_dict().keys() == asked.state_dict().keys()
