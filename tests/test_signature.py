"""A call of an op: its operands first, then its settings."""

import numpy as np
import pytest

from tinygrad_relu import Value, ops
from tinygrad_relu.op import elementwise
from tinygrad_relu.signature import Signature


def test_settings_go_by_position_name_or_default():
    assert [ops.relu(Value(0.0), 0.5).local_grad, ops.relu(Value(0.0), at_zero=0.5).local_grad] == [
        0.5,
        0.5,
    ]
    assert ops.relu(Value(0.0)).operands[1] == 0.0


@pytest.mark.parametrize(
    ("args", "named", "message"),
    [
        ((), {}, "missing"),
        ((), {"at_zero": 0.5}, "missing"),
        ((1.0,), {"slope": 2.0}, "unexpected"),
        ((1.0, 0.5), {"at_zero": 0.5}, "multiple values"),
        ((1.0, 0.5, 2.0), {}, "too many"),
    ],
)
def test_a_call_that_does_not_fit_names_the_op(args, named, message):
    with pytest.raises(TypeError, match=rf"^relu\(x, at_zero=0\.0\): .*{message}"):
        ops.relu(*args, **named)


def far(*arrays, axis=0, scale=1.0):
    return arrays, axis, scale


def near(a, b, axis, scale=1.0):
    return (a, b), axis, scale


def test_operands_come_first_and_settings_are_filled_in():
    two = Signature(near, 2)
    assert (two.operands, two.settings, two.usual) == (2, 2, None)  # axis has no default
    assert two.bind((1, 2, 3), {}) == ((1, 2), (3, 1.0))
    assert two.bind((1,), {"scale": 4, "axis": 3, "b": 2}) == ((1, 2), (3, 4))


def test_any_number_of_operands_stands_before_named_settings():
    many = Signature(far, -1)
    assert many.bind((1, 2, 3), {"scale": 2.0}) == ((1, 2, 3), (0, 2.0))
    assert many.by_place()(1, 2, 3, 0, 2.0) == ((1, 2, 3), 0, 2.0)
    assert Signature(near, 2).by_place() is near


def test_a_value_as_a_setting_is_refused():
    with pytest.raises(
        TypeError, match="relu: at_zero has no rule: it is a plain number, not leaf 'slope'"
    ):
        ops.relu(Value(1.0), Value(0.5, label="slope"))


def test_a_row_of_ones_own_says_by_its_annotations_what_its_settings_are():
    @elementwise(lambda y, x, k: k)
    def times(x, k: float):
        return x * k

    assert times(2.0, np.float32(3)) == 6.0
    with pytest.raises(TypeError, match="times: k is one real number, not"):
        times(2.0, [1.0, 2.0])
