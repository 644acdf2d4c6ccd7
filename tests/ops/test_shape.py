"""Shape and selection: NumPy's values, and gradients that find their way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.testing import calls

NUMPY = {
    "reshape": np.reshape,
    "transpose": np.transpose,
    "swapaxes": np.swapaxes,
    "expand_dims": np.expand_dims,
    "squeeze": np.squeeze,
    "broadcast_to": np.broadcast_to,
    "concatenate": lambda *arrays, axis: np.concatenate(arrays, axis),
    "stack": lambda *arrays, axis: np.stack(arrays, axis),
    "pad": np.pad,
    "getitem": lambda x, index: x[index],
}


@pytest.mark.parametrize("name", NUMPY)
@given(data=st.data())
def test_forward_is_numpys(name, data):
    call = data.draw(calls(name))
    expected = NUMPY[name](*call.inputs, **call.settings)
    y = call(*map(Value, call.inputs))
    assert y.shape == np.shape(expected)
    np.testing.assert_array_equal(y.data, expected)


@pytest.mark.parametrize("name", ["reshape", "transpose", "swapaxes", "expand_dims", "squeeze"])
@given(data=st.data())
def test_a_rearrangement_goes_back_where_it_came_from(name, data):
    call = data.draw(calls(name))
    x = Value(call.inputs[0])
    y = call(x)
    y.backward(y.data)
    np.testing.assert_array_equal(x.grad, x.data)


@given(data=st.data())
def test_scatter_is_the_adjoint_of_indexing(data):
    call = data.draw(calls("scatter"))
    index, shape = call.settings["index"], call.settings["shape"]
    x = call.inputs[0]
    z = np.arange(np.prod(shape), dtype=float).reshape(shape)
    assert np.sum(call(x) * z) == pytest.approx(np.sum(x * z[index]), abs=1e-9)


def test_repeated_indices_add_up():
    x = Value([1.0, 2.0, 3.0])
    (x[[0, 0, 2]] * np.array([1.0, 10.0, 100.0])).sum().backward()
    np.testing.assert_array_equal(x.grad, [11.0, 0.0, 100.0])


def test_a_scalar_indexes_as_in_numpy():
    x = Value(3.0)
    assert x[()].data == 3.0
    assert x[None].shape == (1,)
    x[None].sum().backward()
    assert x.grad == 1.0
    with pytest.raises(IndexError, match=r"getitem of 'x' \(\).*too many indices"):
        Value(3.0, label="x")[0]


def test_concatenated_flat():
    a, b = Value([[1.0], [2.0]]), Value([3.0])
    y = tg.concatenate([a, b], axis=None)
    y.backward(np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(a.grad, [[1.0], [2.0]])
    np.testing.assert_array_equal(b.grad, [3.0])


def test_a_shape_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"reshape of 'x' \(3,\)"):
        Value([1.0, 2.0, 3.0], label="x").reshape(2, 2)


@pytest.mark.parametrize("widths", [{0: 1}, {-1: (0, 2)}, {0: (1, 0), 1: 2}, {}])
def test_a_border_may_be_told_for_some_axes(widths):
    x = Value(np.arange(6.0).reshape(2, 3))
    y = x.pad(widths)
    np.testing.assert_array_equal(y.data, np.pad(x.data, widths))
    y.backward(y.data)
    np.testing.assert_array_equal(x.grad, x.data)


def test_a_vector_and_a_number_are_their_own_transpose():
    for x, axes in ((Value([1.0, 2.0]), 0), (Value([1.0, 2.0]), -1), (Value(3.0), ())):
        y = x.transpose(axes)
        y.backward(y.data)
        np.testing.assert_array_equal(x.grad, x.data)


def test_what_spreads_when_it_is_scattered_gets_its_sum_back():
    for x, total in ((Value(2.0), [11.0]), (Value([2.0]), [11.0])):
        y = tg.ops.scatter(x, slice(0, 2), (3,))
        y.backward([1.0, 10.0, 100.0])
        assert (y.data.tolist(), np.ravel(x.grad).tolist()) == ([2.0, 2.0, 0.0], total)
        (again,) = y.backward_closure(Value([1.0, 10.0, 100.0]))
        assert np.ravel(again.data).tolist() == total
