"""Encoders of point clouds and of a robot's own state, and the teacher made of them."""

import pytest
import torch
from torch.nn import functional as F

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.learning import Run
from onehop_teachers import (
    Flatten,
    Perceptron,
    PointNet,
    TeacherRecipe,
    TeacherTraining,
    UNet1D,
    cloud_teacher,
    load_teacher,
    save_teacher,
)


def clouds(rows=6, frames=2, points=40):
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([0.3, 0.1, 0.02])
    noise = torch.randn(rows, frames, points, 3, generator=generator)
    return torch.tensor([0.6, -0.2, 0.1]) + spread * noise


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    encoder = PointNet("cloud", 2)
    encoder.fit({"cloud": clouds()})
    for p in encoder.parameters():  # no bias and no gain of a norm as it begins
        p.data += 0.05 * torch.randn_like(p)
    return encoder


def published(encoder, cloud):
    """The features of one frame (P, 3) in double precision, from the same weights."""
    w = [p.detach().double() for p in encoder.parameters()]
    h = (cloud.double() - clouds().double().flatten(0, 2).mean(0)) / (
        clouds().double().flatten(0, 2).std(0, correction=0)
    )
    for weight, bias, gain, offset in zip(*(w[i:12:4] for i in range(4)), strict=True):
        h = F.layer_norm(h @ weight.T + bias, gain.shape, gain, offset).relu()
    h = torch.stack([column.max() for column in h.T])
    return F.layer_norm(w[12] @ h + w[13], w[14].shape, w[14], w[15])


def test_features_are_the_published_ones_frame_after_frame(encoder):
    obs = clouds()
    expected = torch.stack(
        [torch.cat([published(encoder, frame) for frame in row]) for row in obs]
    )
    found = encoder({"cloud": obs})
    assert found.shape == (6, encoder.cond_dim) == (6, 2 * 64)
    torch.testing.assert_close(found.double(), expected, atol=1e-4, rtol=1e-4)


def test_neither_order_nor_repetition_of_points_matters(encoder):
    obs = clouds()
    expected = encoder({"cloud": obs})
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    for same in (obs[:, :, order], torch.cat((obs, obs[:, :, 5:9]), dim=2)):
        torch.testing.assert_close(encoder({"cloud": same}), expected)
    other = obs.clone()
    other[:, :, 0] += 1.0
    assert not torch.allclose(encoder({"cloud": other}), expected, atol=1e-2)


def test_points_are_seen_from_where_the_agent_is_too(encoder):
    seeing = PointNet("cloud", 2, origin="agent")
    own, also = encoder.state_dict(), seeing.state_dict()
    first = own["points.0.0.weight"]
    wide = torch.cat([torch.zeros_like(first), first], dim=1)
    seeing.load_state_dict({**also, **own, "points.0.0.weight": wide})
    agent = torch.randn(6, 2, 5, generator=torch.Generator().manual_seed(2))
    encoder.standardise.mean.zero_()
    expected = encoder({"cloud": clouds() - agent[:, :, None, :3]})
    found = seeing({"cloud": clouds(), "agent": agent})
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_every_weight_learns(encoder):
    encoder({"cloud": clouds()}).square().sum().backward()
    assert all(bool((p.grad != 0).any()) for p in encoder.parameters())


@pytest.mark.parametrize("bf16", [False, True])
def test_gradients_are_those_of_all_points(encoder, bf16):
    """The plain sum over every point, and its gradients by autograd."""
    obs = {"cloud": clouds(rows=20)}

    def plain(obs):
        points = encoder.standardise(obs["cloud"].flatten(0, 1))
        return encoder.last(encoder.points(points).max(1).values).view(20, -1)

    def learned(encode):
        encoder.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            cond = encode(obs)
        cond.float().sin().sum().backward()
        return [cond, *(p.grad.clone() for p in encoder.parameters())]

    off = 0.1 if bf16 else 1e-3
    for found, expected in zip(learned(encoder), learned(plain), strict=True):
        torch.testing.assert_close(found, expected, atol=off, rtol=1e-2)


