"""Products: NumPy's values in all of its shapes, and the textbook's pullbacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.testing import calls

NUMPY = {
    "matmul": np.matmul,
    "outer": np.outer,
    "linear": lambda x, weight, bias=0.0: x @ weight.T + bias,
}


@pytest.mark.parametrize("name", NUMPY)
@given(data=st.data())
def test_forward_is_numpys(name, data):
    call = data.draw(calls(name))
    expected = NUMPY[name](*call.inputs, **call.settings)
    y = call(*map(Value, call.inputs))
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-12)


def test_the_pullbacks_of_the_textbook():
    rng = np.random.default_rng(0)
    a, b, g = (
        Value(rng.normal(size=(4, 3))),
        Value(rng.normal(size=(3, 2))),
        rng.normal(size=(4, 2)),
    )
    (a @ b).backward(g)
    np.testing.assert_allclose(a.grad, g @ b.data.T)
    np.testing.assert_allclose(b.grad, a.data.T @ g)


def test_linear_is_matmul_and_add():
    rng = np.random.default_rng(0)
    fused, spelt = ([Value(np.ones(s)) for s in ((5, 4, 3), (2, 3), (2,))] for _ in range(2))
    g = rng.normal(size=(5, 4, 2))
    tg.linear(*fused).backward(g)
    x, weight, bias = spelt
    (x @ weight.T + bias).backward(g)
    for a, b in zip(fused, spelt, strict=True):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-12)


@pytest.mark.parametrize(
    ("f", "shapes"),
    [
        (tg.matmul, [(2, 3), (2, 3)]),
        (tg.linear, [(4, 3), (2, 4)]),
        (tg.linear, [(4, 3), (2, 3), (3,)]),
        (tg.linear, [(), (2, 3)]),
    ],
)
def test_shapes_that_do_not_fit_are_named(f, shapes):
    operands = [Value(np.ones(s), label=f"v{i}") for i, s in enumerate(shapes)]
    with pytest.raises(ValueError, match=f"{f.name} of 'v0'"):
        f(*operands)


SHAPES = [((3,), (3,)), ((2, 3), (3, 4)), ((), (2, 3)), ((2, 3), ()), ((3,), (2, 3, 4))]
SHAPES += [((2, 3), (2, 3, 4)), ((2, 2, 3), (2, 3, 4)), ((2, 3), (1, 2, 3, 2)), ((0, 3), (2, 3, 4))]


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_dot_is_numpys_also_beyond_matrices(a, b):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=a), rng.normal(size=b)
    va, vb = Value(a), Value(b)
    for y in (np.dot(va, vb), np.dot(a, vb), np.dot(va, b), va.dot(vb), va.dot(b), tg.dot(va, vb)):
        assert y.shape == np.dot(a, b).shape
        np.testing.assert_allclose(y.data, np.dot(a, b))
    tg.gradcheck(np.dot, a, b)


@pytest.mark.parametrize("dtypes", [("f", "f", "d"), ("f", "d", "f"), ("d", "f", "f")])
def test_the_widest_operand_says_the_dtype(dtypes):
    for f, shapes in (
        (tg.linear, [(4, 3), (2, 3), (2,)]),
        (tg.conv2d, [(1, 1, 3, 3), (2, 1, 2, 2), (2,)]),
    ):
        operands = [
            np.full(shape, 1 / 3, dtype) for shape, dtype in zip(shapes, dtypes, strict=True)
        ]
        leaves = [Value(a) for a in operands]
        y = f(*leaves)
        y.backward(np.ones(y.shape))
        assert y.dtype == np.float64
        assert [leaf.grad.dtype.char for leaf in leaves] == list(dtypes)


def test_a_layer_without_units_has_a_gradient():
    x, weight, bias = (Value(np.ones(shape)) for shape in ((3,), (0, 3), (0,)))
    y = tg.linear(x, weight, bias)
    y.backward(np.ones(0))
    assert (y.shape, x.grad.tolist(), weight.grad.shape) == ((0,), [0.0, 0.0, 0.0], (0, 3))


def test_a_vector_times_a_stack_of_matrices_receives_from_each():
    v, stack = Value([1.0, 2.0]), np.arange(12.0).reshape(2, 2, 3)
    (v @ stack).sum().backward()
    assert v.grad.tolist() == stack.sum((0, 2)).tolist()
