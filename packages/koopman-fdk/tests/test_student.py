import copy

import pytest
import torch
from torch import nn

from onehop_interfaces import BadInput
from onehop_interfaces.spaces import Halves
from onehop_interfaces.testing import SmallDenoiser, check_export, random_obs
from onehop_koopman_fdk import (
    DecomposedKoopman,
    DenseKoopman,
    DynamicKoopman,
    Sizes,
    Student,
)

SIZES = {"sizes": Sizes(8, 16, 1)}
KINDS = [
    {"operator": DynamicKoopman, "transitions": 2, "temperature": 0.5},
    {"operator": DenseKoopman, "encode_cond": False, "control": True},
    {"operator": DecomposedKoopman, "encode_cond": False, "control": True},
]
by_operator = pytest.mark.parametrize(
    "kind", KINDS, ids=lambda k: k["operator"].__name__
)


class LearnedSpaces(nn.Module):
    """A learned encoder and statistics."""

    def __init__(self, signature, encoder, std) -> None:
        super().__init__()
        self.signature, self.encoder, self.std = signature, encoder, std

    def encode(self, obs):
        return self.encoder(obs["state"][:, -1])

    def normalise(self, actions, obs):
        return actions / self.std

    def denormalise(self, x, obs):
        return x * self.std


class Learned(LearnedSpaces):
    """A teacher with both, beside its network."""

    def __init__(self, like) -> None:
        encoder = nn.Sequential(nn.Linear(2, 5), nn.Dropout(0.5))
        std = nn.Buffer(torch.tensor([2.0, 3.0]))
        super().__init__(like.signature, encoder, std)
        self.schedule, self.net = like.schedule, SmallDenoiser(like, cond_dim=5)

    @property
    def spaces(self):
        return LearnedSpaces(self.signature, self.encoder, self.std)

    def network(self, x_t, t, cond):
        return self.net(x_t, t, cond)

    forward = network


@pytest.fixture
def teacher(mixture):
    torch.manual_seed(0)
    return Learned(mixture(horizon=3))


def test_the_encoder_is_kept_and_the_network_left(teacher):
    kept = Student(teacher, **SIZES).kept
    assert kept.state_dict().keys() == {"encoder.0.weight", "encoder.0.bias", "std"}
    assert not any(p.requires_grad for p in kept.parameters())
    assert all(p.requires_grad for p in teacher.parameters()), "a copy was taken"


def test_spaces_agree_with_the_teacher_s_and_never_train(teacher):
    obs, x = random_obs(teacher.signature, 4), torch.randn(4, 3, 2)
    spaces = Student(teacher, **SIZES).train().spaces
    assert torch.equal(spaces.encode(obs), spaces.encode(obs)), "no drop-out"
    assert torch.equal(spaces.encode(obs), teacher.eval().encode(obs))
    assert torch.equal(spaces.denormalise(x, obs), teacher.denormalise(x, obs))
    torch.testing.assert_close(spaces.normalise(spaces.denormalise(x, obs), obs), x)


@by_operator
def test_config_and_weights_rebuild_the_student(kind, teacher):
    student = Student(teacher, **kind, **SIZES)
    other = copy.deepcopy(teacher)
    nn.init.zeros_(other.encoder[0].weight)
    rebuilt = Student.from_config(other, student.config())
    rebuilt.load_state_dict(student.state_dict())
    assert rebuilt.config() == student.config()
    obs = random_obs(teacher.signature, 4)
    noise = torch.randn(4, *student.noise)
    assert torch.equal(student.act(obs, noise), rebuilt.act(obs, noise))
    assert student.nfe == 1


@by_operator
def test_only_what_is_deployed_is_counted(kind, teacher):
    student = Student(teacher, **kind, **SIZES)
    own = (student.encoder, student.operator, student.control, student.decoder)
    parts = [p for part in own if part is not None for p in part.parameters()]
    encoder = 2 * 5 + 5
    deployed = sum(p.numel() for p in student.parameters())
    assert deployed == encoder + sum(p.numel() for p in parts)


@pytest.mark.parametrize("kind", KINDS[1:], ids=["dense", "decomposed"])
def test_control_adds_the_condition_to_the_moved_latent(kind, teacher):
    student = Student(teacher, **kind, **SIZES)
    prior, cond = torch.randn(4, 3, 2), torch.randn(4, 5)
    z = student.encode(prior, cond)
    assert torch.equal(z, student.encode(prior, 0 * cond))
    expected = student.operator(z) + cond @ student.control.weight.T
    expected = expected + student.control.bias
    torch.testing.assert_close(student.move(z, cond), expected)


@by_operator
def test_an_act_can_be_exported(kind, teacher):
    check_export(Student(teacher, **kind, **SIZES), random_obs(teacher.signature, 7))


def test_temperature_scales_the_prior(teacher):
    hot, obs = Student(teacher, **SIZES), random_obs(teacher.signature, 64)
    cold = Student.from_config(teacher, {**hot.config(), "temperature": 1e-6})
    assert float(cold(obs).std(0).mean()) > 0, "conditions differ"
    same = {"state": obs["state"][:1].expand(64, -1, -1)}
    assert float(cold(same).std(0).max()) < 1e-4 < float(hot(same).std(0).max())


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"operator": "os.system"}, "got 'os.system'"),
        ({"size": 3}, "student config: expected"),
        ({"latent": "8"}, "student latent: expected a whole number"),
        ({"depth": -1}, "student depth: expected a whole number"),
        ({"transitions": 10**9}, "student transitions: expected a whole number"),
        ({"temperature": None}, "student temperature: expected a number"),
        ({"control": 1}, "student control: expected true or false, got 1"),
        ({"blocks": 0}, "student blocks: expected a whole number"),
        ({"gamma_width": 4, "operator": "DenseKoopman"}, "expected DynamicKoopman"),
    ],
)
def test_foreign_configs_are_refused(change, line, teacher):
    config = Student(teacher, sizes=Sizes(8, 8, 1)).config()
    with pytest.raises(BadInput, match=line):
        Student.from_config(teacher, {**config, **change})


