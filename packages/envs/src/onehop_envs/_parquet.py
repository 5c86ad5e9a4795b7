"""Parquet files: some rows of some columns, as arrays.

A file is a sequence of row groups, each with its columns; only the groups that hold the
rows asked for are read. What is read is numbers, lists of as many numbers in every row,
or pictures as a file of their own each, PNG or JPEG (``{bytes, path}``; paths are not
followed). It needs pyarrow, an extra: ``onehop-envs[lerobot]``.

References:
    | Apache Parquet | https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onehop_interfaces import BadInput, file_size, reading

__all__ = ["numbers_of", "pictures_of", "read_rows"]

MOST_BYTES = 2**32
"""Of the row groups that are read at once."""


def read_rows(
    path: Path, names: Sequence[str], start: int = 0, stop: int | None = None
) -> dict[str, Any]:
    """Columns by name, rows `start` to `stop` - 1 of each; to the end if None.

    Raises:
        BadInput: naming the file, if it is no such file, lacks a column or the rows, or
            pyarrow is not installed.
    """
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise BadInput(
            f"{path}: expected pyarrow to be installed; "
            "pip install 'onehop-envs[lerobot]'"
        ) from None
    file_size(path)
    with (
        reading(path, "a parquet file"),
        path.open("rb") as stream,
        ParquetFile(stream) as file,
    ):
        found = file.schema_arrow.names
        for name in names:
            if found.count(name) != 1:
                raise BadInput(f"{path}: expected a column {name!r}, found {found}")
        rows = file.metadata.num_rows
        stop = rows if stop is None else stop
        if not 0 <= start < stop <= rows:
            raise BadInput(
                f"{path}: expected rows {start} to {stop - 1}, found {rows} rows"
            )
        table, first = _groups(path, file, names, start, stop)
        table = table.slice(start - first, stop - start)
        return {name: table.column(name) for name in names}


def _groups(
    path: Path, file: Any, names: Sequence[str], start: int, stop: int
) -> tuple[Any, int]:
    """The row groups that hold these rows, and which row is their first."""
    groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
    ends = np.cumsum([group.num_rows for group in groups])
    low = int(np.searchsorted(ends, start, "right"))
    high = int(np.searchsorted(ends, stop, "left"))
    size = sum(group.total_byte_size for group in groups[low : high + 1])
    if size > MOST_BYTES:
        raise BadInput(
            f"{path}: expected row groups of at most {MOST_BYTES} bytes, got {size}"
        )
    table = file.read_row_groups(range(low, high + 1), list(names), use_threads=False)
    return table, int(ends[low] - groups[low].num_rows)


def numbers_of(column: Any, shape: tuple[int, ...], where: str) -> NDArray[Any]:
    """The numbers of a column, (N, *shape); lone ones are of shape (1,).

    Args:
        column: As `read_rows` gave it.
        shape: What a row is to have.
        where: What it is called in errors.

    Raises:
        BadInput: if they are none, some are missing, or of another shape.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    array, sizes = _whole(column), []
    while pa.types.is_list(array.type) or pa.types.is_fixed_size_list(array.type):
        lengths = pc.unique(pc.list_value_length(array)).to_pylist()
        if array.null_count or len(lengths) != 1:
            raise BadInput(f"{where}: expected lists of one length, got {lengths[:9]}")
        sizes.append(lengths[0])
        array = array.flatten()
    kinds = pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean
    if not any(kind(array.type) for kind in kinds) or array.null_count:
        came = f"{array.type}, {array.null_count} of them missing"
        raise BadInput(f"{where}: expected numbers, got {came}")
    if tuple(sizes or [1]) != shape:
        raise BadInput(f"{where}: expected shape {shape}, got {tuple(sizes)}")
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values.reshape(len(column), *shape)


def pictures_of(column: Any, size: tuple[int, int], where: str) -> NDArray[np.uint8]:
    """The pictures of a column, (N, H, W, 3).

    Args:
        column: As `read_rows` gave it.
        size: Height and width of each.
        where: What it is called in errors.

    Raises:
        BadInput: if they are none, or of another size.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    array = _whole(column)
    if not pa.types.is_struct(array.type) or array.type.get_field_index("bytes") < 0:
        raise BadInput(f"{where}: expected pictures with bytes, got {array.type}")
    pictures = np.empty((len(array), *size, 3), np.uint8)
    for i, data in enumerate(pc.struct_field(array, "bytes")):
        pictures[i] = _picture(data.as_py(), size, f"{where} row {i}")
    return pictures


def _whole(column: Any) -> Any:
    """A column as one array of a type that parquet itself knows."""
    import pyarrow as pa

    array = pa.concat_arrays(column.chunks)
    return array.storage if isinstance(array, pa.ExtensionArray) else array


def _picture(data: Any, size: tuple[int, int], where: str) -> NDArray[np.uint8]:
    if not isinstance(data, bytes):
        raise BadInput(f"{where}: expected the bytes of a picture, got none")
    with (
        reading(where, "a PNG or a JPEG"),
        Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image,
    ):
        came = image.mode, (image.height, image.width)
        if came != ("RGB", size):
            raise BadInput(f"{where}: expected a picture {('RGB', size)}, got {came}")
        return np.asarray(image)
