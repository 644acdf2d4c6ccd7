"""Hard numbers and shapes are drawn, inside the bounds."""

import numpy as np
import pytest
from hypothesis import find, given

from tinygrad_relu import gradcheck, testing
from tinygrad_relu.testing import arrays, broadcastable, numbers, shapes


@pytest.mark.parametrize(
    "wanted",
    [
        lambda a: a.ndim == 0,
        lambda a: a.size == 0,
        lambda a: 1 in a.shape and a.size > 1,
        lambda a: a.size > 1 and (a < 0).all(),
        lambda a: (a == 0).any() and np.signbit(a[a == 0]).any(),
        lambda a: len(np.unique(a)) < a.size,
        lambda a: ((a != 0) & (np.abs(a) < 2.3e-308)).any(),
    ],
    ids=["0-d", "empty", "size-1 axis", "all negative", "-0.0", "ties", "subnormal"],
)
def test_hard_arrays_are_drawn(wanted):
    find(arrays(), wanted)


@given(arrays(low=0.25, high=2.0, dtype=np.float32))
def test_range_and_dtype(a):
    assert a.dtype == np.float32
    assert ((a >= 0.25) & (a <= 2)).all()


@given(numbers(-1, 1))
def test_numbers_stay_in_range(n):
    assert -1 <= n <= 1


@given(testing.values(shape=(2, 1)))
def test_values_are_leaves(v):
    assert v.op is None
    assert v.shape == (2, 1)


@given(shapes(min_dims=1, max_dims=2, min_side=1))
def test_shapes_stay_in_bounds(shape):
    assert 1 <= len(shape) <= 2
    assert all(1 <= n <= 3 for n in shape)


@given(broadcastable(3))
def test_broadcastable_shapes_broadcast(drawn):
    assert len(drawn) == 3
    np.broadcast_shapes(*drawn)


def test_a_users_own_op_is_checked():
    @given(arrays(low=0.5, high=3.0))
    def check(a):
        gradcheck(lambda x: x * x.log(), a)

    check()
