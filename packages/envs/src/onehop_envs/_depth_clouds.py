"""Point clouds of a MuJoCo scene from rendered depth, where there is a graphics driver.

The pixel whose depth is z is the point o + z d, with the direction d that `pinhole`
gives it: the same pixels, and so the same cloud to the depth buffer's precision, as
`RayCamera`'s. Without shadows and with one sample a pixel a picture costs little even
where the processor draws it: `MUJOCO_GL=egl`.

It needs MuJoCo, which is an extra: `onehop-envs[mujoco]`.
"""

from __future__ import annotations

from math import radians, tan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

from ._clouds import Eye, checked, cloud_of, pinhole

__all__ = ["DepthCamera"]


class DepthCamera:
    """Points that a depth camera sees, in the world's frame.

    It changes the model's `vis.quality`. `close` gives the driver's memory back.

    Args:
        model: MuJoCo's model of the scene.
        eye: Where the camera is.
        shape: Its pixels, h and w.
        box: Low and high corner of the workspace, (2, 3) [m].

    Raises:
        BadInput: if MuJoCo is not installed, or cannot draw here.
    """

    def __init__(
        self, model: Any, eye: Eye, shape: tuple[int, int], box: NDArray[Any]
    ) -> None:
        self._box, self._at = checked(box), np.array(eye.at, float)
        self._rays, self._frame = pinhole(eye, shape), eye.frame()
        self._near = model.vis.map.znear * model.stat.extent
        self._far = model.vis.map.zfar * model.stat.extent
        self._high = self._near * tan(radians(eye.fovy) / 2)
        model.vis.quality.shadowsize = model.vis.quality.offsamples = 0
        self._renderer = _renderer(model, shape)
        self._renderer.enable_depth_rendering()

    def __call__(self, data: Any, count: int) -> NDArray[np.float32]:
        """A cloud of `count` points, (count, 3) [m], chosen as by `RayCamera`.

        Args:
            data: MuJoCo's, of the model, its positions up to date.
            count: How many.
        """
        self._renderer.update_scene(data)
        f, _, up = self._frame
        for camera in self._renderer.scene.camera:
            camera.pos, camera.forward, camera.up = self._at, f, up
            camera.frustum_top, camera.frustum_bottom = self._high, -self._high
            camera.frustum_center = camera.frustum_width = 0
        z = self._renderer.render()  # (h, w)
        met = z < 0.99 * self._far
        return cloud_of(self._at + z[met, None] * self._rays[met], self._box, count)

    def close(self) -> None:
        """Give back what the driver lent; nothing can be seen after."""
        self._renderer.close()


def _renderer(model: Any, shape: tuple[int, int]) -> Any:
    try:
        from mujoco import Renderer
    except ImportError as error:
        raise BadInput(
            "DepthCamera: expected MuJoCo to be installed; "
            "pip install 'onehop-envs[mujoco]'"
        ) from error
    try:
        return Renderer(model, *shape)
    except Exception as error:  # whatever a driver raises
        raise BadInput(
            f"DepthCamera: expected MuJoCo to draw here, got {error!r}; "
            "try MUJOCO_GL=egl, or RayCamera, which draws nothing"
        ) from error
