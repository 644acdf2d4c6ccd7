"""Value: what a node holds, how NumPy reaches it, and how nothing leaves the graph unnoticed."""

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value

# --- data: a scalar is a Python float, a tensor is an ndarray of float32 or float64 ----------


@pytest.mark.parametrize(
    "number", [3.0, 3, True, np.float64(3), np.float32(3), np.int8(3), np.array(3.0), np.array(3)]
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


def test_assigning_data_copies_too():
    array = np.array([1.0, 2.0])
    x = Value([0.0, 0.0])
    x.data = array
    array[0] = 9.0
    assert x.data.tolist() == [1.0, 2.0]


def test_assigned_data_keeps_the_dtype_of_the_leaf():
    x = Value(np.zeros(2, np.float32))
    x.data = [1.0, 2.0]
    assert x.dtype == np.float32


def test_assigned_data_keeps_the_shape_of_the_leaf():
    x = Value([1.0, 2.0], label="w")
    with pytest.raises(ValueError, match=r"leaf 'w' of shape \(2,\).*\(3,\).*new Value"):
        x.data = [1.0, 2.0, 3.0]


def test_the_data_of_an_inner_node_cannot_be_assigned():
    y = Value(2.0).relu()
    y.label = "h"
    with pytest.raises(AttributeError, match=r"relu 'h' of shape \(\).*new Value"):
        y.data = 1.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x * 2,
        lambda x: x.relu(),
        lambda x: x.sum(axis=0),
        lambda x: x.T,
        lambda x: x.reshape(3, 2),
        lambda x: x[0],
        lambda x: x.identity(),
        lambda x: x.clip(),
        lambda x: x.broadcast_to((4, 2, 3)),
        lambda x: tg.record(x.data, [x], lambda g: g),
    ],
)
def test_arrays_that_ops_produce_are_read_only_and_leaves_stay_writable(f):
    x = Value(np.ones((2, 3)))
    y = f(x)
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 5.0
    x.data[0] = 5.0
    assert x.data[0].tolist() == [5.0, 5.0, 5.0]


def test_item_is_a_float_and_refuses_more_than_one_element():
    assert Value([[3.0]]).item() == 3.0
    assert type(Value(np.ones(1, np.float32)).item()) is float
    with pytest.raises(ValueError, match="size 1"):
        Value([1.0, 2.0]).item()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + 1,
        lambda x: 2 * x,
        lambda x: x * np.float64(2),
        lambda x: x / 3,
        lambda x: x**2,
        lambda x: x.relu(),
        lambda x: x.leaky_relu(0.1),
        lambda x: x.prelu(0.1),
        lambda x: x.elu(),
        lambda x: x.gelu(),
        lambda x: x.clip(0, 1),
        lambda x: x.mean(axis=0),
        lambda x: x @ x.T,
        lambda x: tg.where(x > 0, x, 0),
        lambda x: x.softmax(),
    ],
)
def test_float32_stays_float32_forward_and_backward(f):
    x = Value(np.array([[1.0, -2.0], [0.5, 3.0]], np.float32))
    y = f(x)
    y.backward(np.ones(y.shape))
    assert (y.dtype, y.grad.dtype, x.grad.dtype) == (np.float32,) * 3


def test_a_float32_parameter_receives_float32_from_a_float64_graph():
    w = Value(np.ones(2, np.float32))
    (w * np.array([0.1, 0.2])).sum().backward()
    assert w.grad.dtype == np.float32


# --- repr ------------------------------------------------------------------------------------


def test_the_repr_shows_value_label_gradient_and_op():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    assert repr(x) == "Value(3.0, label='x', grad=6.0)"
    assert repr(y) == "Value(9.0, grad=1.0, op=mul)"


def test_the_repr_of_a_tensor_shows_dtype_and_what_needs_no_gradient():
    assert repr(Value([1.0, 2.0])) == "Value([1., 2.])"
    constant = Value(np.ones(2, np.float32), requires_grad=False)
    assert repr(constant) == "Value([1., 1.], dtype=float32, requires_grad=False)"


