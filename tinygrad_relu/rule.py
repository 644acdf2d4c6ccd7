"""The rule of a node, in the hand: what its op multiplies with, and the closure it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu.arrays import constant, fit, unbroadcast
from tinygrad_relu.messages import describe
from tinygrad_relu.node import Node
from tinygrad_relu.stale import fresh_data


def local_grads(node: Node) -> tuple[Any, ...] | None:
    """The local gradients of an elementwise op, aligned with `parents`; else None.

    Floats for a scalar, arrays in the shape of the output for a tensor.

    Raises
    ------
    StaleDataError
        If an operand's data was assigned since the forward pass.

    Examples
    --------
    >>> from tinygrad_relu import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> (a * b).local_grads
    (3.0, 2.0)
    """
    op, y = node.op, node._data
    if op is None or not op.elementwise:
        return None
    data = fresh_data(node)
    slots = [i for i, a in enumerate(node.operands) if isinstance(a, Node)]
    locals = [op.local(i, y, data) for i in slots]
    if y.__class__ is float:
        return tuple(float(local) for local in locals)
    return tuple(np.broadcast_to(local, y.shape).astype(y.dtype) for local in locals)


def local_grad(node: Node) -> Any:
    """The local gradient of a one-parent elementwise op: 1 or 0 for relu; else None."""
    locals = local_grads(node)
    return locals[0] if locals is not None and len(locals) == 1 else None


def backward_closure(node: Node) -> Callable[[Any], tuple[Any, ...]] | None:
    """The op's rule bound to this node: upstream gradient in, contributions out.

    The contributions are aligned with `parents`, None for one that needs no gradient, and are
    what the pass adds. Given a Value, they are Values: the gradient of a gradient. None on a leaf.

    Examples
    --------
    >>> from tinygrad_relu import Value
    >>> a, b = Value(2.0), Value(3.0)
    >>> (a * b).backward_closure(10.0)
    (30.0, 20.0)
    """
    op = node.op
    if op is None:
        return None

    def closure(upstream: Any) -> tuple[Any, ...]:
        data, again = fresh_data(node), isinstance(upstream, Node)
        g: Any = upstream if again else constant(upstream, op.name)
        if np.shape(g) != node.shape:
            raise ValueError(
                f"{describe(node)} needs an upstream gradient of its own shape, not {np.shape(g)}"
            )
        y, given = (node, node.operands) if again else (node._data, data)
        out: list[Any] = []
        for slot, a in enumerate(node.operands):
            if isinstance(a, Node):
                c = op.pull(slot)(g, y, *given) if a.requires_grad else None
                if c is not None:
                    c = unbroadcast(c, a.shape) if again else fit(c, a._data)
                out.append(c)
        return tuple(out)

    return closure
