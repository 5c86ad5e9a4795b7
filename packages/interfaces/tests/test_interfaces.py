import subprocess
import sys

import pytest
import torch

from onehop_interfaces import (
    BadInput,
    Domain,
    Signature,
    eps_of,
    exit_on_bad_input,
    named,
    noisy,
    score_of,
    velocity_of,
)


def test_needs_only_the_standard_library():
    code = "import sys, onehop_interfaces; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (1, [99]),
        (4, [99, 74, 49, 24]),
        (10, [99, 89, 79, 69, 59, 49, 39, 29, 19, 9]),
        (100, list(range(99, -1, -1))),
    ],
)
def test_discrete_grid_is_trailing(n, expected):
    assert Domain(0, 99, 100).grid(n) == expected


def test_continuous_grid_holds_both_ends():
    assert Domain(0.25, 1.0).grid(4) == [1.0, 0.75, 0.5, 0.25]


@pytest.mark.parametrize("n", [0, 101])
def test_impossible_grids_are_refused(n):
    with pytest.raises(BadInput, match="expected 1 to 100"):
        Domain(0, 99, 100).grid(n)


def test_discrete_times_are_whole():
    t = Domain(0, 99, 100).at(torch.rand(50))
    assert torch.equal(t, t.round())


def test_algebra_inverts_the_forward_process():
    x, eps = torch.randn(2, 3, 4, 2, dtype=torch.float64)
    alpha_t, sigma_t = torch.rand(2, 3, dtype=torch.float64) + 0.1
    x_t = noisy(x, eps, alpha_t, sigma_t)
    torch.testing.assert_close(eps_of(x_t, x, alpha_t, sigma_t), eps)
    score = score_of(x_t, x, alpha_t, sigma_t)
    torch.testing.assert_close(score, -eps / sigma_t[:, None, None])
    torch.testing.assert_close(velocity_of(x_t, x, alpha_t, sigma_t), eps - x)


def test_velocity_is_the_slope_of_the_straight_path():
    x, eps = torch.randn(2, 1, 4, 2, dtype=torch.float64)

    def path(s: float) -> torch.Tensor:
        alpha_t, sigma_t = torch.tensor([[1 - s], [s]], dtype=torch.float64)
        return noisy(x, eps, alpha_t, sigma_t) / (alpha_t + sigma_t)

    slope = (path(0.50001) - path(0.49999)) / 0.00002
    levels = torch.full((2, 1), 0.5, dtype=torch.float64)
    torch.testing.assert_close(velocity_of(path(0.5), x, *levels), slope)


SIGNATURE = Signature({"state": (3,)}, n_obs=2, horizon=4, n_action=2, action_dim=1)


@pytest.mark.parametrize(
    ("obs", "line"),
    [
        ({}, "observation 'state' is missing"),
        ({"state": torch.zeros(1, 2, 4)}, r"expected \(B, 2, 3\), got \(1, 2, 4\)"),
        ({"state": torch.full((1, 2, 3), float("nan"))}, "expected finite values"),
        ({"state": torch.full((1, 2, 3), float("inf"))}, "expected finite values"),
    ],
)
def test_observations_that_do_not_fit_are_refused(obs, line):
    with pytest.raises(BadInput, match=line):
        SIGNATURE.check(obs)


def test_fitting_observations_pass():
    SIGNATURE.check({"state": torch.zeros(7, 2, 3), "extra": torch.zeros(1)})


def test_bad_input_ends_a_program_with_one_line(capsys):
    with pytest.raises(SystemExit) as stop, exit_on_bad_input("onehop-x"):
        raise BadInput("steps: expected 1, got 2")
    assert stop.value.code == 2
    assert capsys.readouterr().err == "onehop-x: steps: expected 1, got 2\n"


def test_defects_keep_their_traceback():
    with pytest.raises(KeyError), exit_on_bad_input("onehop-x"):
        raise KeyError("a defect")


def test_named_gives_the_one_or_names_the_others():
    known = {"b": 2, "a": 1}
    assert named(known, "student head", "b") == 2
    with pytest.raises(BadInput) as error:
        named(known, "student head", None)
    line = "student head: expected one of ['a', 'b'], got 'None'"
    assert str(error.value) == line
