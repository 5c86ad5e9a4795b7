from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image, ImageSequence

from onehop_evaluate._race import FRAMES, Track, film, track_times

PANEL = 120


def test_robot_waits_while_its_policy_decides():
    # It thinks for 10 before every two steps of 1.
    assert_allclose(track_times(5, 2, 10.0, 1.0), [0, 11, 12, 23, 24, 35])


@pytest.fixture
def track() -> Track:
    shades = [np.full((PANEL, PANEL, 3), v, np.uint8) for v in (0, 85, 170, 255)]
    return Track("slow", 1.0, np.array([0.0, 2, 4, 6]), shades, np.zeros(4), True)


def test_each_side_shows_what_it_could_afford(tmp_path, track):
    fast = replace(track, name="fast", times=track.times / 3)
    film([track, fast], tmp_path / "race.gif")
    with Image.open(tmp_path / "race.gif") as gif:
        frames = [frame.convert("L") for frame in ImageSequence.Iterator(gif)]
    # Which of the four pictures each side shows; a palette shifts shades a little.
    shown = [
        tuple(round(frame.getpixel((x, 10)) / 85) for x in (10, PANEL + 10))
        for frame in frames
    ]
    assert shown[0] == (0, 0)
    assert (1, 3) in shown  # at 2 of 6 the fast side has finished
    assert shown[-1] == (3, 3)
    assert all(slow <= fast for slow, fast in shown)
    assert len(shown) <= 2 * FRAMES + 40
