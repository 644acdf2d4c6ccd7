"""Op: a row of the table, its calls, its un-broadcasting."""

import inspect

import numpy as np
import pytest

from tinygrad_relu import Value, ops
from tinygrad_relu.arrays import constant, fit, unbroadcast
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


def test_settings_go_by_position_name_or_default():
    assert [ops.relu(Value(0.0), 0.5).local_grad, ops.relu(Value(0.0), at_zero=0.5).local_grad] == [
        0.5,
        0.5,
    ]
    assert ops.relu(Value(0.0)).operands[1] == 0.0


@pytest.mark.parametrize("call", [lambda: ops.relu(), lambda: ops.relu(1.0, slope=2.0)])
def test_a_call_that_does_not_fit_names_the_op(call):
    with pytest.raises(TypeError, match=r"^relu\(x.*(missing|unexpected)"):
        call()


def test_a_value_as_a_setting_is_refused():
    with pytest.raises(TypeError, match="relu: a setting is a plain number, not leaf 'slope'"):
        ops.relu(Value(1.0), Value(0.5, label="slope"))


def test_an_operand_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="real numbers, not str 'two'"):
        Value(1.0) * "two"


# --- Python's floats behave as NumPy's --------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "value"),
    [
        (lambda x: 1 / x, np.inf),
        (lambda x: -1 / x, -np.inf),
        (lambda x: x / x, np.nan),
        (lambda x: x**-1, np.inf),
        (lambda x: (x - 4) ** 0.5, np.nan),
        (lambda x: (x + 1e200) ** 2, np.inf),
    ],
)
def test_a_scalar_answers_where_python_would_raise(f, value):
    x = Value(0.0)
    y = f(x)
    np.testing.assert_equal(y.data, value)
    np.testing.assert_equal(f(Value([0.0])).data, [value])
    y.backward()
    assert type(x.grad) is float


# --- helpers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(), (1,), (3,), (4, 1), (1, 3), (4, 3), (2, 1, 3), (2, 4, 3), (1, 1, 1)]
)
def test_unbroadcast_is_the_adjoint_of_broadcasting(shape):
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=shape), rng.normal(size=(2, 4, 3))
    back = unbroadcast(g, shape)
    assert np.shape(back) == shape
    assert np.vdot(back, x) == pytest.approx(np.vdot(g, np.broadcast_to(x, g.shape)))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_unbroadcast_of_nothing_is_zero(shape):
    assert unbroadcast(np.ones((0, 3)), (3,)).tolist() == [0.0, 0.0, 0.0]
    assert unbroadcast(np.ones((2, *shape)), shape).shape == shape


def test_fit_gives_the_shape_and_dtype_of_the_operand():
    c = fit(np.ones((4, 3)), np.zeros(3, np.float32))
    assert (c.tolist(), c.dtype) == ([4.0, 4.0, 4.0], np.float32)
    assert fit(np.ones((4, 3)), 0.0) == 12.0


def test_constants_come_in_the_terms_of_the_engine():
    assert type(constant(np.array(2))) is float
    assert type(constant(True)) is float
    assert constant([1, 2]).shape == (2,)
    assert constant(None) is None


def test_unless_lets_a_nan_pass():
    x = np.array([-1.0, 0.0, 1.0, np.nan])
    assert unless(x <= 0).tolist() == [False, False, True, True]