def test_without_gradients_it_is_the_same(encoder):
    obs = {"cloud": clouds(rows=5)}
    with torch.no_grad():
        found = encoder(obs)
    torch.testing.assert_close(found, encoder(obs))
    encoder.requires_grad_(False)
    torch.testing.assert_close(found, encoder(obs))


@pytest.mark.parametrize("widths", [(), (64, 0)])
def test_encoders_without_features_are_refused(widths):
    with pytest.raises(BadInput, match=r"PointNet\.widths: expected one or more"):
        PointNet("cloud", 1, widths)
    with pytest.raises(BadInput, match=r"Perceptron\.widths: expected one or more"):
        Perceptron(Flatten({"x": (2,)}, 1), widths)


def test_a_perceptron_has_no_last_activation():
    torch.manual_seed(0)
    encoder = Perceptron(Flatten({"x": (3,)}, 1), (8, 5))
    obs = {"x": 4 + torch.randn(200, 1, 3)}
    encoder.fit(obs)
    w1, b1, w2, b2 = encoder.layers.parameters()
    x = obs["x"][:, 0]
    scaled = (x - x.mean(0)) / x.std(0, correction=0)
    expected = (scaled @ w1.T + b1).relu() @ w2.T + b2
    torch.testing.assert_close(encoder(obs), expected, atol=1e-5, rtol=1e-5)
    assert bool((expected < 0).any())


def seen(dtype=torch.float32):
    agent = torch.randn(6, 2, 9, generator=torch.Generator().manual_seed(2))
    return {"point_cloud": clouds().to(dtype), "agent_pos": agent.to(dtype)}


def fitted():
    """A teacher of four actions of three numbers, of which one never changes."""
    torch.manual_seed(0)
    actions = torch.randn(6, 4, 3)
    actions[..., 1] = 0.7
    return cloud_teacher(9, 3, points=40).fit(seen(), actions), actions


def test_the_teacher_is_dp3_s_but_for_the_network(tmp_path):
    teacher, actions = fitted()
    signature = teacher.signature
    assert signature.obs == {"point_cloud": (40, 3), "agent_pos": (9,)}
    plan = (signature.n_obs, signature.now, signature.horizon, signature.n_action)
    assert plan == (2, 0, 4, 4)
    assert teacher.encode(seen()).shape == (6, 2 * (64 + 64))
    sizes = [p.shape[0] for p in teacher.encoder.parameters() if p.ndim == 2]
    assert sizes == [64, 128, 256, 64, 64, 64]
    save_teacher(tmp_path / "it", teacher, {})
    again = load_teacher(tmp_path / "it")
    torch.testing.assert_close(again.encode(seen()), teacher.encode(seen()))
    back = again.denormalise(torch.randn(6, 4, 3), seen())
    assert bool((back[..., 1] == 0.7).all()), "what never changed stays"
    x = again.normalise(actions, seen())
    torch.testing.assert_close(again.denormalise(x, seen()), actions)


def test_clouds_in_half_precision_are_seen_in_single():
    teacher, _ = fitted()
    half = seen(torch.float16)
    single = {name: value.float() for name, value in half.items()}
    found = teacher.encode(half)
    assert found.dtype == torch.float32
    assert torch.equal(found, teacher.encode(single))


def test_encoder_and_network_learn_together():
    teacher, actions = fitted()
    training = TeacherTraining(teacher, TeacherRecipe(warmup=1), Run(steps=2))
    before = [p.clone() for p in teacher.encoder.parameters()]
    training.update(Batch(seen(), actions))
    after = list(teacher.encoder.parameters())
    assert not any(torch.equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("dims", "millions"), [((128, 256, 384), 13), ((512, 1024, 2048), 255)]
)
def test_dp3_s_networks_plan_four_actions(dims, millions):
    """The large one has the 255 M weights that SDM Policy tells of."""
    with torch.device("meta"):
        net = UNet1D(4, 26, 256, dims, time_dim=128)
        out = net(torch.zeros(3, 4, 26), torch.zeros(3), torch.zeros(3, 256))
    assert out.shape == (3, 4, 26)
    assert round(sum(p.numel() for p in net.parameters()) / 1e6) == millions
