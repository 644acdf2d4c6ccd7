"""The checker is checked: what is right passes, every planted mistake is caught."""

import os

import numpy as np
import pytest
from hypothesis import given, settings

import tinygrad_relu as tg
from tinygrad_relu import Value, record
from tinygrad_relu.checking import GradcheckReport, GradientMismatch, Verdict, gradcheck
from tinygrad_relu.op import elementwise, structural, unless
from tinygrad_relu.testing import graphs

rng = np.random.default_rng(0)


def planted(op, fault, *settings):
    """`op` with the contributions of its rule changed by `fault`."""

    def f(*operands):
        y = op(*operands, *settings)
        return record(y.data, operands, lambda g: fault(y.backward_closure(g)), op=op.name)

    return f


def scaled(factor):
    return lambda pieces: tuple(factor * piece for piece in pieces)


# --- every verdict is reached -----------------------------------------------------------------


def only(report):
    (element,) = report.elements
    return element


def test_a_right_gradient_passes():
    element = only(gradcheck(lambda x: x**3, 2.0))
    assert element.verdict is Verdict.PASS
    assert element.analytic == pytest.approx(element.central, rel=1e-6)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (tg.relu, 0.0),
        (lambda x: tg.relu(x, at_zero=1.0), -0.0),
        (lambda x: tg.leaky_relu(x, 0.1), 0.0),
        (tg.abs, 0.0),
        (tg.sign, 0.0),
        (tg.hardswish, 3.0),
        (tg.max, [2.0, 2.0, 1.0]),
        (tg.norm, [0.0, 0.0]),
        (tg.std, [1.0, 1.0]),
        (lambda x: tg.relu(tg.relu(x)), 0.0),
    ],
)
def test_on_a_kink_and_inside(f, x):
    report = gradcheck(f, x)
    assert report.verdict is Verdict.KINK_INSIDE
    first = report.elements[0]
    assert first.left <= first.analytic <= first.right or first.right <= first.analytic


def test_on_a_kink_and_outside_in_a_single_op_is_a_mistake():
    with pytest.raises(GradientMismatch, match="gradient of relu is wrong in 1 of 2") as caught:
        gradcheck(lambda x: tg.relu(x, at_zero=1.5), [0.0, 1.0])
    assert caught.value.report.verdict is Verdict.KINK_OUTSIDE


def test_on_a_kink_and_outside_in_a_composition_is_reported():
    element = only(gradcheck(lambda x: tg.relu(x) - tg.relu(-x), 0.0))
    assert element.verdict is Verdict.KINK_OUTSIDE
    assert element.analytic == 0.0
    assert element.left == pytest.approx(element.right)


