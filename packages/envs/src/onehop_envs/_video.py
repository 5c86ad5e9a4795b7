"""Videos: the frames of some moments, in the order of time.

A video is decoded from the last key frame before the first of these moments on, frame
by frame. Of each moment there must be one frame, its own: one that begins there, give
or take a part of a frame. Only MP4 is read, from the open file: nothing that it names
is opened. It needs PyAV, an extra: ``onehop-envs[lerobot]``.

References:
    | PyAV | https://pyav.basswood-io.com/docs/stable/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput, file_size, reading

__all__ = ["frames_at"]


def frames_at(
    path: Path, times: NDArray[np.float64], size: tuple[int, int], within: float
) -> NDArray[np.uint8]:
    """The frames (T, H, W, 3) of these moments.

    Args:
        path: The file.
        times: Moments (T,) [s], increasing.
        size: Height and width that the frames are to have.
        within: How far [s] from its moment a frame may begin.

    Raises:
        BadInput: naming the file, if it is no such video, has not all of the frames, or
            PyAV is not installed.
    """
    frames = np.empty((len(times), *size, 3), np.uint8)
    found = 0
    with _opened(path, size) as (container, stream):
        for frame in _from(container, stream, float(times[0]) + within):
            if frame.time < times[found] - within:
                continue
            if frame.time > times[found] + within:
                break
            frames[found] = frame.to_ndarray(format="rgb24")
            found += 1
            if found == len(times):
                return frames
    raise BadInput(
        f"{path}: expected a frame at {times[found]:.3f} s, found none within "
        f"{within:.3f} s"
    )


@contextmanager
def _opened(path: Path, size: tuple[int, int]) -> Iterator[tuple[Any, Any]]:
    """The file and its video, of that size."""
    try:
        import av
    except ImportError:
        raise BadInput(
            f"{path}: expected PyAV to be installed; pip install 'onehop-envs[lerobot]'"
        ) from None
    file_size(path)
    # By its name alone, FFmpeg might take a file for a list of others and open them.
    with (
        reading(path, "an MP4 video"),
        path.open("rb") as file,
        av.open(file, format="mp4") as container,
    ):
        if not container.streams.video:
            raise BadInput(f"{path}: expected a video, found none")
        stream = container.streams.video[0]
        came = stream.codec_context.height, stream.codec_context.width
        if came != size:
            raise BadInput(f"{path}: expected frames {size}, got {came}")
        yield container, stream


def _from(container: Any, stream: Any, time: float) -> Iterator[Any]:
    """Frames from one before a moment [s] on, or from the first."""
    for target in (int(time / stream.time_base), None):
        if target is None:  # some videos cannot be sought in
            container.seek(0)
        else:
            container.seek(max(target, 0), stream=stream)
        frames = container.decode(stream)
        first = next(frames, None)
        if first is not None and (first.time <= time or target is None):
            yield first
            yield from frames
            return
