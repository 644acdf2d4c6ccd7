"""A call of an op: its operands first, then its settings."""

import pytest

from tinygrad_relu import Value, ops


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
