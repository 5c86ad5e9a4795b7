"""What an arm at rest at home answers, written into messages of any kit."""

from math import degrees

from onehop_kinova_driver import HOME, Gen3

TOOL = (0.0, 0.0, 0.12)
READY = 7


def feedback(message) -> None:
    """Of RefreshFeedback."""
    base = message.base
    base.tool_pose_x, base.tool_pose_y, base.tool_pose_z = Gen3(TOOL).pose(HOME)[0]
    base.tool_pose_theta_x, base.tool_pose_theta_y = 90.0, 0.0
    base.tool_pose_theta_z = 90.0
    for axis in "xyz":
        setattr(base, f"tool_twist_linear_{axis}", 0.0)
        setattr(base, f"tool_twist_angular_{axis}", 0.0)
    base.fault_bank_a = base.fault_bank_b = 0
    base.active_state = READY
    for q in HOME:
        actuator = message.actuators.add()
        actuator.position, actuator.velocity = degrees(q) % 360, 0.0
        actuator.fault_bank_a = actuator.fault_bank_b = 0


def serial(message) -> None:
    """Of GetSerialNumber."""
    message.serial_number = "EN1"


def firmware(message) -> None:
    """Of GetFirmwareVersion."""
    message.firmware_version = 0x280


def joints(message) -> None:
    """Of GetActuatorCount."""
    message.count = 7


def tool(message) -> None:
    """Of GetToolConfiguration."""
    where = message.tool_transform
    where.x, where.y, where.z = TOOL


ANSWERS = {
    "RefreshFeedback": feedback,
    "GetSerialNumber": serial,
    "GetFirmwareVersion": firmware,
    "GetActuatorCount": joints,
    "GetToolConfiguration": tool,
}
"""By the names of the calls; to the others the answer is empty."""
