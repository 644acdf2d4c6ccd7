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


def gradient(f, x, g=None, **settings):
    v = Value(x)
    y = f(v, **settings)
    y.backward(np.ones(y.shape) if g is None else g)
    return y.data, v.grad


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("f", "value"), [(tg.norm, 5.0), (tg.std, 0.5)])
@pytest.mark.filterwarnings("error")
def test_the_length_of_huge_and_of_tiny_numbers(f, value, dtype):
    power = 660 if dtype is np.float64 else 100
    slopes = gradient(f, np.array([3, 4], dtype))[1]
    for size in (2.0**power, 2.0**-power):
        x = np.array([3 * size, 4 * size], dtype)
        assert gradient(f, x)[0] == value * size
        np.testing.assert_array_equal(gradient(f, x)[1], slopes)
        both, slope = gradient(f, np.stack([x, x / dtype(size)]), axis=1)
        np.testing.assert_array_equal(both, np.array([value * size, value], dtype))
        np.testing.assert_array_equal(slope, [slopes, slopes])
        (again,) = f(Value(x)).backward_closure(Value(2.0))
        np.testing.assert_allclose(again.data, 2 * slopes, rtol=np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [3, 1000])
@pytest.mark.parametrize("number", [0.1, 0.7, -1e30, 3.0])
def test_equal_numbers_do_not_vary_and_sit_on_a_kink(number, n, dtype):
    """Their rounded mean is another number: 0.1 + 0.1 + 0.1 is 0.30000000000000004."""
    x = np.full((n, 2), number, dtype)
    for f in (tg.std, tg.var):
        for settings in ({}, {"axis": 0}, {"axis": 1, "keepdims": True}, {"axis": 0, "ddof": 1}):
            y, slopes = gradient(f, x, **settings)
            assert np.all(y == 0)
            assert np.all(slopes == 0)
    flow = tg.gradient_flow(tg.std(Value(x)))
    assert [edge.state for edge in flow.edges] == ["kink"]


@pytest.mark.parametrize("ddof", [1, 2, 3.5])
@pytest.mark.filterwarnings("ignore:divide", "ignore:Degrees", "ignore:invalid")
def test_a_variance_without_freedom_is_numpys_and_so_is_its_slope(ddof):
    x = [1.0, 3.0] if ddof > 1 else [2.0]
    for f, formula in ((tg.var, np.var), (tg.std, np.std)):
        y, slopes = gradient(f, x, ddof=ddof)
        np.testing.assert_equal(y, formula(x, ddof=ddof))
        np.testing.assert_array_equal(slopes, [-np.inf, np.inf] if ddof > 1 else [np.nan])


SURE = 5.7250371610987873e-20  #: 1 − p of the first of (45, 0, 0); the others have half of it each


@pytest.mark.parametrize(
    ("f", "g", "slopes"),
    [
        (tg.softmax, [1, 0, 0], [SURE, -SURE / 2, -SURE / 2]),
        (
            tg.softmax,
            [1, 1e-3, 0],
            [5.7221746425182379e-20, -2.8596560619688443e-20, -2.8625185805493936e-20],
        ),
        (tg.log_softmax, [1, 0, 0], [SURE, -SURE / 2, -SURE / 2]),
        (
            tg.log_softmax,
            [1, 2.0**-70, 0],
            [5.6403338663733573e-20, -2.7778152858239636e-20, -2.8625185805493936e-20],
        ),
    ],
)
def test_the_slope_where_one_element_has_nearly_all(f, g, slopes):
    x = np.array([45.0, 0.0, 0.0])
    for order in ([0, 1, 2], [2, 0, 1]):
        there, back = x[order], np.array(g)[order]
        right = np.array(slopes)[order]
        for axis in (0, -1):
            np.testing.assert_allclose(gradient(f, there, back, axis=axis)[1], right, rtol=1e-14)
        grid = gradient(f, np.stack([there, there], 1), np.stack([back, 2 * back], 1), axis=0)[1]
        np.testing.assert_allclose(grid, np.stack([right, 2 * right], 1), rtol=1e-14)
        (again,) = f(Value(there)).backward_closure(Value(back))
        np.testing.assert_allclose(again.data, right, rtol=1e-14)


def test_the_value_where_one_element_has_nearly_all():
    x = np.array([45.0, 0.0, 0.0])
    np.testing.assert_allclose(tg.log_softmax(x), [-SURE, -45.0, -45.0], rtol=1e-15)
    assert tg.logsumexp(x - 45.0) == pytest.approx(SURE, rel=1e-14, abs=0)
    np.testing.assert_allclose(tg.log_softmax(x.astype(np.float32))[0], -SURE, rtol=1e-6)


@pytest.mark.filterwarnings("error")
def test_of_nothing_the_softmax_is_nothing_and_the_log_of_the_sum_minus_infinity():
    for f in (tg.softmax, tg.log_softmax):
        for shape, axis in (((3, 0), -1), ((0, 3), 0), ((0,), 0)):
            y, slopes = gradient(f, np.zeros(shape, np.float32), axis=axis)
            assert (y.shape, y.dtype, slopes.shape) == (shape, np.float32, shape)
    y, slopes = gradient(tg.logsumexp, np.zeros((3, 0)), axis=1)
    assert (y.tolist(), slopes.shape) == ([-np.inf] * 3, (3, 0))
    assert gradient(tg.logsumexp, np.zeros(0))[0] == -np.inf
    y, slopes = gradient(tg.logsumexp, np.full(2, -np.inf))
    assert (y, slopes.tolist()) == (-np.inf, [0.0, 0.0])


@pytest.mark.parametrize("f", [tg.max, tg.min])
def test_a_nan_among_the_elements_is_the_output_and_takes_the_gradient(f):
    x = Value([1.0, np.nan, 3.0])
    f(x).backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
