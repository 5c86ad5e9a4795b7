"""The methods' terms and their gradients, written once more with plain matrices."""

import pytest
import torch
from torch import Tensor, nn

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
)

HORIZON, BATCH, LATENT = 3, 5, 4
SIZES = {"sizes": Sizes(LATENT, 6, 1)}


def make(mixture, objective, operator, **options) -> tuple[Student, nn.Module, Pairs]:
    torch.manual_seed(0)
    teacher = mixture(horizon=HORIZON)
    student = Student(teacher, operator, **SIZES, **options).double()
    for parameter in student.operator.parameters():  # away from special starts
        parameter.data += 0.3 * torch.randn_like(parameter)
    prior, x = torch.randn(2, BATCH, HORIZON, 2).double()
    weight = torch.rand(BATCH).double()
    pairs = Pairs(torch.randn(BATCH, 2).double(), prior, x, weight)
    settings = {
        DNK: DNKRecipe(first_action=4.0),
        KDM: KDMRecipe(noise=0.3),
        KDMF: KDMFRecipe(noise=0.3),
    }[objective]
    return student, objective(student, settings).double(), pairs


def mean_square(error: Tensor) -> Tensor:
    return error.reshape(BATCH, -1).square().mean(1)


def assert_terms(student, objective, pairs, expected: dict[str, Tensor]) -> None:
    """Values and, for all that learns, gradients, term by term."""
    terms = objective(student, pairs, torch.Generator().manual_seed(3))
    learned = [
        p for p in (*student.parameters(), *objective.parameters()) if p.requires_grad
    ]
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value, msg=name)
        ours, by_hand = (
            torch.autograd.grad(v.sum(), learned, retain_graph=True, allow_unused=True)
            for v in (terms[name], value)
        )
        for a, b in zip(ours, by_hand, strict=True):
            assert (a is None) == (b is None), name
            if a is not None:
                torch.testing.assert_close(a, b, msg=name)


@pytest.mark.parametrize("transitions", [1, 3])
def test_fdk_s(mixture, transitions):
    student, objective, pairs = make(
        mixture, DNK, DynamicKoopman, transitions=transitions
    )
    cond, prior, x, weight = pairs
    P, Q, omega = student.operator.P, student.operator.Q, student.operator.omega
    z_x, z = (student.encoder(torch.cat([c.flatten(1), cond], 1)) for c in (x, prior))
    spec = 0.0
    for _ in range(transitions):
        gamma = 1 + torch.tanh(omega(z))
        spec = spec + (gamma - 1).clamp(min=0).square().mean(1) / transitions
        z = torch.einsum("ij,bj,jk,bk->bi", P, gamma, Q, z)
    error = student.decoder(z).view_as(x) - x
    first = error.square() * torch.tensor([4.0, 1.0, 1.0])[:, None]
    one = torch.eye(LATENT)
    assert_terms(student, objective, pairs, {
        "rec": weight * mean_square(student.decoder(z_x) - x.flatten(1)),
        "lat": weight * mean_square(z - z_x.detach()),
        "pred": weight * mean_square(error),
        "act": weight * first.flatten(1).mean(1),
        "spec": spec,
        "inv": ((P @ Q - one).square() + (Q @ P - one).square()).sum() / LATENT**2,
    })  # fmt: skip


def moved_by(operator: nn.Module, z: Tensor) -> Tensor:
    """K z + b, or the real part of P Lambda P_inv z in complex numbers."""
    if isinstance(operator, DenseKoopman):
        return z @ operator.K.weight.T + operator.K.bias
    p, p_inv = torch.complex(*operator.P), torch.complex(*operator.P_inv)
    p = p / p.abs().square().sum(1, keepdim=True).sqrt()
    eigenvalues = torch.exp(-operator.nu.exp() + 1j * operator.theta.exp())
    return (z.to(p) @ (p @ torch.diag(eigenvalues) @ p_inv).T).real


@pytest.mark.parametrize(
    ("method", "operator"), [(KDM, DenseKoopman), (KDMF, DecomposedKoopman)]
)
@pytest.mark.parametrize("transitions", [1, 2])
def test_kdm_s(mixture, method, operator, transitions):
    student, objective, pairs = make(
        mixture, method, operator, encode_cond=False, control=True,
        transitions=transitions,
    )  # fmt: skip
    cond, prior, x, weight = pairs
    draw = torch.Generator().manual_seed(3)
    noise = 0.3 * torch.randn(2, BATCH, LATENT, generator=draw, dtype=torch.float64)
    z_x = objective.target_encoder(x.flatten(1))
    z = student.encoder(prior.flatten(1)) + noise[1]
    for _ in range(transitions):
        z = moved_by(student.operator, z) + student.control(cond)
    expected = {
        "rec": weight * mean_square(student.decoder(z_x + noise[0]) - x.flatten(1)),
        "lat": weight * mean_square(z - z_x),
        "pred": weight * mean_square(student.decoder(z) - x.flatten(1)),
    }
    if method is KDMF:
        op = student.operator
        p, p_inv = torch.complex(*op.P), torch.complex(*op.P_inv)
        p = p / p.abs().square().sum(1, keepdim=True).sqrt()
        one = torch.eye(LATENT)
        gaps = [(a @ b - one).abs().square().sum() for a, b in ((p, p_inv), (p_inv, p))]
        eigenvalues = torch.exp(-op.nu.exp() + 1j * op.theta.exp())
        expected["eig"] = (eigenvalues - torch.complex(*op.U)).abs().mean()
        # Real blocks hold each complex entry twice, in (2 d)^2 places.
        expected["inv"] = sum(gaps) / (2 * LATENT**2)
    assert_terms(student, objective, pairs, expected)
