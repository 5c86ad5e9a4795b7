"""Encoders of pictures, and of one frame after another."""

import pytest
import torch
from torch import nn

from onehop_interfaces import BadInput, Batch
from onehop_teachers import (
    Average,
    Convolutions,
    Flatten,
    Framewise,
    Joined,
    KeyPoints,
    Latest,
    Picture,
    ResNet18,
    crops,
    from_config,
    random_crop,
    square_teacher,
    to_config,
)

CLASSES = (
    *(Average, Convolutions, Flatten, Framewise, Joined),
    *(KeyPoints, Latest, Picture, ResNet18),
)


class Pixels(nn.Module):
    """The picture itself."""

    def forward(self, h):
        return h


class Corner(nn.Module):
    """The first and the last pixel, all channels."""

    dim = 6

    def forward(self, h):
        return torch.cat((h[:, :, 0, 0], h[:, :, -1, -1]), dim=-1)


def bytes_of(*shape):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def test_bytes_are_standardised_by_channel_and_the_middle_is_cut_out():
    pictures = bytes_of(3, 2, 9, 12, 3)
    encoder = Picture("eye", 2, Pixels(), Corner(), crop=(5, 6))
    encoder.fit({"eye": pictures})
    numbers = pictures.double() / 255
    values = numbers.flatten(0, 3)
    scaled = (numbers - values.mean(0)) / values.std(0, correction=0)
    expected = torch.cat((scaled[:, :, 2, 3], scaled[:, :, 6, 8]), dim=-1).flatten(1)
    found = encoder({"eye": pictures})
    assert found.shape == (3, encoder.cond_dim)
    torch.testing.assert_close(found.double(), expected, atol=1e-5, rtol=1e-5)


def test_what_was_cut_out_at_random_is_taken_whole():
    pictures = bytes_of(4, 1, 9, 9, 3)
    encoder = Picture("eye", 1, Pixels(), Corner(), resize=(9, 9), crop=(5, 5))
    encoder.fit({"eye": pictures})
    cut = random_crop("eye", 5, 5)
    batch = cut(Batch({"eye": pictures}, torch.zeros(4, 1, 1)), torch.Generator())
    found = encoder(batch.obs)
    numbers = encoder.standardise(batch.obs["eye"][:, 0] / 255)
    expected = torch.cat((numbers[:, 0, 0], numbers[:, -1, -1]), dim=-1)
    torch.testing.assert_close(found, expected)


def test_key_points_are_where_features_are():
    head = KeyPoints(channels=2, keypoints=2, dim=4)
    with torch.no_grad():
        head.maps.weight.copy_(torch.eye(2)[:, :, None, None])
        head.maps.bias.zero_()
        head.last.weight.copy_(torch.eye(4))
        head.last.bias.fill_(2.0)
    h = torch.zeros(1, 2, 3, 5)
    h[0, 0, 0, 4] = h[0, 1, 2, 1] = 100.0
    # x from the left, y from the top, both from -1 to 1.
    expected = torch.tensor([[1.0, -1.0, -0.5, 1.0]]) + 2
    torch.testing.assert_close(head(h), expected)


def test_key_points_are_told_as_exactly_in_mixed_precision():
    head = KeyPoints(channels=1, keypoints=1, dim=2)
    with torch.no_grad():
        head.maps.weight.fill_(1.0)
        head.maps.bias.zero_()
    places = []
    head.last.register_forward_pre_hook(lambda _, given: places.append(given[0]))
    h = torch.zeros(1, 1, 24, 24)
    h[0, 0, 7, 18], h[0, 0, 7, 19] = 32.0, 32.0  # bfloat16 holds them
    with torch.autocast("cpu", torch.bfloat16):
        head(h)
    expected = torch.tensor([[2 * 18.5 / 23 - 1, 2 * 7 / 23 - 1]])
    torch.testing.assert_close(places[0], expected, atol=1e-5, rtol=0)


def test_a_small_network_leaves_a_quarter_of_the_picture():
    assert Convolutions()(torch.zeros(2, 3, 96, 96)).shape == (2, 32, 24, 24)
    assert Convolutions((4, 6))(torch.zeros(2, 3, 90, 85)).shape == (2, 6, 23, 22)


def test_what_a_small_network_sees_moves_with_the_picture():
    net, picture = Convolutions(), torch.zeros(1, 3, 96, 96)
    picture[:, :, 40:48, 40:48] = 1.0
    moved = picture.roll((8, 12), (2, 3))
    middle = slice(6, 18)
    expected = net(picture).roll((2, 3), (2, 3))
    torch.testing.assert_close(
        net(moved)[:, :, middle, middle], expected[:, :, middle, middle]
    )


