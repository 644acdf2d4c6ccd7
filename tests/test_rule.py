"""The rule of a node in the hand: its kinks. (Its locals and closure: tests/test_value.py.)"""

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu.rule import margins, on_kink


def test_a_mask_says_where_an_operand_is_on_a_kink():
    z = np.array([-1.0, 0.0, 2.0])
    assert on_kink(tg.relu, 0, np.maximum(z, 0), [z, 0.0]).tolist() == [False, True, False]
    assert on_kink(tg.relu, 0, z, [z + 9, 0.0]) is None
    assert on_kink(tg.tanh, 0, z, [z]) is None
    clipped = np.clip(z, -1, 2)
    assert on_kink(tg.clip, 0, clipped, [z, -1.0, 2.0]).tolist() == [True, False, True]


def test_a_choice_has_its_kink_in_both_operands_and_a_gate_in_its_first():
    z = np.array([0.0, 1.0])
    tie = [True, False]
    assert on_kink(tg.maximum, 0, z, [z, np.zeros(2)]).tolist() == tie
    assert on_kink(tg.maximum, 1, z, [z, np.zeros(2)]).tolist() == tie
    assert on_kink(tg.prelu, 0, z, [z, 0.1]).tolist() == tie
    assert on_kink(tg.prelu, 1, z, [z, 0.1]) is None


def test_margins_warn_of_nothing():
    assert margins(tg.tanh, 0.5, [0.5]) == ()
    (distance,) = margins(tg.maximum, np.inf, [np.inf, np.inf])
    assert np.isnan(distance)
