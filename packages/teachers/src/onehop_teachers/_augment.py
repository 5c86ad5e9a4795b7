"""Augmentation: see the same windows a little differently each time.

A policy trained on few demonstrations learns their observations by heart, and is lost
one pixel beside them. Moving what is seen, while what was done stays, teaches it to
come back: where actions are relative to the agent, a displaced agent is asked for the
way back to where the demonstrator went. Pictures are moved by cutting a window out of
them; an encoder that wants smaller pictures than it is shown cuts their middle out, and
so need not be told whether it is training. Of clouds points are left out: an encoder
that takes the maximum over them sees few as it sees many, and learns faster from few.

References:
    | DART: Noise Injection for Robust Imitation Learning (Laskey et al., 2017), which
    | disturbs the demonstrator itself | https://arxiv.org/abs/1703.09327
    | Image Augmentation Is All You Need (Kostrikov et al., 2020), random shifts, as in
    | Diffusion Policy's encoder of pictures | https://arxiv.org/abs/2004.13649
"""

from collections.abc import Callable, Collection
from typing import TypeAlias

import torch
from torch import Tensor, nn

from onehop_interfaces import BadInput, Batch
from onehop_interfaces.drawing import uniform

from ._picture import Picture

__all__ = ["Augment", "crops", "drop_points", "in_turn", "jitter", "random_crop"]

Augment: TypeAlias = Callable[[Batch, torch.Generator], Batch]
"""A batch as it is to be seen this time; the generator is the source of chance."""


def in_turn(*augments: Augment) -> Augment:
    """One after another."""

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        for each in augments:
            batch = each(batch, generator)
        return batch

    return augment


def jitter(std: float, names: Collection[str] = ()) -> Augment:
    """Add noise N(0, std^2) to every number observed, in the observation's units.

    Whole numbers, such as the bytes of pictures, stay as they are. All n_obs frames of
    a window get the same noise, so that velocities stay true. With a std of 0 nothing
    is drawn.

    Args:
        std: Of the noise.
        names: The observations it is added to, where units differ; all without.
    """

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        if std == 0:
            return batch
        obs = dict(batch.obs)
        for name, frames in batch.obs.items():
            if not frames.is_floating_point() or (names and name not in names):
                continue
            noise = torch.empty_like(frames[:, :1]).normal_(generator=generator)
            obs[name] = frames + std * noise
        return Batch(obs, batch.actions)

    return augment


def drop_points(name: str, share: float) -> Augment:
    """Leave that share of the points of clouds (B, n_obs, P, 3) out.

    Which ones is each frame's own. One point at least is left; with a share of 0
    nothing is drawn.

    Args:
        name: The observation's.
        share: 0 to 1.
    """

    def augment(batch: Batch, generator: torch.Generator) -> Batch:
        points = batch.obs[name]
        left = max(round((1 - share) * points.shape[2]), 1)
        if left == points.shape[2]:
            return batch
        device = generator.device
        u = torch.rand(points.shape[:3], generator=generator, device=device)
        kept = u.topk(left, dim=2, sorted=False).indices.to(points.device)
        some = points.gather(2, kept[..., None].expand(-1, -1, -1, points.shape[3]))
        return Batch({**batch.obs, name: some}, batch.actions)

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
