"""The zoo's student moves a simulated arm, as the first page says."""

import pytest

import onehop_zoo
from onehop_control import Conditions, Fixed, Stored, Weights, kinematic, pilot_of
from onehop_control import try_out as fly
from onehop_control._problem import drawn
from onehop_kinova_driver import Workspace


@pytest.mark.parametrize("seed", [400_001, 400_004])
def test_the_student_of_the_zoo_arrives_past_the_obstacles(seed):
    problem, policy = drawn(seed), Stored(onehop_zoo.path("kinova-student"))
    pilot = pilot_of(policy, problem, seed, Weights(), Workspace())
    outcome = fly(pilot, problem, Conditions(kinematic, pace=Fixed(0.01))).outcome
    assert outcome.success
    assert outcome.seconds < 25
    assert outcome.arm_clearance > 0.025
