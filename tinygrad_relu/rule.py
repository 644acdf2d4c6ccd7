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
    locals = [op.local(i, y, data) for i, a in enumerate(node.operands) if isinstance(a, Node)]
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
    if node.op is None:
        return None

    def closure(upstream: Any) -> tuple[Any, ...]:
        data = fresh_data(node)
        g = upstream if isinstance(upstream, Node) else constant(upstream, node.op.name)
        if np.shape(g) != node.shape:
            raise ValueError(
                f"{describe(node)} needs an upstream gradient of its own shape, not {np.shape(g)}"
            )
        to = [(i, a) for i, a in enumerate(node.operands) if isinstance(a, Node)]
        return tuple([contribution(node, i, g, data) if a.requires_grad else None for i, a in to])

    return closure


def contribution(node: Node, slot: int, g: Any, data: list[Any]) -> Any:
    """What an operand receives of the upstream gradient `g`: of a Value, a Value."""
    a, pull = node.operands[slot], node.op.pull(slot)
    if not isinstance(g, Node):
        return fit(pull(g, node._data, *data), a._data)
    c = unbroadcast(pull(g, node, *node.operands), a.shape)
    return c.astype(a.dtype) if a.ndim and c.dtype != a.dtype else c
