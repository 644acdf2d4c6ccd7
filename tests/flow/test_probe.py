"""The quick probe arrives where that of a whole flow does."""

import numpy as np
from hypothesis import given

import tinygrad_relu as tg
from tests.flow.graphs import tensor_graphs
from tinygrad_relu.flow.probe import arrivals


@given(tensor_graphs())
def test_the_probe_is_that_of_the_gradient_flow(graph):
    root, _ = graph
    arrived = arrivals(root)
    for node in tg.gradient_flow(root).nodes:
        if node.value.op is not None:
            here = arrived.get(id(node.value), np.zeros(node.value.shape, bool))
            np.testing.assert_array_equal(here, node.arrives)
