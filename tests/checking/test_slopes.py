"""Slopes are measured sharply where differences can, and bluntly nowhere else."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking import Verdict, gradcheck
from tinygrad_relu.checking.runs import Subject
from tinygrad_relu.checking.slopes import Ruler


def ruler(f, *inputs):
    subject = Subject(f, inputs)
    base = subject.run()
    return Ruler(subject, base, np.ones(base.root.shape))


@pytest.mark.parametrize(
    ("f", "slope"), [(tg.exp, np.exp), (tg.sin, np.cos), (lambda x: x**7, lambda x: 7 * x**6)]
)
@pytest.mark.parametrize("x", [-2.0, 0.3, 1.5])
def test_a_smooth_slope_is_exact_to_a_part_in_a_million(f, slope, x):
    assert ruler(f, x).element(0, ()).central == pytest.approx(slope(x), rel=1e-7)


def test_both_sides_of_a_kink():
    element = ruler(lambda x: tg.leaky_relu(x, 0.25) + x**3, 0.0).element(0, ())
    assert (element.left, element.right) == pytest.approx((0.25, 1.0), rel=1e-5)
    assert element.verdict is Verdict.KINK_INSIDE


@pytest.mark.parametrize("error", [1e-5, -1e-5, 1e-4])
def test_a_wrong_gradient_is_told_from_the_right_one(error):
    for x in (0.3, -1.7, 40.0):
        measure = ruler(lambda x: tg.tanh(x / 10) * x, x)
        assert measure.element(0, ()).verdict is Verdict.PASS
        measure.gradients[0] *= 1 + error
        assert measure.element(0, ()).verdict is Verdict.FAIL


def test_rounding_is_counted_where_it_cannot_be_seen():
    """1 − e⁻⁵⁰ is 1: nothing moves there, and yet the slope is not 0."""
    for f in (tg.elu, tg.tanh, lambda x: tg.softmax(x, -1), lambda x: tg.tanh(x[::-1]).sum()):
        assert gradcheck(f, [-40.0, 0.5, 45.0]).counts[Verdict.FAIL] == 0


def test_what_does_not_depend_on_an_element_does_not_blur_it():
    measure = ruler(lambda x: x * x, [1e6, 1e-3])
    assert measure.rounding_of(0, (1,)) < 1e-20 < measure.rounding_of(0, (0,))
    measure.gradients[0] *= 1 + 1e-5
    assert {e.verdict for e in measure.elements()} == {Verdict.FAIL}


def test_a_function_sees_no_nan():
    seen = []

    def f(x):
        seen.append(np.isfinite(x.data).all())
        return tg.softmax(x[1:] * x[0], -1)

    gradcheck(f, [1.0, 2.0, 3.0])
    assert all(seen)


def test_kinks_that_meet_leave_the_choice_to_the_op():
    for low, high in ((1.0, 1.0), (0.0, 1.0)):
        assert gradcheck(lambda x: tg.clip(x, low, high), [1.0]).verdict is Verdict.KINK_INSIDE  # noqa: B023
    assert gradcheck(lambda x: 3 * tg.clip(x, 1.0, 1.0), Value(1.0)).verdict is Verdict.KINK_INSIDE
