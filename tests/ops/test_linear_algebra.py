"""Linear algebra, beside PyTorch's and at what is singular."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.ops.peers import same_in_torch
from tinygrad_relu import Value
from tinygrad_relu.checking import gradcheck

rng = np.random.default_rng(4)
A, STACK = rng.normal(size=(3, 3)), rng.normal(size=(2, 4, 4))
SQUARES = [A, STACK, A[:1, :1], A - 3 * np.eye(3)]


@pytest.mark.parametrize("x", SQUARES, ids=lambda x: str(x.shape))
@pytest.mark.parametrize("name", ["inv", "det", "logabsdet", "cholesky"])
def test_an_op_of_matrices_is_pytorchs(name, x):
    if name == "cholesky":
        x = x @ np.swapaxes(x, -1, -2) + np.eye(x.shape[-1])
    theirs = {"logabsdet": lambda torch, x: torch.linalg.slogdet(x)[1]}.get(
        name, lambda torch, x: getattr(torch.linalg, name)(x)
    )
    same_in_torch(getattr(tg.ops, name), theirs, x)


@pytest.mark.parametrize("b", [A[0], A[:, :2], STACK[:, :3, :3]], ids=lambda b: str(b.shape))
def test_solve_is_pytorchs(b):
    same_in_torch(tg.solve, lambda torch, *x: torch.linalg.solve(*x), A, b)


def test_a_vector_on_the_right_meets_every_matrix_of_a_stack():
    b = rng.normal(size=4)
    np.testing.assert_allclose(tg.solve(STACK, b), np.linalg.solve(STACK, b))
    gradcheck(tg.solve, STACK, b, order=2)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_gradient_of_a_determinant_of_0_is_exact(n):
    x = np.array(rng.integers(-2, 3, size=(2, n, n)), np.float64)
    x[0, -1] = x[0, 0] * (n > 1)
    gradcheck(tg.det, x, order=2)
    x[1] = 0.0
    gradcheck(tg.det, x)


def test_slogdet_is_numpys_pair_and_its_sign_is_plain():
    x = Value(-np.eye(3) * 2)
    for result in (np.linalg.slogdet(x), tg.slogdet(x)):
        assert (result.sign, result.logabsdet.data) == (-1.0, pytest.approx(3 * np.log(2)))
        result[1].backward()
    np.testing.assert_allclose(x.grad, -np.eye(3))


def test_a_symmetric_matrix_has_a_symmetric_gradient():
    x = Value(A @ A.T + np.eye(3))
    np.linalg.cholesky(x).sum().backward()
    np.testing.assert_allclose(x.grad, x.grad.T)
    np.testing.assert_allclose(np.linalg.cholesky(x, upper=True).data, np.linalg.cholesky(x.data).T)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: tg.inv(Value(np.zeros((2, 2)), "w")), r"inv of 'w' \(2, 2\): Singular matrix"),
        (lambda: tg.inv(Value(np.zeros((2, 3)), "w")), r"inv of 'w' \(2, 3\)"),
        (lambda: tg.solve(Value(A, "a"), np.zeros(2)), r"solve of 'a' \(3, 3\), \(2,\)"),
        (lambda: tg.cholesky(Value(-A @ A.T, "s")), r"cholesky of 's' .*positive definite"),
        (lambda: tg.det(Value(2.0, "x")), "det of 'x'"),
    ],
)
def test_what_cannot_be_is_told_with_names_and_shapes(call, said):
    with pytest.raises(ValueError, match=said):
        call()


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_the_logarithm_of_a_determinant_of_0_has_an_infinite_slope():
    good, singular = [[2.0, 0.0], [0.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]]
    x = Value([good, singular])
    np.linalg.slogdet(x)[1].backward(np.ones(2))
    np.testing.assert_allclose(x.grad[0], [[0.5, 0.0], [0.0, 0.25]])
    assert x.grad[1].tolist() == [[np.inf, -np.inf], [-np.inf, np.inf]]
