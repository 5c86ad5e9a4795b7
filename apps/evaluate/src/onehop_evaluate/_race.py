"""A race: two policies, one start, the same wall-clock time.

Both are simulated as fast as this machine allows. Each decision costs its policy's
median latency, during which its robot waits; each step costs the median time that the
simulator took for one. So after w seconds of wall-clock time each side shows as much
of its episode as it could afford.

The film has two halves of equally many frames: until the faster side has finished, and
from there until the slower has. Time runs evenly within each, and its value is shown.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from onehop_interfaces import whole_file
from onehop_tasks import Measure, Start, Task

from ._episode import Episode
from ._rollout import decide
from ._row import Row

__all__ = ["Track", "film", "record", "track_times"]

FRAMES = 60
"""Of each half."""
FRAME_SECONDS = 0.06
"""How long a frame is shown [s]."""
CAPTION = 52
"""Height of the caption under it [px]."""


@dataclass(frozen=True, eq=False)
class Track:
    """One side of the race.

    Attributes:
        name: The policy's.
        latency: Of a decision [s].
        times: (T + 1,), when each picture is reached [s]; the start at 0.
        pictures: T + 1 of them, the start first.
        came_to: T + 1 lines, what the episode has come to by then.
        solved: Whether it reached the goal.
    """

    name: str
    latency: float
    times: NDArray[np.float64]
    pictures: Sequence[NDArray[np.uint8]]
    came_to: Sequence[str]
    solved: bool


def track_times(
    steps: int, n_action: int, decision: float, step: float
) -> NDArray[np.float64]:
    """When each of `steps` steps ends, after 0 for the start [s].

    A decision comes before every n_action-th step.
    """
    done = np.arange(1, steps + 1)
    decisions = (done - 1) // n_action + 1
    return np.concatenate([[0.0], decisions * decision + done * step])


def record(
    row: Row, task: Task, start: Start, seed: int, device: torch.device
) -> Track:
    """Run one episode, with the noise it was evaluated with, and keep its pictures."""
    policy = row.entry.policy
    episode = Episode(task, task.scene.make(), start, policy.signature.n_obs)
    pictures = [_picture(episode)]
    seconds: list[float] = []
    clock = time.perf_counter()

    def after_step() -> None:
        nonlocal clock
        seconds.append(time.perf_counter() - clock)
        pictures.append(_picture(episode))
        clock = time.perf_counter()

    try:
        while not episode.done:
            (chunk,) = decide(policy, [episode], seed, device)
            clock = time.perf_counter()
            episode.play(chunk, after_step)
    finally:
        episode.env.close()
    latency = row.timed.one_thread.p50
    return Track(
        name=row.name,
        latency=latency,
        times=track_times(
            len(seconds), policy.signature.n_action, latency, float(np.median(seconds))
        ),
        pictures=pictures,
        came_to=_came_to(task.measure, np.array(episode.metric)),
        solved=episode.record.success,
    )


def _came_to(measure: Measure, values: NDArray[np.float64]) -> list[str]:
    """The outcome of an episode, had it ended after 0, 1, ... steps."""
    title, of = measure.outcome
    so_far = [0.0, *(of(values[:t]) for t in range(1, len(values) + 1))]
    return [f"{title} {outcome:.{min(measure.digits, 2)}f}" for outcome in so_far]


def film(tracks: Sequence[Track], path: Path) -> None:
    """Write the race as a GIF."""
    ends = sorted(float(track.times[-1]) for track in tracks)
    halves = [np.linspace(0.0, ends[0], FRAMES), np.linspace(ends[0], ends[-1], FRAMES)]
    frames = [_frame(tracks, float(w)) for w in np.concatenate(halves)]
    last = int(2.0 / FRAME_SECONDS)
    palette = _palette(frames[::10])
    drawn = [f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    with whole_file(path) as temporary:
        drawn[0].save(
            temporary,
            save_all=True,
            append_images=drawn[1:] + [drawn[-1]] * last,
            duration=round(FRAME_SECONDS * 1e3),
            loop=0,
        )


def _palette(frames: Sequence[Image.Image]) -> Image.Image:
    """128 colours that do for all of these frames."""
    width, height = frames[0].size
    sheet = Image.new("RGB", (width, height * len(frames)))
    for i, frame in enumerate(frames):
        sheet.paste(frame, (0, i * height))
    return sheet.quantize(128)


def _frame(tracks: Sequence[Track], now: float) -> Image.Image:
    """Both sides after `now` seconds."""
    height, width, _ = tracks[0].pictures[0].shape
    frame = Image.new("RGB", (width * len(tracks), height + CAPTION), "white")
    draw = ImageDraw.Draw(frame)
    font = ImageFont.load_default(12)
    for i, track in enumerate(tracks):
        at = int(np.searchsorted(track.times, now, side="right")) - 1
        frame.paste(Image.fromarray(track.pictures[at]), (i * width, 0))
        over = at == len(track.times) - 1
        state = ("solved" if track.solved else "time out") if over else f"step {at}"
        shown = min(now, float(track.times[-1]))
        text = (
            f"{track.name}: {1 / track.latency:,.0f} decisions/s\n"
            f"{shown * 1e3:,.1f} ms   {track.came_to[at]}   {state}"
        )
        draw.multiline_text((i * width + 6, height + 8), text, "black", font, spacing=6)
    return frame


def _picture(episode: Episode) -> NDArray[np.uint8]:
    return np.asarray(episode.env.render())
