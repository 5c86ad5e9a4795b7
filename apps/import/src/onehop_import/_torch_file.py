"""Files of torch.save, read as data.

A zip of a pickle, `data.pkl`, and of the numbers of its tensors, a member each. The
pickle is a program (`onehop_interfaces.pickles`): the rules here build tensors and
dictionaries, keep objects of all other classes as records of what they hold, and call
nothing else. So a checkpoint with a configuration in it can be read where the library
of that configuration is not installed, and one that would rather do something is
refused with the name of what it calls.

References:
    | torch: notes on serialization | https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from onehop_interfaces import BadInput, file_size
from onehop_interfaces.pickles import LATIN1, Inert, Items, Name, Rules, load

__all__ = ["read_torch"]

STEPS = 2**22
"""Of a pickle: a thousand tensors, and a configuration, take a tenth of it."""
PICKLE_BYTES = 2**27
"""Of data.pkl."""
AXES = 32
"""Of a tensor."""
DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def read_torch(path: Path) -> Any:
    """What such a file holds.

    Returns:
        Containers of tensors, numbers, texts and records.

    Raises:
        BadInput: naming the file, if it is no such file, is damaged, or calls anything.
    """
    file_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return _Archive(archive).content()
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    except Exception as error:  # whatever a damaged file may lead to
        text = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise BadInput(f"{path}: expected a file of torch.save, but {text}") from None


class _Archive:
    """The zip.

    Args:
        archive: Open.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        pickles = [n for n in archive.namelist() if n.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ValueError(f"it has {len(pickles)} members data.pkl")
        self.folder = pickles[0].removesuffix("data.pkl")
        order = f"{self.folder}byteorder"
        if order in archive.namelist() and self._member(order, 16) != b"little":
            raise ValueError("its numbers are not little-endian")

    def content(self) -> Any:
        rules = Rules("a file of torch.save", _stand_in, self._storage, STEPS)
        return load(self._member(f"{self.folder}data.pkl", PICKLE_BYTES), rules)

    def _storage(self, reference: Any) -> Tensor:
        """A storage's numbers (N,)."""
        _, kind, key, _, count = reference
        dtype = DTYPES[kind.name]
        data = self._member(f"{self.folder}data/{key}", dtype.itemsize * count)
        if len(data) != dtype.itemsize * count:
            raise ValueError(
                f"storage {key} has {len(data)} bytes, not {count} numbers"
            )
        if not data:
            return torch.empty(0, dtype=dtype)
        return torch.frombuffer(bytearray(data), dtype=dtype)

    def _member(self, name: str, limit: int) -> bytes:
        info = self.archive.getinfo(name)
        # torch stores, so that no member is larger than the file that it is in.
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > limit:
            raise ValueError(f"{name} is compressed, or has {info.file_size} bytes")
        return self.archive.read(info)


def _stand_in(module: str, name: str) -> Name | Inert:
    return NAMES.get((module, name)) or Inert(module, name)


def _tensor(storage: Tensor, offset: int, size: Any, stride: Any, *_: Any) -> Tensor:
    """torch's own check that a view lies within its storage is what refuses others."""
    if len(size) > AXES:
        raise ValueError(f"a tensor has {len(size)} axes")
    return storage.as_strided(size, stride, offset).clone()


def _parameter(data: Tensor, *_: Any) -> Tensor:
    return data


def _items(*_: Any) -> Items:
    """Empty: what they hold comes after."""
    return Items()


def _type(name: str) -> Inert:
    return Inert("builtins", name)


NAMES = {
    ("torch._utils", "_rebuild_tensor_v2"): Name(_tensor),
    ("torch._utils", "_rebuild_parameter"): Name(_parameter),
    ("collections", "OrderedDict"): Name(_items),
    ("collections", "defaultdict"): Name(_items),
    ("dill._dill", "_load_type"): Name(_type),
    ("_codecs", "encode"): LATIN1,
}
