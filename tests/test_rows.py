"""Rows of your own: drawn, checked and differentiated as the others, or refused in words."""

import pickle

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking import GradientMismatch, Verdict
from tinygrad_relu.picture.page.rules import expressions, source_of
from tinygrad_relu.rows import ZEROS

X = np.array([-1.0, 0.5, 2.0])


@tg.elementwise(lambda y, x: x > 0, kink=lambda y, x: (x,), zero="shut")
def own_relu(x):
    """max(0, x)."""
    return np.maximum(x, 0)


@tg.elementwise(
    lambda y, a, b, power: power * a ** (power - 1) * b, lambda y, a, b, power: a**power
)
def weighed(a, b, power=2.0):
    return a**power * b


@tg.structural(lambda g, y, x: g[::-1])
def backwards(x):
    return x[::-1]


@tg.structural(each=lambda slot: lambda g, y, *arrays: g * (slot + 1))
def total(*arrays):
    return sum((i + 1) * a for i, a in enumerate(arrays))


def test_my_own_relu_is_relu_in_the_pass_and_in_the_flow():
    for x in (X, 0.0, -2.0, 3.0, X.astype(np.float32)):
        own, ours = Value(x), Value(x)
        a, b = own_relu(own), ours.relu()
        assert repr(a.data) == repr(b.data)
        np.testing.assert_array_equal(a.local_grad, b.local_grad)
        a.sum().backward()
        b.sum().backward()
        assert repr(own.grad) == repr(ours.grad)
        texts = [tg.gradient_flow(v.sum()).to_text() for v in (a, b)]
        assert texts[0].replace("own_relu", "relu") == texts[1]


def test_it_is_drawn_with_its_cut_and_its_rule_can_be_read():
    x = Value(-1.0, label="x")
    flow = tg.gradient_flow(own_relu(x) + x)
    assert "cut" in flow.to_svg()
    assert "own_relu, which is shut" in tg.gradient_flow(own_relu(x)).why_zero(x).sentence
    assert "@tg.elementwise(lambda y, x: x > 0" in source_of(own_relu)
    assert expressions(own_relu) == ("x > 0",)


def test_its_kink_is_told():
    report = tg.gradcheck(own_relu, [0.0, 1.0], order=2)
    assert [e.verdict for e in report.elements if e.name.startswith("input 0[0]")] == [
        Verdict.KINK_INSIDE
    ] * 2
    assert "kink" in tg.gradient_flow(own_relu(Value(0.0))).to_text()


@pytest.mark.parametrize(
    "f",
    [
        own_relu,
        lambda x: weighed(x, np.ones((2, 1)), power=3.0),
        lambda x: weighed(2.0, x),
        backwards,
        lambda x: total(x, x * x, 1.0),
    ],
)
def test_it_is_checked_twice(f):
    assert tg.gradcheck(f, X, order=2).verdict is Verdict.PASS


def test_second_derivatives():
    assert tg.grad(tg.grad(lambda x: own_relu(x) ** 2))(3.0) == 2.0
    np.testing.assert_array_equal(
        tg.hessian(lambda x: (backwards(x) * x * x).sum())(X),
        tg.hessian(lambda x: (x[::-1] * x * x).sum())(X),
    )


def test_it_takes_arrays_and_numbers_and_is_pickled_by_its_name():
    np.testing.assert_array_equal(own_relu(X), [0.0, 0.5, 2.0])
    assert own_relu(-1) == 0.0
    assert own_relu.__doc__ == "max(0, x)."
    assert pickle.loads(pickle.dumps(own_relu)) is own_relu
    y = pickle.loads(pickle.dumps(own_relu(Value(2.0))))
    assert y.op is own_relu


def test_a_number_is_a_rule():
    for one in (1, 1.0, np.float32(1), True):
        same = tg.elementwise(one)(lambda x: x)
        assert tg.grad(same)(2.0) == 1.0


# --- told where it is written ----------------------------------------------------------------


def square(x):
    return x * x


def scaled(x, alpha=1.0):
    return alpha * x


SLOPE = [lambda y, x: 2 * x]


