"""GradientFlow: what happened on every edge of a backward pass, as data.

It knows no picture. Text, DOT, SVG, the page, tests and notebooks are readers of
the same object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.backward import carry, one_at_a_time, seed_of
from tinygrad_relu.flow.states import (
    CODE,
    STATES,
    Crossing,
    common_state,
    cross_elementwise,
    cross_structural,
    is_linear,
)
from tinygrad_relu.node import topological
from tinygrad_relu.op import Op
from tinygrad_relu.value import Value


@dataclass(eq=False)
class Node:
    """A Value of the graph, and what arrived there.

    Attributes
    ----------
    value : Value
    index : int
        Place in topological order, leaves first.
    name : str
        The label, or ``v7``.
    grad : float or ndarray or None
        ∂root/∂value in this flow; None where no gradient is wanted.
    arrives : ndarray of bool
        Where the probe arrives: some path from the root is open, element by element.
    cancelled : bool
        Contributions cancelled here: |Σc| ≤ 8·eps·Σ|c| though not all were 0.
    """

    value: Value
    index: int
    name: str
    grad: Any = None
    arrives: Any = None
    cancelled: bool = False

    @property
    def detached(self) -> bool:
        """Whether this is the far end of a `detach()`: a weak link, no edge."""
        return self.value.note("origin") is not None

    def __repr__(self) -> str:
        return f"<node {self.name}>"


@dataclass(eq=False)
class Edge:
    """One operand of one node, as the pass went through it.

    Attributes
    ----------
    child, parent : Node
        The gradient flows from the child, nearer the loss, to the parent, its operand.
    slot : int
        Which operand of the child's op the parent is.
    upstream : float or ndarray
        What arrived at the child.
    local : float or ndarray or None
        The local gradient; None for a structural op, which has a pullback instead.
    contribution : float or ndarray
        What the parent receives through this edge, in the parent's shape.
    running : float or ndarray
        The sum at the parent after this edge.
    crossing : Crossing
        States, stops and probe, element by element: in the child's shape for an elementwise
        op, in the parent's for a structural one.
    """

    child: Node
    parent: Node
    slot: int
    upstream: Any
    local: Any
    contribution: Any
    running: Any
    crossing: Crossing

    @property
    def states(self) -> Any:
        """The state of each element, as an array of words."""
        return np.array(STATES)[self.crossing.codes]

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many elements are in each state."""
        tally = np.bincount(np.ravel(self.crossing.codes), minlength=len(STATES))
        return {state: int(n) for state, n in zip(STATES, tally, strict=True) if n}

    @property
    def state(self) -> str:
        """The state that all elements share, starved ones aside; else ``partly``."""
        return common_state(self.counts)

    @property
    def blocks(self) -> bool:
        """Whether it holds a stop: an element that something reached, and nothing leaves."""
        return bool(np.any(self.crossing.stops)) or "underflow" in self.counts

    def __repr__(self) -> str:
        return f"<edge {self.child.name} → {self.parent.name}: {self.state}>"


@dataclass(frozen=True)
class Step:
    """One edge of the pass, as a step to tell.

    Attributes
    ----------
    number : int
        From 1.
    edge : Edge
    before : float or ndarray or None
        The sum at the parent before this edge; None if nothing had arrived.
    """

    number: int
    edge: Edge
    before: Any


class Flow:
    """A backward pass, edge by edge.

    Attributes
    ----------
    root : Node
    nodes : tuple of Node
        In topological order, leaves first. Values that want no gradient are here too.
    edges : tuple of Edge
        In the order of the pass: newest child first, then slot by slot.
    """

    def __init__(self, nodes: tuple[Node, ...], edges: tuple[Edge, ...]) -> None:
        self.nodes = nodes
        self.edges = edges
        self.root = nodes[-1]
        self._by_id = {id(node.value): node for node in nodes}

    def __repr__(self) -> str:
        return f"<gradient flow of {self.root.name}: {len(self.nodes)} nodes>"

    def node(self, value: Value) -> Node | None:
        """The node of `value`; None if it is not in this graph."""
        return self._by_id.get(id(value))

    def steps(self) -> Iterator[Step]:
        """The pass as data, one step an edge.

        Examples
        --------
        >>> import tinygrad_relu as tg
        >>> x = tg.Value(3.0, label="x")
        >>> for step in tg.gradient_flow(x * x).steps():
        ...     print(step.number, step.edge.upstream, step.edge.local, step.edge.running)
        1 1.0 3.0 3.0
        2 1.0 3.0 6.0
        """
        sums: dict[int, Any] = {}
        for number, edge in enumerate(self.edges, 1):
            yield Step(number, edge, sums.get(edge.parent.index))
            sums[edge.parent.index] = edge.running


def replay(root: Value, gradient: Any = None) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Replay the backward pass from `root`: its nodes, and what happens on every edge."""
    seed = seed_of(root, gradient)
    values = topological(root)
    nodes = {id(v): Node(v, i, v.label or f"v{i}") for i, v in enumerate(values)}
    lost = {i: np.zeros(node.value.shape, bool) for i, node in nodes.items()}
    for node in nodes.values():
        node.arrives = np.zeros(node.value.shape, bool)
    nodes[id(root)].grad = seed
    nodes[id(root)].arrives = np.asarray(seed) != 0
    rng = np.random.default_rng(0)
    edges: list[Edge] = []

    def watch(value: Any, slot: int, data: list[Any], c: Any) -> None:
        operand = value.operands[slot]
        child, parent = nodes[id(value)], nodes[id(operand)]
        local, crossing = _cross(child, slot, data, c, lost[id(value)], rng)
        parent.grad = operand._inflow
        parent.arrives = parent.arrives | crossing.arrives
        lost[id(operand)] = lost[id(operand)] | crossing.lost
        edges.append(Edge(child, parent, slot, child.grad, local, c, parent.grad, crossing))

    shown = [v._inflow for v in values]  # what the last pass has left there
    try:
        with one_at_a_time, np.errstate(all="ignore"):
            carry(root, seed, watch)
    finally:
        for v, inflow in zip(values, shown, strict=True):
            v._inflow = inflow
    arrived: dict[int, list[Any]] = {}
    for edge in edges:
        arrived.setdefault(edge.parent.index, []).append(edge.contribution)
    for node in nodes.values():
        node.cancelled = _cancels(node, arrived.get(node.index, []))
    return tuple(nodes.values()), tuple(edges)


def _cancels(node: Node, arrived: list[Any]) -> bool:
    """Whether contributions cancelled at `node`, in any element."""
    if len(arrived) < 2:
        return False
    with np.errstate(all="ignore"):
        total = np.sum(np.abs(arrived), axis=0)
        small = np.abs(node.grad) <= 8 * np.finfo(node.value.dtype).eps * total
    return bool(np.any(small & (total > 0)))


def _cross(
    node: Node, slot: int, data: list[Any], c: Any, lost: Any, rng: np.random.Generator
) -> tuple[Any, Crossing]:
    """The local gradient of one edge, and what the gradient met there."""
    op: Op[Any] = node.value.op  # type: ignore[assignment]
    g, y, reach = node.grad, node.value._data, node.arrives
    if op.elementwise:
        local = op.local(slot, y, data)
        crossing = cross_elementwise(op, slot, g, local, y, data, reach, lost)
        return local if node.value.ndim else float(local), crossing
    crossing = cross_structural(op, slot, g, c, y, data, reach, lost, rng)
    if op.recorded and not is_linear(op, slot, g, y, data):
        crossing.codes = np.full(np.shape(c), CODE["unknown"])
        crossing.arrives = np.full(np.shape(c), reach.any())
    return None, crossing
