"""Writing a policy as an ONNX file.

What is traced is `Policy.act`, which has no chance of its own: encoder, network and
normalisation are in the graph, the noise is an input, the number of rows is open. The
file is tried out on random inputs before it is kept, since a tracer that took a number
for a constant says nothing.

References:
    | torch.onnx, the exporter based on torch.export
    | https://docs.pytorch.org/docs/stable/onnx.html

This module needs torch, onnx and onnxscript.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Policy, whole_file

from ._policy import FORMAT, OnnxPolicy

__all__ = ["export_onnx"]

ROWS = (1, 2, 64)
"""Batches that a file is tried out on."""
MOST_APART = 1e-4
"""Of the plan's largest number, between torch and ONNX."""


class _Act(nn.Module):
    """`act` as a module's `forward`, with the policy's tensors in reach."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy
        if not isinstance(policy, nn.Module):
            # One that samples from a network, and is none.
            self.parts = nn.ModuleList(
                part for part in vars(policy).values() if isinstance(part, nn.Module)
            )

    def forward(self, obs: dict[str, Tensor], noise: Tensor) -> Tensor:
        return self.policy.act(obs, noise)


@torch.no_grad()
def export_onnx(
    policy: Policy,
    path: str | Path,
    dtypes: Mapping[str, torch.dtype] | None = None,
) -> Path:
    """Write a policy as an ONNX file, whole or not at all.

    Args:
        policy: On the CPU, in evaluation mode; a module, or one that holds modules.
        path: Where to; its parents are made.
        dtypes: Types of observations that are not float32, such as pictures.

    Returns:
        The path.

    Raises:
        BadInput: if the file does not do what the policy does.
    """
    path = Path(path)
    module, inputs = _Act(policy).eval(), _random(policy, 3, dtypes or {})
    batch = torch.export.Dim("batch")
    program = _quietly(
        torch.onnx.export,
        module,
        inputs,
        dynamo=True,
        dynamic_shapes=({name: {0: batch} for name in inputs[0]}, {0: batch}),
        input_names=[*inputs[0], "noise"],
        output_names=["plan"],
        optimize=True,
        verbose=False,
    )
    model = program.model_proto
    about = {
        **FORMAT,
        "nfe": policy.nfe,
        "noise": list(policy.noise),
        "signature": policy.signature.to_json(),
    }
    onnx.helper.set_model_props(model, {"onehop": json.dumps(about)})
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as temporary:
        onnx.save(model, temporary)
        _try_out(policy, OnnxPolicy(temporary), dtypes or {})
    return path


def _random(
    policy: Policy, batch: int, dtypes: Mapping[str, torch.dtype]
) -> tuple[dict[str, Tensor], Tensor]:
    """Observations and noise of so many rows."""
    draw, signature = torch.Generator().manual_seed(batch), policy.signature
    obs = {}
    for name, shape in signature.obs.items():
        dtype = dtypes.get(name, torch.float32)
        size = (batch, signature.n_obs, *shape)
        if dtype.is_floating_point:
            obs[name] = torch.randn(size, generator=draw, dtype=dtype)
        else:
            obs[name] = torch.randint(256, size, generator=draw).to(dtype)
    return obs, torch.randn(batch, *policy.noise, generator=draw)


def _try_out(
    policy: Policy, written: OnnxPolicy, dtypes: Mapping[str, torch.dtype]
) -> None:
    """Refuse a file that says something else than the policy it was made from."""
    for batch in ROWS:
        obs, noise = _random(policy, batch, dtypes)
        expected = policy.act(obs, noise).numpy()
        arrays = {name: array.numpy() for name, array in obs.items()}
        found = written.act(arrays, noise.numpy())
        apart = float(np.abs(found - expected).max() / np.abs(expected).max())
        if not apart <= MOST_APART:
            raise BadInput(
                f"export: expected the policy's plans of {batch} rows, got some that "
                f"are {apart:.1g} apart"
            )


def _quietly(export: Any, *args: Any, **kwargs: Any) -> Any:
    """The exporter's answer, without what it warns of itself and of torchvision."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return cast(Any, export(*args, **kwargs))
    finally:
        log.setLevel(before)
