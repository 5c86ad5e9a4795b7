"""Codecs of zarr v2's chunks: those that decompress and do nothing else.

A decoder is (data, size) -> what the data says. How much that will be is known before
it is made: a stream's decoder stops one byte past `size`, and the other formats declare
it in their heads, which are read here:

    blosc   bytes 4-7 the size, bytes 12-15 the length of the data itself
    lz4     bytes 0-3 the size, in numcodecs' framing
    zstd    the frame's content size, behind window and dictionary

References:
    | zarr v2 specification | https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html
    | Blosc | https://github.com/Blosc/c-blosc/blob/main/README_CHUNK_FORMAT.rst
    | RFC 8878: Zstandard, section 3.1.1.1 | https://www.rfc-editor.org/rfc/rfc8878
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

from onehop_interfaces import BadInput

__all__ = ["Decoder", "decoder"]

Decoder: TypeAlias = Callable[[bytes, int], bytes]

LZMA_BYTES = 2**27
"""Memory that the largest dictionary of an lzma stream may take [bytes]."""


def decoder(compressor: Any) -> Decoder:
    """The decoder that a `.zarray` asks for.

    Args:
        compressor: What it says of the compressor, None for none.

    Returns:
        The decoder. What it raises is whatever damaged data leads to, but it makes no
        more than `size` + 1 bytes, and fewer or more than `size` only of damaged data.

    Raises:
        BadInput: if it asks for another.
    """
    if compressor is None:
        return _plain
    name = compressor.get("id") if isinstance(compressor, dict) else compressor
    if not isinstance(name, str) or name not in _DECODERS:
        raise BadInput(
            f"expected no compressor or one of {sorted(_DECODERS)}, got {str(name)!r}"
        )
    return _DECODERS[name]


def _plain(data: bytes, size: int) -> bytes:
    return data


def _streamed(start: Callable[[], Any]) -> Decoder:
    """By a decoder that stops; the byte too many is where it meets the end."""

    def decode(data: bytes, size: int) -> bytes:
        stream = start()
        decoded: bytes = stream.decompress(data, size + 1)
        if not stream.eof or stream.unused_data:
            raise ValueError("expected the stream to end with the data")
        return decoded

    return decode


def _declared(codec: str, declared: Callable[[bytes], int]) -> Decoder:
    """By numcodecs' class of that name, which makes as much as the head declares."""

    def decode(data: bytes, size: int) -> bytes:
        if declared(data) != size:
            raise ValueError(f"expected {size} bytes, {declared(data)} are declared")
        return bytes(getattr(_numcodecs(), codec)().decode(data))

    return decode


def _numcodecs() -> Any:
    try:
        import numcodecs  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        raise ValueError(
            "it needs the package numcodecs: pip install 'onehop-envs[zarr]'"
        ) from None
    return numcodecs


def _blosc_size(data: bytes) -> int:
    size, _, length = struct.unpack_from("<III", data, 4)
    # The decoder reads as far as the head says, whatever there is.
    if length != len(data):
        raise ValueError(f"expected {length} bytes of data, got {len(data)}")
    return int(size)


def _lz4_size(data: bytes) -> int:
    return int(struct.unpack_from("<I", data)[0])


def _zstd_size(data: bytes) -> int:
    magic, head = struct.unpack_from("<IB", data)
    flag, single = head >> 6, head >> 5 & 1
    if magic != 0xFD2FB528 or not flag | single:
        raise ValueError("expected a Zstandard frame that declares its size")
    start = 5 + (1 - single) + (0, 1, 2, 4)[head & 3]
    size: int = struct.unpack_from("<" + "BHIQ"[flag], data, start)[0]
    return size + 256 if flag == 1 else size


_DECODERS: dict[str, Decoder] = {
    "blosc": _declared("Blosc", _blosc_size),
    "bz2": _streamed(bz2.BZ2Decompressor),
    "gzip": _streamed(lambda: zlib.decompressobj(wbits=31)),
    "lz4": _declared("LZ4", _lz4_size),
    "lzma": _streamed(lambda: lzma.LZMADecompressor(memlimit=LZMA_BYTES)),
    "zlib": _streamed(zlib.decompressobj),
    "zstd": _declared("Zstd", _zstd_size),
}
