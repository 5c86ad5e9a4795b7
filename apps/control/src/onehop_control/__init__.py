"""A Kinova Gen3 moved by a policy: simulated, watched, for real, replayed, timed."""

from onehop_kinova_driver import GRIPPER as GRIPPER

from ._arms import kinematic as kinematic
from ._arms import mujoco as mujoco
from ._arrival import Arrival as Arrival
from ._arrival import Tolerance as Tolerance
from ._candidates import Situation as Situation
from ._candidates import choose as choose
from ._choice import ByPlanner as ByPlanner
from ._choice import Stored as Stored
from ._choice import StraightOn as StraightOn
from ._choice import pilot_of as pilot_of
from ._outcome import Outcome as Outcome
from ._pilot import Decision as Decision
from ._pilot import Pilot as Pilot
from ._problem import Problem as Problem
from ._problem import told as told
from ._score import Hand as Hand
from ._score import Weights as Weights
from ._score import scores as scores
from ._trial import Conditions as Conditions
from ._trial import Trial as Trial
from ._trial import try_out as try_out
from ._virtual_policy import AsMeasured as AsMeasured
from ._virtual_policy import Fixed as Fixed

__version__ = "0.1.0"
