"""The cheapest way, against every choice of fewer stops."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_relu as tg
from tests.flow.experiment import MORE, arrives, every_stop
from tests.flow.graphs import scalar_graphs, tensor_graphs
from tinygrad_relu import Value


@settings(max_examples=60 * MORE)
@given(st.one_of(scalar_graphs(size=8), tensor_graphs()))
def test_no_fewer_stops_would_do(graph):
    root, leaves = graph
    flow = tg.gradient_flow(root)
    for leaf in leaves:
        node = flow.node(leaf)
        if node is None:
            continue
        way = flow.paths.cheapest.to(node.index, np.ones(leaf.shape, bool))
        if way is None:
            assert not arrives(flow, leaf, lambda edge, i: True)
            continue
        shapes = [flow.trace.crossing[k].passes.shape for k, _ in way]
        places = {
            (k, int(np.ravel_multi_index(at, shape)) if shape else 0)
            for (k, at), shape in zip(way, shapes, strict=True)
        }
        assert arrives(flow, leaf, lambda e, i, s=places: (e.index, i) in s)
        candidates = every_stop(flow)
        fewer = len(way) - 1
        if fewer >= 0 and len(candidates) ** fewer < 500:
            for some in combinations(candidates, fewer):
                assert not arrives(flow, leaf, lambda e, i, s={*some}: (e.index, i) in s)


def test_an_open_way_costs_nothing_and_none_is_told_apart():
    x, w = Value(np.ones(2)), Value(3.0)
    flow = tg.gradient_flow((x @ np.zeros(2)) + w)
    assert flow.paths.cheapest.to(flow.node(w).index, np.True_) == []
    assert flow.paths.cheapest.to(flow.node(x).index, np.ones(2, bool)) is None
