"""A large flow as a small picture: repeated structure folded into boxes.

In this order: only a neighbourhood (`focus`), one box per `scope`, one box per
set of nodes of the same structure, and at last bands of a long graph.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Any

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.picture.plan import Groups, Picture, all_links, assemble
from tinygrad_relu.value import Value

#: At most so many boxes of equal structure; else a long graph is cut into so many bands.
BOXES, BANDS = 40, 12


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
    return assemble(flow, groups)


def _size(groups: Groups, nodes: int = 0) -> int:
    return len(set(groups.values())) + nodes - (len(groups) if nodes else 0)


def _neighbourhood(flow: Flow, focus: Any, reach: int) -> Groups:
    near = set(_indices(flow, focus))
    sides: dict[int, list[int]] = {node.index: [] for node in flow.nodes}
    users: dict[int, list[int]] = {node.index: [] for node in flow.nodes}
    for parent, child, _ in all_links(flow):
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
    for parent, child, _ in all_links(flow):
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
    for parent, child, _ in all_links(flow):
        parents[child.index].append(parent.index)
    inner = [n for n in flow.nodes if n.value.op is not None and n.index not in groups]
    kinds = _kinds(flow, parents)
    found: Groups = {n.index: ("same", kinds[n.index]) for n in inner}
    if _size(found) > min(BOXES, max_nodes):
        found = _bands(inner, parents, min(BANDS, max_nodes))
    found |= groups
    _adopt_leaves(flow, found)
    for parent, child, slot in all_links(flow):
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
