"""Where everything is: nodes as boxes, edges as paths, for each way to fold the graph.

Graphviz lays out, by whichever renderer `picture.render` finds; where there is none,
layers and barycentres do. A view, as JSON::

    {"name": "all" | "scopes" | "overview", "depth": 1, "width", "height", "labels": bool,
     "items": [{"x", "y", "w", "h", "nodes": [node, …], "title"?: "2 × relu"}, …],
     "links": [{"tail": item, "head": item, "d": "M…", "at": [x, y], "steps": [step, …],
                "note"?: "constant" | "detached"}, …],
     "scopes": [{"x", "y", "w", "h", "name", "items": [item, …]}, …]}

A link goes from an operand (tail) to its user (head), as values do. Pixels, y down;
`at` is the middle of the label. An item with a title is a box of several nodes. A scope
lists all that is inside its rectangle, the scopes inside it included.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from xml.etree import ElementTree

import numpy as np

from tinygrad_relu.flow.graph import Flow, Node
from tinygrad_relu.picture.fold import fold
from tinygrad_relu.picture.plan import Box, Picture
from tinygrad_relu.picture.render import RendererError, render
from tinygrad_relu.picture.words import name_all, operation
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value

WHOLE = 600  #: a graph of more nodes is only shown folded
LABELLED = 150  #: with more links, labels show on the link in hand only
LABEL = (58, 28)


def views(flow: Flow, engine: str | None = None) -> list[dict[str, Any]]:
    """Every view of a flow; the first is the one to begin with.

    Raises
    ------
    RendererError
        If `engine` is chosen and cannot draw.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> flow = tg.gradient_flow(tg.Value(2.0, label="x").relu())
    >>> [view["name"] for view in views(flow)]
    ['all']
    """
    n, everything = len(flow.nodes), 10**9
    found = []
    if n <= WHOLE:
        found.append(_view("all", 0, flow, fold(flow, everything), engine))
    for depth in range(1, 1 + max((len(v.value.scope) for v in flow.nodes), default=0)):
        found.append(_view("scopes", depth, flow, fold(flow, everything, depth), engine))
    if n > 80:
        overview = _view("overview", 0, flow, fold(flow, 60), engine)
        known = [[item["nodes"] for item in view["items"]] for view in found]
        if [item["nodes"] for item in overview["items"]] not in known:
            found.append(overview)
    if n > 300:  # begin with the view that has the most to show, but not more than the eye takes
        found.sort(key=lambda view: (len(view["items"]) > 300, -len(view["items"])))
    return found


def _view(
    name: str, depth: int, flow: Flow, picture: Picture, engine: str | None
) -> dict[str, Any]:
    names = name_all(flow.nodes)
    sizes = [_measure(item, names) for item in picture.items]
    place = {id(item): i for i, item in enumerate(picture.items)}
    ends = [(place[id(link.tail)], place[id(link.head)]) for link in picture.links]
    labels = len(ends) <= LABELLED
    scopes = _scopes(flow, picture) if name == "all" else {}
    try:
        laid = _graphviz(sizes, ends, labels, scopes, engine)
    except RendererError:
        if engine is not None:
            raise
        laid = _layers(sizes, ends)
    boxes, paths, frames, (width, height) = laid
    order = {id(edge): i for i, edge in enumerate(flow.edges)}
    items: list[dict[str, Any]] = []
    for item, (x, y) in zip(picture.items, boxes, strict=True):
        w, h = sizes[len(items)]
        nodes = [node.index for node in item.nodes] if isinstance(item, Box) else [item.index]
        title = {"title": clean(item.title)} if isinstance(item, Box) else {}
        items.append({"x": _r(x), "y": _r(y), "w": w, "h": h, "nodes": nodes, **title})
    links = []
    for link, (tail, head), (d, at) in zip(picture.links, ends, paths, strict=True):
        told = {"tail": tail, "head": head, "d": d, "steps": [order[id(e)] for e in link.edges]}
        links.append(told | {"at": at and [_r(at[0]), _r(at[1])]})
        if link.note:
            links[-1]["note"] = link.note
    return {
        "name": name,
        "depth": depth,
        "width": _r(width),
        "height": _r(height),
        "labels": labels,
        "items": items,
        "links": links,
        "scopes": frames,
    }


def _r(x: float) -> float:
    return round(float(x), 1)


def _wide(text: str) -> int:
    """Columns of text: a Japanese character is two wide."""
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _measure(item: Node | Box, names: dict[int, str]) -> tuple[int, int]:
    """Width and height in pixels, with room for whatever number comes."""
    if isinstance(item, Box):
        return 18 + round(7.6 * min(36, max(15, _wide(clean(item.title))))), 82
    value = item.value
    title = names[item.index]
    if value.op is not None:
        title = f"{title}  {operation(value)}"
    if value.ndim:
        title += "  " + "×".join(map(str, value.shape))
    columns = min(38, max(_wide(title), 21 if value.ndim else 12))
    return 18 + round(7.6 * columns), 86 if value.ndim else 64


def _scopes(flow: Flow, picture: Picture) -> dict[tuple[str, ...], list[int]]:
    """The items of each scope; a leaf is where all its users are."""
    users: dict[int, set[tuple[str, ...]]] = {}
    for node in flow.nodes:
        for a in node.value.parents:
            parent = flow.node(a)
            if parent is not None and parent.value.op is None:
                users.setdefault(parent.index, set()).add(node.value.scope)
    found: dict[tuple[str, ...], list[int]] = {}
    for i, item in enumerate(picture.items):
        if isinstance(item, Node):
            inside = users.get(item.index, set())
            scope = item.value.scope or (next(iter(inside)) if len(inside) == 1 else ())
            if scope:
                found.setdefault(scope, []).append(i)
    return found


# --- by Graphviz -------------------------------------------------------------------------

Laid = tuple[
    list[tuple[float, float]],
    list[tuple[str, tuple[float, float] | None]],
    list[dict[str, Any]],
    tuple[float, float],
]


def _graphviz(
    sizes: list[tuple[int, int]],
    ends: list[tuple[int, int]],
    labels: bool,
    scopes: dict[tuple[str, ...], list[int]],
    engine: str | None,
) -> Laid:
    lines = ['digraph { rankdir=LR; nodesep=0.22; ranksep=0.3; pad=0.2; fontsize=11; node ['
             'shape=box, fixedsize=true, label=""]; edge [arrowhead=none];']  # fmt: skip
    for i, (w, h) in enumerate(sizes):
        lines.append(f'n{i} [id="n{i}", width={w / 72:.3f}, height={h / 72:.3f}];')
    lines += _clusters(scopes)
    blank = f'<TABLE BORDER="0" FIXEDSIZE="TRUE" WIDTH="{LABEL[0]}" HEIGHT="{LABEL[1]}" '
    blank += 'CELLBORDER="0" BGCOLOR="#ffffff"><TR><TD></TD></TR></TABLE>'
    for i, (tail, head) in enumerate(ends):
        label = f", label=<{blank}>" if labels else ""
        lines.append(f'n{tail} -> n{head} [id="e{i}"{label}];')
    svg = ElementTree.fromstring(render("\n".join([*lines, "}"]), "svg", engine))
    view = [float(x) for x in svg.attrib["viewBox"].split()]
    graph = next(g for g in svg.iter() if g.get("class") == "graph")
    move = re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", graph.attrib["transform"])
    dx, dy = (float(move[1]), float(move[2])) if move else (0.0, 0.0)
    groups = {g.get("id", ""): g for g in svg.iter() if g.get("class") in ("node", "edge")}

    def corners(g: Any) -> Any:
        polygon = next(p for p in g.iter() if p.tag.endswith("polygon"))
        points = [p.split(",") for p in polygon.attrib["points"].split()]
        return np.array(points, float) + np.array([dx, dy])

    boxes = [tuple(corners(groups[f"n{i}"]).min(0)) for i in range(len(sizes))]
    paths: list[tuple[str, tuple[float, float] | None]] = []
    for i in range(len(ends)):
        g = groups[f"e{i}"]
        path = next(p for p in g.iter() if p.tag.endswith("path"))
        at = tuple(corners(g).mean(0)) if labels and _has_label(g) else None
        paths.append((_moved(path.attrib["d"], dx, dy), at))
    frames = []
    for g in svg.iter():
        if g.get("class") == "cluster":
            low, high = corners(g).min(0), corners(g).max(0)
            name = list(scopes)[int(g.attrib["id"][1:])]
            inside = [i for s, some in scopes.items() if s[: len(name)] == name for i in some]
            frames.append({"x": _r(low[0]), "y": _r(low[1]), "w": _r(high[0] - low[0]),
                           "h": _r(high[1] - low[1]), "name": clean(" / ".join(name)),
                           "items": inside})  # fmt: skip
    return boxes, paths, frames, (view[2], view[3])


def _has_label(g: Any) -> bool:
    return any(p.tag.endswith("polygon") for p in g.iter())


def _clusters(scopes: dict[tuple[str, ...], list[int]]) -> list[str]:
    """Scopes as nested clusters; the margin at the top is for the name."""
    lines = []
    keys = list(scopes)

    def write(scope: tuple[str, ...]) -> None:
        i = keys.index(scope)
        lines.append(f'subgraph cluster_{i} {{ id="c{i}"; margin=16; label=" ";')
        lines.extend(f"n{item};" for item in scopes[scope])
        for inner in keys:
            if len(inner) > len(scope) and _nearest(inner, keys) == scope:
                write(inner)
        lines.append("}")

    for scope in keys:
        if not _nearest(scope, keys):
            write(scope)
    return lines


def _nearest(scope: tuple[str, ...], keys: list[tuple[str, ...]]) -> tuple[str, ...]:
    return max((k for k in keys if len(k) < len(scope) and scope[: len(k)] == k),
               key=len, default=())  # fmt: skip


def _moved(d: str, dx: float, dy: float) -> str:
    return re.sub(
        r"(-?[\d.]+(?:e-?\d+)?),(-?[\d.]+(?:e-?\d+)?)",
        lambda m: f"{float(m[1]) + dx:.1f},{float(m[2]) + dy:.1f}",
        d,
    )


# --- without Graphviz --------------------------------------------------------------------


def _layers(sizes: list[tuple[int, int]], ends: list[tuple[int, int]]) -> Laid:
    """A plain layered layout: a column per distance from the root, ordered by barycentres."""
    n = len(sizes)
    users: list[list[int]] = [[] for _ in range(n)]
    behind: list[list[int]] = [[] for _ in range(n)]
    for tail, head in ends:
        users[tail].append(head)
        behind[head].append(tail)
    depth = [0] * n
    for i in reversed(_sorted(users)):
        depth[i] = 1 + max((depth[u] for u in users[i]), default=-1)
    columns: list[list[int]] = [[] for _ in range(max(depth, default=0) + 1)]
    for i in range(n):
        columns[max(depth) - depth[i]].append(i)
    rank = {i: float(r) for column in columns for r, i in enumerate(column)}
    for sweep in range(8):
        near = users if sweep % 2 == 0 else behind
        for column in columns[::-1] if sweep % 2 == 0 else columns:
            wish = {i: np.mean([rank[j] for j in near[i]] or [rank[i]]) for i in column}
            column.sort(key=lambda i: float(wish[i]))
            for r, i in enumerate(column):
                rank[i] = r - (len(column) - 1) / 2
    boxes = [(0.0, 0.0)] * n
    x = 20.0
    tall = max((sum(sizes[i][1] + 22 for i in column) for column in columns), default=0)
    for column in columns:
        y = 20 + (tall - sum(sizes[i][1] + 22 for i in column)) / 2
        for i in column:
            boxes[i] = (x, y)
            y += sizes[i][1] + 22
        x += max((sizes[i][0] for i in column), default=0) + 110
    paths: list[tuple[str, tuple[float, float] | None]] = []
    slots = {i: {t: r for r, t in enumerate(behind[i])} for i in range(n)}
    for tail, head in ends:
        share = (1 + slots[head][tail]) / (1 + len(behind[head]))
        x0, y0 = boxes[tail][0] + sizes[tail][0], boxes[tail][1] + sizes[tail][1] / 2
        x1, y1 = boxes[head][0], boxes[head][1] + sizes[head][1] * share
        bend = max(40.0, (x1 - x0) / 2)
        curve = f"{x0 + bend:.1f},{y0:.1f} {x1 - bend:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
        paths.append((f"M{x0:.1f},{y0:.1f}C{curve}", None))
    return boxes, paths, [], (x, tall + 40)


def _sorted(users: list[list[int]]) -> list[int]:
    """Operands before users, without recursion."""
    missing = [0] * len(users)
    for after in users:
        for u in after:
            missing[u] += 1
    order = [i for i, m in enumerate(missing) if not m]
    for i in order:
        for u in users[i]:
            missing[u] -= 1
            if not missing[u]:
                order.append(u)
    return order


def same_structure(flows: dict[str, Flow]) -> None:
    """Raise unless all flows are of the same graph, ops and numbers aside.

    Raises
    ------
    ValueError
        Naming the two flows and the first difference.
    """
    (first, one), *others = flows.items()
    for name, other in others:
        a, b = _structure(one), _structure(other)
        where = f"frames {clean(first)!r} and {clean(name)!r} are not of the same graph"
        if len(a) != len(b):
            raise ValueError(f"{where}: {len(a)} nodes and {len(b)} nodes")
        for i, (left, right) in enumerate(zip(a, b, strict=True)):
            if left != right:
                raise ValueError(
                    f"{where}: node {i} ({one.nodes[i].name}, {other.nodes[i].name}) has "
                    f"shape {left[0]} and operands {left[1]}, or {right[0]} and {right[1]}"
                )
        if [(e.child.index, e.slot) for e in one.edges] != [
            (e.child.index, e.slot) for e in other.edges
        ]:
            raise ValueError(f"{where}: gradients are wanted in different places")


def _structure(flow: Flow) -> list[Any]:
    def parents(value: Value) -> list[int]:
        return [node.index for a in value.parents if (node := flow.node(a)) is not None]

    return [(node.value.shape, parents(node.value)) for node in flow.nodes]
