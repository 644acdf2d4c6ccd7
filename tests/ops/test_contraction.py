"""Sums of products over chosen axes."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.ops.peers import same_in_torch
from tinygrad_relu import Value
from tinygrad_relu.checking import gradcheck

rng = np.random.default_rng(3)
A, B, C = rng.normal(size=(2, 3)), rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
STACK, CUBE = rng.normal(size=(5, 2, 3)), rng.normal(size=(3, 3, 3))

EINSUMS = [
    ("ij,jk", A, B),
    ("ij,jk->ki", A, B),
    ("ij,jk,kl->il", A, B, C),
    ("ij,jk,ki->", A, B, C),
    ("ij->", A),
    ("ii->i", CUBE[0]),
    ("ii", CUBE[0]),
    ("iij->j", CUBE),
    ("iii->i", CUBE),
    ("ij,j->i", A, B[:, 0]),
    ("i,j->ij", A[0], B[0]),
    ("bij,jk->bik", STACK, B),
    ("...ij,jk->...ik", STACK, B),
    ("...i,...i->...", STACK, A),
    ("bij,bij->b", STACK, STACK),
    ("ij,ij->ij", A, A[:1]),
    ("i,i->", A[0], A[0, :1]),
]


@pytest.mark.parametrize("call", EINSUMS, ids=lambda call: call[0])
def test_einsum_is_pytorchs(call):
    subscripts, *operands = call
    same_in_torch(
        lambda *x: tg.einsum(subscripts, *x),
        lambda torch, *x: torch.einsum(subscripts, *x),
        *operands,
    )


@pytest.mark.parametrize("optimize", [True, "greedy", ["einsum_path", (0, 1), (0, 1)]])
def test_einsum_takes_numpys_order_of_products(optimize):
    plain = tg.einsum("ij,jk,kl->il", A, B, C)
    x = Value(A)
    y = tg.einsum("ij,jk,kl->il", x, B, C, optimize=True)
    y.backward(np.ones((2, 2)))
    np.testing.assert_allclose(y.data, plain)
    np.testing.assert_allclose(x.grad, np.ones((2, 2)) @ (B @ C).T)


def test_einsum_takes_lists_of_axes():
    x = Value(A)
    for y in (np.einsum(x, [0, 1], B, [1, 2], [2, 0]), tg.einsum(x, [0, 1], B, [1, 2], [2, 0])):
        np.testing.assert_allclose(y.data, (A @ B).T)
    np.testing.assert_allclose(np.einsum(Value(STACK), [..., 0, 1]).data, STACK)


def test_einsum_of_float32_and_a_number_is_float32():
    x = Value(A.astype(np.float32))
    y = tg.einsum("ij,->ij", x, Value(2.0))
    y.backward(np.ones_like(A))
    assert (y.dtype, x.grad.dtype) == (np.float32, np.float32)


def test_einsum_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"einsum of 'a' \(2, 3\), \(2, 3\)"):
        tg.einsum("ij,jk->ik", Value(A, "a"), A)


@pytest.mark.parametrize("axes", [0, 1, 2, (0, 1), ([0, 1], [1, 0]), ([-1, 0], [0, 1])])
def test_tensordot_is_pytorchs(axes):
    a, b = CUBE, rng.normal(size=(3, 3, 2))
    lists = ([axes[0]], [axes[1]]) if axes == (0, 1) else axes
    same_in_torch(
        lambda *x: tg.tensordot(*x, axes), lambda torch, *x: torch.tensordot(*x, lists), a, b
    )


def test_products_are_pytorchs():
    same_in_torch(tg.inner, lambda torch, *x: torch.inner(*x), STACK, A)
    same_in_torch(tg.vdot, lambda torch, *x: torch.vdot(*x), A[0], B[:, 0])
    same_in_torch(tg.kron, lambda torch, *x: torch.kron(*x), A, STACK)
    same_in_torch(tg.kron, lambda torch, *x: torch.kron(*x), CUBE, B)
    same_in_torch(tg.cross, lambda torch, *x: torch.linalg.cross(*x), STACK, A[None])


def test_cross_takes_axes_and_refuses_planes():
    gradcheck(lambda a, b: tg.cross(a, b, axisa=0, axisb=1, axisc=0), B[:, :2], A)
    np.testing.assert_allclose(
        tg.cross(B[:, :2], A, axisa=0, axisb=1, axisc=0), np.cross(B[:, :2], A, 0, 1, 0)
    )
    np.testing.assert_allclose(
        np.cross(Value(B), C[0, 0] + B, axis=0).data, np.cross(B, C[0, 0] + B, axis=0)
    )
    with pytest.raises(ValueError, match="three elements"):
        tg.cross(Value([1.0, 2.0]), [3.0, 4.0])


def test_of_a_number_inner_and_vdot_are_products():
    assert tg.inner(Value(2.0), Value(3.0)).data == tg.vdot(Value(2.0), 3.0).data == 6.0
    assert tg.inner(2.0, Value(A)).shape == (2, 3)


@pytest.mark.parametrize(
    "y",
    [
        tg.cross(Value(B[:, :1].T), C[:2, :1] * A),
        tg.einsum("ij,ij->i", Value(A), Value(A[:1])),
        tg.tril(Value(A[0])),
    ],
)
def test_the_flow_of_what_was_broadcast_has_the_shape_of_the_operand(y):
    for edge in tg.gradient_flow(y.sum()).edges[1:]:
        assert edge.states.shape == edge.parent.value.shape
