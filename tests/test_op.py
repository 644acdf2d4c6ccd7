"""Op: a row of the table, and rows of your own."""

import contextlib
import inspect

import numpy as np
import pytest

from tinygrad_relu import Value, op, ops
from tinygrad_relu.op import Op, elementwise, structural, unless

TABLE = {name: op for name, op in vars(ops).items() if isinstance(op, Op)}


@elementwise(lambda y, x, k: 2 * k * x)
def scaled_square(x, k=1.0):
    return k * x * x


@structural(lambda g, y, x: g[::-1])
def flip(x):
    return x[::-1]


# --- every row -------------------------------------------------------------------------------


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_a_row_has_a_name_a_docstring_with_an_example_and_a_source_to_show(op):
    assert op.name
    assert ">>>" in op.__doc__
    assert "def " in inspect.getsource(op)


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_a_row_says_what_its_zero_means(op):
    assert op.zero in {"shut", "tiny", "unselected", "by-zero"}


@pytest.mark.parametrize("name", [n for n, op in TABLE.items() if op.zero == "shut"])
def test_a_gate_declares_its_kink_and_says_so_in_its_docstring(name):
    assert TABLE[name].kink is not None
    assert "ink" in TABLE[name].__doc__


# --- rows of one's own ------------------------------------------------------------------------


def test_an_elementwise_row_works_on_floats_arrays_and_values():
    assert scaled_square(3.0) == 9.0
    assert scaled_square(np.array([1.0, 2.0])).tolist() == [1.0, 4.0]
    x = Value(3.0)
    y = scaled_square(x, k=5.0)
    y.backward()
    assert (y.data, x.grad, y.op.name) == (45.0, 30.0, "scaled_square")


def test_a_structural_row_pulls_back():
    x = Value([1.0, 2.0, 3.0])
    flip(x).backward([1.0, 10.0, 100.0])
    assert x.grad.tolist() == [100.0, 10.0, 1.0]


@structural(lambda g, y, x: g)
def _refused(x):
    return np.add(x, np.array(["a"]))  # an error that NumPy cannot make from a text


def test_an_error_that_cannot_be_made_again_is_the_nearest_that_can():
    with pytest.raises(TypeError, match=r"refused of \(1,\): only real numbers and arrays"):
        _refused(Value([1.0]))


@pytest.mark.parametrize("flags", [True, False])
def test_a_shut_gate_stops_an_infinity_also_where_numpy_hears_of_no_invalid_product(
    flags, monkeypatch
):
    """WebAssembly has no floating-point flags: there NumPy raises nothing."""
    monkeypatch.setattr(op, "FLAGS", flags)
    errstate = np.errstate
    monkeypatch.setattr(
        np, "errstate", lambda **how: errstate(invalid=how["invalid"] * flags or "ignore")
    )
    for dtype in (np.float32, np.float64):
        x = Value(np.array([-1.0, 2.0, -3.0, 0.0], dtype))
        y = x.relu()
        y.backward([np.inf, np.inf, -np.inf, 1.0])
        assert x.grad.tolist() == [0.0, np.inf, 0.0, 0.0]
        again = y.backward_closure(Value(np.array([np.inf, 1.0, np.nan, -np.inf], dtype)))
        np.testing.assert_array_equal(again[0].data, [0.0, 1.0, np.nan, 0.0])
    for x, g, c in ((-1.0, np.inf, 0.0), (-1.0, np.nan, np.nan), (1.0, np.inf, np.inf)):
        np.testing.assert_equal(Value(x).relu().backward_closure(g), (c,))
        np.testing.assert_equal(Value(x).relu().backward_closure(Value(g))[0].data, c)


@pytest.mark.filterwarnings("ignore:invalid")
def test_whether_numpy_hears_of_invalid_products_is_seen(monkeypatch):
    assert op._flags() is True
    monkeypatch.setattr(np, "errstate", lambda **how: contextlib.nullcontext())
    assert op._flags() is False


# --- helpers ----------------------------------------------------------------------------------


def test_unless_lets_a_nan_pass():
    x = np.array([-1.0, 0.0, 1.0, np.nan])
    assert unless(x <= 0).tolist() == [False, False, True, True]
