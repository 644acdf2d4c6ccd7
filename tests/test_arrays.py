"""Numbers in the engine's terms: what becomes a float, what an array, and what is refused."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, ops
from tinygrad_relu.arrays import add, constant, fit, is_free, unbroadcast, unshared

# --- what a Value owns ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [3.0, 3, True, np.float64(3), np.float32(3), np.int8(3), np.array(3.0), np.array(3, np.int64)],
)
def test_every_scalar_becomes_a_python_float(number):
    x = Value(number)
    assert type(x.data) is float
    assert (x.shape, x.ndim, x.size, x.dtype) == ((), 0, 1, np.float64)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("float64", "float64"),
        ("float32", "float32"),
        ("float16", "float64"),
        ("longdouble", "float64"),
        ("int64", "float64"),
        ("uint8", "float64"),
        ("bool", "float64"),
    ],
)
def test_float32_and_float64_are_kept_and_every_other_real_dtype_becomes_float64(dtype, kept):
    assert Value(np.ones((2, 3), dtype)).dtype == kept


def test_nested_lists_become_arrays():
    x = Value([[1, 2, 3], [4, 5, 6]])
    assert (x.shape, x.ndim, x.size, len(x)) == ((2, 3), 2, 6, 2)


@pytest.mark.parametrize("data", [1j, "1", None, [1j, 2.0], ["a"], np.array([object()])])
def test_data_that_is_not_real_numbers_is_refused_by_name(data):
    with pytest.raises(TypeError, match=r"Value 'w': data must be real numbers, not \S+"):
        Value(data, label="w")


def test_ragged_lists_are_refused_by_name():
    with pytest.raises(ValueError, match=r"Value 'w': .*inhomogeneous"):
        Value([[1.0], [2.0, 3.0]], label="w")


def test_a_value_of_a_value_is_refused_with_both_ways_out():
    with pytest.raises(TypeError, match=r"v\.data .* v\.detach\(\)"):
        Value(Value(1.0))


def test_a_value_copies_its_array():
    array = np.array([1.0, 2.0])
    x = Value(array)
    array[0] = 9.0
    assert x.data.tolist() == [1.0, 2.0]


# --- what an op is given ----------------------------------------------------------------------


@pytest.mark.parametrize("array", [np.array([1j, 2]), np.array([None, 1]), np.array(["a", "b"])])
def test_an_operand_of_other_than_real_numbers_is_refused_by_name(array):
    with pytest.raises(TypeError, match=rf"^mul.*: an operand .*real numbers, not {array.dtype}"):
        Value([1.0, 2.0]) * array


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1, 2], [3, 4]], np.uint8),
        np.ones((2, 2), np.longdouble),
        np.ones((2, 2), np.float16),
        np.ones((2, 2), ">f8"),
    ],
    ids=["integers", "long double", "half", "big-endian"],
)
def test_an_operand_counts_as_the_plain_array_of_its_numbers(array):
    w = Value(np.full((2, 2), 3.0))
    y = w * array
    y.backward(np.ones((2, 2)))
    assert (type(y.data), y.dtype, w.grad.dtype) == (np.ndarray, np.float64, np.float64)
    np.testing.assert_array_equal(y.data, 3.0 * np.asarray(array))
    np.testing.assert_array_equal(w.grad, np.asarray(array))


def test_a_mask_of_booleans_keeps_float32():
    assert (Value(np.ones(2, np.float32)) * np.array([True, False])).dtype == np.float32


def test_small_integers_do_not_wrap_around():
    assert tg.mse_loss(np.array([0], np.int32), np.array([100_000], np.int32)) == 1e10


def test_an_operand_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="real numbers, not str 'two'"):
        Value(1.0) * "two"


def test_constants_come_in_the_terms_of_the_engine():
    assert type(constant(np.array(2, np.int64))) is float
    assert type(constant(True)) is float
    assert constant([1, 2]).shape == (2,)
    assert constant(None) is None


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


# --- what an operand receives -----------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("free", "why"),
    [(True, "its own"), (False, "a view"), (False, "read-only"), (False, "a float")],
)
def test_a_sum_is_taken_in_memory_that_nobody_else_has(free, why):
    c = np.ones(3)[:] if why == "a view" else 1.0 if why == "a float" else np.ones(3)
    if why == "read-only":
        c.setflags(write=False)
    total = add(np.full(3, 2.0), c)
    assert total.tolist() == [3.0, 3.0, 3.0]
    assert (total is c) is is_free(c) is free


def test_what_leaves_the_graph_is_no_view():
    whole = np.ones(4)
    assert unshared(whole) is whole
    assert not np.shares_memory(unshared(whole[1:]), whole)
    assert unshared(2.0) == 2.0


NO_NUMBERS = [Decimal(1), Fraction(1, 2), 1j, np.array([1j]), "2", np.array([None, 1]), {1: 2}]
NO_NUMBERS += [[[1], [1, 2]], 10**400, np.ma.array([1.0, 2.0], mask=[True, False])]


@pytest.mark.parametrize("a", NO_NUMBERS, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("v", [Value(1.5), Value([1.0, 2.0])], ids=["scalar", "array"])
def test_what_is_no_real_number_is_refused_wherever_it_comes_in(v, a):
    places = {
        "mul: an operand": lambda: v * a,
        "maximum: an operand": lambda: ops.maximum(a, v),
        "mse_loss: an operand": lambda: ops.mse_loss(v, a),
        "clip: max": lambda: v.clip(0.0, a),
        "relu: at_zero": lambda: v.relu(at_zero=a),
        "leaky_relu: alpha": lambda: ops.leaky_relu(v.data, a),
        "hinge_loss: target": lambda: ops.hinge_loss(v, a),
        "var: ddof": lambda: v.var(ddof=a),
        "pad: value": lambda: v.pad(1, a),
        "where: the condition": lambda: ops.where(a, v, 0.0),
        "Value 'x': data": lambda: Value(a, label="x"),
    }
    for where, call in places.items():
        with pytest.raises((TypeError, ValueError), match=where.replace(": an", ".*: an", 1)):
            call()


def test_a_masked_array_does_not_lose_its_mask():
    masked, v = np.ma.array([1.0, 2.0], mask=[True, False]), Value([3.0, 4.0])
    for call in (lambda: masked * v, lambda: masked - v, lambda: masked / v, lambda: v[masked]):
        with pytest.raises(TypeError, match=r"mask.*(\.data|filled)"):
            call()
    with pytest.raises(TypeError, match="target is a masked array"):
        ops.cross_entropy(Value(np.zeros((2, 3))), np.ma.array([0, 1], mask=[True, False]))


def test_an_int_counts_as_a_float_however_long():
    for v in (Value(1.0), Value([1.0])):
        assert (v * 2**70).data == 2.0**70
        assert ops.maximum(v, 2**70).data == 2.0**70


def test_booleans_count_0_and_1_in_the_dtype_of_the_others():
    mask = np.array([True, False])
    for f in (ops.tanh, ops.sigmoid, ops.neg, ops.sqrt, ops.softmax, ops.prod):
        assert np.asarray(f(mask)).dtype == np.float64
        np.testing.assert_array_equal(f(mask), f(mask.astype(float)))
    assert ops.add(mask, mask).tolist() == [2.0, 0.0]
    assert ops.mul(mask, np.ones(2, np.float32)).dtype == np.float32
    assert (Value(np.ones(2, np.float32)) * mask).dtype == np.float32
