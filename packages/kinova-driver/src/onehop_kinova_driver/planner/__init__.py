"""Collision-free motions of a Gen3's joints, planned for many problems at a time.

They are demonstrations for policies that say where a tool is to go while its rotation
is kept. What carries such targets out inverts them from the joints the arm has, so the
joints depend on the way of the tool alone: that way is what is planned, and the arm
that is led along it what is checked.

Needs scipy: `pip install onehop-kinova-driver[plan]`.
"""

from .._gen3 import GRIPPER as GRIPPER
from ._joint_path import JointPath as JointPath
from ._pace import Pace as Pace
from ._plan import plan as plan
from ._plan import ways as ways
from ._problem import Problem as Problem
from ._problem import problem as problem
