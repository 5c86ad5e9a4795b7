import pytest
import torch
from torch import Tensor

from onehop_interfaces import BadInput
from onehop_koopman_fdk import (
    DNK,
    KDM,
    KDMF,
    DecomposedKoopman,
    DenseKoopman,
    DNKRecipe,
    DynamicKoopman,
    KDMFRecipe,
    KDMRecipe,
    Pairs,
    Sizes,
    Student,
    dnk_terms,
    first_action_weight,
    kdm_terms,
    kdmf_terms,
)

SIZES = {"sizes": Sizes(4, 6, 1)}


def some_pairs(batch: int = 5) -> Pairs:
    prior, x = torch.randn(2, batch, 3, 2).double()
    return Pairs(torch.randn(batch, 2).double(), prior, x, torch.rand(batch).double())


def make(operator, mixture, **options) -> Student:
    torch.manual_seed(0)
    student = Student(mixture(horizon=3), operator, **SIZES, **options).double()
    for parameter in student.operator.parameters():  # away from special starts
        parameter.data += 0.3 * torch.randn_like(parameter)
    return student


def dnk(mixture):
    student, pairs = make(DynamicKoopman, mixture, transitions=2), some_pairs()
    weight = first_action_weight(3).double()
    return student, student, lambda: dnk_terms(student, pairs, weight)


def kdm(mixture, operator=DenseKoopman, terms=kdm_terms):
    student = make(operator, mixture, encode_cond=False, control=True)
    target_encoder = student.new_encoder().double()
    pairs, noises = some_pairs(), 0.4 * torch.randn(2, 5, 4).double()
    both = torch.nn.ModuleList((student, target_encoder))
    return student, both, lambda: terms(student, target_encoder, pairs, *noises)


def kdmf(mixture):
    return kdm(mixture, DecomposedKoopman, kdmf_terms)


def slopes(f, parameter: Tensor, h: float = 1e-6) -> Tensor:
    """The derivative of f() in every entry of the parameter."""
    flat, out = parameter.data.view(-1), torch.zeros(parameter.numel()).double()
    for i in range(len(flat)):
        flat[i] += h
        up = f()
        flat[i] -= 2 * h
        out[i] = (up - f()) / (2 * h)
        flat[i] += h
    return out.view_as(parameter)


@pytest.mark.parametrize("method", [dnk, kdm, kdmf])
def test_no_gradient_is_stopped_but_lat_s(method, mixture):
    """Terms have the gradients of their values; `test_terms.py` says which values."""
    _, module, terms = method(mixture)

    def loss() -> Tensor:
        values = terms()
        if method is dnk:
            del values["lat"]
        return torch.stack([value.sum() for value in values.values()]).sum()

    learned = [p for p in module.parameters() if p.requires_grad]
    for parameter, grad in zip(
        learned, torch.autograd.grad(loss(), learned), strict=True
    ):
        with torch.no_grad():
            expected = slopes(loss, parameter)
        torch.testing.assert_close(grad, expected, rtol=1e-5, atol=1e-7)


def test_the_encoded_target_is_held_fixed_in_lat(mixture):
    student, pairs = make(DynamicKoopman, mixture), some_pairs()
    weight = first_action_weight(3).double()
    lat = dnk_terms(student, pairs, weight)["lat"].sum()
    fixed = student.encode(pairs.x, pairs.cond).detach()

    def by_hand() -> Tensor:
        z = student.move(student.encode(pairs.prior, pairs.cond), pairs.cond)
        return (pairs.weight * (z - fixed).square().mean(1)).sum()

    first = student.encoder[0].weight
    (grad,) = torch.autograd.grad(lat, [first])
    with torch.no_grad():
        expected = slopes(by_hand, first)
    torch.testing.assert_close(grad, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", [dnk, kdm, kdmf])
def test_every_pair_has_its_own_value(method, mixture):
    _, _, terms = method(mixture)
    for name, value in terms().items():
        assert value.shape == (() if name in {"inv", "eig"} else (5,)), name


def test_weights_of_pairs_leave_the_operator_s_terms_alone(mixture):
    student, pairs = make(DynamicKoopman, mixture), some_pairs()
    weight = first_action_weight(3).double()
    plain = dnk_terms(student, pairs, weight)
    double = dnk_terms(student, pairs._replace(weight=2 * pairs.weight), weight)
    for name, value in plain.items():
        factor = 1 if name in {"spec", "inv"} else 2
        torch.testing.assert_close(double[name], factor * value)


def test_the_first_action_is_the_one_for_now():
    expected = torch.tensor([[1.0], [4.0], [1.0]])
    assert torch.equal(first_action_weight(3, 4.0, now=1), expected)


def test_the_first_action_counts_more(mixture):
    student, pairs = make(DynamicKoopman, mixture), some_pairs()
    terms = dnk_terms(student, pairs, first_action_weight(3, 4.0).double())
    error = (student.generate(pairs.prior, pairs.cond) - pairs.x).square().mean(2)
    by_hand = pairs.weight * (4 * error[:, 0] + error[:, 1] + error[:, 2]) / 3
    torch.testing.assert_close(terms["act"], by_hand)


def test_spec_is_zero_up_to_one_and_grows_above(mixture):
    student, pairs = make(DynamicKoopman, mixture), some_pairs()
    weight, last = first_action_weight(3).double(), student.operator.omega[-1]
    last.weight.data.zero_()
    for bias, expected in ((-0.5, 0.0), (0.5, float(torch.tensor(0.5).tanh()) ** 2)):
        last.bias.data.fill_(bias)
        spec = dnk_terms(student, pairs, weight)["spec"]
        torch.testing.assert_close(
            spec, torch.full((5,), expected).double(), rtol=1e-6, atol=1e-12
        )


@pytest.mark.parametrize(
    ("objective", "operator", "recipe"),
    [(DNK, DenseKoopman, DNKRecipe()), (KDMF, DynamicKoopman, KDMFRecipe())],
)
def test_objectives_refuse_another_method_s_operator(
    objective, operator, recipe, mixture
):
    with pytest.raises(BadInput, match=r"expected a D\w+Koopman, got D"):
        objective(Student(mixture(), operator, **SIZES), recipe)


def test_kdm_draws_its_noise_from_the_generator(mixture):
    student = make(DenseKoopman, mixture, encode_cond=False)
    objective, pairs = KDM(student, KDMRecipe()).double(), some_pairs()
    a, b, c = (
        objective(student, pairs, torch.Generator().manual_seed(seed))["rec"]
        for seed in (0, 0, 1)
    )
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
