"""Do a critic's values and what was earned agree? On whole episodes of its own.

    python apps/evaluate/benchmarks/values.py Walker2d CRITIC GAMMA actors.npz

Thirty episodes of each of the environment's actors in the file, with twice the noise
of `NOISE` in every second. Values are compared with discounted returns of
states before the last n steps that an episode could have, gamma^n = .1, whatever
happened later: to leave out those alone whose episode was stopped would keep falls.
Printed is Spearman's rank correlation over such states.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import gymnasium
import numpy as np
import torch
from scipy.stats import spearmanr

from onehop_envs import load_actors, returns, watch
from onehop_methods import load_judge

EPISODES, STEPS, FIRST_SEED = 30, 1000, 700_000
NOISE = {"ppo": 1.0, "trpo": 0.5, "tqc": 0.4}


def main(environment: str, critic: Path, gamma: float, policies: Path) -> None:
    """Roll out, and print the correlation."""
    judge = load_judge(critic)
    last = int(STEPS + math.log(10) / math.log(gamma))
    values, earned = [], []
    actors = load_actors(policies, environment)
    for algorithm in NOISE.keys() & actors.keys():
        for i in range(EPISODES):
            noise = NOISE[algorithm] * (1 + i % 2)
            with gymnasium.make(f"{environment}-v5", max_episode_steps=STEPS) as env:
                seen = watch(actors[algorithm], env, FIRST_SEED + i, noise, None)
            states = torch.from_numpy(np.asarray(seen.obs["state"], np.float32))
            rewards = np.asarray(seen.rewards.each)
            with torch.no_grad():
                values.append(judge.v(states).numpy()[:last])
            earned.append(returns(rewards, np.array([len(rewards)]), gamma)[:last])
    found = spearmanr(np.concatenate(values), np.concatenate(earned))
    print(f"{environment}, gamma {gamma}: rank correlation {found.statistic:.2f}")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(f"expected ENVIRONMENT CRITIC GAMMA POLICIES, got {sys.argv[1:]}")
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), Path(sys.argv[4]))
