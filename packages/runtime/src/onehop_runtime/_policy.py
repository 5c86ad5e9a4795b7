"""A policy that is an ONNX file: observations and noise in, a plan out.

    plan = session(obs..., noise)

Encoder and normalisation are in the graph. What the policy takes and gives stands in
the file's metadata under "onehop", as JSON:

    {"format": "onehop-onnx", "version": 1, "nfe": 1, "noise": [16, 2],
     "signature": {"obs": {"keypoints": [20]}, "n_obs": 2, "horizon": 16, ...}}

A graph is data: onnxruntime executes the operators that it knows, and no code of the
file's.

References:
    | Open Neural Network Exchange | https://onnx.ai
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray

from onehop_interfaces import (
    BadInput,
    Signature,
    file_size,
    parse_json,
    reading,
    settings,
    whole,
)

__all__ = ["FORMAT", "OnnxPolicy", "decide"]

FORMAT = {"format": "onehop-onnx", "version": 1}

DTYPES = {
    "tensor(double)": np.float64,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class OnnxPolicy:
    """A policy of numpy arrays; see `onehop_interfaces.Policy`.

    Args:
        path: A file that `onehop_runtime.export.export_onnx` wrote.
        threads: CPU threads of one decision.

    Raises:
        BadInput: if it is no such file.
    """

    def __init__(self, path: str | Path, threads: int = 1) -> None:
        file_size(Path(path))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        with reading(path, "an ONNX file"):
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        about = self._session.get_modelmeta().custom_metadata_map.get("onehop", "{}")
        found = parse_json(about, f"{path}: metadata")
        names = (*FORMAT, "nfe", "noise", "signature")
        about = settings(found, f"{path}: metadata", names)
        came = {key: about[key] for key in FORMAT}
        if came != FORMAT:
            raise BadInput(f"{path}: expected {FORMAT}, got {came}")
        self.signature = Signature.from_json(about["signature"])
        self.nfe = whole(about["nfe"], f"{path}: nfe", 0, 2**31)
        self.noise = tuple(whole(n, f"{path}: noise", 1, 2**31) for n in about["noise"])
        self._dtypes = {i.name: DTYPES[i.type] for i in self._session.get_inputs()}
        expected = {"noise", *self.signature.obs}
        if not self._dtypes.keys() <= expected:
            came_names = sorted(self._dtypes)
            raise BadInput(f"{path}: expected inputs {sorted(expected)}: {came_names}")

    def act(
        self, obs: Mapping[str, NDArray[Any]], noise: NDArray[Any]
    ) -> NDArray[np.float32]:
        """Plans (B, H, S + A) in the environment's units.

        Args:
            obs: Observations, each (B, n_obs, ...); they fit the signature.
            noise: Standard normal numbers (B, *`noise`).
        """
        given = {**obs, "noise": noise}
        feeds = {k: np.asarray(given[k], dtype) for k, dtype in self._dtypes.items()}
        (plan,) = self._session.run(None, feeds)
        return np.asarray(plan)


def decide(
    policy: OnnxPolicy, obs: Mapping[str, NDArray[Any]], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Plans (B, H, S + A): `onehop_interfaces.acting.decide`, in numpy.

    Args:
        policy: Any.
        obs: Observations, each (B, n_obs, ...).
        rng: Source of all chance.

    Raises:
        BadInput: if `obs` does not fit the policy's signature.
    """
    policy.signature.check(cast(Any, obs))
    batch = len(next(iter(obs.values())))
    noise = rng.standard_normal((batch, *policy.noise), np.float32)
    return policy.act(obs, noise)
