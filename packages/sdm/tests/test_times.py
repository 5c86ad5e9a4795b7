import pytest
import torch

from onehop_interfaces import BadInput, Domain
from onehop_interfaces.exact import CosineVP, DiscreteVP
from onehop_sdm import DDIMTimes, Uniform

U = torch.linspace(0, 1 - 1e-6, 1000)


def test_uniform_covers_its_part_of_the_domain():
    t = Uniform(0.02, 0.95)(DiscreteVP().domain, U)
    assert (t.min(), t.max()) == (2, 94)
    assert torch.equal(t, t.round())
    t = Uniform(0.25, 0.75)(Domain(-1.0, 1.0), U)
    torch.testing.assert_close(t, U - 0.5)


def test_ddim_times_are_the_reference_code_s_ten():
    t, counts = DDIMTimes()(DiscreteVP().domain, U).unique(return_counts=True)
    assert t.tolist() == [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]
    assert counts.tolist() == [100] * 10


def test_ddim_times_of_a_continuous_schedule_are_its_sampler_s():
    domain = CosineVP().domain
    t = DDIMTimes(4)(domain, U).unique()
    torch.testing.assert_close(t, torch.tensor(domain.grid(4)).flip(0))


@pytest.mark.parametrize("part", [(0.5, 0.2), (-0.1, 0.5), (0.1, 1.1)])
def test_impossible_parts_are_refused(part):
    with pytest.raises(BadInput, match="expected fractions low <= high"):
        Uniform(*part)
