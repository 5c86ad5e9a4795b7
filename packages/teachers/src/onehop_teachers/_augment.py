"""Augmentation: see the same windows a little differently each time.

A policy trained on few demonstrations learns their observations by heart, and is lost
one pixel beside them. Moving what is seen, while what was done stays, teaches it to
come back: where actions are relative to the agent, a displaced agent is asked for the
way back to where the demonstrator went.

References:
    | DART: Noise Injection for Robust Imitation Learning (Laskey et al., 2017), which
    | disturbs the demonstrator itself | https://arxiv.org/abs/1703.09327
"""

from collections.abc import Callable
from typing import TypeAlias

import torch

from onehop_interfaces import Batch

__all__ = ["Augment", "jitter"]

Augment: TypeAlias = Callable[[Batch, torch.Generator], Batch]
"""A batch as it is to be seen this time; the generator is the source of chance."""


def jitter(std: float) -> Augment:
    """Add noise N(0, std^2) to every number observed, in the observation's units.

    All n_obs frames of a window get the same noise, so that velocities stay true. With
    a std of 0 nothing is drawn.
    """

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        if std == 0:
            return batch
        obs = {}
        for name, frames in batch.obs.items():
            noise = torch.empty_like(frames[:, :1]).normal_(generator=generator)
            obs[name] = frames + std * noise
        return Batch(obs, batch.actions)

    return augment
