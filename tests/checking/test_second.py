"""The second order is checked as the first: on the gradient, as a function with a graph."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, record
from tinygrad_relu.checking import GradientMismatch, Verdict, gradcheck
from tinygrad_relu.checking.second import gradient
from tinygrad_relu.op import elementwise


def test_the_gradient_is_a_function():
    slopes = gradient(lambda x: (x**3).sum() * 1.0, 0)(Value([1.0, 2.0]))
    weight = np.random.default_rng(0).uniform(0.5, 1.5)
    np.testing.assert_allclose(slopes.data, [3 * weight, 12 * weight, 0.0])


@pytest.mark.parametrize("f", [tg.tanh, tg.gelu, lambda x: tg.softmax(x @ x.T, -1), tg.var])
def test_a_right_second_order_passes(f):
    report = gradcheck(f, [[0.3, -0.5], [1.2, 0.8]], order=2)
    assert report.verdict is Verdict.PASS
    assert [e.name for e in report.elements][3:5] == ["input 0[1, 1]", "input 0[0, 0], order 2"]


def test_kinks_are_told_apart():
    report = gradcheck(lambda x: tg.leaky_relu(x) * x, [0.3, 0.0, 1e-9], order=2)
    first, second = report.elements[:3], report.elements[3:]
    assert [e.verdict for e in second] == [Verdict.PASS, Verdict.KINK_INSIDE, Verdict.PASS]
    assert first[0].verdict is Verdict.PASS


@elementwise(lambda y, x: 3 * np.square(x.data if isinstance(x, Value) else x))
def cube(x):
    """x³, whose rule leaves the graph."""
    return x * x * x


def test_a_rule_that_leaves_the_graph_is_caught():
    gradcheck(cube, [1.0, 2.0])
    with pytest.raises(GradientMismatch, match="gradcheck of order 2: the gradient is wrong"):
        gradcheck(cube, [1.0, 2.0], order=2)


def test_a_closure_of_plain_numbers_has_no_second_order():
    with pytest.raises(TypeError):
        gradcheck(lambda x: record(x.data**2, [x], lambda g: 2 * g * x.data), 2.0, order=2)


def test_the_order_is_1_or_2():
    with pytest.raises(ValueError, match="order is 1 or 2, not 3"):
        gradcheck(tg.tanh, 1.0, order=3)
