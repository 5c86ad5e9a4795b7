"""What is seen of Adroit: clouds of an expert's episode, a row for each task.

python apps/tasks/benchmarks/draw_adroit.py adroit_experts.npz clouds.png

Each is a picture of what the task's own camera sees.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

from onehop_envs import load_dapg
from onehop_tasks import TASKS
from onehop_tasks._adroit_env import AdroitEnv

SHOWN = (0, 25, 50, 199)
"""Steps."""
SEED = 1_000_000
COLOURS = 64


def row(name: str, policies: str) -> np.ndarray:
    """Pictures of an episode, side by side."""
    env, pictures = TASKS[f"adroit-{name}"].scene.make(), []
    assert isinstance(env, AdroitEnv)
    expert, rng = load_dapg(policies, name), np.random.default_rng(0)
    env.reset(seed=SEED)
    for i in range(SHOWN[-1] + 1):
        if i in SHOWN:
            pictures.append(env.render())
        env.step(expert.act(env.state, 0.0, rng).astype(np.float32))
    return np.hstack(pictures)


def main() -> None:
    """Draw the sheet."""
    policies, out = sys.argv[1:]
    sheet = np.vstack([row(name, policies) for name in ("door", "hammer", "pen")])
    Image.fromarray(sheet).quantize(COLOURS).save(out, optimize=True)


if __name__ == "__main__":
    main()
