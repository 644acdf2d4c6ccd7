"""Data, names and ops as a picture writes them."""

from __future__ import annotations

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.words import (
    name_all,
    operation,
    spread,
    summary,
    tally,
)


def test_summaries() -> None:
    assert summary(None) == "–"
    assert summary(np.array([-0.0, 1.0])) == "[0, 1]"
    assert summary(np.array([[1.0, np.nan]])) == "1 NaN of 2"
    assert summary(np.zeros((0, 3))) == "empty"


def test_operations_show_constants_and_settings_that_differ_from_the_default() -> None:
    x = Value(2.0)
    assert operation(x**3) == "pow(·, 3)"
    assert operation(1.0001 * x) == "mul(1.0001, ·)"
    assert operation(x.relu()) == "relu"
    assert operation(x.relu(at_zero=0.5)) == "relu(·, at_zero=0.5)"
    assert operation(Value(np.ones((2, 3))).sum(axis=0)) == "sum(·, axis=0)"


def test_a_spread_is_one_number_where_all_look_alike() -> None:
    assert spread(np.array([1.00001, 1.00002])) == "1"
    assert spread(np.array([-1.0, np.inf])) == "−1 … ∞"


def test_a_tally_says_nothing_of_a_scalar() -> None:
    assert tally({"shut": 1}, "shut") == ""
    assert tally({"shut": 2, "flows": 1}, "flows") == "1 of 3"


def test_equal_names_are_told_apart() -> None:
    flow = tg.gradient_flow(Value(1.0, "w") * Value(2.0, "w") * Value(3.0, "v"))
    assert list(name_all(flow.nodes).values()) == ["w (v0)", "w (v1)", "v", "v3", "v4"]
