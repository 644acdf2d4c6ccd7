"""Functions above a program."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu.op import elementwise
from tinygrad_relu.program import program_of


def test_what_is_more_than_a_line_is_a_function():
    x = tg.Value(np.ones(3), label="x")
    program = program_of((x.sigmoid() + (2 * x).sigmoid()).sum())
    assert [text.split("(")[0] for text in program.helpers] == ["def sigmoid"]
    assert "sigmoid1 = sigmoid(x)" in program.text()


def test_what_writes_into_an_array_is_taken_over_bare():
    x = tg.Value(np.ones((1, 1, 3, 3)), label="x")
    text = program_of(tg.max_pool2d(x, 2).sum()).text()
    assert "def unfold(" in text
    assert '"""' not in text
    assert "Flow" not in text


@elementwise(lambda y, x: 1.0 if x > 0 else 2.0)
def branching(x):
    """A row with a branch on data in a lambda."""
    return x if x > 0 else 2 * x


def _branching_slope(y, x):
    return 1.0 if x > 0 else 2.0


@elementwise(_branching_slope)
def named_branching(x):
    """A row with a branch on data in functions that have names."""
    return x if x > 0 else 2 * x


def test_a_row_that_branches_is_a_function_or_refused_by_name():
    x = tg.Value(-3.0, label="x")
    names: dict[str, object] = {}
    exec(program_of(named_branching(x) * 2).text(), names)
    assert names["value_and_grad"](-3.0) == (-12.0, (4.0,))  # type: ignore[operator]
    assert names["value_and_grad"](3.0) == (6.0, (2.0,))  # type: ignore[operator]
    with pytest.raises(TypeError, match="branching cannot be printed"):
        program_of(branching(x))


@tg.elementwise(lambda y, x: x > 0)
def own_relu(x):
    return np.maximum(x, floor) if floor else np.maximum(x, 0.0)


floor = 0.0


def test_a_function_that_is_taken_over_meets_the_names_of_its_module(monkeypatch):
    x = tg.Value([-3.0, 2.0], label="x")
    monkeypatch.setitem(globals(), "x", x)  # its parameter all the same
    names: dict[str, object] = {}
    exec(program_of(own_relu(x).sum()).text(), names)
    value, (slope,) = names["value_and_grad"](x.data)  # type: ignore[operator]
    assert (value, slope.tolist()) == (2.0, [0.0, 1.0])
    monkeypatch.setitem(globals(), "floor", tg.Value(0.0))
    with pytest.raises(TypeError, match="own_relu cannot be printed"):
        program_of(own_relu(x).sum())


def test_a_label_may_have_the_name_of_a_helper():
    x = tg.Value(np.ones((1, 1, 3, 3)), label="unfold")
    w = tg.Value(np.ones(3), label="sigmoid")
    y = tg.max_pool2d(x, 2).sum() + w.sigmoid().sum()
    names: dict[str, object] = {}
    exec(program_of(y).text(), names)
    value, _ = names["value_and_grad"](x.data, w.data)  # type: ignore[operator]
    assert value == pytest.approx(y.data)


def test_no_helper_twice():
    x = tg.Value(np.ones(3), label="x")
    text = program_of((x.gelu() + (x * 2).gelu()).sum()).text()
    found = re.findall(r"def (\w+)", text)
    assert len(found) == len(set(found))
    assert found[0] == "erfc"
