"""The gradient of a function as a function again, for checking the second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.functional import gradients
from tinygrad_relu.value import Value


def gradient(f: Callable[..., Value], seed: Any) -> Callable[..., Value]:
    """What one pass brings to every input of `f`, end to end, as a Value with a graph."""

    def slopes(*leaves: Value) -> Value:
        y = f(*leaves)
        weights = np.random.default_rng(seed).uniform(0.5, 1.5, y.shape)
        wanted = [leaf for leaf in leaves if leaf.requires_grad] if y.requires_grad else []
        # y is kept in the graph with its kinks: there the slopes of the slopes may jump
        flat = [ops.reshape(c, (-1,)) for c in (*gradients(y, wanted, weights), y * 0.0)]
        end_to_end: Value = ops.concatenate(flat)
        return end_to_end

    return slopes
