"""The standard teacher of each task: what it sees, plans and is made of."""

from collections.abc import Mapping
from typing import cast

from torch import nn

from onehop_interfaces import Signature

from ._betas import SquaredCosine
from ._features import (
    Encoder,
    Flatten,
    Joined,
    RelativeActions,
    RelativeKeypoints,
    ScaledActions,
)
from ._framewise import Framewise
from ._inpainted import Inpainted
from ._latest import Latest
from ._networks import Convolutions, KeyPoints, ResidualMLP
from ._perceptron import Perceptron
from ._picture import Picture
from ._places import RelativePlaces
from ._plans import ScaledPlans
from ._points import PointNet
from ._preconditioning import PredictX
from ._teacher import DiffusionTeacher

__all__ = [
    "avoiding_teacher",
    "cloud_teacher",
    "kinova_teacher",
    "locomotion_teacher",
    "pusht_pixels_teacher",
    "pusht_teacher",
    "square_teacher",
]


def pusht_teacher() -> DiffusionTeacher:
    """The standard Push-T teacher: keypoints in, 16 target positions [px] out.

    An MLP of 2.2 M parameters that predicts x: eps-prediction through its last time,
    where alpha is 5e-4, multiplies the network's error by 2,000.
    """
    encoder = RelativeKeypoints("keypoints", keypoints=9, n_obs=2)
    return _pusht({"keypoints": (20,)}, 8, encoder, "keypoints")


def pusht_pixels_teacher() -> DiffusionTeacher:
    """The standard teacher of Push-T from pictures: 16 target positions [px] out.

    As Diffusion Policy's it sees the picture and where the agent is; of the picture
    only the latest. A small convolutional encoder with a spatial soft-max, and the MLP
    of `pusht_teacher`. It carries out four actions before it looks again, Diffusion
    Policy's eight: a picture that was misread costs less.
    """
    widths = (16, 32, 32, 32)
    head = KeyPoints(widths[-1], keypoints=32, dim=64)
    picture = Picture("image", 1, Convolutions(widths), head)
    agent = Flatten({"agent_pos": (2,)}, n_obs=2)
    encoder = Joined({"picture": Latest(picture), "agent": agent})
    obs = {"image": (96, 96, 3), "agent_pos": (2,)}
    return _pusht(obs, 4, encoder, "agent_pos")


def _pusht(
    obs: Mapping[str, tuple[int, ...]], n_action: int, encoder: nn.Module, agent: str
) -> DiffusionTeacher:
    """Push-T's network and plans, from the agent's place at the end of `agent` on."""
    cond_dim = cast(Encoder, encoder).cond_dim
    return DiffusionTeacher(
        Signature(obs, n_obs=2, horizon=16, n_action=n_action, action_dim=2),
        SquaredCosine(steps=100),
        PredictX(),
        ResidualMLP(horizon=16, action_dim=2, cond_dim=cond_dim),
        encoder,
        RelativeActions(agent, action_dim=2),
    )


def avoiding_teacher() -> DiffusionTeacher:
    """The standard Avoiding teacher: positions in, 8 changes of position [m] out.

    It sees the desired and the actual position, and plans changes of the desired one,
    as D3IL's policies do. Two of them, 0.07 s, are carried out before it decides again:
    D3IL's policies decide at every step, and a chunk that lies between two ways has
    little time to do harm. An MLP of 0.4 M parameters that predicts x.
    """
    signature = Signature(
        obs={"state": (4,)}, n_obs=2, horizon=8, n_action=2, action_dim=2
    )
    encoder = Flatten({"state": (4,)}, n_obs=2)
    return DiffusionTeacher(
        signature,
        SquaredCosine(steps=100),
        PredictX(),
        ResidualMLP(8, 2, encoder.cond_dim, width=256, blocks=3),
        encoder,
        ScaledActions(action_dim=2),
    )


def locomotion_teacher(horizon: int) -> DiffusionTeacher:
    """The standard teacher of HalfCheetah and Walker2d: plans of states and actions.

    It sees the state, plans from it, and carries out the first action only. As in
    Diffuser, the state now is written into the plan; as in CleanDiffuser, the network
    predicts x at 20 times. An MLP in place of their U-Net.

    Args:
        horizon: H, rows of a plan.
    """
    signature = Signature(
        obs={"state": (17,)},
        n_obs=1,
        horizon=horizon,
        n_action=1,
        action_dim=6,
        state_dim=17,
    )
    encoder = Flatten({"state": (17,)}, n_obs=1)
    mlp = ResidualMLP(horizon, 17 + 6, encoder.cond_dim)
    return DiffusionTeacher(
        signature,
        SquaredCosine(steps=20),
        PredictX(),
        Inpainted(mlp, state_dim=17),
        encoder,
        ScaledPlans("state", state_dim=17, action_dim=6),
    )


