"""The chain rule as a formula."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import tinygrad_relu as tg


def test_one_factor_an_edge_and_their_product_is_the_gradient():
    x = tg.Value(0.5, label="x")
    y = (x.tanh() * 3.0).exp()
    y.backward()
    told = tg.chain(y, x)
    assert told.count == 1
    names, numbers, result = str(told).splitlines()
    assert names == "∂exp1/∂x = ∂exp1/∂mul1 · ∂mul1/∂tanh1 · ∂tanh1/∂x"
    assert math.prod(map(float, numbers.strip(" =").split("·"))) == pytest.approx(x.grad, rel=1e-3)
    assert float(result.strip(" =")) == pytest.approx(x.grad, rel=1e-3)


def test_a_sum_over_paths():
    x = tg.Value(2.0, label="x")
    told = tg.chain(x * x + x, x)
    assert told.count == 3
    assert sum(line.strip().startswith("+") for line in str(told).splitlines()) == 4
    assert told.gradient == 5.0


def test_a_cut_is_named():
    x = tg.Value(-7.0, label="x")
    assert "0 (✂ cut)" in str(tg.chain(2.0 * (x + 4).relu(), x))


def test_how_much_of_a_layer_is_cut():
    x = tg.Value([-1.0, 2.0, -3.0], label="x")
    assert "(◐ cut, 2 of 3 shut)" in str(tg.chain(x.relu().sum(), x))


def test_many_paths_are_counted_and_not_all_written():
    x = tg.Value(1.0, label="x")
    y = x
    for _ in range(40):
        y = y + y
    told = tg.chain(y, x)
    assert told.count == 2**40
    assert f"… {2**40 - len(told.paths)} paths more" in str(told)


def test_an_op_that_mixes_elements_is_named():
    w = tg.Value(np.ones((3, 2)), label="w")
    text = str(tg.chain((tg.Value(np.ones((4, 3)), requires_grad=False) @ w).relu().sum(), w))
    assert "sum[1→4×2] · 1 · matmul[4×2→3×2]" in re.sub(r" +", " ", text)


def test_names_are_those_of_the_source():
    x = tg.Value(2.0, label="layer 0.x")
    y = x.exp() * x.exp()
    told, text = str(tg.chain(y, x)), str(tg.source(y))
    assert "layer_0_x" in told
    assert "layer_0_x" in text


def test_what_is_not_asked_well_is_refused():
    x = tg.Value(2.0)
    with pytest.raises(ValueError, match="not in this graph"):
        tg.chain(x * x, tg.Value(1.0))
    with pytest.raises(TypeError, match="leaf is a Value"):
        tg.chain(x * x, 2.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="requires a gradient"):
        tg.chain(x * x, x * 2)
