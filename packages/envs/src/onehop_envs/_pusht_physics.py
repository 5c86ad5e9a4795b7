"""The physics of Push-T: a circle that follows its target pushes a T without friction.

Each control step of 0.1 s is ten substeps of dt = 0.01 s. In a substep the agent, a
kinematic circle at p with velocity v, obeys the PD law

    v <- v + (k_p (a - p) - k_v v) dt        k_p = 100 [1/s^2], k_v = 20 [1/s]

for the target a, which is the action; then pymunk moves everything. Damping 0 means
that the T keeps no velocity from one substep to the next: it moves only while pushed.

The constants, the doubled moment of inertia of the bar (the stem's own is not used) and
the order of position and angle in `set_state` are those of the published environment,
whose human demonstrations replay here to within a pixel.

References:
    | Diffusion Policy: Visuomotor Policy Learning via Action Diffusion
    | (Chi et al., 2023) | https://arxiv.org/abs/2303.04137
"""

from __future__ import annotations

from math import tau
from typing import NamedTuple, TypeAlias

import pymunk

from ._pusht_geometry import (
    BAR,
    KEYPOINTS,
    OUTLINE,
    STEM,
    Point,
    Pose,
    coverage_of,
    transform,
)

__all__ = ["PushTPhysics", "PushTSnapshot", "PushTState"]

PushTState: TypeAlias = tuple[float, float, float, float, float]
"""(agent x, agent y, block x, block y, block angle) [px, px, px, px, rad]."""

WORLD = 512.0  # side of the square that actions and positions lie in [px]
AGENT_RADIUS = 15.0
WALLS: tuple[tuple[Point, Point], ...] = (
    ((5.0, 506.0), (5.0, 5.0)),
    ((5.0, 5.0), (506.0, 5.0)),
    ((506.0, 5.0), (506.0, 506.0)),
    ((5.0, 506.0), (506.0, 506.0)),
)
WALL_RADIUS = 2.0

_DT = 0.01
_SUBSTEPS = 10
_K_P, _K_V = 100.0, 20.0


class PushTSnapshot(NamedTuple):
    """All that a copy of the physics starts from.

    Attributes:
        agent: Position of the agent [px].
        agent_velocity: [px/s].
        block: Pose of the block [px, px, rad].
        block_velocity: Of the block's centre of gravity [px/s].
        block_spin: Its angular velocity [rad/s].
    """

    agent: Point
    agent_velocity: Point
    block: Pose
    block_velocity: Point
    block_spin: float


class PushTPhysics:
    """One Push-T scene.

    Args:
        legacy: Set the block's position before its angle, as the published evaluation
            does. The angle turns the block about its centre of gravity, so that its
            origin ends up elsewhere than the state says. Otherwise the angle is set
            first and the block lies where the state says.
    """

    def __init__(self, legacy: bool = True) -> None:
        self._legacy = legacy
        self._build()
        self._coverage: tuple[Pose, float] = (self.block, coverage_of(self.block))

    @property
    def agent(self) -> Point:
        """Position of the agent [px]."""
        x, y = self._agent.position
        return x, y

    @property
    def agent_velocity(self) -> Point:
        """Velocity of the agent [px/s]."""
        x, y = self._agent.velocity
        return x, y

    @property
    def block(self) -> Pose:
        """Pose of the block [px, px, rad]; the angle counts whole turns."""
        x, y = self._block.position
        return x, y, self._block.angle

    @property
    def state(self) -> PushTState:
        """Agent, block and the block's angle in [0, 2 pi]."""
        x, y, angle = self.block
        return *self.agent, x, y, angle % tau

    @property
    def n_contacts(self) -> int:
        """Contact points that the block has at this moment."""
        counts: list[int] = []
        self._block.each_arbiter(
            lambda arbiter: counts.append(len(arbiter.contact_point_set.points))
        )
        return sum(counts)

    def set_state(self, state: PushTState) -> None:
        """Put agent and block at rest into a fresh scene and let one substep pass."""
        self._build()
        agent_x, agent_y, x, y, angle = state
        self._agent.position = agent_x, agent_y
        if self._legacy:
            self._block.position = x, y
            self._block.angle = angle
        else:
            self._block.angle = angle
            self._block.position = x, y
        self._space.step(_DT)

    def snapshot(self) -> PushTSnapshot:
        """What `restore` needs to go on from here, in this scene or in another."""
        x, y = self._block.velocity
        spin = self._block.angular_velocity
        return PushTSnapshot(self.agent, self.agent_velocity, self.block, (x, y), spin)

    def restore(self, snapshot: PushTSnapshot) -> None:
        """Go on from `snapshot`; the same snapshot always has the same future.

        The solver's memory of contacts is not part of a snapshot. While the block is
        being pushed, the next steps can therefore differ from the original's by about
        a hundredth of a pixel.
        """
        self._build()
        self._agent.position = snapshot.agent
        self._agent.velocity = snapshot.agent_velocity
        x, y, angle = snapshot.block
        self._block.angle = angle
        self._block.position = x, y
        self._block.velocity = snapshot.block_velocity
        self._block.angular_velocity = snapshot.block_spin

    def step(self, action: Point) -> None:
        """Follow the target `action` [px] for one control step of 0.1 s."""
        agent, step = self._agent, self._space.step
        target_x, target_y = action
        (x, y), (vx, vy) = agent.position, agent.velocity
        for _ in range(_SUBSTEPS):
            vx += (_K_P * (target_x - x) - _K_V * vx) * _DT
            vy += (_K_P * (target_y - y) - _K_V * vy) * _DT
            agent.velocity = vx, vy
            step(_DT)
            # A kinematic body moves by exactly this; asking pymunk costs more.
            x += vx * _DT
            y += vy * _DT

    def coverage(self) -> float:
        """area(goal ∩ block) / area(goal), in [0, 1]."""
        pose = self.block
        if pose != self._coverage[0]:
            self._coverage = pose, coverage_of(pose)
        return self._coverage[1]

    def block_vertices(self) -> list[Point]:
        """The eight corners of the T's outline in order [px]."""
        return transform(self.block, OUTLINE)

    def keypoints(self) -> list[Point]:
        """The nine keypoints of the T [px]."""
        return transform(self.block, KEYPOINTS)

    def _build(self) -> None:
        """A fresh scene: the order of contacts depends on the engine's past."""
        self._space = space = pymunk.Space()
        space.gravity = 0.0, 0.0
        space.damping = 0.0
        ground = space.static_body
        space.add(*(pymunk.Segment(ground, a, b, WALL_RADIUS) for a, b in WALLS))
        self._agent = pymunk.Body(body_type=pymunk.Body.KINEMATIC)
        self._agent.position = 256.0, 400.0
        space.add(self._agent, pymunk.Circle(self._agent, AGENT_RADIUS))
        moment = pymunk.moment_for_poly(1.0, BAR)
        self._block = pymunk.Body(1.0, moment + moment)
        bar, stem = pymunk.Poly(self._block, BAR), pymunk.Poly(self._block, STEM)
        centre = (bar.center_of_gravity + stem.center_of_gravity) / 2
        self._block.center_of_gravity = centre
        self._block.position = 256.0, 300.0
        space.add(self._block, bar, stem)
