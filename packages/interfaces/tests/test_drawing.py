import pytest
import torch
from torch import nn

from onehop_interfaces.drawing import reset_weights, seeded, standard_normal, uniform
from onehop_interfaces.testing import check_uniform


def network() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GRU(4, 2))


def test_fresh_weights_are_those_of_a_new_network_of_the_same_seed():
    generator = torch.Generator().manual_seed(7)
    net = network()
    net.register_buffer("statistics", torch.ones(2))
    for parameter in net.parameters():
        nn.init.constant_(parameter, 5.0)
    with seeded(generator):
        reset_weights(net)
    torch.manual_seed(7)
    expected = network().state_dict() | {"statistics": torch.ones(2)}
    assert net.state_dict().keys() == expected.keys()
    for name, tensor in net.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_an_encoder_that_is_told_apart_keeps_what_it_learnt():
    net = network()
    net.spaces = nn.Linear(2, 2)
    before = [p.detach().clone() for p in net.parameters()]
    reset_weights(net)
    pairs = zip(net.parameters(), before, strict=True)
    changed = [not torch.equal(*pair) for pair in pairs]
    assert changed[0]
    assert not any(changed[-2:])


@pytest.mark.parametrize("error", [None, ValueError])
def test_generators_are_put_back(error):
    generator = torch.Generator().manual_seed(7)
    before = torch.get_rng_state(), generator.get_state()
    try:
        with seeded(generator):
            torch.rand(3)
            if error is not None:
                raise error
    except ValueError:
        pass
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.equal(generator.get_state(), before[1])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_noise_is_like_what_it_is_wanted_for(dtype):
    like = torch.empty(2, 5, 3, dtype=dtype)
    z = standard_normal(like, torch.Generator().manual_seed(1))
    again = torch.Generator().manual_seed(1)
    assert z.dtype is dtype
    assert torch.equal(z, torch.randn(2, 5, 3, generator=again, dtype=dtype))
    assert standard_normal(like, None).shape == like.shape


def test_noise_is_standard_normal():
    z = standard_normal(torch.empty(100_000), torch.Generator().manual_seed(0))
    assert float(z.mean()) == pytest.approx(0, abs=0.02)
    assert float(z.var()) == pytest.approx(1, abs=0.02)


def test_uniform_numbers_lie_between_their_bounds():
    u = uniform(1000, torch.Generator().manual_seed(0), -1.0, 3.0)
    check_uniform(u, -1.0, 3.0)
    again = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(u, 4 * again - 1)


def test_rows_with_a_generator_each_do_not_see_one_another():
    def draws(*seeds: int) -> list[torch.Generator]:
        return [torch.Generator().manual_seed(seed) for seed in seeds]

    three = standard_normal(torch.empty(3, 2, 4), draws(5, 6, 7))
    assert torch.equal(standard_normal(torch.empty(1, 2, 4), draws(6)), three[1:2])
    with pytest.raises(ValueError, match="shorter"):
        standard_normal(torch.empty(3, 2), draws(5, 6))


def test_noise_comes_to_where_the_network_is():
    """Drawn on the generator's device, here the CPU; a device without numbers does."""
    elsewhere = torch.empty(2, 3, device="meta")
    assert standard_normal(elsewhere, torch.Generator()).device.type == "meta"
