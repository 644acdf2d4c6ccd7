"""Blocks of lines: what is needed twice is computed once."""

from __future__ import annotations

import numpy as np

from tinygrad_relu.program.helpers import Helpers
from tinygrad_relu.program.names import Names
from tinygrad_relu.program.spelling import Block


def test_what_is_needed_twice_has_a_line():
    names = Names()
    x = Helpers(names, False).book.named("x", np.ones(3))
    e = np.exp(-x)
    out = e / (1 + e)
    block = Block([out], names.unique, False)
    assert [line[:2] for line in block.before(out)] == [("exp1", "np.exp(-x)")]
    assert block.text(out) == "exp1 / (1 + exp1)"


def test_a_transpose_costs_nothing_and_stays_where_it_is():
    names = Names()
    x = Helpers(names, False).book.named("x", np.ones((3, 3)))
    out = x.T @ x.T
    block = Block([out], names.unique, False)
    assert block.before(out) == []
    assert block.text(out) == "x.T @ x.T"


def test_a_long_line_is_parted():
    names = Names()
    x = Helpers(names, False).book.named("a_name_that_is_long", np.ones(3))
    out = np.exp(x + 1) * np.sin(x + 2) + np.cos(x + 3) * np.tanh(x + 4)
    block = Block([out], names.unique, False)
    lines = block.before(out)
    assert lines
    assert all(len(text) <= 72 for _, text, _ in lines)
    assert len(block.text(out)) <= 72
