"""What NumPy calls the rows, with its options, by place and by name."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking import gradcheck
from tinygrad_relu.ops.spellings import PLAIN, RULES

DATA = np.array([[0.1, -0.4, 0.3], [0.7, 0.6, -0.2]])
MASK = np.array([[True, False, True], [False, True, True]])


@pytest.mark.parametrize("ufunc", [f for f in RULES if isinstance(f, np.ufunc)], ids=str)
def test_a_ufunc_means_the_row_it_is_named_for(ufunc):
    first = np.abs(DATA) + 1 if ufunc is np.arccosh else np.abs(DATA)
    operands = (first, DATA + 2)[: ufunc.nin] if ufunc is not np.matmul else (DATA, DATA.T)
    y = ufunc(*map(Value, operands))
    np.testing.assert_allclose(y.data, ufunc(*operands))


ASTYPE = [np.astype] if hasattr(np, "astype") else []  # of NumPy 2.1
SPELLINGS = [
    *(lambda v, f=f: f(v, 0, None, None, True) for f in (np.sum, np.mean, np.prod)),
    *(lambda v, f=f: f(v, np.float64, copy=False) for f in ASTYPE),
    *(lambda v, f=f: f(v, axis=1, dtype=np.float64, out=None) for f in (np.sum, np.mean, np.std)),
    *(lambda v, f=f: f(v, where=MASK) for f in (np.sum, np.mean, np.prod, np.var, np.std)),
    *(lambda v, f=f: f(v, 0, where=MASK, keepdims=True) for f in (np.mean, np.var, np.std)),
    *(lambda v, f=f: f(v, axis=1, initial=0.35) for f in (np.sum, np.prod, np.max, np.min)),
    *(lambda v, f=f: f(v, 0, None, True, 0.2, MASK) for f in (np.max, np.min)),
    *(lambda v, f=f: f(v, 0, None, None, False, 0.2, MASK) for f in (np.sum, np.prod)),
    *(lambda v, f=f: f(v[:0], initial=3.0) + v[0, 0] for f in (np.max, np.min, np.sum)),
    lambda v: np.var(v, ddof=1, where=MASK),
    lambda v: np.var(v, correction=1),
    lambda v: np.ptp(v, axis=-1, keepdims=True),
    lambda v: np.cumsum(v, 1, None, None),
    lambda v: np.cumprod(v, dtype=np.float64),
    lambda v: np.sort(v, kind="stable"),
    lambda v: np.sort(v, axis=None),
    lambda v: np.reshape(v, (3, 2), "F"),
    lambda v: np.ravel(v, order="F"),
    lambda v: np.concatenate([v, v], dtype=np.float64),
    lambda v: np.stack([v, v], 1, dtype=np.float64),
    lambda v: np.vstack((v, v), dtype=np.float64),
    lambda v: np.linalg.norm(v, 1),
    lambda v: np.linalg.norm(v, -np.inf),
    lambda v: np.linalg.norm(v, np.inf, keepdims=True),
    lambda v: np.linalg.norm(v, -1, axis=(1, 0)),
    lambda v: np.linalg.norm(v, "fro"),
    lambda v: np.linalg.norm(v, 3, axis=1),
    lambda v: np.linalg.norm(v[0], 1.5),
    lambda v: np.linalg.norm(v[0], -2.0),
    lambda v: np.linalg.norm(v[0], np.inf),
    lambda v: np.linalg.norm(v, -np.inf, 0),
    lambda v: np.linalg.vector_norm(v, ord=1),
    lambda v: np.linalg.trace(v),
    lambda v: np.linalg.diagonal(v, offset=1),
    lambda v: np.linalg.matrix_transpose(v),
    lambda v: np.fliplr(v) - np.flipud(v),
    lambda v: np.roll(v, (1, -1), axis=(0, 1)),
    lambda v: np.roll(v, 2),
    lambda v: np.tile(v, (2, 1, 2)),
    lambda v: np.moveaxis(v[None], [0, 2], [1, 0]),
    lambda v: np.full_like(DATA, 1.0) * np.full_like(v, v[0, 0]),
    lambda v: np.einsum("ij,kj->ik", v, v, optimize=True),
    lambda v: np.inner(v, DATA),
    lambda v: np.tensordot(v, DATA, axes=([0], [0])),
    lambda v: np.kron(v, DATA[0]),
    lambda v: np.mod(v, 0.25),
    lambda v: v % 0.25 + 1.7 % (v + 3),
    lambda v: v // 0.25 + v,
    lambda v: np.copy(+v, order="C"),
    lambda v: np.amax(v, 0) - np.amin(v, axis=0, initial=0.2),
    lambda v: np.take(v, [0, 7, -9], mode="wrap") * np.take(v, [[4], [-1]], 1, mode="clip"),
    lambda v: v[0] * np.full_like(v, v[1, 0], order="C", shape=3),
    *(lambda v, n=n: getattr(v, n)(0, None, None) for n in ("sum", "mean", "var", "cumsum")),
    *(lambda v, n=n: getattr(v, n)(0, float, None) for n in ("prod", "std", "cumprod")),
    *(lambda v, n=n: getattr(v, n)(1, where=MASK) for n in ("sum", "prod", "mean", "var", "std")),
    *(lambda v, n=n: getattr(v, n)(0, None, True, 0.2, MASK) for n in ("max", "min")),
    *(lambda v, n=n: getattr(v, n)(axis=1, initial=0.35) for n in ("sum", "prod", "max", "min")),
    lambda v: v.var(0, None, None, 1) + v.std(axis=0, ddof=1, dtype=float, out=None),
    lambda v: v.take([7, -9], 1, None, "clip") + v.trace(0, 0, 1, dtype=float),
    lambda v: v.clip(-0.3, 0.65, out=None) + v.clip(None, 0.65),
]


@pytest.mark.parametrize("call", SPELLINGS)
def test_a_call_is_numpys_in_value_and_gradient(call):
    y = call(Value(DATA))
    np.testing.assert_allclose(y.data, call(DATA), rtol=1e-14)
    gradcheck(call, DATA)


@pytest.mark.parametrize("f", sorted(PLAIN - {np.result_type}, key=str), ids=str)
def test_a_question_is_answered_in_plain_numbers(f):
    args = (DATA, DATA.T.copy().reshape(2, 3))[: getattr(f, "nin", 1)]
    if f in (np.allclose, np.isclose, np.array_equal):
        args = DATA, DATA + 1e-9
    answer = f(*map(Value, args))
    if f is np.empty_like:
        assert answer.shape == DATA.shape
    else:
        np.testing.assert_array_equal(answer, f(*args))


def test_a_dtype_is_that_of_the_result_and_the_gradient_keeps_its_own():
    x = Value(DATA.astype(np.float32))
    y = np.sum(x, axis=0, dtype=np.float64)
    y.backward(np.ones(3))
    assert (y.dtype, x.grad.dtype, np.sum(x, 0, dtype="f4").op.name) == ("f8", "f4", "sum")
    assert np.mean(x, 0, where=MASK).dtype == np.std(x, 0, where=MASK).dtype == np.float32
    assert np.concatenate([Value(DATA), DATA], dtype=np.float32).dtype == np.float32
    with pytest.raises(TypeError, match=r"dtype is float64 or float32, not .*int64"):
        np.sum(x, dtype=np.int64)


def test_reductions_of_chosen_elements_leave_the_others_out():
    x = Value([1.0, 5.0])
    np.max(x, where=[True, False], initial=0.0).backward()
    assert x.grad.tolist() == [1.0, 0.0]
    with pytest.raises(ValueError, match="needs initial="):
        np.max(x, where=[True, False])


def test_numpys_r_and_c_say_that_they_would_lose_the_gradient():
    for join in (np.r_, np.c_):
        with pytest.raises(TypeError, match=r"lose.*tg\.stack"):
            join[Value([1.0, 2.0]), 3.0]
        assert join[Value([1.0], requires_grad=False), [3.0]].size == 2


def test_norms_with_a_rule_of_their_own_are_made_of_rows():
    assert tg.norm(Value(DATA), ord=np.inf).op.name == "max"
    with pytest.raises(ValueError, match="order 0 has no gradient"):
        tg.norm(Value(DATA), ord=0)


@pytest.mark.parametrize("ord", [1, 1.5, 2, 3, np.inf])
def test_the_norm_of_nothing_is_0_of_every_order(ord):
    x = Value(np.zeros((2, 0)))
    y = np.linalg.norm(x, ord, axis=1)
    y.backward(np.ones(2))
    assert y.data.tolist() == [0.0, 0.0]
    assert x.grad.shape == (2, 0)
