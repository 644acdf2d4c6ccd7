"""The flow as DOT: which elements it has, how a line looks.

Ids are stable and start with a prefix of the
graph's own, so that two pictures can share a page.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

from tinygrad_relu.flow.graph import Flow, Node
from tinygrad_relu.numbers import number
from tinygrad_relu.options import choice, whole
from tinygrad_relu.picture import output
from tinygrad_relu.picture.fold import fold
from tinygrad_relu.picture.labels import (
    about,
    about_edge,
    box_table,
    edge_text,
    node_table,
    reached,
    tip,
)
from tinygrad_relu.picture.legend import legend_of
from tinygrad_relu.picture.look import FONT, INK, LOOKS, PALE, PAPER
from tinygrad_relu.picture.plan import Box, Link
from tinygrad_relu.picture.words import name_all
from tinygrad_relu.text import clean


def to_dot(
    flow: Flow,
    gradients: bool = True,
    direction: str = "forward",
    rankdir: str = "LR",
    legend: bool = True,
    max_nodes: int = 300,
    depth: int | None = None,
    focus: Any = None,
    reach: int = 3,
) -> str:
    """Write a flow as DOT source.

    Parameters
    ----------
    flow : Flow
    gradients : bool
        Whether to draw what flowed back, or “–”, as before any backward pass.
    direction : {"forward", "backward"}
        Which way the arrows point: as the values flow, or as the gradient does.
    rankdir : {"LR", "RL", "TB", "BT"}
        Which way the picture grows.
    legend : bool
        Whether to explain the states that occur.
    max_nodes, depth, focus, reach
        How a large graph is folded; see `picture.fold`.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a direction is another word, or `focus` is not in the flow.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> from tinygrad_relu import gradient_flow
    >>> source = to_dot(gradient_flow(tg.Value(-2.0, label="x").relu()))
    >>> "✂ cut" in source
    True
    """
    import graphviz

    choice("to_dot", "direction", direction, ("forward", "backward"))
    choice("to_dot", "rankdir", rankdir, ("LR", "RL", "TB", "BT"))
    whole("to_dot", "max_nodes", max_nodes)
    whole("to_dot", "reach", reach, 0)
    if depth is not None:
        whole("to_dot", "depth", depth)
    picture = fold(flow, max_nodes, depth, focus, reach)
    names = name_all(flow.nodes)
    boxes = {
        id(item): box_table(item, gradients)
        if isinstance(item, Box)
        else node_table(item, names[item.index], gradients, item is flow.root)
        for item in picture.items
    }
    texts = [edge_text(link, gradients) for link in picture.links]
    content = "\n".join([*boxes.values(), *texts, f"{direction} {rankdir} {gradients}"])
    prefix = "g" + hashlib.sha1(content.encode("utf-8", "replace")).hexdigest()[:6]

    dot = graphviz.Digraph("flow")
    dot.attr(
        id=f"{prefix}-graph",
        rankdir=rankdir,
        bgcolor=PAPER,
        pad="0.2",
        nodesep="0.3",
        ranksep="0.45",
        fontname=FONT,
        fontsize="11",
        fontcolor=INK,
        tooltip=tip(f"gradient flow of {names[flow.root.index]}"),
    )
    if legend:
        key = legend_of(picture, gradients, direction, names[flow.root.index])
        dot.attr(label=key, labelloc="b", labeljust="l")
    dot.attr("node", shape="plain", fontname=FONT, fontsize="11", fontcolor=INK)
    dot.attr("edge", fontname=FONT, fontsize="10", color=PALE, arrowsize="0.7")
    for item in picture.items:
        dot.node(
            _name(item),
            boxes[id(item)],
            id=f"{prefix}-{_id(item)}",
            **{"class": _classes(item, flow, gradients)},
            tooltip=tip(about(item, names)),
        )
    strongest = max((link.magnitude for link in picture.links), default=0.0)
    order = Counter[tuple[str, str]]()
    for link, text in zip(picture.links, texts, strict=True):
        ends = _id(link.head), _id(link.tail)
        place = str(order[ends]) if len(link.edges) != 1 else str(link.edges[0].slot)
        order[ends] += 1
        dot.edge(
            _name(link.tail),
            _name(link.head),
            text or None,
            id=f"{prefix}-edge-{'-'.join(ends)}-{place}",
            tooltip=tip(about_edge(link, names, gradients)),
            **_line(link, gradients, direction, strongest),
        )
    return str(dot.source)


# --- names ------------------------------------------------------------------------------


def _name(item: Node | Box) -> str:
    return f"b{item.key}" if isinstance(item, Box) else f"n{item.index}"


def _id(item: Node | Box) -> str:
    return f"box-{item.key}" if isinstance(item, Box) else f"node-{item.index}"


def _classes(item: Node | Box, flow: Flow, gradients: bool) -> str:
    if isinstance(item, Box):
        return " ".join(["box", *(f"has-{s}" for s in item.counts if gradients)])
    words = ["leaf" if item.value.op is None else f"op op-{clean(item.value.op.name)}"]
    if item.value.note("refused"):
        words.append("refused")
    if item is flow.root:
        words.append("root")
    if not item.value.requires_grad:
        words.append("detached" if item.detached else "constant")
    elif gradients and not reached(item):
        words.append("unreached")
    if item.cancelled and gradients:
        words.append("cancels")
    return "".join(c if c.isalnum() or c in " -_" else "-" for c in " ".join(words))


# --- lines ------------------------------------------------------------------------------


def _line(link: Link, gradients: bool, direction: str, strongest: float) -> dict[str, str]:
    """The attributes of a line: its state in dash, mark, colour and class; its width."""
    back = direction == "backward"
    if link.note:
        style = "dotted" if link.note == "detached" else "solid"
        return {"class": link.note, "color": PALE, "penwidth": "0.6", "style": style,
                "arrowhead": "none", "dir": "forward"}  # fmt: skip
    if not gradients or not link.edges:
        return {"class": "not-known", "color": PALE, "penwidth": "1", "dir": "forward"}
    state = link.state
    look = LOOKS[state]
    if state == "partly":  # in the colour of what most of the others meet
        others = {s: n for s, n in link.counts.items() if s not in ("flows", "starved")}
        look = replace(look, color=LOOKS[max(others, key=others.__getitem__)].color)
    blocks = any(edge.blocks for edge in link.edges)
    style = "dashed" if state == "kink" and blocks else look.style
    share = link.magnitude / strongest if strongest else 0.0
    width = 1.0 if state == "starved" else (2.0 if blocks else 1.2) + 3.0 * share**0.5
    color = f"{look.color}:{PAPER}:{look.color}" if state == "nonfinite" else look.color
    # Where the gradient stops is marked at the end it does not reach: the parent's.
    arrow = "normal" if look.mark == "none" else look.mark
    heads = (
        {"dir": "back", "arrowtail": arrow}
        if back
        else {"dir": "both", "arrowhead": "normal", "arrowtail": look.mark}
    )
    return {
        "class": f"{state}{' blocks' if blocks else ''}",
        "color": color,
        "penwidth": number(round(width, 2)),
        "style": style,
        **heads,
    }


# --- the flow in other forms ------------------------------------------------------------


def drawing(flow: Flow, **options: Any) -> output.Drawing:
    """The flow as a `Drawing`, which shows and saves itself. Options as for `to_dot`."""
    from tinygrad_relu.picture.text import to_text

    gradients = bool(options.get("gradients", True))
    return output.Drawing(to_dot(flow, **options), to_text(flow, gradients))


def to_svg(flow: Flow, engine: str | None = None, **options: Any) -> str:
    """The flow as SVG. Options as for `to_dot`; `engine` chooses the renderer."""
    return drawing(flow, **options).to_svg(engine)
