"""The teacher's own path from z to its end, as straight pieces in flow coordinates.

DDIM's N calls give nodes (x~_0, s_0), ..., (x~_{N-1}, s_{N-1}) and the end (x_0, 0).
Between nodes the path is a straight line (`_coordinates`), so that a point at any s,
and the slope there, are known without another call of the teacher.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from onehop_interfaces import Denoiser, ddim_path, expand

from ._coordinates import flow_level, to_flow

__all__ = ["FlowPath", "PointOnPath", "point_at", "teacher_path"]


class FlowPath(NamedTuple):
    """Paths of one batch.

    Attributes:
        s: Levels of the nodes, falling from the noisiest to 0, (N + 1,).
        x_s: The paths' points there, (N + 1, B, H, A); the last are the ends.
    """

    s: Tensor
    x_s: Tensor

    @property
    def end(self) -> Tensor:
        """The clean chunks (B, H, A) the paths lead to."""
        return self.x_s[-1]


class PointOnPath(NamedTuple):
    """One point per path.

    Attributes:
        x_s: Flow coordinates x~ (B, H, A).
        v: The path's slope dx~/ds there (B, H, A).
    """

    x_s: Tensor
    v: Tensor


@torch.no_grad()
def teacher_path(teacher: Denoiser, x_t: Tensor, cond: Tensor, steps: int) -> FlowPath:
    """Follow the teacher from x_t (B, H, A) at the noisiest time, in `steps` calls."""
    s, x_s = [], []
    for point in ddim_path(teacher, x_t, cond, steps):
        levels = teacher.schedule(point.t)
        s.append(flow_level(*levels)[0])
        x_s.append(to_flow(point.x_t, *levels))
    s.append(torch.zeros_like(s[0]))
    x_s.append(point.x)
    return FlowPath(torch.stack(s), torch.stack(x_s))


def point_at(path: FlowPath, s: Tensor) -> PointOnPath:
    """The paths' points at levels s (B,), each on its own path."""
    i = torch.searchsorted(-path.s[1:], -s).clamp(max=len(path.s) - 2)
    row = torch.arange(len(s), device=s.device)
    start, stop = path.x_s[i, row], path.x_s[i + 1, row]
    v = (start - stop) / expand(path.s[i] - path.s[i + 1], start)
    return PointOnPath(start + expand(s - path.s[i], v) * v, v)