def test_the_repr_of_a_large_tensor_is_short():
    assert len(repr(Value(np.zeros((1000, 1000))))) < 500


# --- the graph around a node -----------------------------------------------------------------


def test_a_leaf_has_no_op_no_parents_and_no_closure():
    x = Value(1.0)
    assert (x.op, x.parents, x.local_grads, x.local_grad, x.backward_closure, x.grad) == (
        (None, ()) + (None,) * 4
    )


def test_parents_stand_in_order_and_twice_if_used_twice():
    a, b = Value(1.0), Value(2.0)
    assert [id(p) for p in (a - b).parents] == [id(a), id(b)]
    assert [id(p) for p in (b - a).parents] == [id(b), id(a)]
    assert [id(p) for p in (a + a).parents] == [id(a), id(a)]


def test_constants_and_settings_are_operands_but_not_parents():
    x = Value(2.0)
    assert [id(p) for p in (3.0 * x).parents] == [id(x)]
    assert (3.0 * x).operands[0] == 3.0
    assert x.leaky_relu(0.2).operands[1] == 0.2


def test_an_op_knows_its_name():
    x = Value([1.0, 2.0])
    assert [y.op.name for y in (x.relu(), x + 1, x @ x, x[0])] == [
        "relu",
        "add",
        "matmul",
        "getitem",
    ]


def test_a_label_can_be_given_later():
    y = Value(1.0) * 2
    assert y.label == ""
    y.label = "h"
    assert y.label == "h"


def test_a_node_requires_a_gradient_if_any_operand_does():
    a, c = Value(1.0), Value(2.0, requires_grad=False)
    assert (a * c).requires_grad
    assert not (c * c).requires_grad
    assert (c * c).parents == ()


# --- NumPy's protocols, in both directions ---------------------------------------------------

ARRAY = np.array([[1.0, 2.0], [3.0, 4.0]])
MIXED = {
    "array + v": lambda a, v: a + v,
    "v + array": lambda a, v: v + a,
    "array - v": lambda a, v: a - v,
    "v - array": lambda a, v: v - a,
    "array * v": lambda a, v: a * v,
    "array / v": lambda a, v: a / v,
    "v / array": lambda a, v: v / a,
    "array ** v": lambda a, v: a**v,
    "v ** array": lambda a, v: v**a,
    "array @ v": lambda a, v: a @ v,
    "v @ array": lambda a, v: v @ a,
    "float64 * v": lambda a, v: np.float64(2) * v,
    "float32 + v": lambda a, v: np.float32(2) + v,
    "np.maximum": lambda a, v: np.maximum(a, 2.5 * v),
    "np.concatenate": lambda a, v: np.concatenate([a, v]),
    "np.stack": lambda a, v: np.stack([v, a], axis=1),
    "np.where": lambda a, v: np.where(a > 2, v, a),
    "np.outer": lambda a, v: np.outer(a, v),
    "np.dot": lambda a, v: np.dot(a, v),
    "np.dot by a number": lambda a, v: np.dot(3.0, v),
}


@pytest.mark.parametrize("f", MIXED.values(), ids=MIXED)
def test_an_array_and_a_value_make_a_value(f):
    v = Value(0.5 + ARRAY)
    y = f(ARRAY, v)
    assert isinstance(y, Value)
    np.testing.assert_allclose(y.data, f(ARRAY, v.data))
    y.backward(np.ones(y.shape))
    assert np.all(v.grad.any())


def test_a_list_beside_a_value_is_an_array():
    x = Value([1.0, 2.0])
    assert ([10, 20] * x).data.tolist() == [10.0, 40.0]
    assert (x @ [10, 20]).data == 50.0


