"""Experts of DAPG: published policies of the Adroit hand as arrays, an MLP and scales.

    h_0 = (s - shift) / (scale + 1e-8)
    h_k = tanh(W_k h_{k-1} + b_k)
    mu  = scale' (W_K h_{K-1} + b_K) + shift'

    a = mu + noise std z within +-1,      z ~ N(0, I), std the same in all states

The scales are affine, and so part of the first and the last layer: what is left is an
`Actor`.

A file has several, an npz of arrays named ENVIRONMENT/ARRAY: weight0, bias0, ...,
in_shift, in_scale, out_shift, out_scale, log_std.

References:
    | Learning Complex Dexterous Manipulation with Deep Reinforcement Learning and
    | Demonstrations (Rajeswaran et al., 2018), whose policies such files hold
    | https://arxiv.org/abs/1709.10087, https://github.com/aravindr93/hand_dapg
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, naming

from ._actor import Actor, arrays_of

__all__ = ["load_dapg"]

Arrays = Mapping[str, NDArray[Any]]


def load_dapg(path: str | Path, environment: str) -> Actor:
    """An environment's expert.

    Args:
        path: The file.
        environment: As the file calls it, such as "door".

    Raises:
        BadInput: naming the file, what was expected and what came.
    """
    arrays = arrays_of(Path(path), environment)
    if not arrays:
        raise BadInput(f"{path}: expected an expert of {environment}, found none")
    with naming(f"{path}: {environment}"):
        try:
            of = _unscaled(arrays)
        except (KeyError, ValueError) as error:
            raise BadInput(
                f"actor: expected an MLP, its scales and its spread, "
                f"got {sorted(arrays)} ({error})"
            ) from None
        return Actor(of)


def _unscaled(of: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays of an `Actor` that does the same."""
    last = sum(name.startswith("weight") for name in of) - 1
    layers = {
        name: of[name].astype(np.float64)
        for k in range(last)
        for name in (f"weight{k}", f"bias{k}")
    }
    first = layers["weight0"] / (of["in_scale"].astype(np.float64) + 1e-8)
    layers["bias0"] = layers["bias0"] - first @ _row(of["in_shift"], first.shape[1])
    scale = _row(of["out_scale"], len(of[f"bias{last}"]))
    return {
        **layers,
        "weight0": first,
        "mean_weight": scale[:, None] * of[f"weight{last}"],
        "mean_bias": scale * of[f"bias{last}"] + of["out_shift"],
        "std": np.exp(of["log_std"].astype(np.float64)),
        "activation": np.array("tanh"),
    }


def _row(numbers: NDArray[Any], dim: int) -> NDArray[np.float64]:
    """As many numbers; one is one for all."""
    return np.broadcast_to(numbers.astype(np.float64), (dim,))
