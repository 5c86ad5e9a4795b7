"""DAPG's experts against their formula written out."""

import numpy as np
import pytest

from onehop_envs import load_dapg
from onehop_interfaces import BadInput


def arrays(scaled: bool) -> dict[str, np.ndarray]:
    """Of 3 numbers to 2, with scales of their own or, as the pen's, with none."""
    rng = np.random.default_rng(0)
    made = {
        "weight0": rng.normal(size=(5, 3)),
        "bias0": rng.normal(size=5),
        "weight1": rng.normal(size=(4, 5)),
        "bias1": rng.normal(size=4),
        "weight2": rng.normal(size=(2, 4)),
        "bias2": rng.normal(size=2),
        "in_shift": rng.normal(size=3) if scaled else np.array(0.0),
        "in_scale": np.array([0.5, 0.01, 2.0]) if scaled else np.array(1.0),
        "out_shift": np.array([0.1, -0.2]) if scaled else np.array(0.0),
        "out_scale": np.array([0.2, 0.5]) if scaled else np.array(1.0),
        "log_std": np.array([-1.0, 0.5]),
    }
    return {name: array.astype(np.float32) for name, array in made.items()}


def saved(tmp_path, of: dict[str, np.ndarray]):
    path = tmp_path / "experts.npz"
    np.savez(path, **{f"toy/{name}": array for name, array in of.items()})
    return path


@pytest.mark.parametrize("scaled", [True, False])
def test_an_expert_is_its_formula(tmp_path, scaled: bool) -> None:
    of, s = arrays(scaled), np.array([0.3, -1.0, 2.0])
    h = (s - of["in_shift"]) / (of["in_scale"].astype(float) + 1e-8)
    h = np.tanh(of["weight0"] @ h + of["bias0"])
    h = np.tanh(of["weight1"] @ h + of["bias1"])
    mu = (of["weight2"] @ h + of["bias2"]) * of["out_scale"] + of["out_shift"]
    z = np.random.default_rng(7).standard_normal(2)
    expert = load_dapg(saved(tmp_path, of), "toy")
    for noise in (0.0, 0.5):
        found = expert.act(s, noise, np.random.default_rng(7))
        expected = np.clip(mu + noise * np.exp(of["log_std"]) * z, -1, 1)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {"weight2": np.zeros((2, 3))},
        {"in_scale": np.zeros(4)},
        {"out_shift": np.full(2, np.nan)},
        {"log_std": np.zeros(3)},
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, change) -> None:
    path = saved(tmp_path, arrays(True) | change)
    with pytest.raises(BadInput, match=r"experts.npz: toy: actor: expected"):
        load_dapg(path, "toy")


@pytest.mark.parametrize("missing", ["weight0", "bias1", "in_shift", "log_std"])
def test_what_is_missing_is_named(tmp_path, missing: str) -> None:
    of = {name: array for name, array in arrays(True).items() if name != missing}
    with pytest.raises(BadInput, match=r"experts.npz: toy: actor: expected an MLP"):
        load_dapg(saved(tmp_path, of), "toy")


def test_an_expert_of_something_else_is_none(tmp_path) -> None:
    with pytest.raises(BadInput, match="an expert of door, found none"):
        load_dapg(saved(tmp_path, arrays(True)), "door")
