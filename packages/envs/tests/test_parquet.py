"""Columns of parquet files: what is read of them, and what is refused."""

import io

import numpy as np
import pytest
from PIL import Image

from onehop_envs import _parquet
from onehop_envs._parquet import numbers_of, pictures_of, read_rows
from onehop_interfaces import BadInput

pa = pytest.importorskip("pyarrow", reason="writes what is read")
pq = pytest.importorskip("pyarrow.parquet", reason="writes what is read")


@pytest.fixture
def path(tmp_path):
    pq.write_table(
        pa.table({"a": range(10), "b": [[i, i + 0.5] for i in range(10)]}),
        tmp_path / "a.parquet",
        row_group_size=4,
    )
    return tmp_path / "a.parquet"


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (0, 4), (3, 5), (4, 8), (9, 10)])
def test_rows_are_those_asked_for(path, monkeypatch, start: int, stop: int) -> None:
    columns = read_rows(path, ["b", "a"], start, stop)
    rows = np.arange(start, stop)
    np.testing.assert_array_equal(numbers_of(columns["a"], (1,), "a")[:, 0], rows)
    expected = np.stack([rows, rows + 0.5], 1)
    np.testing.assert_array_equal(numbers_of(columns["b"], (2,), "b"), expected)


def test_only_their_row_groups_are_read(path, monkeypatch) -> None:
    groups, read = [], pq.ParquetFile.read_row_groups

    def noted(file, which, *rest, **named):
        groups.extend(which)
        return read(file, which, *rest, **named)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", noted)
    read_rows(path, ["a"], 5, 8)
    assert groups == [1]


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ((["c"],), r"expected a column 'c', found \['a', 'b'\]"),
        ((["a"], 4, 11), "expected rows 4 to 10, found 10 rows"),
        ((["a"], 4, 4), "expected rows 4 to 3"),
    ],
)
def test_what_is_not_there_is_refused(path, asked, text: str) -> None:
    with pytest.raises(BadInput, match=f"a.parquet: {text}"):
        read_rows(path, *asked)


def test_too_large_a_row_group_is_refused(path, monkeypatch) -> None:
    monkeypatch.setattr(_parquet, "MOST_BYTES", 100)
    with pytest.raises(BadInput, match="expected row groups of at most 100 bytes"):
        read_rows(path, ["a"])


@pytest.mark.parametrize(
    ("column", "shape", "text"),
    [
        ([[1.0], [1.0, 2.0]], (1,), r"expected lists of one length, got \[1, 2\]"),
        ([[1.0], None], (1,), "expected lists of one length"),
        ([1.0, None], (1,), "expected numbers, got double, 1 of them missing"),
        ([[1.0, None], [1.0, 2.0]], (2,), "expected numbers, got double, 1 of them"),
        (["a", "b"], (1,), "expected numbers, got string"),
        ([[1.0], [2.0]], (2,), r"expected shape \(2,\), got \(1,\)"),
        ([1.0, 2.0], (2,), r"expected shape \(2,\), got \(\)"),
        ([[[1], [2]], [[3], [4]]], (1, 2), r"expected shape \(1, 2\), got \(2, 1\)"),
    ],
)
def test_what_are_no_such_numbers_is_refused(column, shape, text: str) -> None:
    with pytest.raises(BadInput, match=f"^x: {text}"):
        numbers_of(pa.chunked_array([column]), shape, "x")


def encoded(kind: str = "PNG", mode: str = "RGB") -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (4, 3)).save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_pictures_are_read(kind: str) -> None:
    column = pa.chunked_array([[{"bytes": encoded(kind), "path": None}]] * 2)
    assert not pictures_of(column, (3, 4), "x").any()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "expected the bytes of a picture, got none"),
        (b"text", "expected a PNG or a JPEG, got UnidentifiedImageError"),
        (encoded()[:-40], "expected a PNG or a JPEG"),
        (encoded("BMP"), "expected a PNG or a JPEG, got UnidentifiedImageError"),
        (encoded(mode="L"), r"expected a picture .*'RGB'.*got .*'L'"),
    ],
)
def test_what_is_no_picture_is_refused(data, text: str) -> None:
    kind = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    column = pa.chunked_array(
        [pa.array([{"bytes": data, "path": "/etc/passwd"}], kind)]
    )
    with pytest.raises(BadInput, match=f"^x row 0: {text}"):
        pictures_of(column, (3, 4), "x")
    with pytest.raises(BadInput, match=r"^x: expected pictures with bytes, got int64"):
        pictures_of(pa.chunked_array([[1]]), (3, 4), "x")


def test_damaged_files_are_read_or_refused(path, damaged) -> None:
    refused = 0
    for file in damaged(path, 150):
        try:
            columns = read_rows(file, ["a", "b"], 2, 7)
            numbers_of(columns["a"], (1,), "a")
            numbers_of(columns["b"], (2,), "b")
        except BadInput:
            refused += 1
    assert refused > 50


def test_without_pyarrow_it_says_what_to_install(path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-envs\[lerobot\]'"):
        read_rows(path, ["a"])
