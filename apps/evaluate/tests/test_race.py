from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image, ImageSequence

from onehop_evaluate._race import FRAMES, Track, _came_to, film, track_times
from onehop_tasks import task_named

PANEL = 120


def test_robot_waits_while_its_policy_decides():
    # It thinks for 10 before every two steps of 1.
    assert_allclose(track_times(5, 2, 10.0, 1.0), [0, 11, 12, 23, 24, 35])


@pytest.fixture
def track() -> Track:
    shades = [np.full((PANEL, PANEL, 3), v, np.uint8) for v in (0, 85, 170, 255)]
    return Track("slow", 1.0, np.array([0.0, 2, 4, 6]), shades, [""] * 4, True)


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


def test_captions_say_what_the_episode_has_come_to():
    """What tables compare: the best coverage, or the return so far."""
    pusht, cheetah = (task_named(name).measure for name in ("pusht", "halfcheetah"))
    values = np.array([0.1, 0.5, 0.25])
    title = pusht.outcome.title
    said = [f"{title} {best}" for best in ("0.00", "0.10", "0.50", "0.50")]
    assert _came_to(pusht, values) == said
    said = _came_to(cheetah, 10 * values)
    assert said[-1] == f"return {cheetah.outcome.of(10 * values):.1f}"
    assert len(said) == 4
