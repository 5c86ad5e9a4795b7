"""How regular a Jacobian is, and in which direction it is more so.

The condition number of J is k = s_1 / s_6, its largest by its smallest singular value.
With the left and right singular vectors u_i, v_i,

    d ln k / dq_l = u_1^T dJ_l v_1 / s_1 - u_6^T dJ_l v_6 / s_6,        dJ_l = dJ/dq_l.

Column i of J is (z_i x r_i, z_i), r_i from joint i to the tool. A turn of joint l turns
all that is beyond it: with L_i = z_i x r_i,

    dL_i = z_l x L_i (l <= i),  z_i x L_l (l > i);        dz_i = z_l x z_i (l < i).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._batched_kinematics import Frames, cross

__all__ = ["conditions", "log_condition"]

Array = NDArray[np.float64]


def conditions(jacobian: Array) -> Array:
    """Condition numbers of Jacobians (6, 7, *N), (*N)."""
    j = np.moveaxis(jacobian, (0, 1), (-2, -1))
    squares = np.linalg.eigvalsh(j @ j.swapaxes(-1, -2))
    least = np.maximum(squares[..., 0], np.finfo(float).tiny)
    made: Array = np.sqrt(squares[..., -1] / least)
    return made


def log_condition(frames: Frames, jacobian: Array) -> tuple[Array, Array]:
    """ln k and its gradient.

    Args:
        frames: Of configurations, (8, 3, N).
        jacobian: There, (6, 7, N).

    Returns:
        ln k, (N,), and d ln k / dq, (7, N).
    """
    j = np.moveaxis(jacobian, 2, 0)
    squares, u = np.linalg.eigh(j @ j.swapaxes(1, 2))
    squares = np.maximum(squares, np.finfo(float).tiny)
    z, l = frames.z[:7].swapaxes(0, 1), jacobian[:3]
    made = np.zeros(jacobian.shape[1:])
    for end, sign in ((5, 1), (0, -1)):
        w = np.einsum("nij,ni->jn", j, u[:, :, end])  # s v
        made += sign / squares[:, end] * _change(z, l, u[:, :, end].T, w)
    return np.log(squares[:, 5] / squares[:, 0]) / 2, made


def _change(z: Array, l: Array, u: Array, v: Array) -> Array:
    """u^T dJ/dq_l v for each joint, (7, N)."""
    a, b = u[:3, None], u[3:, None]
    vz, vl = v * z, v * l
    before, after = vz.cumsum(1) - vz, _beyond(vz) - vz
    turned = cross(_beyond(vl), a) + cross(after, b)
    made: Array = (z * turned + a * cross(before, l)).sum(0)
    return made


def _beyond(x: Array) -> Array:
    """Sums over the joints from each on."""
    return x[:, ::-1].cumsum(1)[:, ::-1]
