"""onehop-export: a student as an ONNX file."""

from __future__ import annotations

from collections.abc import Sequence

import tyro

from onehop_interfaces import exit_on_bad_input
from onehop_methods import load_policy
from onehop_runtime.export import export_onnx

from .config import Config

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> None:
    """Export as the command line says."""
    config = tyro.cli(Config, prog="onehop-export", args=argv)
    with exit_on_bad_input("onehop-export"):
        file = config.file
        print(export_onnx(load_policy(config.policy, config.n_action), file))


if __name__ == "__main__":
    main()
