"""Value: what it holds, how it shows itself, how it leaves the graph on purpose."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value

# --- data: a scalar is a Python float, a tensor is an ndarray of float32 or float64 ----------


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
