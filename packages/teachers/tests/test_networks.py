from collections.abc import Sequence
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.testing import assert_close

from onehop_interfaces import BadInput
from onehop_teachers import ResidualMLP, UNet1D
from onehop_teachers._embedding import SinusoidalEmbedding
from onehop_teachers._networks._unet import _Block


def small_networks() -> list[nn.Module]:
    torch.manual_seed(0)
    return [
        ResidualMLP(8, 2, 5, width=16, blocks=2, time_dim=8),
        UNet1D(8, 2, 5, down_dims=(8, 16), time_dim=8, kernel=3, groups=4),
    ]


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def unet_parameters(dims: Sequence[int], a: int, c: int, time: int, k: int) -> int:
    """Size of the published U-Net, layer by layer from the paper's description."""

    def block(i: int, o: int) -> int:
        convolutions = (i * k + 1) * o + 2 * o + (o * k + 1) * o + 2 * o
        skip = (i + 1) * o if i != o else 0
        return convolutions + (time + c + 1) * 2 * o + skip

    size = (time + 1) * 4 * time + (4 * time + 1) * time
    for i, o in zip((a, *dims), dims, strict=False):
        size += block(i, o) + block(o, o)
    for d in dims[:-1]:
        size += (3 * d + 1) * d  # halving
        size += (4 * d * d + d) + block(d, d)  # doubling, second block up
    for i, o in pairwise(dims):
        size += block(2 * o, i)
    size += 2 * block(dims[-1], dims[-1])
    return size + (dims[0] * k + 1) * dims[0] + 2 * dims[0] + (dims[0] + 1) * a


@pytest.mark.parametrize("network", small_networks(), ids=lambda n: type(n).__name__)
def test_rows_are_independent_and_every_input_matters(network: nn.Module) -> None:
    x_t, t, cond = (
        torch.randn(3, 8, 2),
        torch.tensor([1.0, 50.0, 99.0]),
        torch.ones(3, 5),
    )
    out = network(x_t, t, cond)
    assert out.shape == x_t.shape
    rows = [network(x_t[i, None], t[i, None], cond[i, None]) for i in range(3)]
    assert_close(torch.cat(rows), out, rtol=1e-5, atol=1e-5)
    for changed in ((x_t + 1, t, cond), (x_t, t + 1, cond), (x_t, t, cond + 1)):
        assert not torch.allclose(network(*changed), out, atol=1e-5)


@pytest.mark.parametrize("network", small_networks(), ids=lambda n: type(n).__name__)
def test_gradients_are_those_of_finite_differences(network: nn.Module) -> None:
    network.double()
    x_t = torch.randn(1, 8, 2, dtype=torch.float64, requires_grad=True)
    cond = torch.randn(1, 5, dtype=torch.float64, requires_grad=True)
    t = torch.tensor([30.0], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x, c: network(x, t, c), (x_t, cond))
    network(x_t, t, cond).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_mlp_has_the_size_of_the_push_t_teacher() -> None:
    assert count(ResidualMLP(16, 2, 58)) == 2_202_144


@pytest.mark.parametrize(
    ("dims", "time", "cond", "millions"),
    [((256, 512, 1024), 256, 40, 65.8), ((512, 1024, 2048), 128, 10, 248.0)],
)
def test_unet_has_the_published_sizes(
    dims: tuple[int, ...], time: int, cond: int, millions: float
) -> None:
    with torch.device("meta"):
        size = count(UNet1D(16, 2, cond, dims, time))
    assert size == unet_parameters(dims, 2, cond, time, 5)
    assert size / 1e6 == pytest.approx(millions, abs=0.1)


def test_unet_block_is_film_between_two_convolutions() -> None:
    torch.manual_seed(0)
    block = _Block(4, 8, cond_dim=3, kernel=5, groups=2)
    h, cond = torch.randn(2, 4, 6), torch.randn(2, 3)

    def convolution(layers: nn.Sequential, h: Tensor) -> Tensor:
        weights, norm = layers[0], layers[1]
        assert isinstance(weights, nn.Conv1d)
        assert isinstance(norm, nn.GroupNorm)
        h = F.conv1d(h, weights.weight, weights.bias, padding=2)
        return F.mish(F.group_norm(h, 2, norm.weight, norm.bias))

    linear, skip = block.film[1], block.skip
    assert isinstance(linear, nn.Linear)
    film = F.mish(cond) @ linear.weight.T + linear.bias
    out = convolution(block.convolution1, h) * film[:, :8, None] + film[:, 8:, None]
    expected = convolution(block.convolution2, out) + skip(h)
    assert_close(block(h, cond), expected, rtol=1e-5, atol=1e-5)


def test_unet_refuses_a_chunk_it_cannot_halve() -> None:
    with pytest.raises(BadInput, match=r"horizon: expected a multiple of 4 .* got 6"):
        UNet1D(6, 2, 5, down_dims=(8, 8, 8))


def test_embedding_is_that_of_transformers() -> None:
    t = torch.tensor([0.0, 7.0, 99.0])
    features = SinusoidalEmbedding(6)(t)
    for i, w in enumerate((1.0, 10_000**-0.5, 1 / 10_000)):
        assert_close(features[:, i], torch.sin(w * t), rtol=1e-5, atol=1e-6)
        assert_close(features[:, 3 + i], torch.cos(w * t), rtol=1e-5, atol=1e-6)
