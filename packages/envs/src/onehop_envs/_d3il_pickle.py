"""D3IL's demonstrations of Avoiding: a folder of pickles, an episode each.

    ["robot"]["des_c_pos"]  (T, 3)  desired position of the end effector: x, y, z [m]
    ["robot"]["c_pos"]      (T, 3)  its actual position [m]

A pickle is a program. Here none is run: `onehop_interfaces.pickles` reads from it the
arrays that it would make, and refuses one that would do anything else.

References:
    | Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human
    | Demonstrations (Jia et al., 2024), D3IL | https://github.com/ALRhub/d3il
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput
from onehop_interfaces.pickles import Array, read_arrays

from ._demonstrations import Demonstrations, Json, as_float32

__all__ = ["read_d3il_avoiding"]

FILE_BYTES = 2**24
"""An episode's file is not larger than this [bytes]; D3IL's are a hundredth of it."""


def read_d3il_avoiding(folder: str | Path) -> Demonstrations:
    """Read D3IL's demonstrations of Avoiding, in the order of the files' names.

    Args:
        folder: Holds a `.pkl` for every demonstration.

    Returns:
        Episodes of obs "state" (N, 4), desired x, y and actual x, y [m], as the
        environment observes them, and actions (N, 2), the changes of the desired x, y
        [m]. A file of T positions gives T - 1 steps.

    Raises:
        BadInput: naming the file, what was expected and what came.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("*.pkl"))
    if not paths:
        raise BadInput(f"{folder}: expected a folder of D3IL's .pkl files, found none")
    meta: dict[str, Json] = {
        "environment": "D3IL Avoiding",
        "source": f"D3IL demonstrations {folder.name}",
        "units": {"state": "m"},
        "actions": "change of the desired position [m]",
    }
    return Demonstrations.concatenate([_episode(path) for path in paths], meta)


def _episode(path: Path) -> Demonstrations:
    """The episode of one file."""
    content = read_arrays(path, FILE_BYTES)
    robot = content.get("robot") if isinstance(content, Mapping) else None
    if not isinstance(robot, Mapping):
        raise BadInput(f"{path}: expected a dict with a dict 'robot', got another")
    desired, actual = (_positions(path, robot, name) for name in ("des_c_pos", "c_pos"))
    if len(desired) != len(actual) or len(desired) < 2:
        raise BadInput(
            f"{path}: expected as many positions of 'des_c_pos' as of 'c_pos', at "
            f"least 2, got {len(desired)} and {len(actual)}"
        )
    return Demonstrations(
        {"state": as_float32(np.hstack([desired, actual])[:-1])},
        as_float32(np.diff(desired, axis=0)),
        np.array([len(desired) - 1]),
    )


def _positions(path: Path, robot: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """x and y (T, 2) [m] of an array."""
    found = robot.get(name)
    array = found.values if isinstance(found, Array) else None
    if array is None or array.dtype.kind not in "fiu":
        came = found.dtype if isinstance(found, Array) else type(found).__name__
        raise BadInput(f"{path}: robot {name!r}: expected numbers, got {came}")
    if array.ndim != 2 or array.shape[1] < 2:
        raise BadInput(
            f"{path}: robot {name!r}: expected shape (T, 3), got {array.shape}"
        )
    points = array[:, :2].astype(np.float64)
    if not np.isfinite(as_float32(points)).all():
        raise BadInput(
            f"{path}: robot {name!r}: expected finite values, got NaN or infinity"
        )
    return points
