"""Compressors of zarr's chunks, as numcodecs makes them."""

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
