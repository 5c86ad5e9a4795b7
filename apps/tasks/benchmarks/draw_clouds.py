"""What policies see of MetaWorld's tasks: a sheet of clouds, and what they cost.

    python apps/tasks/benchmarks/draw_clouds.py docs/results/metaworld/clouds.png

Two pictures a task, of seed 400000: its start, and the first success of the scripted
policy. Printed are, of each task, the fewest different points of a cloud over an
episode, and the median time to see [ms of this process]; the last line is of all.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onehop_tasks._metaworld_env import MAX_STEPS, POINTS, MetaWorldEnv
from onehop_tasks._metaworld_tasks import DIFFICULTY

SEED, EVERY, ACROSS, SIDE = 400_000, 20, 5, 128


def different(frame: Any) -> int:
    """How many points of a cloud are not repeated."""
    return len(np.unique(frame["point_cloud"], axis=0))


def shown(name: str) -> tuple[NDArray[np.uint8], int, float]:
    """The two pictures side by side, the fewest points, the median time [ms]."""
    env = MetaWorldEnv(name)
    env.reset(seed=SEED)
    first, fewest, times, done = env.render(), POINTS, [], False
    for step in range(MAX_STEPS):
        if step % EVERY == 0:
            begin = process_time()
            fewest = min(fewest, different(env.see()))
            times.append(1e3 * (process_time() - begin))
        _, done = env.sawyer.step(env.sawyer.shown())
        if done:
            break
    env.see()
    image = Image.fromarray(np.hstack([first, env.render()]))
    image = image.resize((2 * SIDE, SIDE), Image.Resampling.LANCZOS)
    ImageDraw.Draw(image).text((4, 2), name, (0, 0, 0))
    return np.asarray(image), fewest, median(times)


def main() -> None:
    """Draw the sheet, and print the costs."""
    warnings.filterwarnings("ignore", message="Constant")
    pictures, costs = [], []
    for name in DIFFICULTY:
        picture, fewest, cost = shown(name)
        pictures.append(picture)
        costs.append(cost)
        print(f"{name:26} {fewest:4} points {cost:6.1f} ms", flush=True)
    print(f"{'all':26} {median(costs):18.1f} ms")
    rows = [pictures[i : i + ACROSS] for i in range(0, len(pictures), ACROSS)]
    sheet = Image.fromarray(np.vstack([np.hstack(row) for row in rows]))
    sheet.quantize(32).save(Path(sys.argv[1]), optimize=True)


if __name__ == "__main__":
    main()
