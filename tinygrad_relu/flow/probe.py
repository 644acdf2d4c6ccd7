"""Where the probe from an output arrives, without numbers: about the price of a forward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.flow.states import any_of, is_linear, pull
from tinygrad_relu.node import topological
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value


def arrivals(root: Value) -> dict[int, Any]:
    """Where the probe from `root` arrives at each inner node, by ``id(node)``.

    As in `gradient_flow`, but never into leaves.

    Examples
    --------
    >>> x, w = Value([1.0, 2.0, -3.0]), np.array([1.0, 0.0, 1.0])
    >>> z = x * 1
    >>> y = (z.relu() * w).sum()
    >>> arrivals(y)[id(z)]
    array([ True, False, False])
    """
    reach = {id(root): np.ones(root.shape, bool)}
    rng = np.random.default_rng(0)
    for node in reversed(topological(root)):
        op, mask = node.op, reach.get(id(node))
        if op is None or mask is None:
            continue
        y, data = node._data, fresh_data(node)
        for slot, a in enumerate(node.operands):
            if not isinstance(a, Value) or a.op is None:
                continue
            if op.elementwise:
                with np.errstate(all="ignore"):
                    passes = op.local(slot, y, data) != 0
                arrived = any_of(mask & passes, a.shape)
            elif op.recorded and not is_linear(op, slot, mask.astype(node.dtype), y, data):
                arrived = np.full(a.shape, mask.any())
            else:
                arrived = pull(op, slot, mask, y, data, rng)
            reach[id(a)] = reach.get(id(a), False) | arrived
    return reach
