"""why_zero: every verdict on purpose, and stops and openings confirmed by experiment."""

import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings

import tinygrad_relu as tg
from tests.flow.experiment import MORE, arrives, every_stop, named
from tests.flow.graphs import scalar_graphs, tensor_graphs
from tinygrad_relu import Value

NUMBER = re.compile(r"(?<![\w.])−?\d+(?:\.\d+)?(?:e[-−]?\d+)?", re.ASCII)
NAME = re.compile(r"[a-z][\w·.\[\]]*", re.ASCII)
STOPPED = {"shut", "by-zero", "kink", "tiny", "unselected", "mixed"}


# --- the experiment -------------------------------------------------------------------------


def confirm(flow, leaf):
    reason = flow.why_zero(leaf)
    arrived = arrives(flow, leaf, lambda edge, i: False)
    if reason.verdict in ("not zero", "cancelled", "underflow"):
        assert arrived
        return reason
    assert reason.verdict in STOPPED
    assert not arrived
    stops = named(reason.stops)
    assert not arrives(flow, leaf, lambda edge, i: (id(edge), i) not in stops, closed=True)
    for stop in reason.stops:
        mine = named([stop])
        assert arrives(flow, leaf, lambda e, i, m=mine: (id(e), i) not in stops - m, closed=True)
    if reason.fewest is not None:
        chosen = named(reason.fewest)
        assert arrives(flow, leaf, lambda edge, i: (id(edge), i) in chosen)
        candidates = every_stop(flow)
        for k in range(len(chosen)):
            if len(candidates) ** k < 3000:
                for fewer in combinations(candidates, k):
                    assert not arrives(flow, leaf, lambda e, i, s={*fewer}: (e.index, i) in s)
    else:
        assert not arrives(flow, leaf, lambda edge, i: True)
    return reason


@settings(max_examples=300 * MORE)
@given(scalar_graphs())
def test_scalar_verdicts_hold_in_the_experiment(graph):
    root, leaves = graph
    flow = tg.gradient_flow(root)
    for leaf in leaves:
        if flow.node(leaf) is None:
            assert flow.why_zero(leaf).verdict == "unconnected"
        elif np.isfinite(flow.node(leaf).grad):
            confirm(flow, leaf)


@settings(max_examples=150 * MORE)
@given(tensor_graphs())
def test_tensor_verdicts_hold_in_the_experiment(graph):
    root, leaves = graph
    flow = tg.gradient_flow(root)
    for leaf in leaves:
        if flow.node(leaf) is not None:
            confirm(flow, leaf)


# --- the verdicts, each on purpose ---------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "verdict"),
    [
        (lambda x: x * 3, "not zero"),
        (lambda x: x - x, "cancelled"),
        (lambda x: x * 0, "by-zero"),
        (lambda x: (x * -1).relu(), "shut"),
        (lambda x: (x - 1).relu(), "kink"),
        (lambda x: (x * 20).tanh(), "tiny"),
        (lambda x: x.minimum(0.0), "unselected"),
        (lambda x: x * 0 + (x * -1).relu(), "mixed"),
        (lambda x: tg.record(1.0, [x], lambda g: 0.0 if g == 1 else g), "unknown"),
    ],
)
def test_verdicts(make, verdict):
    x = Value(1.0, label="x")
    reason = tg.gradient_flow(make(x)).why_zero(x)
    assert reason.verdict == verdict
    assert reason.sentence.startswith(("x.grad", "why x.grad"))


def test_four_hundred_links_of_slope_a_hundredth_underflow():
    x = y = Value(-1.0, label="x")
    for _ in range(400):
        y = y.leaky_relu(0.01)
    reason = tg.gradient_flow(y).why_zero(x)
    assert reason.verdict == "underflow"
    assert "too small for a float" in reason.sentence


def test_detached_names_the_node():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    h = a * b
    h.label = "h"
    reason = tg.gradient_flow(h.detach() * b).why_zero(a)
    assert reason.verdict == "detached"
    assert "detach() at h" in reason.sentence


def test_an_unused_leaf_is_unconnected():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    reason = tg.gradient_flow(a * 2).why_zero(b)
    assert reason.verdict == "unconnected"
    assert reason.fewest is None


def test_a_frozen_leaf_says_so():
    a, b = Value(2.0, label="a"), Value(3.0, label="b", requires_grad=False)
    assert "requires_grad=False" in tg.gradient_flow(a * b).why_zero(b).sentence


def test_a_gradient_of_zero_at_the_root_is_the_reason():
    x = Value(2.0, label="x")
    assert "given at the root is 0" in tg.gradient_flow(x * 3, 0.0).why_zero(x).sentence


def test_an_empty_leaf_has_nothing_that_could_have_a_gradient():
    x = Value(np.zeros((0, 3)), label="x")
    reason = tg.gradient_flow(x.sum()).why_zero(x)
    assert reason.sentence == "x.grad is empty: there is nothing that could have a gradient"
    assert reason.japanese == "x.grad は空です：勾配を持ちうる要素がありません"
    assert not tg.gradient_flow(x.sum()).why_zeros()


