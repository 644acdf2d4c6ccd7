"""Shorter spellings say the same."""

from __future__ import annotations

import numpy as np
import pytest

from tests.program.saying import A, told
from tinygrad_relu.op import unless


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda a: a.sum(axis=(0, 1)), "a.sum()"),
        (lambda a: a.swapaxes(-1, -2), "a.T"),
        (lambda a: unless(a <= 0), "a > 0"),
        (lambda a: unless((a <= -1) | (a >= 1)), "(a > -1) & (a < 1)"),
        (lambda a: (a == 2) | (a != a), "a == 2"),
        (lambda a: 1.0 * a + 0.0, "a"),
        (lambda a: a * -1.0, "-a"),
        (lambda a: a + -2.0, "a - 2.0"),
        (lambda a: np.broadcast_to(a, (2, 3)), "a"),
        (lambda a: np.where(True, np.sum(a), a), "np.where(True, a.sum(), a)"),
        (lambda a: np.where(np.isfinite(a), a, 0.0), "a"),
        (lambda a: np.broadcast_to(np.sum(a), (2, 3)), "np.full((2, 3), a.sum())"),
    ],
)
def test_what_is_said(rule, said):
    assert told(rule, A) == said


def test_of_a_nan_nothing_is_left_out():
    nan = np.array([np.nan, 1.0])
    assert told(lambda a: unless(a <= 0), nan) == "~(a <= 0)"
    assert told(lambda a: (a == 2) | (a != a), nan) == "(a == 2) | (a != a)"
