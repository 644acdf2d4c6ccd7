"""The trace of a backward pass, in columns: a list for each thing that an edge or a node has.

A graph of scalars has millions of edges. As lists they take little memory, and a question about
the whole graph is one loop; `flow.graph` shows an edge or a node as an object where one looks.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.backward import Watch, carry, one_at_a_time, seed_of
from tinygrad_relu.flow.states import (
    CODE,
    FLOWS,
    STARVED,
    Crossing,
    cross_elementwise,
    cross_scalar,
    cross_structural,
    is_linear,
)
from tinygrad_relu.node import topological
from tinygrad_relu.value import Value


class Trace:
    """What a pass left at every node, by place in topological order, and on every edge, in turn.

    Attributes
    ----------
    values : list of Value
        In topological order, leaves first.
    index : dict
        The place of a Value.
    grads : list
        ∂root/∂value; None where no gradient is wanted.
    arrives : list
    lost : dict
        Where the probe arrives, and where something was lost to underflow: a bool for a scalar.
    child, parent, slot : array of int
        The edge leads from the node `child` down to its operand in `slot`.
    local, contribution, crossing : list
        As `Edge` has them.
    unknown : list of int
        Edges through a recorded closure that is not linear.
    """

    def __init__(self, values: list[Value]) -> None:
        self.values = values
        self.index = dict(zip(values, range(len(values)), strict=True))
        self.grads: list[Any] = [None] * len(values)
        self.arrives: list[Any] = [
            v._data.__class__ is not float and np.zeros(v.shape, bool) for v in values
        ]
        self.lost: dict[int, Any] = {}
        self.child, self.parent, self.slot = array("i"), array("i"), array("i")
        self.local: list[Any] = []
        self.contribution: list[Any] = []
        self.crossing: list[Crossing] = []
        self.unknown: list[int] = []

    @cached_property
    def running(self) -> list[Any]:
        """The sum at the parent after each edge."""
        sums: dict[int, Any] = {}
        told = []
        with np.errstate(all="ignore"):
            for parent, c in zip(self.parent, self.contribution, strict=True):
                sums[parent] = total = sums[parent] + c if parent in sums else c
                told.append(total)
        return told

    @cached_property
    def cancelled(self) -> set[int]:
        """The nodes where contributions cancel: |Σc| ≤ 8·eps·Σ|c|, though not all are 0."""
        several = np.bincount(self.parent, minlength=len(self.values)) > 1
        arrived: dict[int, list[Any]] = {}
        for parent, c in zip(self.parent, self.contribution, strict=True):
            if several[parent]:
                arrived.setdefault(parent, []).append(c)
        with np.errstate(all="ignore"):
            return {i for i, cs in arrived.items() if _cancels(self.values[i], self.grads[i], cs)}


def _cancels(value: Value, grad: Any, arrived: list[Any]) -> bool:
    eps = np.finfo(value.dtype).eps
    if grad.__class__ is float and abs(grad) > 9 * eps * sum(map(abs, arrived)):
        return False  # far from it, in whatever order it is summed
    total = np.sum(np.abs(arrived), axis=0)
    return bool(np.any((np.abs(grad) <= 8 * eps * total) & (total > 0)))


def _watch(trace: Trace) -> Watch:
    """What takes down one edge of the pass after the other."""
    values, index, arrives, lost = trace.values, trace.index, trace.arrives, trace.lost
    note_child, note_parent, note_slot = trace.child.append, trace.parent.append, trace.slot.append
    note_local, note_contribution = trace.local.append, trace.contribution.append
    note_crossing = trace.crossing.append
    rng = np.random.default_rng(0)
    child = len(values) - 1

    def watch(value: Any, slot: int, data: list[Any], c: Any) -> None:
        nonlocal child
        while values[child] is not value:  # the pass goes through them newest first
            child -= 1
        op: Any = value.op
        parent = index[(value._b if op.pair else value._b[slot - 1]) if slot else value._a]
        if op.elementwise and value._data.__class__ is float:
            local = op.rules[slot]
            if local.__class__ is not float:
                local = float(op.local(slot, value._data, data))
            reach = arrives[child]
            often = op.kink is None and op.zero == "by-zero" and c - c == 0
            if often and reach and c:
                crossing = FLOWS
                arrives[parent] = True
            elif often and not (reach or c) and local and child not in lost:
                crossing = STARVED
            else:
                crossing = cross_scalar(value, slot, local, c, data, bool(reach), child in lost)
                if crossing.arrives:
                    arrives[parent] = True
                if crossing.lost:
                    lost[parent] = True
        else:
            local = op.local(slot, value._data, data) if op.elementwise else None
            crossing = _cross(trace, child, slot, local, c, data, rng)
            arrives[parent] = arrives[parent] | crossing.arrives
            if crossing.lost.any():
                lost[parent] = lost.get(parent, False) | crossing.lost
        note_child(child)
        note_parent(parent)
        note_slot(slot)
        note_local(local)
        note_contribution(c)
        note_crossing(crossing)

    return watch


def _cross(
    trace: Trace, child: int, slot: int, local: Any, c: Any, data: list[Any], rng: Any
) -> Crossing:
    """What the gradient met on an edge of arrays."""
    value = trace.values[child]
    op, y, g = value.op, value._data, value._inflow
    assert op is not None
    reach = np.asarray(trace.arrives[child])
    lost = np.asarray(trace.lost.get(child, np.zeros(reach.shape, bool)))
    if op.elementwise:
        return cross_elementwise(op, slot, g, local, y, data, reach, lost)
    crossing = cross_structural(op, slot, g, c, y, data, reach, lost, rng)
    if op.recorded and not is_linear(op, slot, g, y, data):
        trace.unknown.append(len(trace.crossing))
        codes = np.full(np.shape(c), CODE["unknown"])
        crossing = replace(crossing, codes=codes, arrives=np.full(np.shape(c), reach.any()))
    return crossing


def replay(root: Value, gradient: Any = None) -> Trace:
    """Go through the backward pass from `root` again, and take down what happens."""
    seed = seed_of(root, gradient)
    trace = Trace(topological(root))
    values = trace.values
    trace.arrives[-1] = np.asarray(seed) != 0
    with one_at_a_time:
        shown = [v._inflow for v in values]  # what the last pass has left there
        try:
            with np.errstate(all="ignore"):
                leaves = carry(root, seed, _watch(trace))
            trace.grads = [leaves.get(v) if v.op is None else v._inflow for v in values]
        finally:
            for v, inflow in zip(values, shown, strict=True):
                v._inflow = inflow
    return trace