@pytest.mark.parametrize(
    ("make", "kind", "told"),
    [
        (lambda: tg.elementwise(*SLOPE * 2)(square), ValueError, r"square: 2 rules .*\(x\)"),
        (lambda: tg.elementwise()(square), ValueError, "square: 0 rules"),
        (lambda: tg.structural()(square), ValueError, "square: 0 rules"),
        (lambda: tg.elementwise("2x")(square), TypeError, "rule of x is a function or a number"),
        (lambda: tg.structural(1.0)(square), TypeError, "rule of x is a function, not 1.0"),
        (
            lambda: tg.elementwise(*SLOPE)(scaled),
            TypeError,
            r"scaled: the rule of x takes \(y, x\) and is given \(y, x, alpha\)",
        ),
        (lambda: tg.structural(*SLOPE)(square), TypeError, r"is given \(g, y, x\)"),
        (
            lambda: tg.elementwise(1.0, kink=lambda x: (x,))(square),
            TypeError,
            r"square: the kink takes \(x\) and is given \(y, x\)",
        ),
        (lambda: tg.elementwise(1.0, kink=0)(square), TypeError, "the kink is a function, not 0"),
        (lambda: tg.elementwise(1.0, zero="cut")(square), ValueError, "zero is one of shut, "),
        (lambda: tg.elementwise(1.0)(np.tanh), TypeError, "elementwise decorates a function"),
        (lambda: tg.elementwise(1.0)(lambda *xs: xs[0]), TypeError, r"give structural\(each=…\)"),
        (lambda: tg.elementwise(1.0)(lambda x, *, a=1: x), TypeError, "a follows the operands"),
        (lambda: tg.elementwise(1.0)(lambda x, **how: x), TypeError, r"not taken as \*\*how"),
        (lambda: tg.structural(each=SLOPE[0])(square), TypeError, r"square\(\*operands\)"),
        (lambda: tg.structural(*SLOPE, each=SLOPE[0]), TypeError, "but not both"),
    ],
)
def test_a_wrong_row_is_refused_where_it_is_written(make, kind, told):
    with pytest.raises(kind, match=told):
        make()


# --- told by a call, a pass, the checker -----------------------------------------------------


@pytest.mark.parametrize(
    ("op", "kind", "told"),
    [
        (tg.elementwise(lambda y, x: -2 * x)(square), GradientMismatch, "of square is wrong in 3"),
        (tg.elementwise(lambda y, x: 2 * x[:2])(square), ValueError, r"gives shape \(2,\) where"),
        (tg.elementwise(lambda y, x: np.ones((2, 3)))(square), ValueError, r"shape \(2, 3\) where"),
        (tg.elementwise(lambda y, x: None)(square), ValueError, "square: the rule of x gives None"),
        (
            tg.elementwise(*SLOPE)(lambda x: x.sum()),
            ValueError,
            "what mixes elements is structural",
        ),
        (tg.elementwise(1.0)(lambda x: None), ValueError, "an elementwise op gives shape"),
        (tg.structural(lambda g, y, x: g)(lambda x: x.sum()), ValueError, r"shape \(\) for an op"),
        (tg.structural(lambda g, y, x: g[:2])(square), ValueError, r"shape \(2,\) for an operand"),
        (tg.structural(lambda g, y, x: g[5])(square), IndexError, "square: the rule of x: "),
        (tg.structural(lambda g, y, x: abs(g) * 2 * x)(square), GradientMismatch, "linear in"),
        (
            tg.structural(each=lambda slot: lambda g, y, *xs: g.sum())(lambda *xs: xs[0]),
            ValueError,
            r"the rule of operand 0 gives shape \(\) for an operand of shape \(3,\)",
        ),
        (tg.elementwise(*SLOPE, kink=lambda y, x: x)(square), ValueError, "not a tuple of dist"),
        (
            tg.elementwise(*SLOPE, kink=lambda y, x: (np.ones(5),))(square),
            ValueError,
            r"the kink gives shape \(5,\) where \(\d,\) is due: a distance for each",
        ),
    ],
)
def test_a_wrong_row_is_told_by_the_checker(op, kind, told):
    with pytest.raises(kind, match=told):
        tg.gradcheck(op, X)


def test_a_rule_that_leaves_the_graph_is_told_in_the_second_order():
    op = tg.elementwise(lambda y, x: 2 * np.asarray(getattr(x, "data", x)))(square)
    tg.gradcheck(op, X)
    with pytest.raises(GradientMismatch, match="order 2: the gradient is wrong"):
        tg.gradcheck(op, X, order=2)


def test_a_rule_for_arrays_alone_is_told_what_is_right_of_a_number_too():
    op = tg.elementwise(lambda y, x: (x > 0).astype(float))(lambda x: np.maximum(x, 0))
    assert tg.grad(lambda x: tg.sum(op(x)))(np.array([-1.0, 2.0])).tolist() == [0.0, 1.0]
    with pytest.raises(TypeError, match=r"the rule of x: .*'astype': of a number.*np\.where"):
        tg.grad(op)(2.0)


def test_an_operand_without_a_rule_is_named():
    product = tg.elementwise(lambda y, a, b: b)(lambda a, b: a * b)
    with pytest.raises(TypeError, match="b has no rule: it is a plain number, not leaf 'w'"):
        product(2.0, Value(3.0, label="w"))


def test_the_words_for_a_zero_are_those_of_the_table():
    rows = [op for op in vars(tg.ops).values() if isinstance(op, tg.op.Op)]
    assert {op.zero for op in rows} == {*ZEROS}