NUMPY_NAMES = """
negative absolute sqrt square exp log log1p expm1 sin cos tanh arctan sign
sum mean var std max min prod transpose squeeze ravel
"""
NUMPY_FUNCTIONS = {
    **{f"np.{name}": getattr(np, name) for name in NUMPY_NAMES.split()},
    "np.sum by axis": lambda v: np.sum(v, axis=1, keepdims=True),
    "np.clip": lambda v: np.clip(v, 1, 3),
    "np.power": lambda v: np.power(v, 3),
    "np.reshape": lambda v: np.reshape(v, (4, 1)),
    "np.swapaxes": lambda v: np.swapaxes(v, 0, 1),
    "np.expand_dims": lambda v: np.expand_dims(v, 1),
    "np.broadcast_to": lambda v: np.broadcast_to(v, (3, 2, 2)),
    "np.pad": lambda v: np.pad(v, 1),
    "np.linalg.norm": np.linalg.norm,
}


@pytest.mark.parametrize("f", NUMPY_FUNCTIONS.values(), ids=NUMPY_FUNCTIONS)
def test_a_numpy_function_of_a_value_is_a_node(f):
    y = f(Value(ARRAY))
    assert isinstance(y, Value)
    assert y.op is not None
    np.testing.assert_allclose(y.data, f(ARRAY))


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda v: np.arctan2(v, 1.0), "np.arctan2"),
        (lambda v: np.floor(v), "np.floor"),
        (lambda v: np.add.reduce(v), "np.add.reduce"),
        (lambda v: np.exp(v, where=[True, False]), "np.exp with where="),
        (lambda v: np.cumsum(v), "np.cumsum"),
        (lambda v: np.median(v), "np.median"),
        (lambda v: np.linalg.inv(v), "np.linalg.inv"),
        (lambda v: np.fft.fft(v), "np.fft.fft"),
        (lambda v: np.pad(v, 1, mode="reflect"), "np.pad with mode='reflect'"),
        (lambda v: np.linalg.norm(v, 1), "np.linalg.norm with ord=1"),
        (lambda v: np.linalg.norm(v[None], 2), "np.linalg.norm with ord=2"),
        (lambda v: np.linalg.norm(v[None], 2, axis=(0, 1)), "np.linalg.norm with ord=2"),
    ],
)
def test_a_numpy_function_without_a_rule_is_named_with_three_ways_out(f, name):
    with pytest.raises(TypeError, match=rf"^{name} has no rule.*tg\.record\(\).*v\.data"):
        f(Value([1.0, 2.0]))


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda v: np.ravel(v, order="F"), r"^reshape\(x, shape\): .*'order'"),
        (lambda v: np.sum(v, dtype=float), r"^sum\(x, axis=None, keepdims=False\): .*'dtype'"),
    ],
)
def test_an_option_that_a_rule_has_not_is_named_with_its_function(f, message):
    with pytest.raises(TypeError, match=message):
        f(Value([1.0, 2.0]))


@pytest.mark.parametrize("array", [np.array([1j, 2]), np.array([None, 1]), np.array(["a", "b"])])
def test_an_operand_of_other_than_real_numbers_is_refused_by_name(array):
    with pytest.raises(TypeError, match=rf"^mul: .*real numbers, not {array.dtype}"):
        Value([1.0, 2.0]) * array


