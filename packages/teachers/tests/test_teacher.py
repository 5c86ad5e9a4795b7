import copy
import json
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from onehop_interfaces import BadInput, Obs, Schedule, eps_of, noisy
from onehop_interfaces.acting import decide
from onehop_interfaces.testing import check_teacher, random_obs
from onehop_teachers import (
    EDM,
    Cosine,
    DiffusionTeacher,
    Flatten,
    Joined,
    Karras,
    Preconditioning,
    PredictEps,
    PredictV,
    PredictX,
    SampledPolicy,
    SquaredCosine,
    UNet1D,
    avoiding_teacher,
    ddim,
    from_config,
    pusht_teacher,
    to_config,
)

MakeTeacher = Callable[..., DiffusionTeacher]
KINDS = [
    (SquaredCosine(), PredictX()),
    (SquaredCosine(), PredictEps()),
    (Cosine(), PredictV()),
    (EDM(), Karras(0.5)),
]


@pytest.mark.parametrize(("schedule", "preconditioning"), KINDS, ids=str)
def test_conforms(
    make_teacher: MakeTeacher, schedule: Schedule, preconditioning: Preconditioning
) -> None:
    teacher = make_teacher(schedule, preconditioning)
    check_teacher(teacher, random_obs(teacher.signature, batch=3))


def test_pusht_teacher_conforms() -> None:
    teacher = pusht_teacher()
    obs = {"keypoints": 512 * torch.rand(32, 2, 20)}
    teacher.fit(obs, 512 * torch.rand(32, 16, 2))
    check_teacher(teacher, obs)
    assert sum(p.numel() for p in teacher.parameters()) == 2_202_144


def test_avoiding_teacher_conforms() -> None:
    teacher = avoiding_teacher()
    obs = {"state": 0.5 + 0.1 * torch.rand(32, 2, 4)}
    actions = 0.01 * torch.rand(32, 8, 2)
    teacher.fit(obs, actions)
    check_teacher(teacher, obs)
    x = teacher.normalise(actions, obs)
    assert x.std().item() == pytest.approx(1.0, abs=0.01)
    torch.testing.assert_close(teacher.denormalise(x, obs), actions)


def draw(teacher: DiffusionTeacher) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """x, eps, t over the domain, cond."""
    g = torch.Generator().manual_seed(0)
    x, eps = torch.randn(2, 5, 4, 2, generator=g, dtype=torch.float64)
    t = teacher.schedule.domain.at(torch.linspace(0, 1, 5, dtype=torch.float64))
    return x, eps, t, torch.randn(5, 6, generator=g, dtype=torch.float64)


@pytest.mark.parametrize(("schedule", "preconditioning"), KINDS, ids=str)
def test_loss_is_karras_weighted_error_of_the_denoiser(
    make_teacher: MakeTeacher, schedule: Schedule, preconditioning: Preconditioning
) -> None:
    """|| F - F* ||^2 = || D(x_t) - x ||^2 / c_out^2, one value per example."""
    teacher = make_teacher(schedule, preconditioning).double()
    x, eps, t, cond = draw(teacher)
    levels = schedule(t)
    error = teacher(noisy(x, eps, *levels), t, cond) - x
    expected = error.square().mean((1, 2)) / preconditioning(*levels).c_out ** 2
    loss = teacher.loss(x, eps, t, cond)
    assert_close(loss, expected, rtol=1e-9, atol=1e-9)


def test_loss_of_an_eps_network_is_hos_simple_loss(make_teacher: MakeTeacher) -> None:
    teacher = make_teacher(SquaredCosine(), PredictEps()).double()
    x, eps, t, cond = draw(teacher)
    x_t = noisy(x, eps, *teacher.schedule(t))
    predicted = teacher.network(x_t, t, cond)
    expected = (predicted - eps).square().mean((1, 2))
    assert_close(teacher.loss(x, eps, t, cond), expected, rtol=1e-9, atol=0)
    eps_of_denoiser = eps_of(x_t, teacher(x_t, t, cond), *teacher.schedule(t))
    assert_close(eps_of_denoiser, predicted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("schedule", "preconditioning"), KINDS[::3], ids=str)
