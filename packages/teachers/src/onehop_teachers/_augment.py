"""Augmentation: see the same windows a little differently each time.

A policy trained on few demonstrations learns their observations by heart, and is lost
one pixel beside them. Moving what is seen, while what was done stays, teaches it to
come back: where actions are relative to the agent, a displaced agent is asked for the
way back to where the demonstrator went. Pictures are moved by cutting a window out of
them; an encoder that wants smaller pictures than it is shown cuts their middle out, and
so need not be told whether it is training.

References:
    | DART: Noise Injection for Robust Imitation Learning (Laskey et al., 2017), which
    | disturbs the demonstrator itself | https://arxiv.org/abs/1703.09327
    | Image Augmentation Is All You Need (Kostrikov et al., 2020), random shifts, as in
    | Diffusion Policy's encoder of pictures | https://arxiv.org/abs/2004.13649
"""

from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.drawing import uniform

from ._picture import Picture

__all__ = ["Augment", "crops", "in_turn", "jitter", "random_crop"]

Augment: TypeAlias = Callable[[Batch, torch.Generator], Batch]
"""A batch as it is to be seen this time; the generator is the source of chance."""


def in_turn(*augments: Augment) -> Augment:
    """One after another."""

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        for each in augments:
            batch = each(batch, generator)
        return batch

    return augment


def jitter(std: float) -> Augment:
    """Add noise N(0, std^2) to every number observed, in the observation's units.

    Whole numbers, such as the bytes of pictures, stay as they are. All n_obs frames of
    a window get the same noise, so that velocities stay true. With a std of 0 nothing
    is drawn.
    """

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        if std == 0:
            return batch
        obs = dict(batch.obs)
        for name, frames in batch.obs.items():
            if not frames.is_floating_point():
                continue
            noise = torch.empty_like(frames[:, :1]).normal_(generator=generator)
            obs[name] = frames + std * noise
        return Batch(obs, batch.actions)

    return augment


def random_crop(name: str, height: int, width: int) -> Augment:
    """Cut a window out of pictures (B, n_obs, H, W, C), bytes or numbers.

    Its place is each row's own, and the same in all n_obs frames of it.

    Args:
        name: The observation's.
        height: Of the window [px], at most H.
        width: Likewise, at most W.
    """

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        pictures = batch.obs[name]
        rows, frames, *size = pictures.shape[:4]
        device = pictures.device
        places: list[Tensor] = []
        for whole, part in zip(size, (height, width), strict=True):
            if part > whole:
                raise BadInput(
                    f"crop of {name!r}: expected at most {whole}, got {part}"
                )
            starts = uniform(rows, generator, 0, whole - part + 1).long().to(device)
            places.append(starts[:, None] + torch.arange(part, device=device))
        y, x = places
        row = torch.arange(rows, device=device)[:, None, None, None]
        frame = torch.arange(frames, device=device)[:, None, None]
        cut = pictures[row, frame, y[:, None, :, None], x[:, None, None, :]]
        return Batch({**batch.obs, name: cut}, batch.actions)

    return augment


def crops(encoder: nn.Module) -> Augment:
    """A random crop wherever an encoder cuts out the middle of what it sees.

    Where it makes pictures smaller or larger first, what it would be shown is not what
    it is shown later; those stay as they are.
    """
    return in_turn(
        *(
            random_crop(part.name, *part.crop)
            for part in encoder.modules()
            if isinstance(part, Picture) and part.crop and part.resize is None
        )
    )
