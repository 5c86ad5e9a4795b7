import pytest
import torch
from torch import Tensor

from onehop_interfaces.exact import gaussian_teacher
from onehop_interfaces.learning import Run
from onehop_interfaces.testing import SmallDenoiser
from onehop_sds import SDSRecipe, sigma_over_alpha


@pytest.fixture
def teacher() -> SmallDenoiser:
    """A network, untrained, in the place of a teacher."""
    spaces = gaussian_teacher(torch.zeros(2), torch.ones(2, 1), torch.eye(2))
    return SmallDenoiser(spaces, cond_dim=1)


def test_recipe_carries_its_settings_over(teacher):
    student = {"head": "x_at_t", "t_init": 0.65, "temperature": 0.0}
    recipe = SDSRecipe(**student, w="sigma_over_alpha")
    sds = recipe.distiller(teacher, Run(1))
    assert sds.policy.config() == student
    assert sds.settings.weight is sigma_over_alpha
    assert sds.student.net is not teacher


def test_a_cold_start_forgets_the_teacher_and_nothing_else(teacher):
    before = torch.get_rng_state()

    def start(cold: bool) -> Tensor:
        run = Run(1, torch.Generator().manual_seed(1))
        sds = SDSRecipe(cold=cold).distiller(teacher, run)
        return sds.student.net.layers[0].weight

    assert torch.equal(start(cold=False), teacher.layers[0].weight)
    assert not torch.equal(start(cold=True), teacher.layers[0].weight)
    assert torch.equal(start(cold=True), start(cold=True))
    assert torch.equal(before, torch.get_rng_state())
