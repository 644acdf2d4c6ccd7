"""The backward pass: newest node first, each hands its operands what they receive."""

from __future__ import annotations

from _thread import RLock  # as in threading, whose import takes a millisecond
from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat
from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_relu import modes
from tinygrad_relu.anomaly import check_passed
from tinygrad_relu.arrays import add, constant, fit, is_free
from tinygrad_relu.messages import describe
from tinygrad_relu.node import NODES, Node, behind, plain
from tinygrad_relu.stale import assigned, check_fingerprint

_by_age = attrgetter("_stamp")
one_at_a_time = RLock()  # a pass writes on its nodes, and threads may share some
_under_way: list[Node] = []  # roots of the passes begun: a rule may start one within another

#: Is told of an edge: the node, the slot of its operand, all operands' data, the contribution.
Watch = Callable[[Node, int, list[Any], Any], None]


def backward(root: Node, gradient: Any = None) -> None:
    """Send `gradient` back through the graph and add what arrives to each leaf's `grad`.

    Parameters
    ----------
    root : Value
    gradient : float or array_like, optional
        ∂L/∂root, in the shape of root. Left out for a scalar: 1.

    Raises
    ------
    ValueError
        If root is not a scalar and no gradient is given, or its shape does not fit.
    RuntimeError
        If root does not require a gradient.
    StaleDataError
        If data used in the graph was assigned since. No gradient is changed then.

    Examples
    --------
    >>> from tinygrad_relu import Value
    >>> x = Value(3.0)
    >>> y = x**3
    >>> y.backward(); x.grad
    27.0
    >>> y.backward(); x.grad
    54.0
    """
    seed = seed_of(root, gradient)
    with one_at_a_time:
        totals = carry(root, seed, check_passed if modes.detecting() else None)
        grads = [c if leaf._grad is None else leaf._grad + c for leaf, c in totals.items()]
        _put(totals, "_grad", grads)


def _put(nodes: Iterable[Node], slot: str, contents: Iterable[Any]) -> None:
    """Set a slot of every node in one call into C: Ctrl-C comes before or after, not between."""
    deque(map(setattr, nodes, repeat(slot), contents), 0)


def carry(root: Node, seed: Any, watch: Watch | None) -> dict[Node, Any]:
    """Carry `seed` from `root` to the leaves, and say what arrived at each.

    Every inner node keeps what arrived there. `watch` is told of every edge once it is taken.
    """
    nothing = float("0")  # a zero of this pass's own, told by `is`: reached, nothing arrived
    depth = len(_under_way)
    around = behind(root) if depth else []  # what the pass around this one gathers is put back
    before = [v._inflow for v in around]
    nodes: list[Node] = []
    leaves: list[Node] = []
    try:
        _under_way.append(root)
        _reach(root, nothing, nodes, leaves)
        root._inflow = seed
        sweep(nodes, nothing, watch)
        totals = {leaf: leaf._inflow for leaf in leaves}
        for leaf, g in totals.items():
            if g.__class__ is not float and not is_free(g):  # shared with a node, or a view of it
                totals[leaf] = np.array(g)
    except BaseException:
        _put(nodes, "_inflow", repeat(None))  # half a pass is no gradient
        raise
    finally:
        del _under_way[depth:]
        _put([*leaves, *around], "_inflow", [*repeat(None, len(leaves)), *before])
    return totals


def _reach(root: Node, nothing: float, nodes: list[Node], leaves: list[Node]) -> None:
    """Mark all that gradients flow into, and list it: inner nodes newest first, and leaves.

    A node is newer than all it was computed from, so newest first is a topological order.
    """
    detecting = modes.detecting()
    (leaves if root.op is None else nodes).append(root)
    root._inflow = nothing
    for node in nodes:  # which grows meanwhile
        for a in (node._a, node._b) if node.op.pair else (node._a, *node._b):
            if a.__class__ not in NODES:
                continue
            if a.op is not None:
                if a._inflow is not nothing:
                    nodes.append(a)  # first: what is marked is listed
                    a._inflow = nothing
            elif a._stamp > node._stamp:
                raise assigned(node, a)
            elif a._requires_grad and a._inflow is not nothing:
                leaves.append(a)
                a._inflow = nothing
        if detecting:
            check_fingerprint(node)
    nodes.sort(key=_by_age, reverse=True)


def sweep(nodes: list[Node], nothing: float, watch: Watch | None) -> None:
    """Let every node, newest first, hand on what has arrived. `lanes` puts a quicker one here."""
    for node in nodes:
        hand_on(node, nothing, watch)


def hand_on(node: Node, nothing: float, watch: Watch | None) -> None:
    """Hand each operand what it receives through `node`, and add it to what is there."""
    g, y, operands, pull = node._inflow, node._data, node.operands, node.op.pull
    if g.__class__ is not float:
        g.setflags(False)  # not to be written; quicker without the name
    data = [a._data if a.__class__ in NODES else a for a in operands]
    for slot, a in enumerate(operands):
        if a.__class__ in NODES and a._inflow is not None:
            c = fit(pull(slot)(g, y, *data), a._data)
            first = a._inflow is nothing
            if watch is None:
                a._inflow = c if first else add(a._inflow, c)
            else:
                a._inflow = c if first else a._inflow + c  # in new memory: `c` is looked at
                watch(node, slot, data, c)


def seed_of(root: Node, gradient: Any) -> Any:
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
    seed = constant(plain(gradient), "backward()")
    if np.shape(seed) != root.shape:
        raise ValueError(
            f"backward() from {describe(root)}: the gradient has shape {np.shape(seed)}; "
            "give it the shape of the output"
        )
    return seed if type(seed) is float else np.array(seed, root.dtype)
