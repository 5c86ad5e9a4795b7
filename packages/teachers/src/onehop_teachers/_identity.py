"""What a checkpoint is, wherever it lies and whatever its files are called.

Two checkpoints are the same if their configurations and all their tensors are. Where
they come from does not matter, so a copy is the same, and a folder whose teacher was
replaced is not.
"""

import hashlib
import json
from pathlib import Path

import torch

from onehop_interfaces import SEAL

from ._checkpoint import load_checkpoint

__all__ = ["checkpoint_sha256"]


def checkpoint_sha256(folder: str | Path) -> str:
    """SHA-256 over a checkpoint's configuration and its tensors, in hexadecimal.

    Raises:
        BadInput: as `load_checkpoint`.
    """
    tensors, config, _ = load_checkpoint(folder)
    # Which bytes the file had says nothing of the model.
    config = {key: value for key, value in config.items() if key != SEAL}
    digest = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
