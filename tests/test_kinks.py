"""Where an input sits on a kink."""

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import ops
from tinygrad_relu.kinks import margins, on_kink


def test_an_op_without_a_kink_has_no_margins_and_no_hits():
    assert margins(ops.tanh, 0.0, [0.0]) == ()
    assert on_kink(ops.tanh, 0, 0.0, [0.0]) is None


def test_margins_are_signed_distances():
    (margin,) = margins(tg.relu, np.zeros(3), [np.array([-1.0, 0.0, 2.0]), 0.0])
    assert margin.tolist() == [-1.0, 0.0, 2.0]


def test_a_choice_has_its_kink_in_both_operands_anything_else_in_the_first():
    tie = [np.array([1.0, 2.0]), np.array([1.0, 3.0])]
    for slot in (0, 1):
        assert on_kink(ops.maximum, slot, tie[1], tie).tolist() == [True, False]
    data = [np.array([0.0, 1.0]), np.array([0.1, 0.1])]
    assert on_kink(ops.prelu, 0, data[0], data).tolist() == [True, False]
    assert on_kink(ops.prelu, 1, data[0], data) is None


def test_a_scalar_on_its_kink():
    assert on_kink(tg.relu, 0, 0.0, [0.0, 0.0])
    assert on_kink(tg.relu, 0, 1.0, [1.0, 0.0]) is None
