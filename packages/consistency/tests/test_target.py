"""The target network is a constant."""

import copy

import pytest
import torch
from torch import Tensor

from onehop_consistency import Student, cd_loss, ct_loss, ddim
from onehop_interfaces.exact import CosineVP
from onehop_interfaces.testing import SmallDenoiser


@pytest.mark.parametrize("name", ["cd", "ct"])
def test_the_target_is_a_constant_though_it_is_the_student_itself(name, mixture):
    """With weights in both places, the gradient is that of the student's alone."""
    schedule, teacher = CosineVP(), mixture().double()
    torch.manual_seed(0)
    student = Student(SmallDenoiser(teacher, cond_dim=2, width=16)).double()
    frozen = copy.deepcopy(student).requires_grad_(False)
    x, eps = torch.randn(2, 6, 1, 2).double()
    cond = torch.randn(6, 2).double()
    t, s = torch.full((6,), 0.8).double(), torch.full((6,), 0.6).double()

    def loss(target: Student) -> Tensor:
        f, f_target = (
            lambda x_t, t, p=p: p.consistency(x_t, t, cond) for p in (student, target)
        )
        solve = lambda x_t, t, s: ddim(teacher, x_t, t, s, cond)  # noqa: E731
        if name == "ct":
            return ct_loss(f, f_target, schedule, x, eps, t, s).sum()
        return cd_loss(f, f_target, solve, schedule, x, eps, t, s).sum()

    weights = list(student.parameters())
    found, expected = (
        torch.autograd.grad(loss(target), weights) for target in (student, frozen)
    )
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)
