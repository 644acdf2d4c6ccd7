"""The trace: columns that say what the pass did."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_relu as tg
from tests.flow.experiment import MORE
from tests.flow.graphs import scalar_graphs, tensor_graphs
from tinygrad_relu import Value
from tinygrad_relu.flow.states import cross_elementwise
from tinygrad_relu.flow.trace import replay


@settings(max_examples=60 * MORE)
@given(st.one_of(scalar_graphs(), tensor_graphs()))
def test_the_columns_are_of_one_length_and_in_order(graph):
    trace = replay(graph[0])
    columns = (trace.parent, trace.slot, trace.local, trace.contribution, trace.crossing)
    assert {len(column) for column in (*columns, trace.running)} == {len(trace.child)}
    ends = zip(trace.child, trace.slot, trace.parent, strict=True)
    assert all(trace.values[i].operands[slot] is trace.values[j] for i, slot, j in ends)
    sums = dict(zip(trace.parent, trace.running, strict=True))
    for i, total in sums.items():
        np.testing.assert_array_equal(total, trace.grads[i])


@settings(max_examples=100 * MORE)
@given(scalar_graphs())
def test_scalars_cross_as_arrays_do(graph):
    flow = tg.gradient_flow(graph[0])
    for edge in flow.edges:
        child, t = edge.child, flow.trace
        data = [getattr(a, "_data", a) for a in child.value.operands]
        lost = np.asarray(t.lost.get(child.index, False))
        crossing = cross_elementwise(
            *(child.value.op, edge.slot, edge.upstream, edge.local, child.value.data, data),
            *(np.asarray(child.arrives), lost),
        )
        for column in ("codes", "kinds", "passes", "stops", "arrives", "lost"):
            assert getattr(crossing, column) == getattr(edge.crossing, column), column


def test_sums_that_cancel_are_found_in_any_element():
    x = Value(np.array([1.0, 2.0]), label="x")
    trace = replay((x * np.array([1.0, 3.0]) - x).sum())
    assert [trace.values[i].label for i in trace.cancelled] == ["x"]
    assert not replay((x * 2.0 - x).sum()).cancelled


def test_an_interrupted_replay_leaves_the_last_pass_in_sight():
    x = Value(2.0)

    def backward(g):
        if g == 5.0:
            raise KeyboardInterrupt
        return g

    h = tg.record(2.0, [x], backward)
    y = h * 1.0
    y.backward()
    with pytest.raises(KeyboardInterrupt):
        replay(y, 5.0)
    assert (h.grad, x.grad) == (1.0, 1.0)
