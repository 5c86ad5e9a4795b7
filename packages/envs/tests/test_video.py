"""Frames of videos: those of the moments asked for, or none."""

import numpy as np
import pytest

from onehop_envs._video import frames_at
from onehop_interfaces import BadInput

av = pytest.importorskip("av", reason="writes what is read")

FPS, N = 10, 21
GREY = 10 + 11 * np.arange(N)


@pytest.fixture(params=[2, 30])
def path(request, tmp_path):
    """A video with few or many frames from one key frame to the next."""
    with av.open(tmp_path / "a.mp4", "w") as container:
        options = {"g": str(request.param)}
        stream = container.add_stream("libx264", FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for grey in GREY:
            frame = np.full((32, 48, 3), grey, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode())
    return tmp_path / "a.mp4"


def read(path, moments, size=(32, 48)) -> np.ndarray:
    return frames_at(path, np.array(moments) / FPS, size, 0.25 / FPS)


@pytest.mark.parametrize(
    "moments", [range(N), [20], [0], range(7, 12), [3.1, 4.9, 11], range(0, N, 5)]
)
def test_frames_are_those_of_their_moments(path, moments) -> None:
    frames = read(path, list(moments))
    expected = GREY[np.round(list(moments)).astype(int)]
    np.testing.assert_allclose(frames.mean((1, 2, 3)), expected, atol=4)


@pytest.mark.parametrize(
    ("moments", "text"),
    [
        (range(N + 1), "expected a frame at 2.100 s, found none within 0.025 s"),
        ([30], "expected a frame at 3.000 s"),
        ([2, 2.5], "expected a frame at 0.250 s"),
        ([3, 3], "expected a frame at 0.300 s"),
        ([-1], "expected a frame at -0.100 s"),
    ],
)
def test_moments_without_a_frame_are_refused(path, moments, text: str) -> None:
    with pytest.raises(BadInput, match=f"a.mp4: {text}"):
        read(path, list(moments))


def test_frames_of_another_size_are_refused(path) -> None:
    with pytest.raises(BadInput, match=r"expected frames \(48, 32\), got \(32, 48\)"):
        read(path, [0], (48, 32))


def test_nothing_that_a_file_names_is_opened(path, tmp_path) -> None:
    """A list of other files would do as a video, were it to be asked."""
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{path}\n#EXT-X-ENDLIST\n"
    concat = f"ffconcat version 1.0\nfile {path.name}\n"
    for text in (playlist, concat, ""):
        (tmp_path / "b.mp4").write_text(text)
        with pytest.raises(BadInput, match=r"b.mp4: expected an MP4 video, got"):
            read(tmp_path / "b.mp4", [0])
    with pytest.raises(BadInput, match=r"none.mp4: expected a file, found none"):
        read(tmp_path / "none.mp4", [0])


def test_damaged_files_are_read_or_refused(path, damaged) -> None:
    refused = 0
    for file in damaged(path, 60):
        try:
            assert read(file, range(N)).shape == (N, 32, 48, 3)
        except BadInput:
            refused += 1
    assert refused > 10


def test_without_pyav_it_says_what_to_install(path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(BadInput, match=r"pip install 'onehop-envs\[lerobot\]'"):
        read(path, [0])
