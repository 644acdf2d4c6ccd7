"""Reductions: NumPy's values, any axis, ties, and numbers that overflow when summed naively."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.testing import calls

NUMPY = {
    "sum": np.sum,
    "mean": np.mean,
    "var": np.var,
    "std": np.std,
    "max": np.max,
    "min": np.min,
    "prod": np.prod,
    "norm": lambda x, **how: np.sqrt(np.sum(x * x, **how)),
    "logsumexp": lambda x, **how: np.log(np.sum(np.exp(x), **how)),
    "softmax": lambda x, axis: np.exp(x) / np.sum(np.exp(x), axis, keepdims=True),
    "log_softmax": lambda x, axis: x - np.log(np.sum(np.exp(x), axis, keepdims=True)),
}


@pytest.mark.parametrize("name", NUMPY)
@given(data=st.data())
def test_forward_is_numpys(name, data):
    call = data.draw(calls(name))
    expected = NUMPY[name](*call.inputs, **call.settings)
    y = call(*map(Value, call.inputs))
    assert y.shape == np.shape(expected)
    np.testing.assert_allclose(y.data, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["max", "min"])
@given(data=st.data())
def test_the_winners_share_one_gradient(name, data):
    call = data.draw(calls(name))
    x = Value(call.inputs[0])
    y = call(x)
    y.backward(np.ones(y.shape))
    assert np.sum(x.grad) == pytest.approx(y.size)
    keep = {**call.settings, "keepdims": True}
    wins = x.data == NUMPY[name](x.data, **keep)
    assert np.all((np.asarray(x.grad) > 0) == wins)


@pytest.mark.parametrize(
    ("x", "slopes"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([0.0, 3.0, 4.0], [12.0, 0.0, 0.0]),
        ([0.0, 0.0, 4.0], [0.0, 0.0, 0.0]),
        ([5e-324, 0.5], [0.5, 5e-324]),
        ([1e-200, 1e-200, 1e200], [1.0, 1.0, 0.0]),
        ([np.inf, 2.0, 3.0], [6.0, np.inf, np.inf]),
    ],
)
def test_product_whose_result_cannot_be_divided(x, slopes):
    v = Value(x)
    v.prod().backward()
    np.testing.assert_array_equal(v.grad, slopes)


@pytest.mark.parametrize("name", ["norm", "std"])
def test_slope_0_at_the_tip(name):
    v = Value(np.zeros(3))
    getattr(v, name)().backward()
    np.testing.assert_array_equal(v.grad, np.zeros(3))


@pytest.mark.filterwarnings("error")
def test_large_numbers():
    x = Value([1e3, 1e3 - 1, -1e300, -np.inf])
    y = tg.logsumexp(x)
    y.backward()
    share = 1 / (1 + np.exp(-1))
    assert y.data == pytest.approx(1e3 + np.log1p(np.exp(-1)))
    np.testing.assert_allclose(x.grad, [share, 1 - share, 0, 0])
    np.testing.assert_allclose(tg.softmax(x).data, [share, 1 - share, 0, 0])
    assert tg.log_softmax(Value([0.0, -1e300])).data[1] == -1e300


def test_a_bad_axis_is_named():
    with pytest.raises(ValueError, match=r"sum of 'x' \(2,\).*axis"):
        Value([1.0, 2.0], label="x").sum(axis=3)


@pytest.mark.parametrize("name", ["sum", "mean", "var", "std", "max", "min", "norm", "logsumexp"])
@pytest.mark.filterwarnings("error")
def test_an_empty_batch_has_an_empty_gradient(name):
    x = Value(np.zeros((0, 3)))
    y = getattr(tg, name)(x, axis=1)
    y.backward(np.ones(0))
    assert (y.shape, x.grad.shape) == ((0,), (0, 3))


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid", "ignore:Degrees")
def test_the_mean_of_nothing_is_nan_and_the_gradient_empty():
    for f in (tg.mean, tg.var, tg.std):
        x = Value(np.zeros(0))
        y = f(x)
        y.backward()
        assert np.isnan(y.data)
        assert x.grad.shape == (0,)


@pytest.mark.filterwarnings("ignore:invalid", "ignore:Degrees")
def test_a_variance_without_freedom_is_nan_and_so_is_its_gradient():
    for f in (tg.var, tg.std):
        x = Value([1.0])
        y = f(x, ddof=1)
        y.backward()
        assert np.isnan([y.data, *x.grad]).all()
