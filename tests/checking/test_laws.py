"""What only another pass shows: every fault of the corpus is caught, and named."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.checking.faults import KINDS, POINTS, corpus, planted
from tinygrad_relu import Value, ops, record
from tinygrad_relu.checking import GradientMismatch, Verdict, gradcheck

FAULTS = sorted({(kind, fault) for kind, fault, _ in corpus()})


@pytest.mark.parametrize("name", POINTS)
def test_without_a_fault_there_is_no_alarm(name):
    operands, settings = POINTS[name]
    assert gradcheck(lambda *v: getattr(ops, name)(*v, **settings), *operands).verdict in (
        Verdict.PASS,
        Verdict.KINK_INSIDE,
    )


@pytest.mark.parametrize(("kind", "fault"), FAULTS)
@pytest.mark.filterwarnings("ignore")
def test_every_fault_is_caught_in_every_op(kind, fault):
    missed = []
    for name in (name for k, f, name in corpus() if (k, f) == (kind, fault)):
        f, operands = planted(kind, fault, name)
        try:
            gradcheck(f, *operands)
            missed.append(name)
        except GradientMismatch:
            pass
    assert not missed


def relu_of(rule):
    """relu of 2, with a closure of one's own."""
    return lambda x: record(max(x.data, 0.0), [x], lambda g: rule(g), op="mine")


@pytest.mark.parametrize("wrong", [abs, lambda g: max(g, 0.0), lambda g: g * g or 0.0])
def test_a_closure_is_linear(wrong):
    with pytest.raises(GradientMismatch, match=r"mine.*must be linear in the upstream gradient"):
        gradcheck(lambda x: relu_of(wrong)(x) * 1.0, 2.0)


def test_one_sided_kindness_to_0():
    with pytest.raises(GradientMismatch, match="upstream gradient of 0 brings 1e-06 to x, where 0"):
        gradcheck(relu_of(lambda g: g or 1e-6), Value(2.0, label="x"))


def test_what_bends_only_far_out():
    def f(x):
        return record(x.data, [x], lambda g: np.clip(g, -1.6, 1.6), op="mine")

    with pytest.raises(GradientMismatch, match=r"e\+06 times the upstream .* mine.*must be linear"):
        gradcheck(f, np.zeros(20))


def test_an_answer_kept_from_the_last_call():
    def f(x):
        kept = np.zeros(3)

        def back(g):
            kept[:] += g * 2 * x.data
            return kept

        return record(x.data**2, [x], back, op="mine")

    with pytest.raises(GradientMismatch, match=r"the same upstream gradient again brings .* keeps"):
        gradcheck(f, [1.0, 2.0, 3.0])


def test_a_forward_kept_for_all_graphs():
    last = {}

    def f(x):
        last["x"] = x.data
        return record(x.data**2, [x], lambda g: g * 2 * last["x"], op="mine")

    with pytest.raises(GradientMismatch):
        gradcheck(f, [1.0, 2.0, 3.0])


def test_what_is_right_once_and_hidden_by_a_kink():
    calls = []

    def f(x):
        def back(g):
            calls.append(g)
            return g * (1 + (len(calls) > 1))

        return record(x.data, [x], back, op="mine")

    with pytest.raises(GradientMismatch, match="the same upstream gradient again"):
        gradcheck(lambda x: tg.relu(f(x)), 1e-200)


def test_a_closure_that_meddles_with_grad():
    def f(x):
        def back(g):
            x.grad = None  # as who wants to begin afresh
            return g * 2 * x.data

        return record(x.data**2, [x], back, op="mine")

    with pytest.raises(
        GradientMismatch, match=r"a pass added to \.grad brings .* to x, .* must leave \.grad"
    ):
        gradcheck(f, Value(3.0, label="x"))


def test_a_closure_that_writes_into_its_operand():
    def f(x):
        def back(g):
            c = g * 2 * x.data
            x.data[...] = 0.0
            return c

        return record(x.data**2, [x], back, op="mine")

    with pytest.raises(GradientMismatch, match="again brings 0"):
        gradcheck(f, [1.0, 2.0])


def test_the_op_is_named_in_a_long_graph():
    def f(x):
        for _ in range(20):
            x = tg.sin(x * 1.1)
        y = record(x.data, [x], abs, op="crooked")
        return tg.sin(y) + x

    with pytest.raises(GradientMismatch, match="the rule of crooked"):
        gradcheck(f, [0.3, -0.4])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * 1e8 - x * 1e8) * 1e8 + x,
        lambda x: tg.softmax(x * 300.0, -1) * 1e-20,
        lambda x: tg.standardize(x * 1e-9 + 1.0, axis=-1, eps=1e-12),
        lambda x: tg.sqrt(x * 0.0) * 0.0 + x,
        lambda x: Value([1.0, 2.0]),
        lambda x: x,
        lambda x: x.sum() * 1e300,
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_rounding_breaks_no_law(f):
    try:
        gradcheck(f, [1.0, 3.0])
    except GradientMismatch as caught:
        assert "upstream gradient" not in str(caught)  # noqa: PT017


def test_nothing_is_kept_back():
    assert sum(len(faults) for faults in KINDS.values()) == len(FAULTS) >= 20


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_numbers_without_digits_break_no_law(dtype):
    least = np.array([np.finfo(dtype).smallest_subnormal])
    assert gradcheck(lambda a, b: (a * b).sum(), least, 3 * least).verdict is Verdict.PASS