def test_a_kink_that_stays_tied_is_no_kink():
    assert gradcheck(lambda x: tg.maximum(x, x), 3.0).verdict is Verdict.PASS
    assert gradcheck(lambda x: tg.std(x, axis=1), [[1.0], [2.0]]).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (tg.relu, 5e-324),
        (tg.norm, 1e-45),
        (tg.std, [0.0, 1e-100]),
        (lambda x: tg.relu(x) + 1.0, 1e-13),
        (tg.sqrt, 0.0),
        (lambda x: tg.where(x.data > 0, x, 0.0), 0.0),
        (lambda x: record(float(x.data > 0), [x], lambda g: 0.0 * g), 0.0),
    ],
    ids=[
        "subnormal",
        "tip of a norm",
        "tip of a deviation",
        "in the rounding noise",
        "end of the domain",
        "branch",
        "jump",
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_too_close(f, x):
    assert gradcheck(f, x).verdict is Verdict.TOO_CLOSE


@pytest.mark.parametrize("x", [1e-2, 1e-6, -1e-6, 1e-12])
def test_the_step_shrinks_until_the_kink_is_outside(x):
    element = only(gradcheck(lambda x: tg.leaky_relu(x, 0.1), x))
    assert element.verdict is Verdict.PASS
    assert element.left == pytest.approx(element.right)


def test_a_gate_recorded_by_hand_declares_no_kink():
    def relu(x):
        return record(max(x.data, 0.0), [x], lambda g: g * (x.data > 0))

    gradcheck(relu, 1.0)
    with pytest.raises(GradientMismatch):
        gradcheck(relu, 0.0)


# --- planted mistakes -------------------------------------------------------------------------

SMOOTH = [tg.tanh, tg.sigmoid, tg.gelu, tg.softplus, tg.exp, tg.square, tg.elu, tg.silu, tg.sin]
POINTS = rng.normal(size=(4, 3))


@pytest.mark.parametrize("factor", [1234.0, 1.001, 0.999, -1.0, 0.0, np.nan, np.inf])
@pytest.mark.parametrize("op", [*SMOOTH, tg.relu, tg.sum, tg.softmax, tg.logsumexp, tg.var])
def test_a_wrong_factor(op, factor):
    gradcheck(planted(op, scaled(1.0)), POINTS)
    with np.errstate(invalid="ignore"), pytest.raises(GradientMismatch):
        gradcheck(planted(op, scaled(factor)), POINTS)


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_a_wrong_factor_at_every_size(size):
    x = size * np.array([-1.5, 0.7, 2.0])
    gradcheck(tg.square, x)
    with pytest.raises(GradientMismatch) as caught:
        gradcheck(planted(tg.square, scaled(1.001)), x)
    assert caught.value.report.counts[Verdict.FAIL] == 3


def test_one_wrong_element_is_named():
    def fault(pieces):
        piece = pieces[0].copy()
        piece[1, 2] += 0.01
        return piece

    with pytest.raises(GradientMismatch, match=r"wrong in 1 of 12") as caught:
        gradcheck(planted(tg.tanh, fault), Value(POINTS, label="w"))
    assert [e.name for e in caught.value.report.elements if e.verdict is Verdict.FAIL] == [
        "w[1, 2]"
    ]


@elementwise(lambda y, x: x <= 0, kink=lambda y, x: (x,))
def flipped(x):
    """A gate that opens on the wrong side."""
    return np.maximum(x, 0)


@elementwise(lambda y, x, alpha: unless(x <= 0), kink=lambda y, x, alpha: (x,))
def forgetful(x, alpha=0.1):
    """A leaky gate whose rule drops α."""
    return np.maximum(x, 0) + alpha * np.minimum(x, 0)


@structural(lambda g, y, a, b: g @ b, lambda g, y, a, b: a.T @ g)
def crooked(a, b):
    """A product whose left pullback forgets to transpose."""
    return np.matmul(a, b)


def test_gate_flipped():
    for x in (-1.0, 1.0, [0.5, 0.0]):
        with pytest.raises(GradientMismatch, match="flipped"):
            gradcheck(flipped, x)


def test_alpha_dropped():
    gradcheck(forgetful, 1.0)
    with pytest.raises(GradientMismatch, match="FAIL"):
        gradcheck(forgetful, -1.0)
    with pytest.raises(GradientMismatch, match="KINK_OUTSIDE"):
        gradcheck(forgetful, 0.0)


def test_transposed_matmul():
    a, b = rng.normal(size=(2, 3, 3))
    gradcheck(tg.matmul, a, b)
    with pytest.raises(GradientMismatch) as caught:
        gradcheck(crooked, a, b)
    assert {e.name[:7] for e in caught.value.report.elements if e.verdict is Verdict.FAIL} == {
        "input 0"
    }


def test_assigned_instead_of_added():
    def f(x):  # x * x, where the second contribution overwrites the first
        return record(x.data**2, [x], lambda g: g * x.data)

    with pytest.raises(GradientMismatch):
        gradcheck(f, 3.0)


def test_un_broadcasting_forgotten():
    def bias(x, b):
        return record(x.data + b.data, [x, b], lambda g: (g, g[0]))

    with pytest.raises(GradientMismatch) as caught:
        gradcheck(bias, POINTS, POINTS[0])
    assert caught.value.report.counts[Verdict.FAIL] == 3


def test_a_forgotten_connection_counts_as_0():
    with pytest.raises(GradientMismatch):
        gradcheck(lambda x: Value(x.data) * 2.0, 1.0)
    assert only(gradcheck(lambda x: Value(4.0), 1.0)).analytic == 0.0


# --- what is right passes ---------------------------------------------------------------------


@pytest.mark.parametrize("op", [*SMOOTH, tg.arctan, tg.mish, tg.softsign, tg.log_sigmoid, tg.selu])
@pytest.mark.parametrize("size", [1e-3, 1.0, 10.0, 100.0])
def test_no_false_alarm_far_out(op, size):
    gradcheck(op, size * rng.normal(size=50))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x**5, 0.0),
        (lambda x: 1 / x, [1e-6, 1e-20, -3.0]),
        (tg.sin, [1e6, -1e5]),
        (tg.log, [1e-9, 1e9]),
        (lambda x: x * 1e8 - x * 1e8 + x, 1.0),
        (lambda x: (x + 1e6).var(), [0.1, 0.2, 0.5]),
        (tg.square, [1e6, 1e-3]),
        (lambda x: tg.exp(-x) * 1e30, 60.0),
    ],
)
def test_no_false_alarm_in_hard_places(f, x):
    assert gradcheck(f, x).verdict is Verdict.PASS