def test_gradients_of_the_loss_are_those_of_finite_differences(
    make_teacher: MakeTeacher, schedule: Schedule, preconditioning: Preconditioning
) -> None:
    teacher = make_teacher(schedule, preconditioning).double()
    x, eps, t, cond = draw(teacher)
    bias = teacher.net.last.bias.detach().clone().requires_grad_()

    def loss(bias: Tensor, cond: Tensor) -> Tensor:
        changed = {"teacher.net.last.bias": bias}
        return torch.func.functional_call(_Loss(teacher), changed, (x, eps, t, cond))

    assert torch.autograd.gradcheck(loss, (bias, cond.requires_grad_()))


class _Loss(nn.Module):
    def __init__(self, teacher: DiffusionTeacher) -> None:
        super().__init__()
        self.teacher = teacher

    def forward(self, x: Tensor, eps: Tensor, t: Tensor, cond: Tensor) -> Tensor:
        return self.teacher.loss(x, eps, t, cond)


@pytest.mark.parametrize(("schedule", "preconditioning"), KINDS, ids=str)
def test_config_rebuilds_the_teacher(
    make_teacher: MakeTeacher, schedule: Schedule, preconditioning: Preconditioning
) -> None:
    teacher = make_teacher(schedule, preconditioning)
    config = json.loads(json.dumps(teacher.config()))
    rebuilt = DiffusionTeacher.from_config(config)
    rebuilt.load_state_dict(teacher.state_dict())
    assert rebuilt.signature == teacher.signature
    assert (rebuilt.schedule, rebuilt.preconditioning) == (schedule, preconditioning)
    obs = random_obs(teacher.signature, batch=2)
    x_t, t = torch.randn(2, 4, 2), schedule.domain.at(torch.tensor([0.3, 0.9]))
    cond = teacher.encode(obs)
    assert torch.equal(rebuilt(x_t, t, rebuilt.encode(obs)), teacher(x_t, t, cond))


def test_a_copy_is_a_teacher_of_its_own(make_teacher: MakeTeacher) -> None:
    teacher = make_teacher()
    twin = copy.deepcopy(teacher)
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.zero_()
    assert all(p.any() for p in teacher.net.first.parameters())


class MyEncoder(nn.Module):
    """What a user may bring: no statistics, weights of its own."""

    def __init__(self, cond_dim: int) -> None:
        super().__init__()
        self.cond_dim = cond_dim
        self.linear = nn.Linear(3, cond_dim)

    def forward(self, obs: Obs) -> Tensor:
        return self.linear(obs["state"][:, -1])

    def fit(self, obs: Obs) -> None: ...


def test_own_classes_are_built_only_if_named(make_teacher: MakeTeacher) -> None:
    teacher = make_teacher()
    teacher.encoder = MyEncoder(6)
    config = teacher.config()
    assert config["encoder"] == {"class": "MyEncoder", "cond_dim": 6}
    rebuilt = DiffusionTeacher.from_config(config, [MyEncoder])
    check_teacher(
        rebuilt.fit(random_obs(rebuilt.signature, 9), torch.randn(9, 4, 2)),
        random_obs(rebuilt.signature, batch=3),
    )
    with pytest.raises(BadInput, match=r"teacher encoder: expected a class of .*MyEnc"):
        DiffusionTeacher.from_config(config)


@pytest.mark.parametrize(("width", "depth"), [(100, 1), (1, 10), (1, 10_000)])
def test_a_config_of_too_many_encoders_is_refused(width: int, depth: int) -> None:
    config: dict = {"class": "Flatten", "shapes": {"state": [3]}, "n_obs": 2}
    for _ in range(depth):
        inner = {f"part{i}": config for i in range(width)}
        config = {"class": "Joined", "encoders": inner}
    with pytest.raises(BadInput, match="encoder: expected at most 100 components"):
        from_config(config, [Joined, Flatten], "encoder")
    few = {"class": "Joined", "encoders": dict.fromkeys(("a", "b"), inner["part0"])}
    if depth == 1:
        assert from_config(few, [Joined, Flatten], "encoder").cond_dim == 12


