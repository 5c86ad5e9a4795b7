import pytest
import torch
from torch import Tensor

from onehop_interfaces import BadInput
from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.testing import SmallDenoiser
from onehop_sds import SDSRecipe, Student, sigma_over_alpha, x_at_t, zero_z


@pytest.fixture
def teacher() -> SmallDenoiser:
    """A network, untrained, in the place of a teacher."""
    spaces = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    return SmallDenoiser(spaces, cond_dim=1)


def test_config_rebuilds_the_student(teacher):
    student = Student(teacher, head=x_at_t, t_init=0.65, draw_z=zero_z)
    rebuilt = Student.from_config(teacher, student.config())
    assert rebuilt.config() == student.config()
    assert rebuilt.head is x_at_t
    assert rebuilt.draw_z is zero_z


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({}, r"student config: expected \['draw_z', 'head', 't_init'\], got \[\]"),
        (3, "student config: expected .*, got 3"),
        ({"head": "x_at_t", "draw_z": "zero_z", "t_init": "T"}, "expected a number"),
        ({"head": "os.system", "draw_z": "zero_z", "t_init": 0.5}, "got 'os.system'"),
        ({"head": ["x_at_t"], "draw_z": "zero_z", "t_init": 0.5}, "student head:"),
        (
            {"head": "x_at_t", "draw_z": "zero_z", "t_init": 1.5},
            "expected 0.01 to 0.999",
        ),
    ],
)
def test_foreign_configs_are_refused(teacher, config, line):
    with pytest.raises(BadInput, match=line):
        Student.from_config(teacher, config)


def test_recipe_carries_its_settings_over(teacher):
    recipe = SDSRecipe(
        head="x_at_t", t_init=0.65, draw_z="zero_z", w="sigma_over_alpha"
    )
    sds = recipe.distiller(teacher, steps=1, generator=torch.Generator())
    assert sds.policy.config() == {
        "head": "x_at_t",
        "t_init": 0.65,
        "draw_z": "zero_z",
    }
    assert sds.w is sigma_over_alpha
    assert sds.student.net is not teacher


def test_a_cold_start_forgets_the_teacher_and_nothing_else(teacher):
    before = torch.get_rng_state()

    def start(cold: bool) -> Tensor:
        draw = torch.Generator().manual_seed(1)
        sds = SDSRecipe(cold=cold).distiller(teacher, steps=1, generator=draw)
        return sds.student.net.layers[0].weight

    assert torch.equal(start(cold=False), teacher.layers[0].weight)
    assert not torch.equal(start(cold=True), teacher.layers[0].weight)
    assert torch.equal(start(cold=True), start(cold=True))
    assert torch.equal(before, torch.get_rng_state())
