"""The chain rule of one leaf as a formula: a sum over paths, each factor with its number."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from tinygrad_relu.flow.graph import Edge, Flow
from tinygrad_relu.flow.trace import replay
from tinygrad_relu.options import graph_of
from tinygrad_relu.picture.look import LOOKS
from tinygrad_relu.picture.source import leaf_of, met
from tinygrad_relu.picture.words import shape, summary
from tinygrad_relu.program import Names, name_all
from tinygrad_relu.value import Value

MOST = 8  #: paths that are written out


class Chain:
    """∂root/∂leaf as a product of local gradients along each path, summed over the paths.

    Attributes
    ----------
    count : int
        How many paths there are.
    paths : list of tuple of Edge
        The first of them, each from the root to the leaf.
    gradient : float or ndarray
        What they add up to.
    """

    def __init__(self, flow: Flow, leaf: Value) -> None:
        node = flow.node(leaf)
        assert node is not None
        self.gradient = node.grad
        self._root, self._leaf = flow.root.value, leaf
        self._names = name_all([v.value for v in flow.nodes], Names())
        onward, self.count = _onward(flow, leaf)
        self.paths = [
            path for path, _ in zip(_paths(flow, leaf, onward), range(MOST), strict=False)
        ]

    def __str__(self) -> str:
        """Three lines: in names, in numbers, and the sum."""
        head = f"∂{self._names[self._root]}/∂{self._names[self._leaf]}"
        more = [f"… {self.count - MOST} paths more"] * (self.count > MOST)
        rows = []
        for told in (self._named, _counted):
            rows += _sum([" · ".join(map(told, path)) or "1" for path in self.paths] + more)
        rows += [f"= {summary(self.gradient)}"]
        return "\n".join(
            f"{head if i == 0 else ' ' * len(head)} {row}" for i, row in enumerate(rows)
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": f"<pre>{html.escape(str(self))}</pre>"}

    def _named(self, edge: Edge) -> str:
        return f"∂{self._names[edge.child.value]}/∂{self._names[edge.parent.value]}"


def chain(y: Value, leaf: Value) -> Chain:
    """The chain rule of one leaf as a formula, with the numbers of this pass.

    A factor is a local gradient, or for an op that mixes elements (a matrix product, a sum) its
    name; what the gradient met there stands in brackets. Several paths to the leaf are a sum.

    Parameters
    ----------
    y : Value
        A scalar, such as a loss.
    leaf : Value
        A leaf of its graph that requires a gradient.

    Returns
    -------
    Chain
        Print it; `paths` has its edges.

    Raises
    ------
    TypeError, ValueError
        If y is no scalar Value, or the leaf is none of its graph.

    Examples
    --------
    >>> x, w = Value(2.0, label="x"), Value(-1.0, label="w")
    >>> h = (w * x).relu(); h.label = "h"
    >>> y = h + x; y.label = "y"
    >>> print(chain(y, x))
    ∂y/∂x = ∂y/∂h · ∂h/∂mul1 · ∂mul1/∂x
          + ∂y/∂x
          = 1 · 0 (✂ cut) · −1 (· starved)
          + 1
          = 1
    """
    flow = Flow(replay(graph_of("chain", y)))
    return Chain(flow, leaf_of("chain", flow, leaf))


def _sum(terms: list[str]) -> list[str]:
    return [f"{'+' if i else '='} {term}" for i, term in enumerate(terms)]


def _counted(edge: Edge) -> str:
    """A factor as a number, or of an op that mixes elements its name; and what it met there."""
    op = edge.child.value.op
    assert op is not None
    number = summary(edge.local)
    if edge.local is None:
        sizes = (shape(node.value.shape) or "1" for node in (edge.child, edge.parent))
        number = f"{op.name}[{'→'.join(sizes)}]"
    look = LOOKS[edge.state]
    return number if edge.state == "flows" else f"{number} ({look.sign} {met(edge)})"


def _onward(flow: Flow, leaf: Value) -> tuple[dict[int, list[Edge]], int]:
    """The edges on the way to the leaf, by the place of their child; and the number of paths."""
    counts = dict.fromkeys(range(len(flow.nodes)), 0)
    found = flow.node(leaf)
    assert found is not None
    counts[found.index] = 1
    onward: dict[int, list[Edge]] = {}
    for edge in reversed(flow.edges):  # parents first
        if counts[edge.parent.index]:
            counts[edge.child.index] += counts[edge.parent.index]
            onward.setdefault(edge.child.index, []).insert(0, edge)
    return onward, counts[flow.root.index]


def _paths(flow: Flow, leaf: Value, onward: dict[int, list[Edge]]) -> Iterator[tuple[Edge, ...]]:
    """Each path in turn, without recursion: a graph may be deep."""
    open_ends: list[tuple[Edge, ...]] = [()]
    while open_ends:
        path = open_ends.pop()
        end = path[-1].parent if path else flow.root
        if end.value is leaf:
            yield path
        else:
            open_ends += [(*path, edge) for edge in reversed(onward.get(end.index, []))]