@pytest.mark.parametrize(
    "array",
    [
        np.array([[1, 2], [3, 4]], np.uint8),
        np.ones((2, 2), np.longdouble),
        np.ones((2, 2), np.float16),
        np.ones((2, 2), ">f8"),
        np.ma.array(np.ones((2, 2)), mask=np.eye(2)),
    ],
    ids=["integers", "long double", "half", "big-endian", "masked"],
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


def test_an_array_cannot_swallow_a_value_in_place():
    total = np.zeros(2)
    with pytest.raises(TypeError, match=r"np\.add .*lose its gradient.*a = a \+ v"):
        total += Value([1.0, 2.0])


@pytest.mark.parametrize(
    "leave",
    [float, math.sin, np.asarray, np.array, lambda v: np.asarray([v, v])],
    ids=["float", "math.sin", "np.asarray", "np.array", "a list of Values"],
)
@pytest.mark.parametrize("make", [lambda: Value(1.0, "w"), lambda: Value(1.0, "w") * 2])
def test_nothing_leaves_the_graph_unnoticed(leave, make):
    with pytest.raises(TypeError, match=r"\.data"):
        leave(make())


def test_a_value_cannot_be_put_into_an_array_unnoticed():
    array = np.zeros(2)
    with pytest.raises((TypeError, ValueError)) as caught:
        array[0] = Value(1.0)
    assert ".data" in f"{caught.value} {caught.value.__cause__}"


def test_an_array_of_a_tensor_value_raises_and_names_the_way_out():
    with pytest.raises(TypeError, match=r"'w'.*\(2,\).*\.data"):
        np.asarray(Value([1.0, 2.0], "w"))


def test_what_needs_no_gradient_may_leave():
    assert float(Value(2.0, requires_grad=False)) == 2.0
    assert np.asarray(Value([1.0], requires_grad=False)).dtype == np.float64


@pytest.mark.parametrize("f", [np.shape, np.ndim, np.size, np.argmax, np.isnan, np.zeros_like])
def test_questions_without_a_gradient_are_answered_in_plain_numbers(f):
    answer = f(Value(ARRAY))
    assert not isinstance(answer, Value)
    np.testing.assert_array_equal(answer, f(ARRAY))


# --- comparisons, hash, iteration ------------------------------------------------------------


def test_comparisons_are_plain():
    x = Value([1.0, 2.0, 3.0])
    assert (x > 2).tolist() == [False, False, True]
    assert (x <= Value([1.0, 1.0, 4.0])).tolist() == [True, False, True]
    assert (np.array([2.0, 2.0, 2.0]) > x).tolist() == [True, False, False]
    assert Value(2.0) == 2.0
    assert Value(2.0) != Value(3.0)
    assert type(Value(1.0) < 2.0) is bool


def test_hash_is_identity():
    a, b = Value(1.0), Value(1.0)
    assert len({a, b, a}) == 2


def test_a_tensor_iterates_over_its_rows_and_each_row_has_a_gradient():
    x = Value([[1.0, 2.0], [3.0, 4.0]])
    first, second = x
    (second * 10 + first).sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0], [10.0, 10.0]]


def test_a_scalar_cannot_be_iterated():
    with pytest.raises(TypeError, match=r"'w'.*scalar"):
        list(Value(1.0, "w"))


def test_python_sum_works():
    x = Value([1.0, 2.0, 3.0])
    total = sum(x)
    total.backward()
    assert (total.data, x.grad.tolist()) == (6.0, [1.0, 1.0, 1.0])


# --- shapes that do not fit ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "error", "op"),
    [
        (lambda a, b: a + b, ValueError, "add"),
        (lambda a, b: a @ a, ValueError, "matmul"),
        (lambda a, b: tg.linear(a, b), ValueError, "linear"),
        (lambda a, b: tg.mse_loss(a, b), ValueError, "mse_loss"),
        (lambda a, b: a.reshape(5), ValueError, "reshape"),
        (lambda a, b: a[7], IndexError, "getitem"),
    ],
)
def test_a_shape_that_does_not_fit_names_op_label_and_shape(f, error, op):
    a, b = Value(np.ones((2, 3)), label="left"), Value(np.ones((3, 2)), label="right")
    with pytest.raises(error, match=rf"^{op} of 'left' \(2, 3\)"):
        f(a, b)


def test_a_matrix_product_of_scalars_names_the_op():
    with pytest.raises(ValueError, match=r"^matmul of 'a' \(\), \(\)"):
        Value(1.0, "a") @ 2.0


# --- detach ----------------------------------------------------------------------------------


def test_detach_cuts_the_gradient_and_remembers_its_origin():
    x = Value(3.0, label="x")
    y = x.detach()
    (x * y).backward()
    assert (x.grad, y.grad, y.requires_grad, y.label) == (3.0, None, False, "x")
    assert y.detached_from is x
    del x
    assert y.detached_from is None