#: How many random graphs; for a long look: GRAPHS=2000 pytest -k random tests/checking
GRAPHS = int(os.environ.get("GRAPHS", "100"))


@settings(max_examples=GRAPHS)
@given(graphs())
def test_no_false_alarm_in_random_graphs(graph):
    gradcheck(graph, *graph.inputs)


@settings(max_examples=GRAPHS // 4)
@given(graphs())
def test_a_wrong_factor_is_caught_in_random_graphs(graph):
    report = gradcheck(lambda *v: tg.tanh(graph(*v) / 100), *graph.inputs)
    clear = [e for e in report.elements if e.verdict is Verdict.PASS and abs(e.analytic) > 1e-4]
    if clear:
        wrong = planted(tg.tanh, scaled(1 + 1e-5))
        with pytest.raises(GradientMismatch):
            gradcheck(lambda *v: wrong(graph(*v) / 100), *graph.inputs)


def test_empty_and_no_inputs():
    assert gradcheck(tg.relu, np.zeros((0, 3))) == GradcheckReport(())
    assert gradcheck(lambda: Value(1.0)).verdict is Verdict.PASS


def test_a_long_chain():
    def chain(x):
        for _ in range(10_000):
            x = x * 1.00001 + 1e-7
        return x.relu()

    assert gradcheck(chain, 1.0).verdict is Verdict.PASS


# --- manners ----------------------------------------------------------------------------------


def test_nothing_is_left_behind():
    x, w = Value(POINTS, label="x"), Value([1.0, -2.0, 0.5])
    inner = tg.tanh(w)
    w.grad = np.ones(3)
    gradcheck(lambda v: (v * inner).sum(), x)
    np.testing.assert_array_equal(x.data, POINTS)
    assert x.grad is None
    assert inner.grad is None
    np.testing.assert_array_equal(w.grad, np.ones(3))


def test_constants_are_passed_on_but_not_checked():
    report = gradcheck(tg.maximum, Value(2.0, label="a"), Value(3.0, requires_grad=False))
    assert [e.name for e in report.elements] == ["a"]


def test_float32_is_checked_in_float64():
    seen = []
    gradcheck(lambda x: seen.append(x.dtype) or x * x, np.array([0.1, 0.3], np.float32))
    assert set(seen) == {np.dtype(np.float64)}


@pytest.mark.parametrize("bad", [np.nan, np.inf, [1.0, -np.inf]])
def test_non_finite_inputs_are_refused(bad):
    with pytest.raises(ValueError, match="input 1 is not finite"):
        gradcheck(tg.maximum, 1.0, bad)


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_non_finite_output_is_refused():
    with pytest.raises(ValueError, match="output is not finite"):
        gradcheck(tg.log, 0.0)


def test_an_output_that_is_no_value_is_refused():
    with pytest.raises(TypeError, match="returned a float, not a Value"):
        gradcheck(lambda x: x.data * 2, 1.0)


def test_under_no_grad_it_says_so():
    with tg.no_grad(), pytest.raises(RuntimeError, match=r"gradcheck under no_grad\(\)"):
        gradcheck(tg.relu, 1.0)


def test_an_unsteady_function_is_refused():
    noise = np.random.default_rng(0)
    with pytest.raises(ValueError, match="two calls"):
        gradcheck(lambda x: x * noise.normal(), 1.0)


def test_under_detect_anomaly():
    with tg.detect_anomaly():
        assert gradcheck(tg.sqrt, 1e-4).verdict is Verdict.PASS
