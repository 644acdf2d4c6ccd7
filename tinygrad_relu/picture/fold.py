"""A large flow as a small picture: repeated structure folded into boxes.

In this order: only a neighbourhood (`focus`), one box per `scope`, one box per
set of nodes of the same structure, and at last bands of a long graph.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.flow.states import common_state
from tinygrad_relu.picture.words import clean, tally
from tinygrad_relu.value import Value

#: At most so many boxes of equal structure; else a long graph is cut into so many bands.
BOXES, BANDS = 40, 12


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

    @property
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
    for edge in edges:
        total.update(edge.counts)
    return dict(total)


def fold(
    flow: Flow,
    max_nodes: int = 300,
    depth: int | None = None,
    focus: Any = None,
    reach: int = 3,
) -> Picture:
    """Choose what to draw of a flow.

    Parameters
    ----------
    flow : Flow
    max_nodes : int
        A flow of at most so many nodes is drawn in full.
    depth : int, optional
        Fold scopes below this depth, however few nodes there are: 1 keeps one box for each
        outermost `scope`.
    focus : Value, Node, Edge, or a cut of the flow, optional
        Draw its neighbourhood only; the rest becomes one box on either side.
    reach : int
        How many edges the neighbourhood extends from the focus.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If `focus` is not in the flow.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> from tinygrad_relu import gradient_flow
    >>> x = tg.Value(1.0)
    >>> with tg.scope("block"):
    ...     y = (x * 2).relu() + 1
    >>> picture = fold(gradient_flow(y * y), depth=1)
    >>> [getattr(item, "title", "") or item.name for item in picture.items]
    ['block', 'v4']
    """
    if focus is not None:
        groups = _neighbourhood(flow, focus, reach)
    elif depth is not None:
        groups = _scopes(flow, depth)
        if _size(groups) > max_nodes:
            groups = _structure(flow, groups, max_nodes)
    elif len(flow.nodes) > max_nodes:
        groups = _by_scope_or_structure(flow, max_nodes)
    else:
        groups = {}
    return _assemble(flow, groups)


# A grouping is a dict from the index of a node to its group; a node without a group is drawn
# itself. A group is a hashable: (kind, title, anything that tells it apart).
Groups = dict[int, Hashable]


def _size(groups: Groups, nodes: int = 0) -> int:
    return len(set(groups.values())) + nodes - (len(groups) if nodes else 0)


def _links(flow: Flow) -> list[tuple[Node, Node, int]]:
    """Every (parent, child, slot), gradients or not."""
    found = []
    for child in flow.nodes:
        for slot, a in enumerate(child.value.operands if child.value.op else ()):
            parent = flow.node(a) if isinstance(a, Value) else None
            if parent is not None:
                found.append((parent, child, slot))
    return found


def _neighbourhood(flow: Flow, focus: Any, reach: int) -> Groups:
    near = set(_indices(flow, focus))
    sides: dict[int, list[int]] = {node.index: [] for node in flow.nodes}
    users: dict[int, list[int]] = {node.index: [] for node in flow.nodes}
    for parent, child, _ in _links(flow):
        sides[child.index].append(parent.index)
        sides[parent.index].append(child.index)
        users[parent.index].append(child.index)
    toward = _reachable(near, users)
    queue = deque((i, 0) for i in sorted(near))
    while queue:
        i, steps = queue.popleft()
        if steps < reach:
            for j in sides[i]:
                if j not in near:
                    near.add(j)
                    queue.append((j, steps + 1))
    return {
        node.index: ("toward the loss" if node.index in toward else "further back",)
        for node in flow.nodes
        if node.index not in near
    }


def _indices(flow: Flow, focus: Any) -> list[int]:
    focus = getattr(focus, "edge", focus)
    ends = [focus.child, focus.parent] if isinstance(focus, Edge) else [focus]
    # by value: a node of another flow of the same graph will do
    values = [end.value if isinstance(end, Node) else end for end in ends]
    nodes = [flow.node(value) if isinstance(value, Value) else None for value in values]
    if None in nodes:
        raise ValueError(
            f"focus={focus!r} is not in this flow: give a Value of its graph, one of flow.nodes, "
            "flow.edges or flow.cuts"
        )
    return [node.index for node in nodes if node is not None]


def _reachable(start: Iterable[int], to: dict[int, list[int]]) -> set[int]:
    seen = set(start)
    ends = list(seen)
    while ends:
        for j in to[ends.pop()]:
            if j not in seen:
                seen.add(j)
                ends.append(j)
    return seen


def _scopes(flow: Flow, depth: int) -> Groups:
    """One group per scope down to `depth`; leaves go where all their users are."""
    groups: Groups = {
        node.index: ("scope", " / ".join(node.value.scope[: max(depth, 1)]))
        for node in flow.nodes
        if node.value.scope
    }
    _adopt_leaves(flow, groups)
    return groups


def _adopt_leaves(flow: Flow, groups: Groups) -> None:
    users: dict[int, set[Hashable]] = {}
    for parent, child, _ in _links(flow):
        if parent.value.op is None:
            users.setdefault(parent.index, set()).add(groups.get(child.index))
    for index, found in users.items():
        group = next(iter(found))
        if len(found) == 1 and group is not None:
            groups[index] = group


def _by_scope_or_structure(flow: Flow, max_nodes: int) -> Groups:
    deepest = max((len(node.value.scope) for node in flow.nodes), default=0)
    groups: Groups = {}
    for depth in range(deepest, 0, -1):
        groups = _scopes(flow, depth)
        if _size(groups, len(flow.nodes)) <= max_nodes:
            return groups
    return _structure(flow, groups, max_nodes)


def _structure(flow: Flow, groups: Groups, max_nodes: int) -> Groups:
    """Group what no scope holds: nodes of the same structure, else bands of a long graph."""
    parents: dict[int, list[int]] = {node.index: [] for node in flow.nodes}
    for parent, child, _ in _links(flow):
        parents[child.index].append(parent.index)
    inner = [n for n in flow.nodes if n.value.op is not None and n.index not in groups]
    kinds = _kinds(flow, parents)
    found: Groups = {n.index: ("same", kinds[n.index]) for n in inner}
    if _size(found) > min(BOXES, max_nodes):
        found = _bands(inner, parents, min(BANDS, max_nodes))
    found |= groups
    _adopt_leaves(flow, found)
    for parent, child, slot in _links(flow):
        kind = found.get(parent.index)
        if parent.value.op is None and (kind is None or kind[0] == "same"):  # type: ignore[index]
            wanted = parent.value.requires_grad
            found[parent.index] = ("leaves", wanted, found.get(child.index, child.index), slot)
    return found


def _kinds(flow: Flow, parents: dict[int, list[int]]) -> dict[int, int]:
    """A number for each node, equal where the structure behind it is: op, shape, parents' kinds.

    A chain of one op, as in a sum written term by term, counts as one node of many parents.
    """
    users: dict[int, list[int]] = {}
    for child, behind in parents.items():
        for parent in behind:
            users.setdefault(parent, []).append(child)
    ends: dict[int, int] = {}  # the last node of the chain that a node belongs to
    for node in reversed(flow.nodes):
        user = users.get(node.index, [])
        after = flow.nodes[user[0]].value.op if len(user) == 1 else None
        op = node.value.op
        same = op is not None and after is not None and op.name == after.name
        ends[node.index] = ends[user[0]] if same else node.index
    terms: dict[int, list[int]] = {}
    for child, behind in parents.items():
        terms.setdefault(ends[child], []).extend(p for p in behind if ends[p] != ends[child])
    numbers: dict[Any, int] = {}
    kinds: dict[int, int] = {}
    for node in flow.nodes:
        if ends[node.index] == node.index:
            op = node.value.op
            name = op.name if op else ("leaf", node.value.requires_grad)
            inputs = tuple(sorted(kinds[p] for p in terms[node.index]))
            sign = (name, node.value.shape, inputs)
            kinds[node.index] = numbers.setdefault(sign, len(numbers))
    return {index: kinds[end] for index, end in ends.items()}


def _bands(inner: list[Node], parents: dict[int, list[int]], number: int) -> Groups:
    """Nodes level by level, cut into `number` bands of about the same size."""
    level: dict[int, int] = {}
    for node in inner:
        level[node.index] = 1 + max((level.get(i, 0) for i in parents[node.index]), default=0)
    order = sorted(inner, key=lambda node: level[node.index])
    size = -(-len(order) // number)
    bands: Groups = {}
    band, filled, last = 0, 0, 0
    for node in order:
        if filled >= size and level[node.index] != last:
            band, filled = band + 1, 0
        bands[node.index] = ("band", band)
        filled, last = filled + 1, level[node.index]
    return bands


def _assemble(flow: Flow, groups: Groups) -> Picture:
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
    for parent, child, slot in _links(flow):
        tail, head = place[parent.index], place[child.index]
        edge = by_slot.get((child.index, slot))
        if isinstance(head, Box) and edge is not None:
            head.edges.append(edge)
        if tail is head:
            continue
        note = "" if edge is not None else "constant"
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
