"""Manipulation environments, demonstrators and demonstration files."""

from ._acted import Bursts as Bursts
from ._acted import watch as watch
from ._actor import Actor as Actor
from ._actor import load_actors as load_actors
from ._avoiding_demonstrator import demonstrate_avoiding as demonstrate_avoiding
from ._avoiding_drawing import draw_avoiding as draw_avoiding
from ._avoiding_env import AvoidingEnv as AvoidingEnv
from ._avoiding_modes import AVOIDING_MODES as AVOIDING_MODES
from ._avoiding_modes import avoiding_gaps as avoiding_gaps
from ._avoiding_modes import avoiding_mode as avoiding_mode
from ._avoiding_scene import AVOIDING_WINDOW as AVOIDING_WINDOW
from ._clouds import Eye as Eye
from ._clouds import RayCamera as RayCamera
from ._clouds import cloud_of as cloud_of
from ._d3il_pickle import read_d3il_avoiding as read_d3il_avoiding
from ._d4rl_hdf5 import read_d4rl_hdf5 as read_d4rl_hdf5
from ._dapg import load_dapg as load_dapg
from ._demonstrations import Demonstrations as Demonstrations
from ._demonstrations import Json as Json
from ._demonstrations import Windows as Windows
from ._depth_clouds import DepthCamera as DepthCamera
from ._diffusion_policy_zarr import (
    read_diffusion_policy_zarr as read_diffusion_policy_zarr,
)
from ._episode_file import PART as PART
from ._episode_file import Written as Written
from ._episode_file import write_episodes as write_episodes
from ._episodes import Episodes as Episodes
from ._episodes import Held as Held
from ._episodes import in_memory as in_memory
from ._episodes import size_of as size_of
from ._episodes_at import episodes_at as episodes_at
from ._farthest import farthest as farthest
from ._lerobot import LeRobotEpisodes as LeRobotEpisodes
from ._mapped import gather as gather
from ._minari import MINARI_FILE as MINARI_FILE
from ._minari import MinariEpisodes as MinariEpisodes
from ._minari import read_minari as read_minari
from ._pusht_demonstrate import demonstrate as demonstrate
from ._pusht_drawing import draw_pusht as draw_pusht
from ._pusht_env import SUCCESS_COVERAGE as SUCCESS_COVERAGE
from ._pusht_env import PushTKeypointsEnv as PushTKeypointsEnv
from ._pusht_env import PushTPixelsAgentPosEnv as PushTPixelsAgentPosEnv
from ._pusht_env import PushTPixelsEnv as PushTPixelsEnv
from ._pusht_env import PushTStateEnv as PushTStateEnv
from ._pusht_mirror import mirrored as mirrored
from ._pusht_physics import PushTPhysics as PushTPhysics
from ._pusht_physics import PushTSnapshot as PushTSnapshot
from ._pusht_physics import PushTState as PushTState
from ._pusht_pictures import with_pictures as with_pictures
from ._pusht_planner import PushTPlanner as PushTPlanner
from ._pusht_starts import paper_start as paper_start
from ._pusht_starts import random_start as random_start
from ._replay_buffer import DiffusionPolicyEpisodes as DiffusionPolicyEpisodes
from ._rewards import Rewards as Rewards
from ._rewards import returns as returns
from ._robomimic import RobomimicEpisodes as RobomimicEpisodes
from ._side_view import draw_side_view as draw_side_view

__version__ = "0.1.0"