def test_an_underflow_elsewhere_is_not_the_reason():
    x = Value(np.array([1.0, 2.0]), label="x")
    y = x * np.array([1e-300, 1.0]) * np.array([1e-300, 1.0])
    flow = tg.gradient_flow((y - x * np.array([0.0, 1.0])).sum())
    assert flow.why_zero(x, 0).verdict == "underflow"
    assert flow.why_zero(x, 1).verdict == "cancelled"


def test_all_zero_leaves_at_once_are_answered_as_one_by_one():
    leaves = [Value(float(i), label=f"x{i}") for i in range(-3, 4)]
    flow = tg.gradient_flow(sum(leaf.relu() for leaf in leaves) * leaves[0])
    zeros = flow.why_zeros()
    assert [leaf.label for leaf in zeros] == ["x-2", "x-1", "x0"]
    for leaf, reason in zeros.items():
        one = tg.gradient_flow(flow.root.value).why_zero(leaf)
        assert (reason.verdict, reason.sentence) == (one.verdict, one.sentence)


def test_the_sentence_shows_where_the_input_came_from():
    w, x, b = Value(1.4, label="w"), Value(0.5, label="x"), Value(-2.0, label="b2")
    h = (w * x + b).relu()
    h.label = "h2"
    assert tg.gradient_flow(h).why_zero(b).sentence == (
        "b2.grad is 0 because every path passes relu 'h2', which is shut: "
        "its input is −1.3 (w·x = 0.7, b2 = −2)"
    )


def test_a_zero_factor_names_its_gate():
    v, z = Value(3.0, label="v1"), Value(-1.0)
    h = z.relu()
    h.label = "h1"
    reason = tg.gradient_flow(v * h).why_zero(v)
    assert "h1, which is 0: relu h1 is shut" in reason.sentence


def test_a_dead_unit_is_named_with_its_examples():
    x = np.random.default_rng(0).normal(size=(64, 2))
    weight, bias = Value(np.ones((4, 2)), label="W"), Value([0.0, 0.0, -100.0, 0.0], label="b")
    flow = tg.gradient_flow(tg.linear(x, weight, bias).relu().sum())
    assert "unit 3 of 4: shut for 64 of 64 examples" in flow.why_zero(weight).sentence
    reason = flow.why_zero(bias, 2)
    assert reason.verdict == "shut"
    assert "b[2].grad is 0" in reason.sentence
    assert len(reason.fewest) == 1


@pytest.mark.parametrize(
    ("label", "told"), [(" ", "␣"), ("\x85", "␣"), ("a\ud800", "a�"), ("w" * 50, "w" * 39 + "…")]
)
def test_a_sentence_shows_a_label_as_a_picture_does(label, told):
    x, b = Value(1.0, label=label), Value(-2.0)
    product = x * 0.5
    product.label = label
    reason = tg.gradient_flow((product + b).relu()).why_zero(x)
    assert reason.sentence.startswith(f"{told}.grad is 0 because")
    assert f"({told} = 0.5," in reason.sentence
    assert reason.japanese.startswith(f"{told}.grad が")


def test_a_part_that_is_asked_for_is_named_as_it_is_written():
    w = Value(-np.ones((2, 3)), label="w")
    flow = tg.gradient_flow(w.relu().sum())
    assert flow.why_zero(w, (slice(None), 0)).sentence.startswith("w[:, 0].grad is 0")
    assert flow.why_zero(w, slice(1, None)).sentence.startswith("w[1:].grad is 0")
    assert flow.why_zero(w, (1, slice(None, None, 2))).sentence.startswith("w[1, ::2].grad is 0")


def test_zero_weights_in_a_structural_op_cannot_be_opened():
    x = Value(np.ones(2), label="x")
    reason = tg.gradient_flow(x @ np.zeros(2)).why_zero(x)
    assert reason.verdict == "by-zero"
    assert reason.fewest is None
    assert "passes matmul, which is a product with zeros for 2 of 2 elements" in reason.sentence


# --- the four-ReLU sigmoid ------------------------------------------------------------------


def four_relus(at):
    x = Value(at, label="x", requires_grad=False)
    p = {f"w{i}": 1.0 for i in range(1, 5)}
    p |= {"b1": 4.0, "b2": 2.0, "b3": -2.0, "b4": -4.0}
    p |= {"v0": 0.00776, "v1": 0.0429, "v2": 0.1398, "v3": -0.1398, "v4": -0.0429, "c": 0.0490}
    p = {name: Value(number, label=name) for name, number in p.items()}
    total = p["v0"] * x + p["c"]
    for i in range(1, 5):
        h = (p[f"w{i}"] * x + p[f"b{i}"]).relu()
        h.label = f"h{i}"
        total = total + p[f"v{i}"] * h
    y = total.relu()
    y.label = "y"
    return tg.gradient_flow(y), p


def test_behind_the_outer_relu_everything_is_cut():
    flow, p = four_relus(-7.0)
    needs = {"v0": 1, "c": 1} | {f"{n}{i}": 2 for n in "wbv" for i in range(1, 5)}
    for name, n in needs.items():
        reason = flow.why_zero(p[name])
        assert [s.label for s in reason.stops] == ["y"]
        assert len(reason.fewest) == n
    assert [s.reason for s in flow.why_zero(p["v2"]).fewest] == ["shut", "by-zero"]
    assert [s.reason for s in flow.why_zero(p["w2"]).fewest] == ["shut", "shut"]


