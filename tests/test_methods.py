"""The ops as methods: one-line delegates that agree with the functions."""

import inspect

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, ops
from tinygrad_relu.methods import _RULES, Methods

#: Arguments beyond the Value itself, for the methods that need some.
MORE = {
    "maximum": (0.3,),
    "minimum": (0.3,),
    "clip": (0.2, 0.5),
    "prelu": (0.2,),
    "reshape": ((3, 2),),
    "swapaxes": (0, 1),
    "expand_dims": (1,),
    "broadcast_to": ((4, 2, 3),),
    "pad": (1,),
    "matmul": (np.arange(3.0),),
    "outer": (np.arange(3.0),),
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


def test_every_activation_and_reduction_is_a_method():
    families = (ops.activation, ops.reduction)
    rows = {n for family in families for n, f in vars(family).items() if isinstance(f, tg.op.Op)}
    assert rows - {"normal_cdf"} <= set(dir(Value))


def test_shapes_may_be_given_one_by_one_or_together():
    x = Value(DATA)
    assert x.reshape(3, 2).shape == x.reshape((3, 2)).shape == (3, 2)
    assert x.reshape(-1).shape == x.flatten().shape == (6,)
    assert x.transpose(1, 0).shape == x.transpose((1, 0)).shape == x.transpose().shape == x.T.shape


@pytest.mark.parametrize("ufunc", [f for f in _RULES if isinstance(f, np.ufunc)], ids=str)
def test_a_ufunc_means_the_row_it_is_named_for(ufunc):
    operands = (DATA + 1, DATA + 2)[: ufunc.nin] if ufunc is not np.matmul else (DATA, DATA.T)
    y = ufunc(*map(Value, operands))
    np.testing.assert_allclose(y.data, ufunc(*operands))
