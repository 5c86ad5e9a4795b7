"""Policies as they are stored: ONNX files, students' checkpoints, teachers'.

A file is an exported student, run without torch; so is `policy.onnx` in a folder. Else
a folder holds a checkpoint, and torch has to be there:
`pip install onehop-control[torch]`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, read_file
from onehop_runtime import OnnxPolicy

from ._contract import check_signature
from ._sampled import ArrayPolicy, Floats

__all__ = ["TorchPolicy", "contents_sha256", "load"]

MOST = 2**32
"""A file is at most that long [bytes]."""
HEUN_STEPS = 18
"""Of a teacher of continuous time, as EDM takes them."""


class TorchPolicy:
    """A policy of tensors as one of arrays.

    Args:
        policy: See `onehop_interfaces.Policy`.
        device: Where it computes; it is there already.
    """

    def __init__(self, policy: Any, device: str = "cpu") -> None:
        self.policy, self.device = policy, device
        self.signature, self.noise = policy.signature, policy.noise

    def act(self, obs: Mapping[str, NDArray[Any]], noise: NDArray[Any]) -> Floats:
        """Plans (B, H, A), in the host's memory."""
        import torch

        def tensor(array: NDArray[Any]) -> torch.Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

        with torch.inference_mode():
            seen = {name: tensor(value) for name, value in obs.items()}
            plans = self.policy.act(seen, tensor(noise))
            return np.asarray(plans.float().cpu().numpy())


def load(
    path: Path, threads: int = 1, steps: int | None = None, device: str = "cpu"
) -> ArrayPolicy:
    """A policy of this task.

    Args:
        path: A file or a folder.
        threads: Of the processor that a decision may use.
        steps: A teacher's, by DDIM; all of them by DDPM if None.
        device: Where checkpoints compute.

    Raises:
        BadInput: if there is none, it is of another task, or torch is not there.
    """
    file = _file(path)
    if file is not None:
        policy: ArrayPolicy = OnnxPolicy(file, threads)
    else:
        policy = _checkpoint(path, threads, steps, device)
    check_signature(path, policy.signature)
    return policy


def contents_sha256(path: Path) -> str:
    """SHA-256 of what `load` reads.

    Raises:
        BadInput: if there is none.
    """
    file = _file(path)
    if file is not None:
        return hashlib.sha256(read_file(file, MOST)).hexdigest()
    return str(_torch_side(path).checkpoint_sha256(path))


def _file(path: Path) -> Path | None:
    """The ONNX file that a path names; None if it is a folder without one."""
    if not path.is_dir():
        return path
    file = path / "policy.onnx"
    return file if file.is_file() else None


def _torch_side(path: Path) -> Any:
    """The teachers' package.

    Raises:
        BadInput: if it is not there.
    """
    try:
        import onehop_teachers
    except ImportError as error:
        raise BadInput(
            f"{path}: expected an ONNX file, or pip install onehop-control[torch] to "
            f"read a checkpoint; got {error}"
        ) from None
    return onehop_teachers


def _checkpoint(
    path: Path, threads: int, steps: int | None, device: str
) -> ArrayPolicy:
    teachers = _torch_side(path)
    import torch

    from onehop_methods import load_policy

    torch.set_num_threads(threads)
    folder = teachers.checkpoint_in(path)
    if "policy" in teachers.load_checkpoint(folder).config:
        return TorchPolicy(load_policy(folder).to(device), device)
    teacher = teachers.load_teacher(folder).to(device)
    known = teacher.schedule.domain.steps
    if steps is not None:
        sampler = teachers.euler if known is None else teachers.ddim
    else:
        sampler = teachers.heun if known is None else teachers.ddpm
        steps = HEUN_STEPS if known is None else known
    return TorchPolicy(teachers.SampledPolicy(teacher, sampler, steps), device)
