"""Pictures of a MuJoCo scene as it was, drawn when somebody asks for them.

Positions of joints say all that is to be seen, so these are noted, and drawn later, if
at all. There are neither shadows nor reflections, and one sample a pixel: where a
processor draws, pictures take a quarter of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onehop_interfaces import BadInput

__all__ = ["Pictures", "bring_up"]


class Pictures:
    """What the cameras of a model see. `close` gives the driver's memory back.

    It changes the model's `vis.quality`.

    Args:
        model: MuJoCo's.
        side: Of a picture [px].

    Raises:
        BadInput: if MuJoCo cannot draw here.
    """

    def __init__(self, model: Any, side: int) -> None:
        from mujoco import MjData, MjvOption

        self._model, self._data = model, MjData(model)
        self._renderer = _renderer(model, side)
        self._look = MjvOption()
        # What collides is not what is to be seen, nor are marks.
        self._look.geomgroup[0] = self._look.sitegroup[:] = 0

    def of(self, data: Any, camera: str) -> Callable[[], NDArray[np.uint8]]:
        """Note where things are; their picture, (side, side, 3), when called.

        Args:
            data: MuJoCo's.
            camera: Its name.
        """
        qpos = data.qpos.copy()
        return lambda: self._draw(qpos, camera)

    def close(self) -> None:
        """Nothing can be drawn after."""
        self._renderer.close()

    def _draw(self, qpos: NDArray[np.float64], camera: str) -> NDArray[np.uint8]:
        self._data.qpos[:] = qpos
        bring_up(self._model, self._data)
        self._renderer.update_scene(self._data, camera, self._look)
        return np.array(self._renderer.render())


def bring_up(model: Any, data: Any) -> None:
    """Put bodies and cameras where joints are now; a step leaves them before it."""
    from mujoco import mj_camlight, mj_comPos, mj_kinematics

    for each in (mj_kinematics, mj_comPos, mj_camlight):
        each(model, data)


def _renderer(model: Any, side: int) -> Any:
    from mujoco import Renderer, mjtRndFlag

    model.vis.quality.shadowsize = model.vis.quality.offsamples = 0
    try:
        renderer = Renderer(model, side, side)
    except Exception as error:  # whatever a driver raises
        raise BadInput(
            f"--task square: expected MuJoCo to draw here, got {error!r}; "
            "try MUJOCO_GL=egl or MUJOCO_GL=osmesa"
        ) from error
    for flag in (mjtRndFlag.mjRND_SHADOW, mjtRndFlag.mjRND_REFLECTION):
        renderer.scene.flags[flag] = False
    return renderer
