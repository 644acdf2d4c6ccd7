"""Every symbol once, and constants by name."""

from __future__ import annotations

import numpy as np

from tinygrad_relu.program.helpers import Helpers
from tinygrad_relu.program.names import Names


def test_equal_expressions_are_one_symbol():
    book = Helpers(Names(), False).book
    x = book.named("x", np.ones(3))
    assert np.exp(x + 1) is np.exp(x + 1)
    assert x + 1 is not x + 1.0
    assert x * 0.0 is not x * -0.0


def test_an_array_has_one_name_however_it_is_looked_at():
    book = Helpers(Names(), False).book
    target = np.array([2, 0, 1], np.int64)
    first = book.constant(target, "target")
    assert book.constant(target) is first
    assert book.constant(np.expand_dims(target, -1)) is first.reshape((3, 1))
    assert book.constant(target.copy()) is first
    assert list(book.constants) == ["target"]


def test_a_count_is_no_constant_even_where_one_equals_it():
    book = Helpers(Names(), False).book
    book.constant(np.array([0, 1, 2], np.int64), "target")
    assert book.constant(np.arange(3, dtype=np.int64)).function is np.arange