@pytest.mark.parametrize("few", [(), (16,), (16, 0)])
def test_too_small_a_network_is_refused(few):
    with pytest.raises(BadInput, match=r"Convolutions\.widths: expected two or more"):
        Convolutions(few)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_a_residual_network_is_as_deep_and_wide_as_published(batch_norm):
    net = ResNet18(batch_norm=batch_norm)
    # torchvision's 11,689,512 less its last layer of 512 x 1000 + 1000.
    assert sum(p.numel() for p in net.parameters()) == 11_689_512 - 513_000
    assert net.eval()(torch.zeros(2, 3, 84, 84)).shape == (2, 512, 3, 3)
    kind = nn.BatchNorm2d if batch_norm else nn.GroupNorm
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d | nn.GroupNorm)]
    assert len(norms) == 20
    assert all(isinstance(m, kind) for m in norms)
    assert batch_norm or {m.num_channels // m.num_groups for m in norms} == {16}


@pytest.mark.parametrize("widths", [(16, 16, 16), (16, 20, 16, 16), (0, 16, 16, 16)])
def test_other_widths_are_refused(widths):
    with pytest.raises(BadInput, match=r"ResNet18\.widths: expected four multiples"):
        ResNet18(widths)


def test_one_frame_after_another():
    encoder = Framewise(
        Joined({"a": Flatten({"x": (2,)}, 1), "b": Flatten({"y": (1,)}, 1)}), n_obs=2
    )
    obs = {"x": torch.randn(5, 2, 2), "y": torch.randn(5, 2, 1)}
    encoder.fit(obs)
    cond = encoder(obs)
    assert cond.shape == (5, encoder.cond_dim) == (5, 6)
    both = torch.cat((obs["x"], obs["y"]), dim=-1)
    frames = both.flatten(0, 1)
    scaled = (both - frames.mean(0)) / frames.std(0, correction=0)
    torch.testing.assert_close(cond, scaled.flatten(1))


def test_the_latest_frame_alone():
    encoder = Latest(Flatten({"x": (2,)}, 1))
    obs = {"x": torch.randn(5, 3, 2)}
    encoder.fit(obs)
    now = obs["x"][:, -1]
    expected = (now - now.mean(0)) / now.std(0, correction=0)
    torch.testing.assert_close(encoder(obs), expected)
    assert encoder.cond_dim == 2


def test_small_encoders_can_be_rebuilt():
    picture = Picture("eye", 1, Convolutions((8, 8, 16)), KeyPoints(16, 4, 7))
    encoder = Joined({"0": Latest(picture), "1": Flatten({"x": (2,)}, 2)})
    obs = {"eye": bytes_of(3, 2, 48, 48, 3), "x": torch.randn(3, 2, 2)}
    encoder.fit(obs)
    again = from_config(to_config(encoder), CLASSES, "encoder")
    again.load_state_dict(encoder.state_dict())
    assert encoder(obs).shape == (3, 7 + 2 * 2)
    torch.testing.assert_close(again(obs), encoder(obs))


def test_encoders_can_be_rebuilt():
    net = ResNet18((16, 16, 32, 32))
    picture = Picture(
        "eye", 1, net, KeyPoints(32, 4, 7), resize=(40, 40), crop=(32, 32)
    )
    encoder = Framewise(Joined({"0": picture, "1": Flatten({"x": (2,)}, 1)}), 2)
    obs = {"eye": bytes_of(3, 2, 48, 48, 3), "x": torch.randn(3, 2, 2)}
    encoder.fit(obs)
    again = from_config(to_config(encoder), CLASSES, "encoder")
    again.load_state_dict(encoder.state_dict())
    assert encoder(obs).shape == (3, 2 * (7 + 2))
    torch.testing.assert_close(again(obs), encoder(obs))


def test_square_is_seen_in_two_pictures_of_now_and_where_the_hand_was():
    """The border of a picture, which is cut off, is not seen."""
    obs = {name: bytes_of(5, 2, 84, 84, 3) for name in ("image", "wrist")}
    obs["agent_pos"] = torch.randn(5, 2, 9, generator=torch.Generator().manual_seed(0))
    teacher = square_teacher().fit(obs, torch.randn(5, 16, 7)).eval()
    expected = teacher.encoder(obs)
    cut = crops(teacher.encoder)(Batch(obs, torch.zeros(5, 16, 7)), torch.Generator())
    assert {cut.obs[name].shape for name in ("image", "wrist")} == {(5, 2, 76, 76, 3)}

    def changed(name: str, *place: int | slice) -> bool:
        other = obs[name].clone()
        other[(slice(None), *place)] = 255 - other[(slice(None), *place)]
        return not torch.equal(teacher.encoder({**obs, name: other}), expected)

    inner = slice(30, 54)
    for name in ("image", "wrist"):
        assert changed(name, 1, inner, inner)
        assert not changed(name, 0)
        assert not changed(name, 1, slice(0, 4))
    assert changed("agent_pos", 0)
    assert changed("agent_pos", 1)
