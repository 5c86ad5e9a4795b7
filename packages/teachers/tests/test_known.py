"""Teachers that are told the conditions."""

import copy

import torch

from onehop_interfaces.acting import OneCall, decide
from onehop_interfaces.testing import check_teacher
from onehop_teachers import COND, known, pusht_pixels_teacher, seeing

OBS = {
    "image": torch.randint(0, 256, (6, 2, 96, 96, 3), dtype=torch.uint8),
    "agent_pos": 512 * torch.rand(6, 2, 2),
}


def fitted():
    return pusht_pixels_teacher().fit(OBS, 512 * torch.rand(6, 16, 2)).eval()


def told(teacher):
    """The same observations, encoded."""
    with torch.no_grad():
        cond = teacher.encode(OBS)[:, None].expand(-1, 2, -1)
    return {COND: cond, "agent_pos": OBS["agent_pos"]}


def test_the_standard_teacher_of_pictures_conforms():
    teacher = fitted()
    check_teacher(teacher, OBS)
    assert sum(p.numel() for p in teacher.parameters()) < 2_300_000


def test_a_teacher_that_is_told_conditions_conforms_and_gives_the_same():
    teacher = fitted()
    taking, obs = known(teacher, ["agent_pos"]), told(teacher)
    check_teacher(taking, obs)
    cond = teacher.encode(OBS)
    torch.testing.assert_close(taking.encode(obs), cond)
    x_t, t = torch.randn(6, 16, 2), torch.full((6,), 50.0)
    torch.testing.assert_close(taking(x_t, t, cond), teacher(x_t, t, cond))
    torch.testing.assert_close(
        taking.denormalise(x_t, obs), teacher.denormalise(x_t, OBS)
    )


def test_its_student_is_given_eyes():
    teacher = fitted()
    student = OneCall(copy.deepcopy(known(teacher, ["agent_pos"])))
    noise = torch.randn(6, *student.noise)
    expected = student.act(told(teacher), noise)
    seeing(student, teacher)
    assert student.signature == teacher.signature
    torch.testing.assert_close(student.act(OBS, noise), expected)
    assert decide(student, OBS).shape == (6, 16, 2)
