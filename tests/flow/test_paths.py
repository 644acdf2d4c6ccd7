"""Paths: the separating stops against brute force, and answers that are found together."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_relu as tg
from tests.flow.experiment import MORE, arrives
from tests.flow.graphs import scalar_graphs, tensor_graphs
from tinygrad_relu import Value
from tinygrad_relu.flow import paths
from tinygrad_relu.flow.paths import on_the_way, separating


def first_stops(flow, leaf):
    """By definition: of all stops, leave out whichever the others make redundant, in order."""
    stops = [e for e in flow.edges if np.any(e.crossing.stops)]

    def block(some):
        shut = {(e, int(i)) for e in some for i in np.flatnonzero(np.ravel(e.crossing.stops))}
        return not arrives(flow, leaf, lambda e, i: (e, i) not in shut)

    for stop in list(stops):
        others = [s for s in stops if s is not stop]
        if block(others):
            stops = others
    if len(stops) <= 6:
        assert not any(block(fewer) for n in range(len(stops)) for fewer in combinations(stops, n))
    return [e.index for e in stops]


@settings(max_examples=100 * MORE)
@given(scalar_graphs())
def test_the_separating_stops_are_those_of_the_definition(graph):
    root, leaves = graph
    flow = tg.gradient_flow(root)
    nodes = [n for n in map(flow.node, leaves) if n is not None and not n.arrives]
    for node in nodes:
        assert flow.paths.separating(node.index, np.True_) == first_stops(flow, node.value)
    together = separating(flow.trace, [(n.index, np.True_) for n in nodes])
    assert together == [separating(flow.trace, [(n.index, np.True_)])[0] for n in nodes]


@settings(max_examples=40 * MORE)
@given(st.lists(tensor_graphs(), min_size=1, max_size=3))
def test_scalars_behind_tensors_are_asked_together(graphs):
    weights = [Value(float(i), label=f"w{i}") for i in range(4)]
    parts = [(w * 2.0 - 3.0).relu() for w in weights[:2]] + [weights[2] * 0.0, weights[3].tanh()]
    rows = [tg.stack(parts).relu() * root for root, _ in graphs]
    root = tg.concatenate(rows).max()
    flow = tg.gradient_flow(root)
    nodes = [n for n in map(flow.node, weights) if not n.arrives]
    together = separating(flow.trace, [(n.index, np.True_) for n in nodes])
    assert together == [separating(flow.trace, [(n.index, np.True_)])[0] for n in nodes]
    assert [flow.paths.separating(n.index, np.True_) for n in nodes] == together


@settings(max_examples=40 * MORE)
@given(st.lists(tensor_graphs(), min_size=2, max_size=4))
def test_tensors_that_are_asked_together_are_answered_as_alone(graphs):
    root = sum((root.sum() for root, _ in graphs), Value(0.0))
    flow = tg.gradient_flow(root)
    leaves = [n for n in flow.nodes if n.value.op is None and n.grad is not None]
    nodes = [n for n in leaves if n.value.size and not np.any(n.arrives)]
    asked = [(n.index, np.ones(n.value.shape, bool)) for n in nodes]
    alone = [separating(flow.trace, [one])[0] for one in asked]
    assert [flow.paths.separating(*one) for one in asked] == alone


def test_every_sweep_answers_for_twice_as_many_leaves(monkeypatch):
    weights = [Value([-1.0, -2.0]) for _ in range(40)]
    flow = tg.gradient_flow(sum((w.relu() for w in weights), Value(0.0)).sum())
    sweeps = []
    monkeypatch.setattr(paths, "separating", lambda *a: sweeps.append(a) or separating(*a))
    reasons = [flow.why_zero(w) for w in weights]
    assert [reason.stops[0].edge.parent.value for reason in reasons] == weights
    assert [len(questions) for _, questions in sweeps] == [1, 2, 4, 8, 16, 9]


def test_what_lies_on_the_way_to_a_node():
    a, b = Value(1.0), Value(2.0)
    flow = tg.gradient_flow(((a * 2.0) + b.relu()) * 3.0)
    first, to_product, to_relu, last = flow.edges[:3] + flow.edges[3:4]
    found = on_the_way(flow.trace, {first.index, to_relu.index}, 1)
    assert found[flow.node(b).index] == (first.index,)
    found = on_the_way(flow.trace, {first.index, to_relu.index}, 3)
    assert found[flow.node(b).index] == (first.index, to_relu.index)
    assert found[flow.node(a).index] == (first.index,)
    assert to_product.child is last.child or last.child is to_relu.parent
