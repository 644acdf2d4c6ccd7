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

from tinygrad_relu.flow.paths import Paths
from tinygrad_relu.flow.states import STATES, Crossing
from tinygrad_relu.flow.trace import Trace
from tinygrad_relu.options import item
from tinygrad_relu.value import Value


class Node:
    """A Value of the graph, and what arrived there.

    Attributes
    ----------
    index : int
        Place in topological order, leaves first.
    """

    __slots__ = ("_trace", "index")

    def __init__(self, trace: Trace, index: int) -> None:
        self._trace = trace
        self.index = index

    @property
    def value(self) -> Value:
        """The Value."""
        return self._trace.values[self.index]

    @property
    def name(self) -> str:
        """The label, or ``v7``."""
        return self.value.label or f"v{self.index}"

    @property
    def grad(self) -> Any:
        """∂root/∂value in this flow: float, ndarray, or None where no gradient is wanted."""
        return self._trace.grads[self.index]

    @property
    def arrives(self) -> Any:
        """Where the probe arrives: some path from the root is open, element by element."""
        arrives = self._trace.arrives[self.index]
        return np.bool_(arrives) if arrives.__class__ is bool else arrives

    @property
    def cancelled(self) -> bool:
        """Contributions cancelled here: |Σc| ≤ 8·eps·Σ|c| though not all were 0."""
        return self.index in self._trace.cancelled

    @property
    def detached(self) -> bool:
        """Whether this is the far end of a `detach()`: a weak link, no edge."""
        return self.value.note("origin") is not None

    def __repr__(self) -> str:
        return f"<node {self.name}>"


class _Nodes:
    """The nodes of a trace by place: one object each, however often asked.

    Edges hold it, not their flow, so that no circle keeps a graph alive.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._made: list[Node | None] = [None] * len(trace.values)

    def __getitem__(self, i: int) -> Node:
        node = self._made[i]
        if node is None:
            node = self._made[i] = Node(self.trace, i)
        return node


class Edge:
    """One operand of one node, as the pass went through it.

    Attributes
    ----------
    index : int
        Place in the pass, from 0.
    """

    __slots__ = ("_nodes", "index")

    def __init__(self, nodes: _Nodes, index: int) -> None:
        self._nodes = nodes
        self.index = index

    @property
    def child(self) -> Node:
        """The node nearer the loss, from which the gradient flows."""
        return self._nodes[self._nodes.trace.child[self.index]]

    @property
    def parent(self) -> Node:
        """The child's operand, to which the gradient flows."""
        return self._nodes[self._nodes.trace.parent[self.index]]

    @property
    def slot(self) -> int:
        """Which operand of the child's op the parent is."""
        return self._nodes.trace.slot[self.index]

    @property
    def upstream(self) -> Any:
        """What arrived at the child: float or ndarray."""
        return self._nodes.trace.grads[self._nodes.trace.child[self.index]]

    @property
    def local(self) -> Any:
        """The local gradient; None for a structural op, which has a pullback instead."""
        return self._nodes.trace.local[self.index]

    @property
    def contribution(self) -> Any:
        """What the parent receives through this edge, in the parent's shape."""
        return self._nodes.trace.contribution[self.index]

    @property
    def running(self) -> Any:
        """The sum at the parent after this edge."""
        return self._nodes.trace.running[self.index]

    @property
    def crossing(self) -> Crossing:
        """States, stops and probe, element by element.

        In the child's shape for an elementwise op, in the parent's for a structural one.
        """
        return self._nodes.trace.crossing[self.index]

    @property
    def states(self) -> Any:
        """The state of each element, as an array of words."""
        return np.array(STATES)[self.crossing.codes]

    @property
    def counts(self) -> dict[str, int]:
        """How many elements are in each state."""
        return self.crossing.counts

    @property
    def state(self) -> str:
        """The state that all elements share, starved ones aside; else ``partly``."""
        return self.crossing.state

    @property
    def blocks(self) -> bool:
        """Whether it holds a stop: an element that something reached, and nothing leaves."""
        return self.crossing.blocks

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

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.paths = Paths(trace)
        self._nodes = _Nodes(trace)
        self._edges: list[Edge | None] = [None] * len(trace.child)

    def __repr__(self) -> str:
        return f"<gradient flow of {self.root.name}: {len(self.trace.values)} nodes>"

    @property
    def root(self) -> Node:
        """Where the pass starts."""
        return self._nodes[len(self.trace.values) - 1]

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """In topological order, leaves first. Values that want no gradient are here too."""
        return tuple(map(self._nodes.__getitem__, range(len(self.trace.values))))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """In the order of the pass: newest child first, then slot by slot."""
        return tuple(map(self._edge, range(len(self._edges))))

    def node(self, value: Value) -> Node | None:
        """The node of `value`; None if it is not in this graph."""
        i = self.trace.index.get(value) if isinstance(value, Value) else None
        return None if i is None else self._nodes[i]

    def edge_at(self, k: int) -> Edge:
        """The edge in this place of the pass; one object, however often asked."""
        n = len(self._edges)
        return self._edge(item("edge", k, range(n), f"there are {n}"))

    def _edge(self, k: int) -> Edge:
        edge = self._edges[k]
        if edge is None:
            edge = self._edges[k] = Edge(self._nodes, k)
        return edge

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