def test_at_minus_three_three_units_are_shut():
    flow, p = four_relus(-3.0)
    for i in (2, 3, 4):
        for name in (f"w{i}", f"b{i}"):
            reason = flow.why_zero(p[name])
            assert reason.verdict == "shut"
            assert [s.label for s in reason.stops] == [f"h{i}"]
        reason = flow.why_zero(p[f"v{i}"])
        assert reason.verdict == "by-zero"
        assert f"h{i}, which is 0: relu h{i} is shut" in reason.sentence
    for name in ("v0", "v1", "w1", "b1", "c"):
        assert flow.why_zero(p[name]).verdict == "not zero"


@pytest.mark.parametrize(("at", "unit"), [(-4.0, "h1"), (-2.0, "h2"), (2.0, "h3"), (4.0, "h4")])
def test_at_the_kinks_the_kink_state_appears(at, unit):
    flow, _ = four_relus(at)
    kinks = [e.child.name for e in flow.edges if e.state == "kink"]
    assert kinks == [unit]


# --- in Japanese ----------------------------------------------------------------------------


def labelled(op, label):
    op.label = label
    return op


X = np.array([[1.0, -2.0], [3.0, 4.0], [-1.0, 2.0]])
SAID = {
    "not zero": (lambda x: x * 3, 1.0),
    "cancelled": (lambda x: labelled(x - x, "d"), 1.0),
    "by-zero": (lambda x: x * 0, 1.0),
    "by-zero behind a gate": (lambda x: x * labelled(Value(-1.0).relu(), "h1"), 1.0),
    "by-zero on a kink": (lambda x: x * labelled(Value(0.0, label="z").relu(), "h2"), 1.0),
    "shut": (lambda x: labelled((x * Value(-1.3, label="w") + 0.5).relu(), "hidden"), 1.0),
    "kink": (lambda x: labelled((x - 1).relu(), "hidden"), 1.0),
    "tiny": (lambda x: labelled((x * 20).tanh(), "curve"), 1.0),
    "unselected": (lambda x: labelled(x.minimum(0.0), "least"), 1.0),
    "mixed": (lambda x: x * 0 + labelled((x * -1).relu(), "hidden"), 1.0),
    "many stops": (lambda x: sum((x * -i - 1.0).relu() for i in range(1, 7)), 1.0),
    "unknown": (lambda x: tg.record(1.0, [x], lambda g: 0.0 if g == 1 else g), 1.0),
    "elements": (lambda x: labelled((x - 9).relu(), "hidden").sum(), X),
    "a step without slope": (lambda x: (x @ np.zeros((2, 2))).sum(), X),
    "some rows": (lambda x: (x * np.array([[1.0], [0.0], [1.0]])).sum(), X),
    "units": (lambda w: tg.linear(X, w, Value([0.0, -100.0, 0.0], label="b")).relu().sum(), X),
}


@pytest.mark.parametrize("name", SAID)
def test_the_japanese_sentence_tells_what_the_english_one_does(name):
    make, data = SAID[name]
    x = Value(data, label="x")
    flow = tg.gradient_flow(make(x))
    reason = flow.why_zero(x)
    told = [(reason.sentence, reason.japanese)]
    told += [(stop.sentence, stop.japanese) for stop in (*reason.stops, *flow.cuts)]
    for english, japanese in told:
        numbers = [sorted(set(NUMBER.findall(text)) - {"0"}) for text in (english, japanese)]
        assert numbers[0] == numbers[1]
        for stop in reason.stops:
            for word in (stop.op, stop.edge.child.value.label):
                assert (word in english) == (word in japanese)
        assert set(NAME.findall(japanese)) <= set(NAME.findall(english))
        assert any(character > "\u3000" for character in japanese)


def test_underflow_and_detours_are_told_in_japanese():
    x = y = Value(-1.0, label="x")
    for _ in range(400):
        y = y.leaky_relu(0.01)
    assert "leaky_relu で、小さな傾きの積が" in tg.gradient_flow(y).why_zero(x).japanese
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    h = labelled(a * b, "hidden")
    assert "hidden の detach() を通り" in tg.gradient_flow(h.detach() * b).why_zero(a).japanese
    assert "経路がありません" in tg.gradient_flow(a * 2).why_zero(b).japanese
    assert "根に与えた勾配が 0" in tg.gradient_flow(a * 2, 0.0).why_zero(a).japanese


def test_a_japanese_sentence_in_full():
    w, x, b = Value(1.4, label="w"), Value(0.5, label="x"), Value(-2.0, label="b2")
    h = labelled((w * x + b).relu(), "h2")
    assert tg.gradient_flow(h).why_zero(b).japanese == (
        "b2.grad が 0 なのは、どの経路も次で止まるためです："
        "relu「h2」は閉じています：入力は −1.3(w·x = 0.7、b2 = −2)"
    )