def test_from_the_teacher_it_starts_as_the_teacher_s_single_step(teacher):
    net = SmallDenoiser(teacher, cond_dim=2, width=32)
    student = Student(net, from_teacher=True, temperature=0.5)
    prior, cond = torch.randn(6, *teacher.signature.chunk), torch.randn(6, 2)
    t_max = torch.full((6,), net.schedule.domain.t_max)
    scale = student.encoder.scale
    expected = net(0.5 * scale * prior, t_max, cond)
    torch.testing.assert_close(student.generate(prior, cond), expected)
    # A clean chunk is told the least noisy time.
    t_min = torch.full((6,), net.schedule.domain.t_min)
    alpha_t, _ = net.schedule(t_min)
    seen = net.halves.trunk(alpha_t[:, None, None] * prior, t_min, cond)
    torch.testing.assert_close(student.encode_target(prior, cond), seen)


def test_from_the_teacher_it_is_a_copy_and_can_be_rebuilt(teacher):
    net = SmallDenoiser(teacher, cond_dim=2, width=32)
    student = Student(net, from_teacher=True)
    assert student.sizes.latent == 32
    theirs = {id(p) for p in net.parameters()}
    assert not theirs & {id(p) for p in student.parameters()}
    assert all(p.requires_grad for p in student.encoder.parameters())
    again = Student.from_config(net, student.config())
    again.load_state_dict(student.state_dict())
    prior, cond = torch.randn(6, *teacher.signature.chunk), torch.randn(6, 2)
    torch.testing.assert_close(
        again.generate(prior, cond), student.generate(prior, cond)
    )


def stirred(student):
    """The same student, its operator no longer the identity."""
    for p in student.operator.parameters():
        torch.nn.init.normal_(p, std=0.3)
    return student


@pytest.mark.parametrize("transitions", [1, 3])
def test_decisions_are_the_same_by_one_matrix(transitions, teacher):
    """Multiplied out when it is evaluated, and again when it is given weights."""
    net = SmallDenoiser(teacher, cond_dim=2, width=32)
    made = Student(net, from_teacher=True, transitions=transitions)
    student, prior = stirred(made), torch.randn(6, *teacher.signature.chunk)
    cond = torch.randn(6, 2)
    expected = student.generate(prior, cond)
    assert expected.requires_grad
    found = student.eval().generate(prior, cond)
    assert not torch.equal(found, expected)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    again = Student.from_config(net, student.config()).eval()
    again.load_state_dict(student.state_dict())
    torch.testing.assert_close(again.generate(prior, cond), found)
    torch.testing.assert_close(student.train().generate(prior, cond), expected)


def test_a_network_that_is_not_in_halves_is_refused(teacher):
    with pytest.raises(BadInput, match="expected a teacher whose network predicts x"):
        Student(teacher, from_teacher=True)


class Deep(SmallDenoiser):
    """A network whose trunk tells its residual blocks: h, h + 1, h + 3, h + 7."""

    @property
    def halves(self) -> Halves:
        trunk, last = super().halves
        trunk.blocks = nn.Sequential(*(Plus(2.0**i) for i in range(3)))
        trunk.register_forward_hook(lambda trunk, _, h: trunk.blocks(h))
        return Halves(trunk, last)


class Plus(nn.Module):
    """h + c."""

    def __init__(self, c: float) -> None:
        super().__init__()
        self.c = nn.Parameter(torch.tensor(c))

    def forward(self, h):
        return h + self.c


@pytest.mark.parametrize(("blocks", "added"), [(3, 7), (2, 5), (1, 4), (None, 7)])
def test_fewer_of_the_teacher_s_blocks_are_the_first_and_the_last(
    blocks, added, teacher
):
    net = Deep(teacher, cond_dim=2, width=32)
    student = Student(net, from_teacher=True, sizes=Sizes(blocks=blocks))
    prior, cond = torch.randn(6, *teacher.signature.chunk), torch.randn(6, 2)
    none = SmallDenoiser.halves.fget(net).trunk
    t = torch.full((6,), net.schedule.domain.t_max)
    expected = none(student.encoder.scale * prior, t, cond) + added
    torch.testing.assert_close(student.encode(prior, cond), expected)
    again = Student.from_config(net, student.config())
    again.load_state_dict(student.state_dict())
    torch.testing.assert_close(again.encode(prior, cond), expected)


def test_more_blocks_than_the_teacher_s_are_refused(teacher):
    net = Deep(teacher, cond_dim=2, width=32)
    with pytest.raises(BadInput, match=r"blocks: expected at most 3, .* got 4"):
        Student(net, from_teacher=True, sizes=Sizes(blocks=4))
    net = SmallDenoiser(teacher, cond_dim=2, width=32)
    with pytest.raises(BadInput, match=r"blocks: expected at most 0, .* got 1"):
        Student(net, from_teacher=True, sizes=Sizes(blocks=1))


def test_the_layer_of_the_eigenvalues_can_be_narrow(teacher):
    student = Student(teacher, sizes=Sizes(8, gamma_width=3))
    assert [layer.out_features for layer in student.operator.omega[::2]] == [3, 8]
    again = Student.from_config(teacher, student.config())
    again.load_state_dict(student.state_dict())
    older = student.config()
    del older["gamma_width"], older["blocks"]
    wide = Student.from_config(teacher, older).operator.omega
    assert [layer.out_features for layer in wide[::2]] == [16, 8]
