"""Clipping: by norm, by value, at the edges of the number range."""

import numpy as np
import pytest

from tinygrad_relu import Value, optim


def test_clipping_by_norm():
    a, b, c = Value(1.0), Value([1.0, 1.0]), Value(1.0)
    a.grad, b.grad = 3.0, [4.0, 12.0]
    assert optim.clip_grad_norm([a, b, c], 26.0) == pytest.approx(13.0)
    assert a.grad == 3.0
    assert optim.clip_grad_norm([a, b, c], 6.5) == pytest.approx(13.0)
    assert a.grad == pytest.approx(1.5)
    np.testing.assert_allclose(b.grad, [2.0, 6.0], rtol=1e-6)
    assert c.grad is None


@pytest.mark.parametrize("give", [lambda w: w, lambda w: [w], lambda w: [("w", w)], lambda w: (w,)])
def test_clipping_one_value(give):
    w = Value([3.0, 4.0])
    w.grad = [3.0, 4.0]
    assert optim.clip_grad_norm(give(w), 1.0) == pytest.approx(5.0)
    np.testing.assert_allclose(w.grad, [0.6, 0.8], rtol=1e-6)
    optim.clip_grad_value(give(w), 0.5)
    np.testing.assert_array_equal(w.grad, [0.5, 0.5])
    optim.SGD(give(w), lr=1.0).step()
    np.testing.assert_array_equal(w.data, [2.5, 3.5])


@pytest.mark.parametrize(("dtype", "tiny"), [(np.float32, 1e-30), (np.float64, 1e-200)])
def test_the_norm_of_gradients_whose_squares_underflow(dtype, tiny):
    w = Value(np.ones(2, dtype))
    w.grad = np.array([3 * tiny, 4 * tiny], dtype)
    assert optim.clip_grad_norm([w], np.inf) == pytest.approx(5 * tiny, rel=1e-5)
    assert optim.clip_grad_norm([], 1.0) == 0.0
    w.grad = np.zeros(2)
    assert optim.clip_grad_norm([w], 1.0) == 0.0


def test_clipping_leaves_what_is_not_finite_to_the_optimiser():
    a = Value([1.0, 1.0], label="a")
    a.grad = [np.nan, 1.0]
    assert np.isnan(optim.clip_grad_norm([a], 1.0))
    with pytest.raises(FloatingPointError, match="'a'"):
        optim.SGD([a]).step()


@pytest.mark.parametrize(("dtype", "huge"), [(np.float32, 1e30), (np.float64, 1e200)])
def test_clipping_a_gradient_whose_square_overflows(dtype, huge):
    a, b = Value(np.ones(2, dtype)), Value(1.0)
    a.grad, b.grad = np.array([3 * huge, 0], dtype), 4 * huge
    assert optim.clip_grad_norm([a, b], 10.0) == pytest.approx(5 * huge)
    np.testing.assert_allclose(a.grad, [6.0, 0.0], rtol=1e-6)
    assert b.grad == pytest.approx(8.0)


def test_clipping_by_value():
    a = Value([1.0, 1.0, 1.0])
    a.grad = [-5.0, 0.5, 5.0]
    optim.clip_grad_value([a], 1.0)
    np.testing.assert_array_equal(a.grad, [-1.0, 0.5, 1.0])
