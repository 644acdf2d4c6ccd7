"""The aside of a sentence: which unit a zero is of, and for how many examples it is stopped.

Said of the weights and biases of a recognised unit alone: of linear, a convolution, ``x @ W + b``
or ``W @ x + b``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow
from tinygrad_relu.flow.phrases import Say
from tinygrad_relu.flow.states import CODE, STATES
from tinygrad_relu.flow.stops import Stop
from tinygrad_relu.ops import add, conv2d, linear, matmul
from tinygrad_relu.value import Value


@dataclass(frozen=True)
class Units:
    """The units that a leaf belongs to.

    Attributes
    ----------
    z : Value
        The step W·x.
    axis, leaf_axis : int
        The axis of z, and of the leaf, that counts units.
    edges : list of Edge
        Where not all of the gradient comes through to z: at the activation, as a rule.
    """

    z: Value
    axis: int
    leaf_axis: int
    edges: list[Edge]

    @property
    def count(self) -> int:
        """How many units there are."""
        return self.z.shape[self.axis]


def units_of(flow: Flow, leaf: Value) -> Units | None:
    """The units of a weight or a bias that is used once; None for any other leaf."""
    uses = _uses(flow, leaf)
    if len(uses) != 1:
        return None
    user, slot = uses[0].child.value, uses[0].slot
    if user.op is add:
        z = user.operands[1 - slot]
        axis = _unit_axis(z, user) if isinstance(z, Value) else None
        if axis is None or axis != _bias_axis(leaf, z):
            return None
        return Units(z, axis, int(np.argmax(leaf.shape)), _gates(flow, z))
    axis = _unit_axis(user, _sum_with_bias(flow, user))
    if axis is None or (user.op is matmul and leaf.ndim != 2):
        return None
    if user.op is not matmul:
        return Units(user, axis, 0, _gates(flow, user)) if slot else None
    columns = max(user.ndim - 2, 0) if slot == 0 else user.ndim - 1
    return Units(user, axis, slot, _gates(flow, user)) if axis == columns else None


def _uses(flow: Flow, value: Value) -> list[Edge]:
    """The edges through which a gradient comes to `value`."""
    return [flow.edge_at(k) for k in flow.paths.into(flow.trace.index[value])]


def _gates(flow: Flow, z: Value) -> list[Edge]:
    """The first edges above z, element by element, that do not let everything through."""
    at, edges = z, _uses(flow, z)
    while len(edges) == 1 and edges[0].crossing.passes.all():
        at = edges[0].child.value
        edges = _uses(flow, at) if at.shape == z.shape else []
    return [e for e in edges if np.shape(e.crossing.codes) == z.shape == e.child.value.shape]


def _sum_with_bias(flow: Flow, z: Value) -> Value:
    """The sum of z and a leaf, if that is all z is used for; else z."""
    users = [edge.child.value for edge in _uses(flow, z)]
    if len(users) != 1 or users[0].op is not add:
        return z
    other = [a for a in users[0].operands if a is not z]
    biased = len(other) == 1 and isinstance(other[0], Value) and other[0].op is None
    return users[0] if biased and _bias_axis(other[0], z) is not None else z


def _bias_axis(bias: Value, z: Value) -> int | None:
    """The axis of z along which a bias differs; None if it does along several or none."""
    axes = [z.ndim - bias.ndim + i for i, n in enumerate(bias.shape) if n != 1]
    fits = len(axes) == 1 and axes[0] >= 0 and bias.size == z.shape[axes[0]]
    return axes[0] if fits else None


def _unit_axis(z: Value, biased: Value) -> int | None:
    """The axis of the step z that counts units; None where it cannot be told."""
    if z.op is linear:
        return z.ndim - 1
    if z.op is conv2d:
        return 1
    if z.op is not matmul or not z.ndim:
        return None
    if biased is not z:
        bias = next(a for a in biased.operands if a is not z)
        return _bias_axis(bias, z) if isinstance(bias, Value) else None
    weights = [
        isinstance(a, Value) and a.op is None and a.requires_grad and a.ndim == 2
        for a in z.operands
    ]
    if weights == [False, True]:
        return z.ndim - 1
    if weights == [True, False]:
        return max(z.ndim - 2, 0)
    return None


def tell_units(units: Units, asked: Any, stops: tuple[Stop, ...], say: Say) -> str:
    """``unit 3 of 16: shut for 64 of 64 examples``, counted from 1; nothing if no stop is there."""
    chosen = np.moveaxis(asked, units.leaf_axis, 0).reshape(units.count, -1).any(axis=1)
    rows = np.flatnonzero(chosen).tolist()
    edges = [edge for edge in units.edges if any(edge is stop.edge for stop in stops)]
    told = [text for row in rows[:3] if (text := _tell(units, edges, row, say))]
    if told and len(rows) > 3:
        told.append(say("more units", n=len(rows) - 3))
    return say("then").join(told)


def _tell(units: Units, edges: list[Edge], row: int, say: Say) -> str:
    shape = [n for i, n in enumerate(units.z.shape) if i != units.axis]
    batched = units.z.ndim > 1
    examples = shape[-1] if units.z.op is matmul and units.axis == 0 and batched else None
    examples = examples or (shape[0] if batched else 1)
    total = int(np.prod(shape))
    causes = []
    for edge in edges:
        kinds = np.take(edge.crossing.kinds, row, axis=units.axis)
        starved = np.take(edge.crossing.codes, row, axis=units.axis) == CODE["starved"]
        passes = np.take(edge.crossing.passes, row, axis=units.axis)
        counts = {STATES[k]: int(np.sum((kinds == k) & ~passes)) for k in np.unique(kinds)}
        if any(counts.values()):
            counts["starved"] = int(np.sum(starved))
            causes += [(state, n) for state, n in counts.items() if n]
    key = "cause" if total == examples else "cause in places"
    told = [
        say(key, verdict=say(f"verdict {state}"), some=n, total=total, examples=examples)
        for state, n in causes
    ]
    return say("unit", row=row + 1, n=units.count, causes=say("and").join(told)) if told else ""
