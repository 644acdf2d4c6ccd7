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

from tinygrad_relu.backward import seed_of
from tinygrad_relu.flow.reasons import Stop, ZeroReason, why_zero
from tinygrad_relu.flow.states import (
    CODE,
    STATES,
    Crossing,
    common_state,
    cross_elementwise,
    cross_structural,
    is_linear,
)
from tinygrad_relu.op import Op, fit
from tinygrad_relu.value import Value, fresh_data


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
        return self.value._note("origin", None) is not None

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


class GradientFlow:
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
        return (
            f"<gradient flow of {self.root.name}: {len(self.nodes)} nodes, {len(self.cuts)} cuts>"
        )

    def node(self, value: Value) -> Node | None:
        """The node of `value`; None if it is not in this graph."""
        return self._by_id.get(id(value))

    @cached_property
    def cuts(self) -> tuple[Stop, ...]:
        """The first edges, seen from the root, where passing ends."""
        underflow = CODE["underflow"]
        return tuple(
            Stop(edge, edge.crossing.stops | (edge.crossing.codes == underflow))
            for edge in self.edges
            if edge.blocks
        )

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

    def why_zero(self, leaf: Value, index: Any = None) -> ZeroReason:
        """Say why the gradient of `leaf` is 0, or that it is not.

        Parameters
        ----------
        leaf : Value
        index : int, slice, tuple or array, optional
            Ask for ``leaf[index]`` only, such as one unit's row of a weight matrix.

        Returns
        -------
        ZeroReason

        Examples
        --------
        >>> import tinygrad_relu as tg
        >>> b = tg.Value(-2.0, label="b")
        >>> y = (b + 0.7).relu()
        >>> print(tg.gradient_flow(y).why_zero(b).sentence)  # doctest: +NORMALIZE_WHITESPACE
        b.grad is 0 because every path passes relu, which is shut: its input is −1.3 (b = −2.0, 0.7)
        """
        return why_zero(self, leaf, index)

    def to_text(self, **options: Any) -> str:
        """The flow as a tree for terminals; see `draw.text.to_text`."""
        from tinygrad_relu.draw.text import to_text

        return to_text(self, **options)

    def to_dot(self, **options: Any) -> str:
        """The flow as DOT source; see `draw.dot.to_dot`."""
        from tinygrad_relu.draw.dot import to_dot

        return to_dot(self, **options)

    def to_svg(self, **options: Any) -> str:
        """The flow as an SVG picture; see `draw.dot.to_svg`."""
        from tinygrad_relu.draw.dot import to_svg

        return to_svg(self, **options)

    def to_html(self, **options: Any) -> str:
        """The flow as a self-contained page to step through; see `draw.page.to_html`."""
        from tinygrad_relu.draw.dot import to_html

        return to_html(self, **options)

    def save(self, path: Any, **options: Any) -> Any:
        """Write the flow to a file by its suffix: svg, png, pdf, dot, html or txt."""
        from tinygrad_relu.draw.dot import save

        return save(self, path, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from tinygrad_relu.draw.dot import mimebundle

        return mimebundle(self)


def gradient_flow(root: Value, gradient: Any = None) -> GradientFlow:
    """Replay the backward pass from `root` and record what happens on every edge.

    No `.grad` is changed, and no earlier pass is needed.

    Parameters
    ----------
    root : Value
        A scalar, or a tensor with `gradient`.
    gradient : float or array_like, optional
        The upstream gradient at the root, in its shape.

    Returns
    -------
    GradientFlow

    Raises
    ------
    ValueError, RuntimeError, StaleDataError
        As `Value.backward` does.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(-2.0, label="x")
    >>> flow = gradient_flow(x.relu())
    >>> flow.edges[0].state, flow.edges[0].counts
    ('shut', {'shut': 1})
    """
    seed = seed_of(root, gradient)
    values = topological(root)
    nodes = tuple(Node(v, i, v.label or f"v{i}") for i, v in enumerate(values))
    by_id = {id(node.value): node for node in nodes}
    wanted = {i for i, v in by_id.items() if v.value.requires_grad}
    lost: dict[int, Any] = {}
    arrived: dict[int, list[Any]] = {}
    for node in nodes:
        node.arrives = np.zeros(node.value.shape, bool)
    nodes[-1].grad = seed
    nodes[-1].arrives = np.asarray(seed) != 0
    rng = np.random.default_rng(0)
    edges: list[Edge] = []
    for node in reversed(nodes):
        op = node.value.op
        if node.grad is None and id(node.value) in wanted:
            node.grad = np.zeros(node.value.shape) if node.value.ndim else 0.0
        node.cancelled = _cancels(node, arrived.pop(node.index, []))
        if op is None:
            continue
        data = fresh_data(node.value)
        faint = lost.pop(node.index, np.zeros(node.arrives.shape, bool))
        for slot, operand in enumerate(node.value.operands):
            if id(operand) not in wanted or not isinstance(operand, Value):
                continue
            parent = by_id[id(operand)]
            local, c, crossing = _cross(node, op, slot, data, faint, rng)
            c = fit(c, operand._data)
            parent.grad = c if parent.grad is None else parent.grad + c
            arrived.setdefault(parent.index, []).append(c)
            parent.arrives = parent.arrives | crossing.arrives
            if crossing.lost.any():
                lost[parent.index] = lost.get(parent.index, False) | crossing.lost
            edges.append(Edge(node, parent, slot, node.grad, local, c, parent.grad, crossing))
    return GradientFlow(nodes, tuple(edges))


def _cancels(node: Node, arrived: list[Any]) -> bool:
    """Whether contributions cancelled at `node`, in any element."""
    if len(arrived) < 2:
        return False
    with np.errstate(all="ignore"):
        total = np.sum(np.abs(arrived), axis=0)
        small = np.abs(node.grad) <= 8 * np.finfo(node.value.dtype).eps * total
    return bool(np.any(small & (total > 0)))


def _cross(
    node: Node, op: Op[Any], slot: int, data: list[Any], lost: Any, rng: np.random.Generator
) -> tuple[Any, Any, Crossing]:
    """Take one edge: the local gradient, the contribution before fitting, and the states."""
    g, y, reach = node.grad, node.value._data, node.arrives
    if op.elementwise:
        local = op.local(slot, y, data)
        with np.errstate(all="ignore"):
            c = op.product(g, local)
        crossing = cross_elementwise(op, slot, g, local, y, data, reach, lost)
        return local if node.value.ndim else float(local), c, crossing
    with np.errstate(all="ignore"):
        c = op.contribution(slot, g, y, data)
    crossing = cross_structural(op, slot, g, c, y, data, reach, lost, rng)
    if op.recorded and not is_linear(op, slot, g, y, data):
        crossing.codes = np.full(np.shape(c), CODE["unknown"])
        crossing.arrives = np.full(np.shape(c), reach.any())
    return None, c, crossing


def topological(root: Value) -> list[Value]:
    """Every Value behind `root`, constants too: leaves first, then inner nodes, oldest first."""
    seen = {id(root)}
    inner: list[Value] = []
    open_ends = [root]
    while open_ends:
        value = open_ends.pop()
        if value.op is not None:
            inner.append(value)
        for a in value.parents:
            if id(a) not in seen:
                seen.add(id(a))
                open_ends.append(a)
    inner.sort(key=lambda v: v._stamp)
    leaves = {id(a): a for v in inner for a in v.parents if a.op is None}
    return [*leaves.values(), *inner] if inner else [root]