def test_detach_shares_the_data():
    x = Value([1.0, 2.0])
    assert x.detach().data is x.data


# --- local gradients and closures ------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "locals"),
    [
        (lambda a, b: a + b, (1.0, 1.0)),
        (lambda a, b: a - b, (1.0, -1.0)),
        (lambda a, b: a * b, (3.0, 2.0)),
        (lambda a, b: a / b, (1 / 3, -2 / 9)),
        (lambda a, b: 5 * b, (5.0,)),
        (lambda a, b: b**2, (6.0,)),
        (lambda a, b: a * a, (2.0, 2.0)),
        (lambda a, b: tg.maximum(a, b), (0.0, 1.0)),
        (lambda a, b: tg.where(True, a, b), (1.0, 0.0)),
        (lambda a, b: tg.prelu(-a, b), (3.0, -2.0)),
    ],
)
def test_local_grads_are_floats_aligned_with_the_parents(f, locals):
    y = f(Value(2.0), Value(3.0))
    assert y.local_grads == pytest.approx(locals)
    assert len(y.local_grads) == len(y.parents)
    assert {type(local) for local in y.local_grads} == {float}


def test_local_grad_is_that_of_a_one_parent_op():
    assert Value(2.0).relu().local_grad == 1.0
    assert Value(-2.0).relu().local_grad == 0.0
    assert Value(-2.0).leaky_relu(0.1).local_grad == 0.1
    assert Value([-1.0, 2.0]).relu().local_grad.tolist() == [0.0, 1.0]
    assert (Value(1.0) * Value(2.0)).local_grad is None
    assert Value([1.0, 2.0]).sum().local_grads is None


