import pytest
import torch

from onehop_interfaces import BadInput
from onehop_interfaces.exact import CosineVP, DiscreteVP, VarianceExploding
from onehop_sdm import Student


def test_one_call_at_t_init_with_the_noisy_marginal_s_spread(mixture):
    teacher = mixture(schedule=VarianceExploding(0.02, 20.0))
    student = Student(teacher, t_init=0.5)
    z, cond = torch.randn(4, 1, 2), torch.randn(4, 1)
    scale = (1 + 0.02 * 20.0) ** 0.5
    expected = teacher(scale * z, torch.full((4,), 0.5), cond)
    torch.testing.assert_close(student.generate(z, cond), expected)
    assert Student(mixture(schedule=CosineVP())).scale == pytest.approx(1.0)
    assert Student(mixture(schedule=CosineVP())).t_init == 0.999


def test_config_rebuilds_the_student(mixture):
    net = mixture(schedule=DiscreteVP())
    student = Student(net, t_init=65.0)
    assert Student.from_config(net, student.config()).config() == {"t_init": 65.0}


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({}, r"student config: expected \['t_init'\], got \[\]"),
        ({"t_init": 65.0, "nfe": 1}, r"student config: expected \['t_init'\]"),
        ({"t_init": "65"}, "t_init: expected a number, got '65'"),
        ({"t_init": 100.0}, "t_init: expected 0 to 99, got 100"),
    ],
)
def test_foreign_configs_are_refused(mixture, config, line):
    with pytest.raises(BadInput, match=line):
        Student.from_config(mixture(schedule=DiscreteVP()), config)
