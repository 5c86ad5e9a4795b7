"""Students without torch: the same decisions by ONNX, for their latency.

Each is exported to a file that nobody keeps. The decision timed is the one that a robot
makes with `onehop_runtime`: check, draw, one call of the session.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import Policy
from onehop_runtime import OnnxPolicy, decide
from onehop_runtime.export import export_onnx

from ._latency import Decide

__all__ = ["onnx_decider"]


def onnx_decider(policy: Policy, obs: Mapping[str, NDArray[np.float32]]) -> Decide:
    """Decide by ONNX on one thread, from one window (1, n_obs, ...) by name."""
    with tempfile.TemporaryDirectory() as folder:
        written = OnnxPolicy(export_onnx(policy, Path(folder) / "policy.onnx"))
    rng = np.random.default_rng(0)
    return lambda: decide(written, obs, rng)
