"""Every state of the table, each made on purpose."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


def last(root, gradient=None):
    return tg.gradient_flow(root, gradient).edges[-1]


@pytest.mark.parametrize(
    ("make", "state", "blocks"),
    [
        (lambda x: (x * -1.0).relu(), "shut", True),
        (lambda x: (x - 1.0).relu(), "kink", True),
        (lambda x: tg.relu(x - 1.0, at_zero=1.0), "kink", False),
        (lambda x: (x - 1.0).leaky_relu(0.1), "kink", False),
        (lambda x: (x + 1.0).clip(-1.0, 1.0), "shut", True),
        (lambda x: (x * 0.5).relu(), "flows", False),
        (lambda x: x * 0.0, "by-zero", True),
        (lambda x: (x - 1.0) ** 2, "by-zero", True),
        (lambda x: (x * 20.0).tanh(), "tiny", True),
        (lambda x: (x * 6.0).tanh(), "tiny", False),
        (lambda x: (x * -800.0).sigmoid(), "tiny", True),
        (lambda x: (x * -1.5).hardswish(), "by-zero", True),
        (lambda x: (x * -4.0).hardswish(), "shut", True),
        (lambda x: (x * -1.0).elu(0.0), "shut", True),
        (lambda x: (x * -800.0).elu(), "tiny", True),
        (lambda x: (x * -1.0).leaky_relu(0.0), "shut", True),
        (lambda x: (x * 40.0).gelu(), "flows", False),
        (lambda x: (x * -40.0).gelu(), "tiny", True),
        (lambda x: (x * 40.0).maximum(2.0), "flows", False),
        (lambda x: (x * 0.4).maximum(2.0), "unselected", True),
        (lambda x: x.maximum(1.0), "kink", False),
        (lambda x: (x - 1.0).log(), "nonfinite", False),
    ],
)
def test_scalar_states(make, state, blocks):
    with np.errstate(all="ignore"):
        edge = tg.gradient_flow(make(Value(1.0))).edges[0]
    assert edge.state == state
    assert edge.blocks == blocks


def test_behind_a_cut_all_is_starved():
    x = Value(-1.0)
    edges = tg.gradient_flow((x * 2.0).relu()).edges
    assert [e.state for e in edges] == ["shut", "starved"]


def test_underflow_is_told_from_a_cut_and_from_cancelling():
    y = Value(1.0)
    for _ in range(400):
        y = y * 0.01
    states = [e.state for e in tg.gradient_flow(y).edges]
    assert "shut" not in states
    assert "cancelled" not in states
    assert states[0] == "flows"
    assert states[-1] == "underflow"


def test_what_cancelled_further_up_stays_cancelled():
    x = Value(2.0)
    h = x * 3.0
    edge = last(h - h)
    assert edge.parent.name == "v0"
    assert edge.state == "cancelled"


def test_an_infinite_upstream_at_a_shut_gate_is_shut():
    x = Value(np.array([-1.0, 1.0]))
    edge = last(x.relu(), [np.inf, 1.0])
    assert list(edge.states) == ["shut", "flows"]


@pytest.mark.parametrize(
    ("make", "states"),
    [
        (lambda x: x[0], ["flows", "unselected", "unselected"]),
        (lambda x: x.max(), ["unselected", "flows", "unselected"]),
        (lambda x: tg.where(np.array([True, False, True]), x, 0.0).sum(), None),
        (lambda x: x.softmax()[0], ["flows", "flows", "flows"]),
        (lambda x: (x * np.array([1.0, 0.0, 2.0])).sum(), ["flows", "by-zero", "flows"]),
        (lambda x: x @ np.array([1.0, 0.0, 2.0]), ["flows", "by-zero", "flows"]),
    ],
)
def test_tensor_states(make, states):
    edge = last(make(Value(np.array([1.0, 3.0, 2.0]))))
    assert list(edge.states) == (states or ["flows", "unselected", "flows"])


def test_a_tie_is_a_kink_that_passes():
    edge = last(Value(np.array([3.0, 3.0, 1.0])).max())
    assert list(edge.states) == ["kink", "kink", "unselected"]


def test_the_norm_of_zero_is_a_kink_that_blocks():
    edge = last(Value(np.zeros(2)).norm())
    assert edge.state == "kink"
    assert edge.blocks


def test_softmax_of_one_element_lets_nothing_through():
    edge = last(Value(np.array([[2.0], [3.0]])).softmax().sum())
    assert edge.state == "by-zero"


def test_disjoint_partly_edges_block_together():
    x = Value(np.array([-1.0, 1.0]))
    flow = tg.gradient_flow(((-x.relu()) + 0.5).relu().sum() * 1.0)
    edges = {e.child.value.op.name: e for e in flow.edges if e.child.value.op.name == "relu"}
    assert edges["relu"].counts == {"shut": 1, "starved": 1}
    assert not flow.node(x).arrives.any()


def test_the_probe_neither_underflows_nor_cancels():
    x = y = Value(2.0)
    for _ in range(400):
        y = y * 0.01
    assert tg.gradient_flow(y - y).node(x).arrives


def test_a_closure_that_is_not_linear_is_unknown():
    x = Value(2.0)
    edge = last(tg.record(4.0, [x], lambda g: g * g, op="odd"))
    assert edge.state == "unknown"
    assert last(tg.record(4.0, [x], lambda g: 4.0 * g, op="square")).state == "flows"


def test_float32_flows_like_float64():
    x = Value(np.array([-1.0, 2.0], np.float32))
    assert last(x.relu().sum()).counts == {"shut": 1, "flows": 1}


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x.softmax()[0],
        lambda x: x.softmax()[1],
        lambda x: x.log_softmax()[0],
        lambda x: x.reshape(1, 2).softmax().max(),
        lambda x: tg.cross_entropy(x.reshape(1, 2), [0]),
        lambda x: tg.binary_cross_entropy_with_logits(x * [1.0, 0.0] + [0.0, 900.0], [1.0, 1.0]),
    ],
)
def test_a_saturated_softmax_is_tiny(make):
    flow = tg.gradient_flow(make(Value(np.array([1000.0, 0.0]), label="x")))
    assert [s.reason for s in flow.why_zero(flow.nodes[0].value).stops] == ["tiny"]


def test_only_the_element_that_is_rounded_is_tiny():
    (edge,) = tg.gradient_flow(tg.logsumexp(Value(np.array([1000.0, 0.0])))).edges
    assert list(edge.states) == ["flows", "tiny"]


@pytest.mark.parametrize("size", [1e300, 1e-300, 1.0])
def test_large_and_small_terms_cancel_alike(size):
    w = Value(np.array([1.0, 1.0]))
    edge = last((np.array([[1.0, size], [1.0, -size]]) @ w).sum())
    assert list(edge.states) == ["flows", "cancelled"]


def test_what_underflows_does_so_by_itself():
    w = Value(np.array([1.0, 1.0]))
    edge = last((np.array([[1.0, 1e-300]]) @ w) * 1e-100, [1.0])
    assert list(edge.states) == ["flows", "underflow"]


LINEAR = {
    "times": lambda g: 3.0 * g,
    "a matrix": lambda g: np.array([[1.0, 2.0], [3.0, -4.0]]) @ g,
    "large": lambda g: g * 1e150,
    "small": lambda g: g * 1e-150,
    "both": lambda g: np.array([1e150, 1e-150]) * g,
    "nothing": lambda g: 0 * g,
}
BENT = {
    "square": lambda g: g * g,
    "relu": lambda g: np.maximum(g, 0.0),
    "shifted": lambda g: g + 1.0,
    "only negative": lambda g: np.abs(g) - g,
    "clipped": lambda g: np.clip(g, -10.0, 10.0),
    "of one upstream": lambda g: np.where(g == 1.0, 0.0, g),
    "dead zone": lambda g: np.where(np.abs(g) < 1e-3, 0.0, g),
}


@pytest.mark.parametrize("gradient", [[1.0, 1.0], [-1.0, 1.0], [0.0, 1.0]])
@pytest.mark.parametrize("name", [*LINEAR, *BENT])
def test_a_closure_is_unknown_if_it_is_bent(name, gradient):
    x = Value(np.array([1.0, 2.0]), label="x")
    flow = tg.gradient_flow(tg.record(x.data, [x], {**LINEAR, **BENT}[name]), gradient)
    assert (flow.edges[0].state == "unknown") == (name in BENT)
    if name in BENT and not np.any(flow.node(x).grad):
        assert flow.why_zero(x).verdict == "unknown"
