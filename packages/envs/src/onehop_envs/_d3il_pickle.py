"""D3IL's demonstrations of Avoiding: a folder of pickles, an episode each.

    ["robot"]["des_c_pos"]  (T, 3)  desired position of the end effector: x, y, z [m]
    ["robot"]["c_pos"]      (T, 3)  its actual position [m]

A pickle is a program. The one that runs here may rebuild numpy arrays and nothing else:
each name that it can ask for stands in a table below, under numpy 1's module and numpy
2's, and any other name is refused before it is looked up.

References:
    | Towards Diverse Behaviors: A Benchmark for Imitation Learning with Human
    | Demonstrations (Jia et al., 2024), D3IL | https://github.com/ALRhub/d3il
    | Python: restricting globals
    | https://docs.python.org/3/library/pickle.html#restricting-globals
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._demonstrations import Demonstrations, Json

__all__ = ["read_d3il_avoiding"]


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
    content = _load(path)
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
        {"state": np.hstack([desired, actual])[:-1].astype(np.float32)},
        np.diff(desired, axis=0).astype(np.float32),
        np.array([len(desired) - 1]),
    )


def _positions(path: Path, robot: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """x and y (T, 2) [m] of an array."""
    array = robot.get(name)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        came = array.dtype if isinstance(array, np.ndarray) else type(array).__name__
        raise BadInput(f"{path}: robot {name!r}: expected numbers, got {came}")
    if array.ndim != 2 or array.shape[1] < 2:
        raise BadInput(
            f"{path}: robot {name!r}: expected shape (T, 3), got {array.shape}"
        )
    points = array[:, :2].astype(np.float64)
    if not np.isfinite(points).all():
        raise BadInput(
            f"{path}: robot {name!r}: expected finite values, got NaN or infinity"
        )
    return points


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as stream:
            return _ArrayUnpickler(path, stream).load()
    except BadInput:
        raise
    except Exception as error:  # whatever a damaged pickle may lead to
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise BadInput(f"{path}: expected a pickle of arrays, but {text}") from None


def _latin1(text: str, encoding: str) -> bytes:
    """How old protocols write bytes; no other codec is theirs."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"expected latin1, got {encoding!r}")
    return text.encode("latin1")


def _maker(value: Any, protocol: int) -> Any:
    """The function by which numpy's pickles make such a value."""
    return value.__reduce_ex__(protocol)[0]


_NAMES: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin1,
}
for _core in ("numpy.core", "numpy._core"):
    _NAMES |= {
        (f"{_core}.multiarray", "_reconstruct"): _maker(np.empty(0), 2),
        (f"{_core}.multiarray", "scalar"): _maker(np.float64(0), 2),
        (f"{_core}.numeric", "_frombuffer"): _maker(np.empty(0), 5),
    }


class _ArrayUnpickler(pickle.Unpickler):
    """Rebuilds arrays, numbers, strings and containers of them."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._path = path

    def find_class(self, module: str, name: str) -> Any:
        """What the pickle may call by this name.

        Raises:
            BadInput: if that is nothing.
        """
        try:
            return _NAMES[module, name]
        except KeyError:
            self._refuse(f"the name {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        """Nothing outside the file belongs to it.

        Raises:
            BadInput: always.
        """
        self._refuse(f"the outside reference {pid!r}")

    def _refuse(self, what: str) -> NoReturn:
        what = " ".join(what.split())
        raise BadInput(f"{self._path}: expected a pickle of arrays, got {what}")
