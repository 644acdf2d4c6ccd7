"""Settings are made what they are annotated as, or refused by name."""

import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


@pytest.mark.parametrize(
    ("f", "told"),
    [
        (lambda x: x.relu(at_zero="half"), r"relu: at_zero must be real numbers"),
        (lambda x: x.leaky_relu([0.1, 0.2]), r"leaky_relu: alpha is one real number"),
        (lambda x: x.sum(axis="x"), r"sum: axis is a whole number or some of them, or None"),
        (lambda x: tg.max_pool2d(x, 1.5), r"max_pool2d: \w+ is a whole number or a pair of them"),
        (lambda x: x.clip("low", 1.0), r"clip: \w+ must be real numbers"),
    ],
)
def test_another_kind_is_refused(f, told):
    with pytest.raises(TypeError, match=told):
        f(Value([[[1.0, 2.0]]]))


def test_a_number_is_made_a_float():
    assert Value([-1.0]).leaky_relu(1).operands[1] == 1.0
    assert type(Value([-1.0]).leaky_relu(1).operands[1]) is float