VIEWS = {
    "reshape": lambda x: x.reshape(2, 1),
    "transpose": lambda x: x[None].T,
    "getitem": lambda x: x[::-1],
    "identity": tg.identity,
    "a view of a view": lambda x: tg.identity(x)[None].reshape(2, 1),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_leaf_assigned_behind_a_view_makes_what_used_the_view_stale(view):
    w = Value([2.0, 1.0], label="w")
    y = view(w)
    z = y * y
    w.data -= 1.0
    with pytest.raises(tg.StaleDataError, match="leaf 'w'"):
        _ = z.local_grads
    with pytest.raises(tg.StaleDataError, match="leaf 'w'"):
        z.backward_closure(np.ones(z.shape))


@pytest.mark.parametrize("f", [lambda w: (w * 2).reshape(2, 1), lambda w: tg.sin(w)[None].T])
def test_a_view_of_what_an_op_made_stays_fresh(f):
    w = Value([2.0, 1.0])
    y = f(w)
    z = y * y
    w.data -= 1.0
    np.testing.assert_array_equal(z.local_grads[0], y.data)


def test_local_grads_of_a_tensor_have_the_shape_of_the_output():
    y = Value(np.ones((3, 1))) * Value(np.full(2, 5.0))
    assert [local.shape for local in y.local_grads] == [(3, 2), (3, 2)]


CLOSURES = {
    "a + b": lambda a, b: a + b,
    "a * a": lambda a, b: a * a,
    "a / b": lambda a, b: a / b,
    "a ** b": lambda a, b: a**b,
    "2 - a": lambda a, b: 2 - a,
    "maximum": tg.maximum,
    "relu": lambda a, b: (a - 1.5).relu(),
    "hardtanh": lambda a, b: tg.hardtanh(a),
    "prelu": lambda a, b: tg.prelu(a - 2, b),
    "sum": lambda a, b: a.sum(axis=0),
    "max": lambda a, b: a.max(axis=-1),
    "softmax": lambda a, b: a.softmax(),
    "matmul": lambda a, b: a @ b,
    "linear": lambda a, b: tg.linear(a, b, np.ones(2)),
    "transpose": lambda a, b: a.T,
    "getitem": lambda a, b: a[[0, 0, 1]],
    "concatenate": lambda a, b: tg.concatenate([a, b, a]),
    "broadcast_to": lambda a, b: a.broadcast_to((3, 2, 2)),
    "mse_loss": tg.mse_loss,
    "record": lambda a, b: tg.record(
        a.data @ b.data, [a, b], lambda g: (g @ b.data.T, a.data.T @ g)
    ),
}


@pytest.mark.parametrize("f", CLOSURES.values(), ids=CLOSURES)
def test_the_closure_returns_what_the_pass_adds(f):
    a, b = Value([[1.0, 2.0], [2.0, 3.0]]), Value([[0.5, 1.5], [2.5, 1.0]])
    y = f(a, b)
    upstream = np.random.default_rng(0).normal(size=y.shape)
    contributions = y.backward_closure(upstream)
    assert len(contributions) == len(y.parents)
    y.backward(upstream)
    for leaf in (a, b):
        to_leaf = [c for c, p in zip(contributions, _leaves_of(y), strict=True) if p is leaf]
        np.testing.assert_array_equal(
            sum(to_leaf, np.zeros((2, 2))), 0 if leaf.grad is None else leaf.grad
        )


def _leaves_of(y):
    """The leaf behind each parent: itself, or what it was shifted from by a constant."""
    return [p if p.op is None else p.parents[0] for p in y.parents]


def test_elementwise_contributions_are_upstream_times_local():
    y = Value([1.0, 2.0]) * Value([3.0, 4.0])
    g = np.array([10.0, 100.0])
    for c, local in zip(y.backward_closure(g), y.local_grads, strict=True):
        np.testing.assert_array_equal(c, g * local)


def test_the_closure_has_none_for_a_parent_that_needs_no_gradient():
    y = Value(2.0) * Value(3.0, requires_grad=False)
    assert y.backward_closure(1.0) == (3.0, None)


def test_the_closure_refuses_an_upstream_of_another_shape():
    y = Value([1.0, 2.0]).relu()
    with pytest.raises(ValueError, match=r"relu of shape \(2,\).*upstream.*\(3,\)"):
        y.backward_closure([1.0, 1.0, 1.0])


def test_a_value_through_the_closure_gives_a_gradient_that_is_a_graph():
    x, g = Value(3.0), Value(1.0)
    (slope,) = (x**3).backward_closure(g)
    slope.backward()
    assert (slope.data, x.grad, g.grad) == (27.0, 18.0, 27.0)


# --- record: a node with a closure of your own ----------------------------------------------


def test_a_recorded_node_is_a_node_like_any_other():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = tg.record(a.data * b.data, [a, b], lambda g: (g * b.data, g * a.data), op="my_mul")
    (y * 10).backward()
    assert (y.op.name, y.data, a.grad, b.grad) == ("my_mul", 6.0, 30.0, 20.0)
    assert [id(p) for p in y.parents] == [id(a), id(b)]


def test_none_from_a_recorded_closure_means_nothing():
    a, b = Value([1.0, 2.0]), Value(3.0)
    tg.record(5.0, [a, b], lambda g: (None, g)).backward()
    assert (a.grad.tolist(), b.grad) == ([0.0, 0.0], 1.0)


def test_a_recorded_closure_is_called_once_a_pass():
    calls = []
    a, b = Value(1.0), Value(2.0)
    tg.record(3.0, [a, b], lambda g: calls.append(g) or (g, g)).backward()
    assert calls == [1.0]


@pytest.mark.parametrize("data", [[1, 2], (1.0, 2.0), np.array([1, 2]), np.ones(2, np.float16)])
def test_recorded_data_follows_the_dtype_rule(data):
    y = tg.record(data, [Value([1.0, 2.0])], lambda g: g)
    assert (y.dtype, y.shape) == (np.float64, (2,))


def test_recorded_data_is_no_array_of_the_caller():
    array = np.ones(2)
    y = tg.record(array, [Value([1.0, 2.0])], lambda g: g)
    array[0] = 9.0
    assert y.data.tolist() == [1.0, 1.0]


def test_a_parent_must_be_a_value():
    with pytest.raises(TypeError, match=r"record 'mine'.*parent is a Value, not float"):
        tg.record(1.0, [2.0], lambda g: g, op="mine")


@pytest.mark.parametrize(
    ("closure", "message"),
    [
        (lambda g: (g, g), "record 'mine'.*2 contributions for 1 parent"),
        (lambda g: np.ones(3), r"record 'mine'.*parent 0, leaf 'w' of shape \(2,\).*\(3,\)"),
    ],
)
def test_a_closure_that_does_not_fit_its_parents_is_named(closure, message):
    w = Value([1.0, 2.0], label="w")
    y = tg.record(3.0, [w], closure, op="mine")
    with pytest.raises(ValueError, match=message):
        y.backward()
    assert w.grad is None


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("a", "real numbers"),
        (1j, "real numbers"),
        (Value(2.0), r"is a Value.*\.data"),
    ],
)
def test_a_closure_that_returns_no_number_is_named(returned, message):
    x = Value(1.0, label="x")
    y = tg.record(3.0, [x], lambda g: returned, op="mine")
    with pytest.raises(TypeError, match=rf"^record 'mine': .*parent 0, leaf 'x' .*{message}"):
        y.backward()


