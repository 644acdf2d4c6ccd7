"""Symbols write what an array would compute."""

from __future__ import annotations

import numpy as np
import pytest

from tests.program.saying import A, told
from tinygrad_relu.program.symbol import Unwritable

B = np.ones((3, 2))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda a: np.exp(-a) * 2, "np.exp(-a) * 2"),
        (lambda a: 2 - a, "2 - a"),
        (lambda a: (a + 1) ** 2, "(a + 1) ** 2"),
        (lambda a: np.sum(a, axis=0), "a.sum(axis=0)"),
        (lambda a: np.reshape(a, (3, 2)), "a.reshape((3, 2))"),
        (lambda a: a[..., ::-1], "a[..., ::-1]"),
        (lambda a: np.where(a > 0, a, 0.0), "np.where(a > 0, a, 0.0)"),
        (lambda a: np.concatenate([a, a], axis=1), "np.concatenate([a, a], axis=1)"),
        (lambda a: a / np.inf, "a / np.inf"),
    ],
)
def test_what_is_said(rule, said):
    assert told(rule, A) == said


def test_matrices():
    assert told(lambda a, b: a.dot(b), A, B) == "a @ b"
    assert told(lambda a, b: np.add(a, b, out=a), A, A) == "a + b"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda a: np.maximum(np.exp(a), 0), "max(math.exp(a), 0)"),
        (lambda a: np.clip(a, -1, 1), "min(max(a, -1), 1)"),
        (lambda a: np.sign(a), "(a > 0) - (a < 0)"),
        (lambda a: np.where(a > 0, a, 1.0), "a if a > 0 else 1.0"),
    ],
)
def test_scalars_are_plain_python(rule, said):
    assert told(rule, 0.5, scalar=True) == said


@pytest.mark.parametrize(
    "rule", [lambda a: 1 if a > 0 else 2, lambda a: float(a), lambda a: np.add.reduce(a)]
)
def test_a_branch_on_data_is_refused(rule):
    with pytest.raises(Unwritable):
        told(rule, np.ones(2))
