"""The fast lane: ops of floats without a detour.

All of it is said again, for every shape, in `value` and `backward`, which do not know of this file:
a reader may skip it. It puts quicker twins in place of the operators of Value, of what applies an
op, and of the sweep of the pass; take its line out of `__init__`, and every result stays the same,
to the bit. Where Python's floats raise (1/0) or turn complex, the lane leaves it to the long way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu import backward, modes, ops, value
from tinygrad_relu.node import Node, blank, tick
from tinygrad_relu.op import Op
from tinygrad_relu.value import Value, made

_apply, _sweep = value.apply, backward.sweep  # the long way


def of_two(op: Op[Any], compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of an elementwise `op`: of two floats a node at once."""

    def method(self: Any, other: Any) -> Any:
        a = self._data
        b = other._data if isinstance(other, Value) else other
        if (
            a.__class__ is float
            and (b.__class__ is float or b.__class__ is int)
            and (self.op is not None or self._requires_grad)
            and not modes.active
        ):
            try:
                if b.__class__ is int:
                    other = b = float(b)
                y = compute(a, b)
            except ArithmeticError:
                y = None
            if y.__class__ is float:
                node = blank(Value)  # as `made` does; to call it would cost a tenth
                node._data = y
                node._inflow = None
                node.op = op
                node._a = self
                node._b = other
                node._stamp = tick()
                return node
        return _apply(op, (self, other))

    return method


def apply(op: Op[Any], operands: tuple[Any, ...], settings: tuple[Any, ...] = ()) -> Value:
    """Compute `op`: of one float a node at once."""
    a = operands[0]
    if (
        op.one
        and op.elementwise
        and a._data.__class__ is float
        and (a.op is not None or a._requires_grad)
        and not modes.active
    ):
        try:
            y = op.forward(a._data, *settings)
        except Exception:  # the long way says what is wrong
            y = None
        if y.__class__ is float or y.__class__ is np.float64:
            return made(op, operands, settings, float(y))
    return _apply(op, operands, settings)


def sweep(nodes: list[Node], nothing: float, watch: backward.Watch | None) -> None:
    """Let every node, newest first, hand on what has arrived."""
    if watch is not None:
        return _sweep(nodes, nothing, watch)
    for node in nodes:
        op, g = node.op, node._inflow
        if g.__class__ is not float or not op.elementwise or not (op.pair or op.one):
            backward.hand_on(node, nothing, None)
            continue
        a, b = node._a, node._b
        a_wants = isinstance(a, Value) and a._inflow is not None
        if op.one:
            if a_wants:
                local = op.local(0, node._data, (a._data, *b))
                c = g * local
                a._inflow += c if c.__class__ is float and c == c else float(op.product(g, local))
            continue
        b_wants = isinstance(b, Value) and b._inflow is not None
        to_a, to_b = op.rules
        if to_a.__class__ is not float:
            y = node._data
            x = a._data if isinstance(a, Value) else a
            z = b._data if isinstance(b, Value) else b
            try:
                to_a = to_a(y, x, z) if a_wants else 0.0
                to_b = to_b(y, x, z) if b_wants else 0.0
            except ArithmeticError:
                to_a = to_b = None
            if to_a.__class__ is not float or to_b.__class__ is not float:
                to_a = float(op.local(0, y, (x, z))) if a_wants else 0.0
                to_b = float(op.local(1, y, (x, z))) if b_wants else 0.0
        if a_wants:
            a._inflow += g * to_a
        if b_wants:
            b._inflow += g * to_b


#: Whose attribute → what it is in the fast lane, and what it is without.
FAST: dict[tuple[Any, str], Any] = {
    (Value, "__add__"): of_two(ops.add, operator.add),
    (Value, "__sub__"): of_two(ops.sub, operator.sub),
    (Value, "__mul__"): of_two(ops.mul, operator.mul),
    (Value, "__truediv__"): of_two(ops.div, operator.truediv),
    (Value, "__pow__"): of_two(ops.pow, operator.pow),
    (Value, "__apply__"): staticmethod(apply),
    (backward, "sweep"): sweep,
}
LONG = {(owner, name): vars(owner)[name] for owner, name in FAST}


def take(ways: dict[tuple[Any, str], Any]) -> None:
    """Let all that follows take the lane FAST, or the way LONG."""
    for (owner, name), way in ways.items():
        setattr(owner, name, way)


take(FAST)
