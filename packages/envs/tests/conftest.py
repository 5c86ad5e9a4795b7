"""Compressors of zarr's chunks, as numcodecs makes them; files, damaged."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

CODECS = {
    "none": None,
    "blosc-lz4": {"id": "blosc", "cname": "lz4", "shuffle": 1},
    "blosc-zstd": {"id": "blosc", "cname": "zstd", "shuffle": 2},
    "bz2": {"id": "bz2"},
    "gzip": {"id": "gzip"},
    "lz4": {"id": "lz4"},
    "lzma": {"id": "lzma"},
    "zlib": {"id": "zlib"},
    "zstd": {"id": "zstd"},
}


@pytest.fixture(params=CODECS)
def compressor(request):
    """Each there is, and none."""
    numcodecs = pytest.importorskip("numcodecs", reason="needs onehop-envs[zarr]")
    settings = CODECS[request.param]
    return settings and numcodecs.get_codec(settings)


@pytest.fixture
def damaged(tmp_path: Path) -> Callable[[Path, int], Iterator[Path]]:
    """Copies of a file, one after another, some bytes of them others, some cut off."""

    def copies(path: Path, count: int) -> Iterator[Path]:
        whole, draw = path.read_bytes(), np.random.default_rng(0)
        for _ in range(count):
            data = bytearray(whole)
            for at in draw.integers(len(data), size=draw.integers(1, 20)):
                data[at] = draw.integers(256)
            cut = draw.integers(1, len(data)) if draw.random() < 0.2 else len(data)
            (tmp_path / "damaged").write_bytes(data[:cut])
            yield tmp_path / "damaged"

    return copies
