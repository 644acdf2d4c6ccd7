"""Arithmetic and elementary functions: NumPy's values, conventions, edges of the domain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value, ops
from tinygrad_relu.testing import calls

NUMPY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "neg": np.negative,
    "abs": np.abs,
    "sqrt": np.sqrt,
    "square": np.square,
    "exp": np.exp,
    "log": np.log,
    "log1p": np.log1p,
    "expm1": np.expm1,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "arctan": np.arctan,
    "sign": np.sign,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "clip": lambda x, min, max: x if min is max is None else np.clip(x, min, max),
    "where": lambda a, b, condition: np.where(condition, a, b),
}


@pytest.mark.parametrize("name", NUMPY)
@given(data=st.data())
def test_forward_is_numpys(name, data):
    call = data.draw(calls(name))
    expected = NUMPY[name](*call.inputs, **call.settings)
    np.testing.assert_allclose(call(*map(Value, call.inputs)).data, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("f", "operands", "slopes"),
    [
        (ops.abs, (0.0,), (0.0,)),
        (ops.abs, (-0.0,), (0.0,)),
        (ops.sign, (0.0,), (0.0,)),
        (ops.maximum, (2.0, 2.0), (0.5, 0.5)),
        (ops.minimum, (2.0, 2.0), (0.5, 0.5)),
        (ops.maximum, (0.0, -0.0), (0.5, 0.5)),
        (lambda x: ops.clip(x, 0.0, 1.0), (0.0,), (1.0,)),
        (lambda x: ops.clip(x, 0.0, 1.0), (1.0,), (1.0,)),
        (lambda x: ops.clip(x, 0.0, 1.0), (1.5,), (0.0,)),
        (lambda x: x**0, (0.0,), (0.0,)),
        (lambda x: x**1, (0.0,), (1.0,)),
        (lambda x: x**2, (0.0,), (0.0,)),
        (ops.pow, (0.0, 2.0), (0.0, 0.0)),
        (ops.pow, (0.0, 0.0), (0.0, 0.0)),
        (ops.pow, (5e-324, 0.0), (0.0, np.log(5e-324))),
        (lambda x: x**0, (-1e-310,), (0.0,)),
        (ops.pow, (-2.0, Value(3.0, requires_grad=False)), (12.0,)),
    ],
)
@pytest.mark.filterwarnings("error")
def test_conventions(f, operands, slopes):
    for wrap in (float, lambda x: [x]):
        leaves = [a if isinstance(a, Value) else Value(wrap(a)) for a in operands]
        y = f(*leaves)
        y.backward(np.ones(y.shape))
        for leaf, slope in zip(leaves, slopes, strict=False):
            np.testing.assert_array_equal(np.ravel(leaf.grad), [slope])


def test_slopes_with_an_open_end():
    with np.errstate(divide="ignore"):
        assert ops.pow(Value(0.0), Value(-2.0)).local_grads == (-np.inf, -np.inf)
        assert ops.sqrt(Value(0.0)).local_grad == np.inf
        assert ops.log(Value(0.0)).local_grad == np.inf
        assert (Value(1.0) / Value(0.0)).data == np.inf


def test_one_operand_in_both_places():
    x = Value(3.0)
    (x * x + x / x + x - x + x**x).backward()
    assert x.grad == pytest.approx(6 + 27 * (np.log(3) + 1))


def test_the_trap_of_where():
    """The branch not taken still computes: 0 · inf is NaN. Choose the input instead."""
    x = Value([0.0, 1.0])
    with np.errstate(all="ignore"):
        tg.where(x.data > 0, x.log(), 0.0).sum().backward()
    assert np.isnan(x.grad[0])
    x.zero_grad()
    tg.log(tg.where(x.data > 0, x, 1.0)).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0])


def test_bounds_that_are_arrays_spread_a_number():
    for x in (Value(1.5), Value([1.5])):
        y = x.clip([0.0, 1.0], [1.0, 2.0])
        y.backward([10.0, 100.0])
        assert (y.data.tolist(), np.ravel(x.grad).tolist()) == ([1.0, 1.5], [100.0])


def test_astype_gives_back_in_the_dtype_of_its_operand_in_every_order():
    x = Value(np.array([1.0, 2.0], np.float32))
    y = (x.astype("float64") ** 3).sum()
    first = tg.gradients(y, x)
    second = tg.gradients(first.sum(), x)
    y.backward()
    assert x.grad.dtype == first.dtype == second.dtype == np.float32
    assert (first.data.tolist(), second.data.tolist()) == ([3.0, 12.0], [6.0, 12.0])
    assert type(Value(0.1).astype(np.float32).data) is float
    with pytest.raises(TypeError, match="astype: dtype is float64 or float32, not"):
        x.astype(np.int64)
