import dataclasses
import subprocess
import sys

import numpy as np
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


def test_discrete_times_are_the_nearest_whole_ones():
    t = Domain(0, 99, 100).at(torch.tensor([0.0, 0.004, 0.006, 0.5001, 0.996, 1.0]))
    assert t.tolist() == [0, 0, 1, 50, 99, 99]


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


@pytest.mark.parametrize("kind", ["float16", "float64", "int64", "uint8", "bool"])
@pytest.mark.parametrize("library", [np, torch])
def test_every_kind_of_number_passes(library, kind):
    most = {"float16": 60_000, "bool": True}.get(kind, 200)
    state = np.full((3, 2, 3), most, kind)  # the sum of all is no float16
    if library is torch:
        state = torch.from_numpy(state)
    SIGNATURE.check({"state": state})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_no_value_of_an_array_may_be_infinite(kind, bad):
    state = np.zeros((3, 2, 3), kind)
    state[1, 1, 2] = bad
    with pytest.raises(BadInput, match="expected finite values"):
        SIGNATURE.check({"state": state})
    with pytest.raises(BadInput, match="expected finite values"):
        SIGNATURE.check({"state": torch.from_numpy(state)})


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (np.zeros((1, 2, 3), complex), "expected numbers, got complex128"),
        (torch.zeros(1, 2, 3, dtype=torch.cfloat), "expected numbers, got torch.com"),
        (np.full((1, 2, 3), "a"), "expected numbers, got <U1"),
        (np.full((1, 2, 3), None), "expected numbers, got object"),
        ([[[0.0] * 3] * 2], "expected numbers, got list"),
        (np.zeros((2, 3)), r"expected \(B, 2, 3\), got \(2, 3\)"),
        (np.zeros(()), r"expected \(B, 2, 3\), got \(\)"),
    ],
)
def test_observations_that_are_no_such_numbers_are_refused(state, line):
    with pytest.raises(BadInput, match=line):
        SIGNATURE.check({"state": state})


def test_observations_of_two_sizes_of_batch_are_refused():
    signature = Signature({"a": (3,), "b": ()}, 2, 4, 2, 1)
    signature.check({"a": torch.zeros(7, 2, 3), "b": torch.zeros(7, 2)})
    with pytest.raises(BadInput, match=r"'b': expected \(7, 2\), got \(1, 2\)"):
        signature.check({"a": torch.zeros(7, 2, 3), "b": torch.zeros(1, 2)})


@pytest.mark.parametrize(
    ("change", "line"),
    [
        *(
            ({"n_action": n}, "n_action: expected a whole number of 1 to 4")
            for n in (0, -1, 5, 20, 2.0, True, None, "2")
        ),
        ({"n_obs": 0}, "n_obs: expected a whole number of 1 to 1000, got 0"),
        ({"n_obs": 10**9}, "n_obs"),
        ({"horizon": 0}, "horizon"),
        ({"horizon": 10**9}, "horizon"),
        ({"action_dim": 0}, "action_dim"),
        ({"action_dim": 16_385}, "action_dim: expected a whole number of 1 to 16384"),
        ({"now": -1}, "now: expected a whole number of 0 to 3, got -1"),
        ({"now": 4}, "now"),
        ({"now": 3}, "n_action: expected a whole number of 1 to 1, got 2"),
        ({"obs": {}}, "obs: expected names and shapes"),
        ({"obs": None}, "obs: expected names and shapes"),
        ({"obs": {"a": (3, 0)}}, "obs 'a': expected a tuple of whole numbers above 0"),
        ({"obs": {"a": [3]}}, "obs 'a'"),
        ({"obs": {"a": (3.0,)}}, "obs 'a'"),
        ({"obs": {"a": (10**5, 10**5)}}, "at most 67108864 numbers"),
    ],
)
def test_signatures_of_no_policy_are_refused(change, line):
    fields = dataclasses.asdict(SIGNATURE)
    with pytest.raises(BadInput, match=line) as caught:
        Signature(**{**fields, **change})
    assert "\n" not in str(caught.value)


def test_what_is_due_starts_now():
    plan = torch.arange(8.0).view(1, 8, 1)
    due = Signature({"a": (1,)}, 3, 8, 4, 1, now=2).due(plan)
    assert due.flatten().tolist() == [2, 3, 4, 5]
    assert SIGNATURE.due(plan[:, :4]).flatten().tolist() == [0, 1]


def test_bad_input_ends_a_program_with_one_line(capsys):
    with pytest.raises(SystemExit) as stop, exit_on_bad_input("onehop-x"):
        raise BadInput("steps: expected 1, got 2")
    assert stop.value.code == 2
    assert capsys.readouterr().err == "onehop-x: steps: expected 1, got 2\n"


def test_defects_keep_their_traceback():
    with pytest.raises(KeyError), exit_on_bad_input("onehop-x"):
        raise KeyError("a defect")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (FileExistsError(17, "File exists", "a"), "a: File exists"),
        (
            RuntimeError("Error while serializing: I/O error: No space (os error 28)"),
            "No space (os error 28)",
        ),
    ],
)
def test_what_the_system_refuses_is_one_line(error, line, capsys):
    with pytest.raises(SystemExit) as stop, exit_on_bad_input("onehop-x"):
        raise error
    assert stop.value.code == 2
    assert capsys.readouterr().err == f"onehop-x: {line}\n"


@pytest.mark.parametrize("error", [OSError("of a library"), RuntimeError("os error")])
def test_what_it_does_not_keeps_its_traceback(error):
    with pytest.raises(type(error)), exit_on_bad_input("onehop-x"):
        raise error


def test_named_gives_the_one_or_names_the_others():
    known = {"b": 2, "a": 1}
    assert named(known, "student head", "b") == 2
    with pytest.raises(BadInput) as error:
        named(known, "student head", None)
    line = "student head: expected one of ['a', 'b'], got 'None'"
    assert str(error.value) == line
