"""The ops as methods, NumPy in both directions, and how nothing leaves the graph unnoticed."""

import inspect
import math

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, ops
from tinygrad_relu.methods import Methods

#: Arguments beyond the Value itself, for the methods that need some.
MORE = {
    "maximum": (0.3,),
    "minimum": (0.3,),
    "clip": (0.2, 0.5),
    "prelu": (0.2,),
    "astype": (np.float32,),
    "reshape": ((3, 2),),
    "swapaxes": (0, 1),
    "expand_dims": (1,),
    "broadcast_to": ((4, 2, 3),),
    "pad": (1,),
    "matmul": (np.arange(3.0),),
    "outer": (np.arange(3.0),),
    "dot": (np.arange(3.0),),
    "inner": (np.arange(3.0),),
    "arctan2": (0.3,),
    "moveaxis": (0, 1),
    "tile": (2,),
    "repeat": (2,),
    "roll": (1,),
    "take": ([0, 0, 5],),
    "take_along_axis": (np.zeros((2, 1), np.int64), 1),
}
ALIKE = [
    n for n, f in vars(Methods).items() if inspect.isfunction(f) and n in vars(ops) and n[0] != "_"
]
DATA = np.array([[0.1, -0.4, 0.3], [0.7, 0.6, -0.2]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ALIKE)
def test_a_method_is_its_function(name):
    x, more = Value(DATA), MORE.get(name, ())
    by_method, by_function = getattr(x, name)(*more), getattr(ops, name)(x, *more)
    assert by_method.op is by_function.op
    np.testing.assert_array_equal(by_method.data, by_function.data)


@pytest.mark.parametrize("name", ALIKE)
def test_a_method_has_the_parameters_and_defaults_of_its_function(name):
    method, function = (
        [(p.name, p.default) for p in inspect.signature(f).parameters.values()][1:]
        for f in (getattr(Methods, name), getattr(ops, name))
    )
    if name not in ("reshape", "transpose"):  # they also take the numbers one by one
        assert [default for _, default in method] == [default for _, default in function]


def test_a_reduction_takes_keepdims_in_second_place_as_well_as_a_dtype():
    x = Value(DATA.astype(np.float32))
    assert x.sum(0, True).shape == x.sum(0, np.True_).shape == x.var(0, 1, True).shape == (1, 3)
    assert x.sum(0, np.float64).dtype == x.cumsum(dtype=np.float64).dtype == np.float64
    with pytest.raises(TypeError, match="leave out= out"):
        x.sum(0, out=DATA[0])


def test_every_activation_and_reduction_is_a_method():
    families = (ops.activation, ops.reduction)
    rows = {n for family in families for n, f in vars(family).items() if isinstance(f, tg.op.Op)}
    assert {n for n in rows if n[0] != "_"} - {"normal_cdf"} <= set(dir(Value))


def test_shapes_may_be_given_one_by_one_or_together():
    x = Value(DATA)
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == (3, 2)
    assert x.reshape(-1).shape == x.flatten().shape == (6,)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.transpose().shape == x.T.shape


def test_item_is_a_float_and_refuses_more_than_one_element():
    assert Value([[3.0]]).item() == 3.0
    assert type(Value(np.ones(1, np.float32)).item()) is float
    with pytest.raises(ValueError, match="size 1"):
        Value([1.0, 2.0]).item()


# --- NumPy's protocols, in both directions ------------------------------------------------------


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
        (lambda v: np.fmod(v, 1.0), "np.fmod"),
        (lambda v: np.add.reduce(v), "np.add.reduce"),
        (lambda v: np.exp(v, where=[True, False]), "np.exp with where="),
        (lambda v: np.quantile(v, 0.5), "np.quantile"),
        (lambda v: np.linalg.qr(v), "np.linalg.qr"),
        (lambda v: np.fft.fft(v), "np.fft.fft"),
        (lambda v: np.pad(v, 1, mode="reflect"), "np.pad with mode='reflect'"),
        (lambda v: np.linalg.norm(v[None], "nuc"), "np.linalg.norm with ord='nuc'"),
        (lambda v: np.linalg.norm(v[None], 2), "np.linalg.norm with ord=2"),
        (lambda v: np.linalg.norm(v[None], 2, axis=(0, 1)), "np.linalg.norm with ord=2"),
    ],
)
def test_a_numpy_function_without_a_rule_is_named_with_three_ways_out(f, name):
    with pytest.raises(TypeError, match=rf"^{name} has no rule.*tg\.record\(\).*v\.data"):
        f(Value([1.0, 2.0]))


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


@pytest.mark.parametrize("name", ["all", "any", "argmax", "argmin", "argsort", "nonzero", "round"])
def test_a_question_is_a_method_too(name):
    method = getattr(Value(ARRAY), name)
    np.testing.assert_array_equal(method(), getattr(np, name)(ARRAY))
    assert method.__doc__ == getattr(np, name).__doc__


def test_an_array_is_read_by_row_or_by_column():
    x = Value(ARRAY)
    for order in "CF":
        due = ARRAY.ravel(order)
        for y in (x.ravel(order), x.flatten(order), x.reshape(4, order=order)):
            np.testing.assert_array_equal(y.data, due)
    with pytest.raises(ValueError, match="reshape: order is 'C' or 'F', not 'K'"):
        x.ravel("K")


def test_remainders_are_operators():
    x = Value([7.0, -7.0])
    assert ((x % 3).data.tolist(), (x // 3).data.tolist()) == ([1.0, 2.0], [2.0, -3.0])
    (20 % x + 20 // x + np.array([1.0, 2.0]) % x).sum().backward()
    assert x.grad.tolist() == [-2.0, 4.0]


# --- comparisons, hash, iteration ---------------------------------------------------------------


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


def test_a_number_as_text_leaves_no_graph_that_matters():
    v, array = Value(2.34567, label="loss"), Value(np.array([[2.34567]]))
    assert f"{v:.3f} {v:8.1e}" == "2.346  2.3e+00"
    assert f"{v}" == str(v) == "Value(2.34567, label='loss')"
    assert (round(v, 2), round(v), round(array, 1)) == (2.35, 2, 2.3)
    with pytest.raises(TypeError, match="format"):
        _ = f"{array:.3f}"
