import torch

from onehop_koopman_fdk import DecomposedKoopman, DenseKoopman, DynamicKoopman


def randomise(module: torch.nn.Module, scale: float = 1.0) -> None:
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=scale)


def test_the_dynamic_operator_starts_as_the_identity():
    operator, z = DynamicKoopman(6), torch.randn(5, 6)
    torch.testing.assert_close(operator(z), z, rtol=0, atol=1e-5)
    assert operator.inverse_error().item() < 1e-10
    assert not torch.equal(operator.P, torch.eye(6))


def test_the_dynamic_operator_is_p_diag_gamma_q():
    operator, z = DynamicKoopman(6), torch.randn(5, 6)
    randomise(operator, 0.5)
    gamma = operator.gamma(z)
    assert bool(((gamma > 0) & (gamma < 2)).all())
    assert bool((gamma.std(0) > 0.01).all()), "eigenvalues depend on the latent"
    by_hand = [operator.P @ gamma[i].diag() @ operator.Q @ z[i] for i in range(5)]
    torch.testing.assert_close(operator(z), torch.stack(by_hand))
    one = torch.eye(6)
    pq, qp = operator.P @ operator.Q - one, operator.Q @ operator.P - one
    frobenius = (pq.norm() ** 2 + qp.norm() ** 2) / 36
    torch.testing.assert_close(operator.inverse_error(), frobenius)


def test_the_dense_operator_has_a_bias():
    operator = DenseKoopman(4)
    torch.testing.assert_close(operator(torch.zeros(1, 4))[0], operator.K.bias)


def test_the_decomposed_operator_is_complex_arithmetic():
    operator, z = DecomposedKoopman(5).double(), torch.randn(3, 5).double()
    p = torch.complex(*operator.P)
    p = p / p.abs().square().sum(1, keepdim=True).sqrt()
    p_inv = torch.complex(*operator.P_inv)
    eigenvalues = torch.exp(-operator.nu.exp() + 1j * operator.theta.exp())
    matrix = p @ eigenvalues.diag() @ p_inv
    torch.testing.assert_close(operator(z), (z.to(matrix) @ matrix.T).real)
    one = torch.eye(5)
    # A complex square of size d is two real ones of which the larger block has 2d.
    gap = [
        (a @ b - one).abs().square().sum() * 2 / 100
        for a, b in ((p, p_inv), (p_inv, p))
    ]
    torch.testing.assert_close(operator.inverse_error(), sum(gap))
    gap = (eigenvalues - torch.complex(*operator.U)).abs().mean()
    torch.testing.assert_close(operator.eigenvalue_error(), gap)


def test_the_decomposed_operator_s_eigenvalues_stay_inside_the_unit_circle():
    operator = DecomposedKoopman(64)
    assert bool((operator.eigenvalues().norm(dim=0) > 0).all())
    for scale in (0.0, 1.0, 3.0):
        assert bool((operator.eigenvalues().norm(dim=0) < 1).all())
        randomise(operator, scale)
