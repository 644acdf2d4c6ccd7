"""What only layers use: the laws of standardising, and what dropout calls its zeros."""

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value

RNG = np.random.default_rng(0)


def test_standardize_feels_neither_shift_nor_scale():
    x = RNG.normal(size=(4, 3))
    y = tg.standardize(x, 0, eps=0.0)
    np.testing.assert_allclose(tg.standardize(5 * x + 2, 0, eps=0.0), y, rtol=1e-9)
    v = Value(x)
    tg.standardize(v, 0, eps=0.0).backward(RNG.normal(size=(4, 3)))
    np.testing.assert_allclose(v.grad.sum(0), 0, atol=1e-12)
    np.testing.assert_allclose((v.grad * x).sum(0), 0, atol=1e-12)


def test_standardize_of_equal_elements_is_0_and_finite():
    v = Value(np.full(3, 2.0))
    y = tg.standardize(v)
    y.backward(np.array([1.0, 0.0, 0.0]))
    assert y.data.tolist() == [0.0, 0.0, 0.0]
    assert np.isfinite(v.grad).all()


def test_what_is_dropped_was_not_selected():
    x = Value([1.0, 2.0, 3.0])
    y = tg.dropout(x, np.array([0.0, 2.0, 2.0]))
    (edge,) = [e for e in tg.gradient_flow(y.sum()).edges if e.child.value is y]
    assert edge.states.tolist() == ["unselected", "flows", "flows"]
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 2.0, 2.0]
