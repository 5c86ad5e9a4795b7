"""A Kinova Gen3 behind a safety gate: simulated anywhere, real where its SDK is.

Radians, metres and seconds inside; degrees only at the border of the SDK.
"""

from ._arm import ArmError as ArmError
from ._arm import ArmInterface as ArmInterface
from ._arm import ArmTimeout as ArmTimeout
from ._board import DriverBoard as DriverBoard
from ._board import PolicyBoard as PolicyBoard
from ._board import Published as Published
from ._body import Body as Body
from ._body import Capsule as Capsule
from ._clock import Alarm as Alarm
from ._clock import Clock as Clock
from ._clock import MonotonicClock as MonotonicClock
from ._clock import VirtualClock as VirtualClock
from ._drive import Report as Report
from ._drive import arm_lock as arm_lock
from ._drive import drive as drive
from ._drive import if_named as if_named
from ._drive import if_simulated as if_simulated
from ._drive import if_typed as if_typed
from ._gate import SafetyGate as SafetyGate
from ._gen3 import GRIPPER as GRIPPER
from ._gen3 import HOME as HOME
from ._gen3 import Gen3 as Gen3
from ._gen3 import Solution as Solution
from ._kinematic_arm import KinematicArm as KinematicArm
from ._limits import Limits as Limits
from ._limits import Motion as Motion
from ._limits import Posture as Posture
from ._limits import Timing as Timing
from ._limits import Workspace as Workspace
from ._loop import ServoLoop as ServoLoop
from ._mailbox import Mailbox as Mailbox
from ._observation import AHEAD as AHEAD
from ._observation import observed as observed
from ._pose_servo import PoseServo as PoseServo
from ._preflight import Expected as Expected
from ._preflight import Item as Item
from ._preflight import preflight as preflight
from ._preflight import require as require
from ._recorder import Log as Log
from ._recorder import Recorder as Recorder
from ._recorder import read_log as read_log
from ._replay import ReplayArm as ReplayArm
from ._replay import differing as differing
from ._rotations import Quat as Quat
from ._rotations import Vec3 as Vec3
from ._scene import Box as Box
from ._scene import Scene as Scene
from ._scene import Sphere as Sphere
from ._spread import Spread as Spread
from ._tick import Phase as Phase
from ._tick import Seen as Seen
from ._tick import Tick as Tick
from ._tick import Times as Times
from ._values import ArmInfo as ArmInfo
from ._values import ArmState as ArmState
from ._values import Joints as Joints
from ._values import PoseTarget as PoseTarget
from ._verdict import Reason as Reason
from ._verdict import Ruling as Ruling
from ._verdict import Sent as Sent
from ._verdict import Verdict as Verdict
from ._wrappers import LoggedArm as LoggedArm
from ._wrappers import ShadowArm as ShadowArm
from .faults import Call as Call
from .faults import Fault as Fault
from .faults import FaultyArm as FaultyArm
from .faults import Scheduled as Scheduled

__version__ = "0.1.0"
