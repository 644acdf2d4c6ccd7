"""What is drawn: nodes, boxes of several nodes, and the lines between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.flow.states import common_state
from tinygrad_relu.picture.words import tally
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value

# A grouping is a dict from the index of a node to its group; a node without a group is drawn
# itself. A group is a hashable: (kind, title, anything that tells it apart).
Groups = dict[int, Hashable]


@dataclass(eq=False)
class Box:
    """Several nodes drawn as one.

    Attributes
    ----------
    key : int
        Its place among the boxes.
    title : str
    nodes : list of Node
    edges : list of Edge
        Those whose child is inside: what the box does to the gradient.
    """

    key: int
    title: str
    nodes: list[Node]
    edges: list[Edge]

    @property
    def ops(self) -> Counter[str]:
        """How many nodes of each op it holds; leaves and constants by those names."""
        return Counter(
            node.value.op.name
            if node.value.op
            else ("leaf" if node.value.requires_grad else "constant")
            for node in self.nodes
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        """Elements in each state over its edges."""
        return add_up(self.edges)

    def share(self, state: str) -> str:
        """How many elements are in `state`: of all, or for a cut, of those at a gate."""
        at_gates = [e for e in self.edges if e.child.value.op and e.child.value.op.zero == "shut"]
        return tally(add_up(at_gates) if state == "shut" else self.counts, state)


@dataclass(eq=False)
class Link:
    """A line of the picture: one edge, several between boxes, or none.

    Attributes
    ----------
    tail, head : Node or Box
        Forward: the value flows from tail to head, the gradient from head to tail.
    edges : list of Edge
    note : str
        For a line that carries no gradient: ``"constant"`` or ``"detached"``.
    """

    tail: Node | Box
    head: Node | Box
    edges: list[Edge]
    note: str = ""

    @cached_property
    def counts(self) -> dict[str, int]:
        """Elements in each state."""
        return add_up(self.edges)

    @property
    def state(self) -> str:
        """The state that all elements share, starved ones aside; else ``partly``."""
        return common_state(self.counts)

    @property
    def magnitude(self) -> float:
        """How much gradient it carries: the root of the sum of squares, 0 if not finite."""
        with np.errstate(all="ignore"):
            total = sum(float(np.sum(np.square(e.contribution))) for e in self.edges)
        return total**0.5 if np.isfinite(total) else 0.0


@dataclass(frozen=True)
class Picture:
    """What is drawn: nodes and boxes in topological order, and the lines between them."""

    items: tuple[Node | Box, ...]
    links: tuple[Link, ...]

    @property
    def folded(self) -> int:
        """How many nodes are inside boxes."""
        return sum(len(item.nodes) for item in self.items if isinstance(item, Box))


def add_up(edges: Iterable[Edge]) -> dict[str, int]:
    """Elements in each state, over several edges."""
    total: Counter[str] = Counter()
    for crossing, times in Counter(edge.crossing for edge in edges).items():
        for state, n in crossing.counts.items():
            total[state] += n * times
    return dict(total)


def all_links(flow: Flow) -> list[tuple[Node, Node, int]]:
    """Every (parent, child, slot), gradients or not."""
    found = []
    for child in flow.nodes:
        for slot, a in enumerate(child.value.operands if child.value.op else ()):
            parent = flow.node(a) if isinstance(a, Value) else None
            if parent is not None:
                found.append((parent, child, slot))
    return found


def assemble(flow: Flow, groups: Groups) -> Picture:
    """Put each group of several nodes into a box, and join what is drawn."""
    members: dict[Hashable, list[Node]] = {}
    for node in flow.nodes:
        if node.index in groups:
            members.setdefault(groups[node.index], []).append(node)
    items: list[Node | Box] = []
    place: dict[int, Node | Box] = {}
    boxes: dict[Hashable, Box] = {}
    for node in flow.nodes:
        group = groups.get(node.index)
        item: Node | Box = node
        if group is not None and len(members[group]) > 1:
            if group not in boxes:
                boxes[group] = Box(len(boxes), _title(group, members[group]), members[group], [])
            item = boxes[group]
        if item is node or (isinstance(item, Box) and item.nodes[0] is node):
            items.append(item)
        place[node.index] = item
    return Picture(tuple(items), tuple(_lines(flow, place)))


def _title(group: Any, members: list[Node]) -> str:
    if group[0] == "scope":
        return clean(group[1])
    if group[0] == "band":
        return f"{clean(members[0].name, 12)} … {clean(members[-1].name, 12)}"
    if group[0] in ("same", "leaves"):
        op = members[0].value.op
        what = op.name if op else "leaf" if members[0].value.requires_grad else "constant"
        return f"{len(members)} × {clean(what)}"
    return str(group[0])


def _lines(flow: Flow, place: dict[int, Node | Box]) -> Iterable[Link]:
    by_slot = {(edge.child.index, edge.slot): edge for edge in flow.edges}
    bundles: dict[Any, Link] = {}
    for parent, child, slot in all_links(flow):
        tail, head = place[parent.index], place[child.index]
        edge = by_slot.get((child.index, slot))
        if isinstance(head, Box) and edge is not None:
            head.edges.append(edge)
        if tail is head:
            continue
        note = "" if parent.value.requires_grad else "constant"
        single = isinstance(tail, Node) and isinstance(head, Node)
        key = (id(tail), id(head), note, slot if single else None)
        link = bundles.setdefault(key, Link(tail, head, [], note))
        if edge is not None:
            link.edges.append(edge)
    for node in flow.nodes:
        origin = node.value.detached_from
        source = flow.node(origin) if origin is not None else None
        if source is not None:
            tail, head = place[source.index], place[node.index]
            if tail is not head:
                bundles.setdefault(
                    (id(tail), id(head), "detached", None), Link(tail, head, [], "detached")
                )
    return bundles.values()
