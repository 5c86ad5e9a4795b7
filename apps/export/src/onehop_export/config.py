"""The command line of onehop-export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from onehop_interfaces import BadInput

__all__ = ["Config"]


@dataclass(frozen=True)
class Config:
    """Write a student as an ONNX file, for a computer without torch.

    Beside its run:
        onehop-export runs/sds

    Elsewhere:
        onehop-export runs/sds/checkpoint --out robot/sds.onnx
    """

    policy: tyro.conf.Positional[Path]
    """Folder of the student's run, or of its checkpoint."""

    out: Path | None = None
    """The file to write; without it policy.onnx in that folder."""

    n_action: int | None = None
    """Actions of a plan to carry out before the next decision; without it as many as
    the teacher was made for."""

    @property
    def file(self) -> Path:
        """The file to write.

        Raises:
            BadInput: if a folder is there.
        """
        file = self.policy / "policy.onnx" if self.out is None else self.out
        if file.is_dir():
            raise BadInput(f"--out: expected a file, {file} is a folder")
        return file