def kinova_teacher() -> DiffusionTeacher:
    """The standard teacher of the arm past obstacles: 32 places of the tool [m] out.

    It sees the tool, the goal and three obstacles, each a row of its centre and half
    its size, from the tool; the plan's first row is carried out. It does not see how
    fast the tool is: a teacher that did learned to go on as it went, and once at rest
    it stayed. As in the Koopman paper's experiment, 32 rows of .05 s, and 30 steps.
    """
    obs = {"position": (3,), "goal": (3,), "obstacles": (3, 6)}
    signature = Signature(
        obs=obs, n_obs=1, horizon=32, n_action=1, action_dim=3, period=0.05
    )
    places = {name: obs[name] for name in ("goal", "obstacles")}
    encoder = RelativePlaces("position", places, {}, dim=3)
    return DiffusionTeacher(
        signature,
        SquaredCosine(steps=30),
        PredictX(),
        ResidualMLP(32, 3, encoder.cond_dim),
        encoder,
        RelativeActions("position", action_dim=3),
    )


def cloud_teacher(
    agent_dim: int,
    action_dim: int,
    points: int = 512,
    horizon: int = 4,
    n_action: int = 4,
    from_agent: bool = False,
) -> DiffusionTeacher:
    """The standard teacher from point clouds: 4 actions out, in the task's units.

    It sees the cloud and the robot's own state through DP3's encoders, two frames of
    each. As in SDM Policy and ManiCM four actions are planned; the first is for now,
    and all are carried out (DP3's plans begin a frame earlier, so that of four it has
    three). An MLP in place of their U-Net, which predicts x as theirs does.

    Args:
        agent_dim: Numbers in the robot's state, "agent_pos".
        action_dim: A. What is the same in all demonstrations stays as it was there.
        points: P, points in "point_cloud".
        horizon: H, actions planned; a multiple of 4 for U-Nets.
        n_action: How many of them are carried out.
        from_agent: Whether points are seen from the agent, too, whose place "agent_pos"
            begins with.
    """
    obs = {"point_cloud": (points, 3), "agent_pos": (agent_dim,)}
    agent = Perceptron(Flatten({"agent_pos": (agent_dim,)}, n_obs=1))
    origin = "agent_pos" if from_agent else None
    cloud = PointNet("point_cloud", n_obs=1, origin=origin)
    frame = Joined({"cloud": cloud, "agent": agent})
    encoder = Framewise(frame, n_obs=2)
    return DiffusionTeacher(
        Signature(obs, 2, horizon, n_action, action_dim),
        SquaredCosine(steps=100),
        PredictX(),
        ResidualMLP(horizon, action_dim, encoder.cond_dim),
        encoder,
        ScaledActions(action_dim),
    )


def square_teacher() -> DiffusionTeacher:
    """The standard teacher of Square: 16 moves of an arm's hand and fingers out.

    As Diffusion Policy's it sees a picture of the table, one from the wrist, and where
    hand and fingers are, cuts 76 x 76 of 84 x 84 pixels out, and carries out eight
    actions of 16; of the pictures only the latest. Each has a small convolutional
    encoder of its own, as in `pusht_pixels_teacher`.
    """
    side, agent_dim, action_dim = 84, 9, 7
    obs: dict[str, tuple[int, ...]] = dict.fromkeys(("image", "wrist"), (side, side, 3))
    encoders: dict[str, nn.Module] = {name: _cropped(name, 76) for name in obs}
    agent = Flatten({"agent_pos": (agent_dim,)}, n_obs=2)
    encoder = Joined({**encoders, "agent": agent})
    return DiffusionTeacher(
        Signature({**obs, "agent_pos": (agent_dim,)}, 2, 16, 8, action_dim),
        SquaredCosine(steps=100),
        PredictX(),
        ResidualMLP(16, action_dim, encoder.cond_dim),
        encoder,
        ScaledActions(action_dim),
    )


def _cropped(name: str, side: int) -> Latest:
    """An encoder of the middle of the latest picture."""
    widths = (16, 32, 32, 32)
    head = KeyPoints(widths[-1], keypoints=32, dim=64)
    return Latest(Picture(name, 1, Convolutions(widths), head, crop=(side, side)))
