"""The gradient of a function as a function again, for checking the second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.node import topological
from tinygrad_relu.value import Value


def gradient(f: Callable[..., Value], seed: Any) -> Callable[..., Value]:
    """What one pass brings to every input of `f`, end to end, as a Value with a graph."""

    def slopes(*leaves: Value) -> Value:
        y = f(*leaves)
        weights = np.random.default_rng(seed).uniform(0.5, 1.5, y.shape)
        arrived: dict[int, Any] = {id(y): Value(weights, requires_grad=False)}
        for node in reversed(topological(y)):
            if node.op is not None and id(node) in arrived:
                pieces = node.backward_closure(arrived[id(node)])
                for parent, piece in zip(node.parents, pieces, strict=True):
                    if piece is not None:
                        held = arrived.get(id(parent))
                        arrived[id(parent)] = piece if held is None else held + piece
        brought = [arrived.get(id(leaf), np.zeros(leaf.shape)) for leaf in leaves]
        # y is kept in the graph with its kinks: there the slopes of the slopes may jump
        flat = [ops.reshape(piece, (-1,)) for piece in (*brought, y * 0.0)]
        end_to_end: Value = ops.concatenate(flat)
        return end_to_end

    return slopes
