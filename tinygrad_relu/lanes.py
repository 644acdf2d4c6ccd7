"""The fast lane: ops of floats without a detour.

A reader may skip it: all is said again, for every shape, in `value` and `backward`. Take its line
out of `__init__`, and every result stays the same, to the bit. Where Python's floats raise (1/0) or
turn complex, the lane leaves it to the long way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu import backward, modes, ops, value
from tinygrad_relu.node import NODES, Node, blank, tick
from tinygrad_relu.op import Op
from tinygrad_relu.value import Value, made

_apply, _sweep = value.apply, backward.sweep  # the long way


def of_two(op: Op[Any], compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The operator of an elementwise `op`: of two floats a node at once."""

    def method(self: Any, other: Any) -> Any:
        a = self._data
        b = other._data if other.__class__ in NODES else other
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
        if g.__class__ is not float or not op.simple:
            backward.hand_on(node, nothing, None)
            continue
        a, b = node._a, node._b
        a_wants = a.__class__ in NODES and a._inflow is not None
        if op.one:
            if a_wants:
                local = op.local(0, node._data, (a._data, *b))
                c = g * local
                a._inflow += c if c.__class__ is float and c == c else float(op.product(g, local))
            continue
        b_wants = b.__class__ in NODES and b._inflow is not None
        to_a, to_b = op.rules
        if to_a.__class__ is not float:
            y = node._data
            x = a._data if a.__class__ in NODES else a
            z = b._data if b.__class__ in NODES else b
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


for _name, _op, _compute in (
    ("__add__", ops.add, operator.add),
    ("__sub__", ops.sub, operator.sub),
    ("__mul__", ops.mul, operator.mul),
    ("__truediv__", ops.div, operator.truediv),
    ("__pow__", ops.pow, operator.pow),
):
    setattr(Value, _name, of_two(_op, _compute))
setattr(Value, "__apply__", staticmethod(apply))  # noqa: B010
backward.sweep = sweep
