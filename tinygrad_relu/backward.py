"""The backward pass: newest node first, each hands its operands what they receive."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_relu import modes
from tinygrad_relu.messages import describe, stale, written
from tinygrad_relu.op import Op, constant, fit, local_gradient
from tinygrad_relu.value import Value

_by_age = attrgetter("_stamp")
_running = 0  # passes under way


def backward(root: Value, gradient: Any = None) -> None:
    """Run the pass from `root`; see `Value.backward`."""
    global _running
    seed = seed_of(root, gradient)
    nothing = float("0")  # a zero of this pass's own, told by `is`: "reached, nothing arrived"
    nodes: list[Value] = []
    leaves: list[Value] = []
    outer = _inflows(root) if _running else []  # a closure may run a pass inside a pass
    _running += 1
    try:
        _reach(root, nothing, nodes, leaves)
        root._inflow = seed
        _sweep(nodes, nothing)
        totals = [_private(leaf) for leaf in leaves]
    except BaseException:
        for node in nodes:
            node._inflow = None  # half a pass is no gradient
        raise
    finally:
        _running -= 1
        for leaf in leaves:
            leaf._inflow = None
        for v, inflow in outer:
            v._inflow = inflow
    for leaf, total in zip(leaves, totals, strict=True):
        leaf._grad = total if leaf._grad is None else leaf._grad + total


def _inflows(root: Value) -> list[tuple[Value, Any]]:
    """What has arrived so far in a pass around this one, wherever this one goes."""
    found = {id(root): root}
    open_ends = [root]
    while open_ends:
        for a in open_ends.pop().parents:
            if id(a) not in found:
                found[id(a)] = a
                open_ends.append(a)
    return [(v, v._inflow) for v in found.values()]


def _reach(root: Value, nothing: float, nodes: list[Value], leaves: list[Value]) -> None:
    """Mark all that gradients flow into, and list it: inner nodes newest first, and leaves.

    A node is newer than all it was computed from, so newest first is a topological
    order. No recursion: a graph may be a million nodes deep.
    """
    watched = modes.active and modes.current().anomaly
    root._inflow = nothing
    if root.op is None:
        leaves.append(root)
        return
    nodes.append(root)
    open_ends = [root]
    while open_ends:
        node = open_ends.pop()
        for a in node._a if node.op.many else (node._a, node._b):  # type: ignore[union-attr]
            if not isinstance(a, Value):
                continue
            if a.op is not None:
                if a._inflow is not nothing:
                    a._inflow = nothing
                    nodes.append(a)
                    open_ends.append(a)
            elif a._stamp > node._stamp:
                raise stale(node, a)
            elif a._requires_grad and a._inflow is not nothing:
                a._inflow = nothing
                leaves.append(a)
        if watched and node._note("print", None) not in (None, modes.fingerprint(node)):
            raise written(node)
    nodes.sort(key=_by_age, reverse=True)


def _sweep(nodes: list[Value], nothing: float) -> None:
    """Let every node, newest first, add to its operands' inflow what they receive.

    An operand whose inflow is None wants no gradient, and none is computed for it.
    """
    watched = modes.active and modes.current().anomaly
    for node in nodes:
        op: Op[Any] = node.op  # type: ignore[assignment]
        g, y = node._inflow, node._data
        if g.__class__ is float and op.pairwise and not watched:
            # Two scalars, without a detour: here a scalar network spends its time.
            a, b = node._a, node._b
            a_wants = isinstance(a, Value) and a._inflow is not None
            b_wants = isinstance(b, Value) and b._inflow is not None
            to_a, to_b = op.rules
            if to_a.__class__ is not float:
                x = a._data if isinstance(a, Value) else a
                z = b._data if isinstance(b, Value) else b
                try:
                    to_a = to_a(y, x, z) if a_wants else 0.0
                    to_b = to_b(y, x, z) if b_wants else 0.0
                except ArithmeticError:
                    to_a = to_b = None
                if to_a.__class__ is not float or to_b.__class__ is not float:
                    # 1/0, (−8)^⅓, an int: the long way answers as NumPy does
                    to_a = float(op.local(0, y, [x, z])) if a_wants else 0.0
                    to_b = float(op.local(1, y, [x, z])) if b_wants else 0.0
            if a_wants:
                a._inflow += g * to_a
            if b_wants:
                b._inflow += g * to_b
            continue
        if g.__class__ is float and op.single and not watched:
            a = node._a
            if a._inflow is not None:
                local = local_gradient(op.rules[0], y, (a._data, *node._b))
                c = g * local
                if c.__class__ is not float or c != c:
                    c = float(op.product(g, local))
                a._inflow += c
            continue
        if g.__class__ is not float:
            g.setflags(False)
        elif g is nothing and node.ndim:
            g = node._inflow = np.zeros(node.shape, node.dtype)
        operands = node.operands
        data = [a._data if isinstance(a, Value) else a for a in operands]
        pulls = op.pulls
        for slot, a in enumerate(operands):
            if isinstance(a, Value) and a._inflow is not None:
                c = fit(pulls[slot](g, y, *data), a._data)
                if watched:
                    _check(node, a, g, c)
                if a._inflow is nothing:
                    a._inflow = c
                elif _is_fresh(c):
                    a._inflow = np.add(c, a._inflow, out=c)
                else:
                    a._inflow = a._inflow + c


def _private(leaf: Value) -> Any:
    """What arrived at `leaf`, in memory that nothing else shares."""
    total = leaf._inflow
    if _is_fresh(total):
        return total
    if total.__class__ is float:
        return np.zeros(leaf.shape, leaf.dtype) if leaf.ndim else total
    return np.array(total)


def _is_fresh(c: Any) -> bool:
    """Whether a contribution owns its memory: it is no view, and no node's own gradient."""
    return c.__class__ is np.ndarray and c.base is None and c.flags.writeable


def _check(node: Value, operand: Value, g: Any, c: Any) -> None:
    bad = modes.first_bad(c)
    if bad is not None and modes.first_bad(g) is None:
        raise FloatingPointError(
            f"the backward pass made {bad} in {node.op!r}, {describe(node)}, "
            f"going to {describe(operand)}; the upstream gradient was finite"
        )


def seed_of(root: Value, gradient: Any) -> Any:
    """The gradient at the root in its own shape and dtype, or an error that says what to do."""
    if not root.requires_grad:
        raise RuntimeError(
            f"backward() from {describe(root)}: it does not require a gradient. Make at least "
            "one leaf with requires_grad=True, and compute outside no_grad()"
        )
    if gradient is None:
        if root.ndim:
            raise ValueError(
                f"backward() from {describe(root)}: only a scalar starts at 1. Reduce it first, "
                "with .sum() or .mean(), or give backward() a gradient of its shape"
            )
        return 1.0
    if isinstance(gradient, Value):
        gradient = gradient.data
    seed = constant(gradient, "backward()")
    if np.shape(seed) != root.shape:
        raise ValueError(
            f"backward() from {describe(root)}: the gradient has shape {np.shape(seed)}; "
            "give it the shape of the output"
        )
    return seed if type(seed) is float else np.array(seed, root.dtype)
