import pytest
import torch

from onehop_consistency import pseudo_huber, squared_error


def apart(distance: float, numbers: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Two chunks of that Euclidean distance."""
    a = torch.randn(1, numbers // 2, 2, dtype=torch.float64)
    way = torch.randn_like(a)
    return a, a + distance * way / way.norm()


def test_squared_error_sums_over_the_chunk():
    assert squared_error(*apart(3.0)).item() == pytest.approx(9.0)


def test_pseudo_huber_in_numbers():
    """sqrt(3^2 + 4^2) - 4 = 1, in units of c / 4."""
    unit = 0.00054 * 4**0.5 / 4
    assert pseudo_huber(*apart(3 * unit)).item() == pytest.approx(unit)


def test_pseudo_huber_is_quadratic_when_near_and_linear_when_far():
    """Quartic, as with the square of a mean square, would be 16 times and 4 times."""
    c = 0.00054 * 4**0.5
    near = pseudo_huber(*apart(c / 50)) / pseudo_huber(*apart(c / 100))
    far = pseudo_huber(*apart(2000 * c)) / pseudo_huber(*apart(1000 * c))
    assert near.item() == pytest.approx(4, rel=1e-3)
    assert far.item() == pytest.approx(2, rel=1e-3)


@pytest.mark.parametrize("distance", [squared_error, pseudo_huber])
def test_one_value_per_example_and_zero_for_equals(distance):
    a, b = torch.randn(2, 5, 3, 2)
    assert distance(a, b).shape == (5,)
    torch.testing.assert_close(distance(a, b)[1:2], distance(a[1:2], b[1:2]))
    assert torch.equal(distance(a, a), torch.zeros(5))


def test_pseudo_huber_of_near_chunks_keeps_its_digits():
    """d^2 / 2c, where in single precision sqrt(d^2 + c^2) - c has no digit left."""
    apart, c = 1e-6, 0.00054 * 512**0.5
    a = torch.zeros(1, 256, 2)
    distance = pseudo_huber(a, a + apart / 512**0.5)
    assert distance.item() == pytest.approx(apart**2 / (2 * c), rel=1e-4)