def test_a_recorded_node_refuses_what_it_cannot_keep():
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"record 'mine': backward is a function, not float"):
        tg.record(3.0, [x], 2.0, op="mine")
    with pytest.raises(TypeError, match=r"^Value 'mine' of a Value: take v\.data"):
        tg.record(x * 2, [x], lambda g: g, op="mine")


# --- gradients can be assigned, never shared ------------------------------------------------


def test_zero_grad_forgets():
    x = Value(3.0)
    (x * 2).backward()
    x.zero_grad()
    assert x.grad is None


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"leaf 'w' of shape \(2,\).*\(3,\)"):
        Value([1.0, 2.0], label="w").grad = np.ones(3)


def test_an_assigned_gradient_is_copied():
    x, clipped = Value([1.0, 2.0]), np.ones(2)
    x.grad = clipped
    clipped[0] = 9.0
    assert x.grad.tolist() == [1.0, 1.0]


# --- copies -----------------------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda v: pickle.loads(pickle.dumps(v)),
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize(
    "make",
    [
        lambda x: x,
        lambda x: (x * 2).relu(),
        lambda x: tg.concatenate([x, [1.0]]),
        lambda x: x.detach(),
    ],
    ids=["leaf", "graph", "variadic", "detached"],
)
def test_values_can_be_copied_and_pickled(duplicate, make):
    x = Value([1.0, 2.0], label="x")
    y = make(x)
    twin = duplicate(y)
    assert twin is not y
    assert (twin.label, twin.requires_grad) == (y.label, y.requires_grad)
    np.testing.assert_array_equal(twin.data, y.data)


def test_a_deep_copy_is_a_graph_of_its_own():
    x = Value(3.0)
    y = copy.deepcopy(x * x)
    y.backward()
    assert (x.grad, y.parents[0].grad) == (None, 6.0)


def test_a_pickled_leaf_works_in_another_process():
    for _ in range(1000):  # nodes of this process: the other one starts counting afresh
        leaf = Value(3.0)
    code = (
        f"import pickle; x = pickle.loads({pickle.dumps(leaf)!r})\n"
        "(x * x).backward(); print(x.grad)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "6.0", done.stderr


def test_a_leaf_can_be_frozen_and_thawed():
    w, b = Value(2.0, label="w"), Value(1.0)
    w.requires_grad = False
    (w * 3 + b).backward()
    assert w.grad is None
    w.requires_grad = True
    (w * 3 + b).backward()
    assert w.grad == 3.0


def test_an_inner_node_cannot_be_frozen():
    with pytest.raises(AttributeError, match=r"mul.*computed.*detach"):
        (Value(2.0) * 3).requires_grad = False
