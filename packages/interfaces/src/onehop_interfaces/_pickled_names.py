"""Stand-ins for the names that a pickle of numpy arrays calls.

They stand under numpy 1's modules and numpy 2's:

    dtype(code)                            and its state (version, byte order, ...)
    _reconstruct(ndarray, ...)             and its state (version, shape, dtype,
                                           column-major, bytes)
    _frombuffer(bytes, dtype, shape, order, axes)
    scalar(dtype, bytes)
    _codecs.encode(text, "latin1"), bytes()    bytes in the old protocols

Each makes a value out of as many bytes as it needs, and of numbers only. No class, no
function and no object of numpy's is within a pickle's reach; what it passes is of any
kind, and never printed, compared or hashed before its type is known.

References:
    | numpy: ndarray.__reduce__ and __setstate__
    | https://numpy.org/doc/stable/reference/generated/numpy.ndarray.__reduce__.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

__all__ = ["LATIN1", "NAMES", "Array", "Blank", "Dtype", "Name"]

AXES = 32
"""An array of more axes is none of numpy's."""


@dataclass
class Array:
    """An array of a pickle.

    Attributes:
        dtype: The dtype's name.
        values: The values; None if they are no numbers, or never came.
    """

    dtype: str = "nothing"
    values: NDArray[Any] | None = None


@dataclass
class Dtype:
    """A dtype: kind and size, e.g. "f8", and byte order."""

    code: str
    order: str = "="

    def set(self, state: Any) -> None:
        if not isinstance(state, tuple):
            raise TypeError("a dtype's state is no tuple")
        if state[1] not in ("<", ">", "=", "|"):
            raise ValueError("a byte order is unknown")
        self.order = state[1]

    @property
    def name(self) -> str:
        """As numpy prints it, for kinds that it need not know more of."""
        if self.code.startswith("O"):
            return "object"
        return self.order.replace("|", "").replace("=", "") + self.code

    def array(self, data: Any, shape: tuple[int, ...], order: Any) -> Array:
        """The array of these bytes; no values if the kind is none of numbers."""
        if not re.fullmatch("[fiu][1248]|b1", self.code):
            return Array(self.name)
        dtype: np.dtype[Any] = np.dtype(self.order + self.code)
        whole = all(type(size) is int and 0 <= size < 2**31 for size in shape)
        if not whole or not isinstance(data, (bytes, bytearray)):
            raise ValueError("an array's shape or bytes are none")
        if len(shape) > AXES or len(data) != prod(shape) * dtype.itemsize:
            raise ValueError(f"{len(data)} bytes are no {dtype} of shape {shape}")
        values = np.frombuffer(data, dtype).reshape(shape, order=order)
        return Array(str(dtype), values)


class Blank(Array):
    """An array that was named; its state is still to come."""

    def set(self, state: Any) -> None:
        if not isinstance(state, tuple):
            raise TypeError("an array's state is no tuple")
        _, shape, dtype, column_major, data = state
        made = dtype.array(data, shape, "F" if column_major else "C")
        self.dtype, self.values = made.dtype, made.values


class Name(NamedTuple):
    """What a name stands for."""

    make: Callable[..., Any]


def _dtype(code: str, *_: Any) -> Dtype:
    if not re.fullmatch(r"[a-zA-Z]\d{0,9}", code):
        raise ValueError(f"unknown dtype {code!r}")
    return Dtype(code)


def _blank(*_: Any) -> Blank:
    return Blank()


def _from_buffer(
    data: Any, dtype: Dtype, shape: Any, order: str, axes: Any = None
) -> Array:
    if order != "K":
        return dtype.array(data, shape, order)
    made = dtype.array(data, shape, "C")
    if made.values is None:
        return made
    return Array(made.dtype, made.values.transpose(axes))


def _scalar(dtype: Dtype, data: Any) -> Any:
    values = dtype.array(data, (), "C").values
    return None if values is None else values[()]


def _latin1(text: Any, encoding: Any) -> bytes:
    """How old protocols write bytes; no other codec is theirs."""
    if not isinstance(text, str) or not isinstance(encoding, str):
        raise TypeError("only text is encoded")
    if encoding != "latin1":
        raise ValueError(f"expected latin1, got {encoding[:20]!r}")
    return text.encode("latin1")


def _no_class(*_: Any) -> NoReturn:
    raise ValueError("an array of no content")


LATIN1 = Name(_latin1)
"""What pickles of old protocols call to make bytes."""

NAMES: dict[tuple[str, str], Name] = {
    ("numpy", "ndarray"): Name(_no_class),
    ("numpy", "dtype"): Name(_dtype),
    ("_codecs", "encode"): LATIN1,
    ("__builtin__", "bytes"): Name(lambda: b""),
}
for _core in ("numpy.core", "numpy._core"):
    NAMES |= {
        (f"{_core}.multiarray", "_reconstruct"): Name(_blank),
        (f"{_core}.multiarray", "scalar"): Name(_scalar),
        (f"{_core}.numeric", "_frombuffer"): Name(_from_buffer),
    }
