"""A wrong rule is named wherever the op stands, on its kink too; a right one is never blamed."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import record
from tinygrad_relu.checking import GradientMismatch, Verdict, gradcheck
from tinygrad_relu.op import elementwise, structural, unless


@elementwise(lambda y, x: unless(x <= 0) + 1.5 * (x == 0), kink=lambda y, x: (x,))
def gate(x):
    """A gate that is too steep at 0."""
    return np.maximum(x, 0)


@elementwise(
    lambda y, a, b: 1.0 * unless(a < b),
    lambda y, a, b: -1.0 * (a <= b),
    kink=lambda y, a, b: (a - b,),
)
def larger(a, b):
    """A maximum that pushes the second operand the wrong way."""
    return np.maximum(a, b)


@structural(
    lambda g, y, x: g * (2.0 * (x == y)),
    kink=lambda y, x: (np.sort(x)[-1] - np.sort(x)[-2] + 0 * x,),
)
def top(x):
    """The largest element, which counts twice."""
    return np.max(x)


COMPOSED = [
    lambda f, x: f(x) + x,
    lambda f, x: tg.tanh(f(tg.square(x) + x)).sum(),
    lambda f, x: f(x) - f(-x),
    lambda f, x: 0.0 * f(x) + x,
    lambda f, x: f(x * np.array([[0.0], [1.0]])).mean(),
]


@pytest.mark.parametrize("composed", COMPOSED)
@pytest.mark.parametrize("x", [0.0, [0.0, 1.0], [1.0, 0.0, -2.0]])
def test_a_wrong_value_is_found_in_a_composition(composed, x):
    gradcheck(lambda x: composed(tg.relu, x), x)
    with pytest.raises(GradientMismatch, match="gradient of gate is wrong on its kink") as caught:
        gradcheck(lambda x: composed(gate, x), x)
    found = caught.value.report.elements[-1]
    assert found.verdict is Verdict.KINK_OUTSIDE
    assert (found.left, found.analytic, found.right) == pytest.approx((0.0, 1.5, 1.0))


def test_each_operand_has_its_own():
    with pytest.raises(GradientMismatch, match="larger is wrong on its kink") as caught:
        gradcheck(lambda a, b: larger(a, b) * 2.0, [1.0, 2.0], [1.0, 3.0])
    assert caught.value.report.elements[-1].name == "larger: input 1[0]"


def test_a_structural_op():
    gradcheck(lambda x: tg.max(x) * 2.0, [1.0, 1.0, 0.0])
    with pytest.raises(GradientMismatch, match="top is wrong on its kink"):
        gradcheck(lambda x: top(x) * 0.25, [1.0, 1.0])


def test_equal_elements_are_tried_once():
    calls = []

    @elementwise(lambda y, x: calls.append(np.size(x)) or unless(x <= 0), kink=lambda y, x: (x,))
    def counted(x):
        return np.maximum(x, 0)

    gradcheck(lambda x: counted(x * np.zeros(5000)).sum(), 1.0)
    assert sum(n == 1 for n in calls) < 3


@elementwise(lambda y, x: 1.00001 * y)
def steep(x):
    """An exponential that is a little too steep."""
    return np.exp(x)


def test_a_wrong_rule_is_named_in_a_composition():
    with pytest.raises(GradientMismatch, match="compare the rule of steep, the output of steep"):
        gradcheck(lambda x: tg.tanh(steep(tg.sin(x)) * x).sum(), [0.3, -0.5])


def test_a_wrong_closure_is_named_where_no_row_is_wrong():
    def mine(x):
        return record(x.data**2, [x], lambda g: g * x.data, op="mine")

    with pytest.raises(GradientMismatch, match="compare the rule of mine"):
        gradcheck(lambda x: tg.exp(mine(tg.sin(x))), 0.3)
    with pytest.raises(GradientMismatch, match="compare each rule"):
        gradcheck(lambda x: mine(mine(x)), 0.3)


@pytest.mark.filterwarnings("ignore")
def test_an_operand_that_is_not_finite_is_passed_over():
    gradcheck(lambda x: tg.sigmoid(tg.exp(x * 1000.0)) + tg.relu(x), 0.0)
    gradcheck(lambda x: tg.max(tg.log(x)[1:]) + tg.relu(x).sum(), [0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: tg.clip(x, 0.0, 0.0) * 2.0,
        lambda x: tg.clip(x, np.zeros(2), np.array([0.0, 1.0])) * 2.0,
        lambda x: tg.hardtanh(x) + tg.abs(x),
        lambda x: tg.relu(x, at_zero=1.0) * x,
        lambda x: tg.prelu(x, x) + 1.0,
        lambda x: tg.norm(x) + tg.std(x),
        lambda x: tg.max_pool2d(tg.reshape(x, (1, 1, 1, 2)), (1, 2)) * 2.0,
        lambda x: tg.hinge_loss(x + 1.0, np.ones(2)) * 2.0,
        lambda x: tg.elu(tg.leaky_relu(x, -0.5), 2.0),
    ],
)
def test_a_right_convention_is_never_blamed(f):
    gradcheck(f, [0.0, 0.0])