def test_encoders_side_by_side(make_teacher: MakeTeacher) -> None:
    teacher = make_teacher()
    parts = {"own": MyEncoder(6), "flat": Flatten({"state": (3,)}, 2)}
    joined = Joined(parts)
    assert joined.cond_dim == 6 + 6
    obs = random_obs(teacher.signature, batch=3)
    joined.fit(obs)
    expected = torch.cat([encoder(obs) for encoder in parts.values()], 1)
    assert torch.equal(joined(obs), expected)
    config = json.loads(json.dumps(to_config(joined)))
    rebuilt = from_config(config, [Joined, Flatten, MyEncoder], "encoder")
    assert to_config(rebuilt) == to_config(joined)
    rebuilt.load_state_dict(joined.state_dict())
    assert torch.equal(rebuilt(obs), joined(obs))
    with pytest.raises(BadInput, match=r"expected a class of .*, got 'MyEncoder'"):
        from_config(config, [Joined, Flatten], "encoder")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"schedule": {"class": "os.system"}}, "teacher schedule: expected a class"),
        ({"schedule": "SquaredCosine"}, "teacher schedule"),
        ({"schedule": {"class": "SquaredCosine", "speed": 2}}, "speed"),
        (
            {"schedule": {"class": "SquaredCosine", "steps": 0}},
            "from 1 to 100000, got 0",
        ),
        ({"net": {"class": "ResidualMLP"}}, "teacher net: expected arguments"),
        ({"signature": {"obs": {}}}, "signature:"),
        ({"signature": None}, "signature:"),
    ],
)
def test_from_config_refuses(
    make_teacher: MakeTeacher, change: dict[str, object], named: str
) -> None:
    with pytest.raises(BadInput, match=named) as caught:
        DiffusionTeacher.from_config({**make_teacher().config(), **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("config", [None, [], {}, {"net": {}}])
def test_from_config_refuses_what_is_no_teacher(config: object) -> None:
    with pytest.raises(BadInput, match=r"teacher: expected \[.*'net', .*\], got"):
        DiffusionTeacher.from_config(config)


def test_to_config_holds_what_was_given() -> None:
    net = UNet1D(8, 2, 3, down_dims=(8, 16), time_dim=8, groups=4)
    config = to_config(net)
    assert config["down_dims"] == [8, 16]
    rebuilt = from_config(json.loads(json.dumps(config)), [UNet1D], "net")
    assert to_config(rebuilt) == config


def test_to_config_refuses_a_class_that_forgets_its_arguments() -> None:
    class Forgetful:
        def __init__(self, depth: int) -> None: ...

    with pytest.raises(TypeError, match="Forgetful does not keep its argument 'depth'"):
        to_config(Forgetful(3))


@pytest.mark.parametrize("own_encoder", [False, True])
def test_observations_may_have_any_precision(
    make_teacher: MakeTeacher, own_encoder: bool
) -> None:
    teacher = make_teacher()
    if own_encoder:
        teacher.encoder = MyEncoder(6)
    obs = random_obs(teacher.signature, batch=3)
    policy = SampledPolicy(teacher, ddim, steps=2)
    expected = decide(policy, obs, torch.Generator().manual_seed(0))
    doubles = {name: array.double() for name, array in obs.items()}
    actions = decide(policy, doubles, torch.Generator().manual_seed(0))
    assert_close(actions, expected, rtol=1e-6, atol=1e-6)


def test_plans_that_start_before_now_are_remembered(make_teacher: MakeTeacher) -> None:
    config = make_teacher().config()
    assert "now" not in config["signature"], "as by default"
    assert DiffusionTeacher.from_config(config).signature.now == 0
    config["signature"]["now"] = 1
    rebuilt = DiffusionTeacher.from_config(config)
    assert rebuilt.signature.now == rebuilt.config()["signature"]["now"] == 1


def test_a_network_that_predicts_x_comes_in_halves():
    teacher = pusht_teacher().eval()
    trunk, last = teacher.halves
    x_t, t = torch.randn(3, 16, 2), torch.tensor([0.0, 50.0, 99.0])
    cond = torch.randn(3, teacher.encoder.cond_dim)
    x = last(trunk(x_t, t, cond)).view_as(x_t)
    torch.testing.assert_close(x, teacher(x_t, t, cond))
    assert not {*map(id, teacher.net.parameters())} & {*map(id, trunk.parameters())}


def test_other_networks_do_not_come_in_halves():
    like = pusht_teacher()
    parts = (like.signature, like.schedule)
    rest = (like.net, like.encoder, like.actions)
    assert DiffusionTeacher(*parts, PredictEps(), *rest).halves is None
    net = UNet1D(16, 2, like.encoder.cond_dim, down_dims=(8, 16), time_dim=8)
    assert DiffusionTeacher(*parts, PredictX(), net, *rest[1:]).halves is None
