"""Frames that hold a cloud, which is made when somebody asks for it.

A policy that carries out four actions and looks at two frames never sees the other two,
and to cast a cloud's rays takes longer than to simulate a step. So at every step only
where things are is noted, and a cloud is made of that, later, if at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from onehop_envs import RayCamera

from ._scene import Env

__all__ = ["Glimpse", "Still", "see_cloud"]

PLACES = ("geom_xpos", "geom_xmat", "site_xpos", "xipos", "ximat")
"""All that rays meet, of MuJoCo's data; bodies that are not near a ray are left out by
where they balance."""


class Still:
    """A camera before things as they were.

    Args:
        model: MuJoCo's.
        camera: Of it.
        count: Points of a cloud.
    """

    def __init__(self, model: Any, camera: RayCamera, count: int) -> None:
        from mujoco import MjData

        self._data, self._camera, self._count = MjData(model), camera, count

    def of(self, data: Any) -> Callable[[], NDArray[np.float32]]:
        """Note where things are; the cloud of them, when called.

        Args:
            data: MuJoCo's, its positions up to date.
        """
        were = [getattr(data, name).copy() for name in PLACES]

        def cloud() -> NDArray[np.float32]:
            for name, places in zip(PLACES, were, strict=True):
                getattr(self._data, name)[:] = places
            return self._camera(self._data, self._count)

        return cloud


class Glimpse(Mapping[str, NDArray[Any]]):
    """A `Frame`, a part of which is made when it is first asked for.

    Args:
        now: What is there, by name.
        later: What makes the others.
    """

    def __init__(
        self,
        now: Mapping[str, NDArray[Any]],
        later: Mapping[str, Callable[[], NDArray[Any]]],
    ) -> None:
        self._made, self._later = dict(now), dict(later)

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name in self._later:
            self._made[name] = self._later.pop(name)()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._made, *self._later])

    def __len__(self) -> int:
        return len(self._made) + len(self._later)


def see_cloud(env: Env) -> object:
    """The cloud of an environment that can `see`, made anew: a `Scene.sensing`."""
    return cast(Any, env).see()["point_cloud"]
