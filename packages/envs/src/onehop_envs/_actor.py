"""Actors: published policies of locomotion as arrays, an MLP and a spread.

    h_0 = s, or (s - mean) / sqrt(var + 1e-8) within +-10 where it says so
    h_k = activation(W_k h_{k-1} + b_k)
    mu  = W h_K + b

    a = tanh(mu + noise std z),      log std = W' h_K + b' within -20 to 2     SAC, TQC
    a = mu + noise std z within +-1, std the same in all states                PPO, TRPO

with z ~ N(0, I): at noise 0 the actor is its mean, at 1 what its makers trained.

A file has several, an npz of arrays named ENVIRONMENT/ALGORITHM/ARRAY: weight0, bias0,
..., mean_weight, mean_bias, activation; log_std_weight and log_std_bias, or std,
obs_mean and obs_var.

References:
    | Soft Actor-Critic (Haarnoja et al., 2018), appendix C
    | https://arxiv.org/abs/1801.01290
    | RL Baselines3 Zoo, whose trained agents such files hold
    | https://github.com/DLR-RM/rl-baselines3-zoo
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, file_size, named, naming, reading

__all__ = ["Actor", "arrays_of", "load_actors"]

Array = NDArray[np.floating[Any]]

MOST_BYTES = 2**28
"""Of all arrays in a file."""

ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "relu": lambda h: np.maximum(h, 0.0),
}


class Actor:
    """One of them.

    Args:
        arrays: By name, as the module's text says.

    Raises:
        BadInput: if an array is missing, or the layers do not fit one another.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._of = {name: array for name, array in arrays.items() if array.ndim}
        said = str(arrays.get("activation", np.array("none")))
        self._activation = named(ACTIVATIONS, "actor: activation", said)
        self._hidden = sum(name.startswith("weight") for name in arrays)
        self._squashed = "log_std_weight" in self._of
        try:
            mu, std = self._mean_and_std(np.zeros(self.state_dim))
            fits = mu.shape == std.shape == (self.action_dim,)
        except (KeyError, ValueError) as error:
            raise BadInput(
                f"actor: expected an MLP and its spread, got {sorted(arrays)} ({error})"
            ) from None
        if not fits or not np.isfinite([mu, std]).all():
            raise BadInput(
                f"actor: expected finite means and spreads of {self.action_dim} "
                f"numbers, got {mu.shape} and {std.shape}"
            )

    @property
    def state_dim(self) -> int:
        """Numbers of a state."""
        return int(self._of["weight0"].shape[1])

    @property
    def action_dim(self) -> int:
        """Numbers of an action."""
        return int(self._of["mean_weight"].shape[0])

    def act(self, s: Array, noise: float, rng: np.random.Generator) -> Array:
        """The action (A,) in a state (S,), each number in -1 to 1."""
        mu, std = self._mean_and_std(s)
        a = mu + noise * std * rng.standard_normal(len(mu))
        squashed: Array = np.tanh(a) if self._squashed else np.clip(a, -1.0, 1.0)
        return squashed

    def _mean_and_std(self, s: Array) -> tuple[Array, Array]:
        of, h = self._of, s
        if "obs_mean" in of:
            h = np.clip((s - of["obs_mean"]) / np.sqrt(of["obs_var"] + 1e-8), -10, 10)
        for k in range(self._hidden):
            h = self._activation(of[f"weight{k}"] @ h + of[f"bias{k}"])
        mu = of["mean_weight"] @ h + of["mean_bias"]
        if not self._squashed:
            return mu, of["std"]
        log_std = of["log_std_weight"] @ h + of["log_std_bias"]
        return mu, np.exp(np.clip(log_std, -20.0, 2.0))


def load_actors(path: str | Path, environment: str) -> dict[str, Actor]:
    """An environment's actors, by their algorithm's name.

    Raises:
        BadInput: naming the file, what was expected and what came.
    """
    arrays = arrays_of(Path(path), environment)
    algorithms = dict.fromkeys(name.split("/")[0] for name in arrays)
    if not algorithms:
        raise BadInput(f"{path}: expected actors of {environment}, found none")
    with naming(f"{path}: {environment}"):
        return {
            algorithm: Actor(
                {
                    name.removeprefix(f"{algorithm}/"): array
                    for name, array in arrays.items()
                    if name.startswith(f"{algorithm}/")
                }
            )
            for algorithm in algorithms
        }


def arrays_of(path: Path, environment: str) -> dict[str, NDArray[Any]]:
    """The arrays of one environment, under the rest of their names.

    Raises:
        BadInput: if the file is no npz of arrays, or a large one.
    """
    file_size(path)
    with reading(path, "an npz of actors"):
        with zipfile.ZipFile(path) as archive:
            total = sum(info.file_size for info in archive.infolist())
        if total > MOST_BYTES:
            raise BadInput(f"{path}: expected at most {MOST_BYTES} bytes, has {total}")
        with np.load(path, allow_pickle=False) as file:
            return {
                name.removeprefix(f"{environment}/"): file[name]
                for name in file.files
                if name.startswith(f"{environment}/")
            }
