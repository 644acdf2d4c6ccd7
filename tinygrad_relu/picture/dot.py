"""The flow as DOT: what a node says, how an edge looks.

Text in a picture is HTML-like and escaped, ids are stable and start with a prefix of the
graph's own, so that two pictures can share a page.
"""

from __future__ import annotations

import hashlib
import html
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.numbers import number
from tinygrad_relu.options import choice, whole
from tinygrad_relu.picture import output
from tinygrad_relu.picture.fold import Box, Link, Picture, fold
from tinygrad_relu.picture.look import FAINT, INK, LOOKS, PALE, PAPER, Look
from tinygrad_relu.picture.words import (
    NOT_KNOWN,
    clean,
    convention,
    line_of,
    name_all,
    operation,
    shape,
    spread,
    summary,
    tally,
)

FONT = "Helvetica,Arial,sans-serif"


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
    for name, limit in {"max_nodes": max_nodes, "depth": depth, "reach": reach}.items():
        if limit is not None:
            whole("to_dot", name, limit, 0 if name == "reach" else 1)
    picture = fold(flow, max_nodes, depth, focus, reach)
    names = name_all(flow.nodes)
    boxes = {
        id(item): _box_table(item, gradients)
        if isinstance(item, Box)
        else _node_table(item, names[item.index], gradients, item is flow.root)
        for item in picture.items
    }
    texts = [_edge_text(link, gradients) for link in picture.links]
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
        key = _legend(picture, gradients, direction, names[flow.root.index])
        dot.attr(label=key, labelloc="b", labeljust="l")
    dot.attr("node", shape="plain", fontname=FONT, fontsize="11", fontcolor=INK)
    dot.attr("edge", fontname=FONT, fontsize="10", color=PALE, arrowsize="0.7")
    for item in picture.items:
        dot.node(
            _name(item),
            boxes[id(item)],
            id=f"{prefix}-{_id(item)}",
            **{"class": _classes(item, flow, gradients)},
            tooltip=tip(_about(item, names)),
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
            tooltip=tip(_about_edge(link, names, gradients)),
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
    if item is flow.root:
        words.append("root")
    if not item.value.requires_grad:
        words.append("detached" if item.detached else "constant")
    elif gradients and not _reached(item):
        words.append("unreached")
    if item.cancelled and gradients:
        words.append("cancels")
    return "".join(c if c.isalnum() or c in " -_" else "-" for c in " ".join(words))


def _reached(node: Node) -> bool:
    return bool(np.any(node.arrives))


# --- text -------------------------------------------------------------------------------


def escape(text: str) -> str:
    """For an HTML-like label; there, a backslash would start one of Graphviz's escapes."""
    return html.escape(text).replace("\\", "&#92;&#92;")


def tip(text: str) -> str:
    """For a tooltip."""
    import graphviz

    return str(graphviz.escape(html.escape(text)))


def faint(text: str) -> str:
    """Text of second rank, already escaped."""
    return f'<FONT COLOR="{FAINT}" POINT-SIZE="9">{text}</FONT>'


def _row(what: str, content: str) -> str:
    return (
        f'<TR><TD ALIGN="LEFT">{faint(what)}</TD><TD ALIGN="RIGHT">{content}</TD></TR>'
        if what
        else f'<TR><TD COLSPAN="2">{content}</TD></TR>'
    )


def _table(rows: list[str], color: str, style: str, fill: str, border: int = 1) -> str:
    inner = (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{"".join(rows)}</TABLE>'
    )
    return (
        f'<<TABLE BORDER="{border}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4" '
        f'STYLE="{style}" COLOR="{color}" BGCOLOR="{fill}"><TR><TD>{inner}</TD></TR></TABLE>>'
    )


def _node_table(node: Node, name: str, gradients: bool, root: bool) -> str:
    value = node.value
    op = escape(operation(value))
    if value.op is None:
        title = f"<B>{escape(name)}</B>"
    elif value.label:
        title = f"<B>{escape(name)}</B>  {op}"
    else:
        title = f"<B>{op}</B> {faint(escape(name))}"
    if value.ndim:
        title += f"  {faint(shape(value.shape))}"
    rows = [_row("", title)]
    if node.detached:
        origin = value.detached_from
        source = f" from {escape(clean(origin.label))}" if origin and origin.label else ""
        rows.append(_row("", faint(f"detached{source}")))
    rows += _numbers("value", value.data)
    if value.requires_grad:
        rows += _numbers("grad", node.grad) if gradients else [_row("grad", NOT_KNOWN)]
        if node.cancelled and gradients:
            look = LOOKS["cancelled"]
            rows.append(_row("", f'<FONT COLOR="{look.ink}">{look.sign} {look.word} here</FONT>'))
    else:
        rows.append(_row("grad", faint("not wanted")))
    unreached = gradients and value.requires_grad and not _reached(node)
    if unreached or not value.requires_grad:
        return _table(rows, PALE, "ROUNDED,DASHED", "#f6f8fa")
    fill = PAPER if value.op is None else "#eaf1f7"
    return _table(rows, INK if root else "#57606a", "ROUNDED", fill, 2 if root else 1)


def _numbers(what: str, data: Any) -> list[str]:
    rows = [_row(what, escape(summary(data)))]
    if np.ndim(data) and np.size(data) > 4:
        rows.append(f'<TR><TD></TD><TD ALIGN="RIGHT">{_strip(data)}</TD></TR>')
    return rows


def _strip(data: Any, cells: int = 20) -> str:
    """A tiny heat strip along the last axis: the number of largest size in each cell.

    Exactly 0 is left blank; blue is negative, orange positive. Three columns or fewer are no
    strip to read: the rows are taken then.
    """
    rows = np.asarray(data, float).reshape(-1, np.shape(data)[-1])
    if rows.shape[1] < 4:
        rows = rows.T
    drawn = []
    for part in np.array_split(rows, min(cells, rows.shape[1]), axis=1):
        flat = part.ravel()[np.isfinite(part.ravel())]
        drawn.append(float(flat[np.argmax(np.abs(flat))]) if flat.size else np.nan)
    top = max((abs(x) for x in drawn if x == x), default=0.0) or 1.0
    cell = '<TD WIDTH="5" HEIGHT="9" BGCOLOR="{}"></TD>'
    return (
        f'<TABLE BORDER="1" COLOR="{PALE}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
        + "".join(cell.format(_heat(x / top)) for x in drawn)
        + "</TR></TABLE>"
    )


def _heat(x: float) -> str:
    if x != x:
        return "#000000"
    if x == 0:
        return PAPER
    strength = 0.25 + 0.75 * min(1.0, abs(x))
    full = (0x00, 0x4F, 0x80) if x < 0 else (0xE6, 0x9F, 0x00)
    return "#" + "".join(f"{round(255 - strength * (255 - c)):02x}" for c in full)


def _box_table(box: Box, gradients: bool) -> str:
    ops = box.ops.most_common()
    rows = [_row("", f"<B>{escape(box.title)}</B>")]
    if len(ops) > 1:
        rows.append(_row("", faint(f"{len(box.nodes)} nodes")))
    if len(ops) > 1 or " × " not in box.title:  # else the title says it
        for start in range(0, min(len(ops), 6), 3):
            words = " · ".join(f"{n} {escape(clean(op))}" for op, n in ops[start : start + 3])
            more = " …" if start == 3 and len(ops) > 6 else ""
            rows.append(_row("", faint(words + more)))
    rows.append(_row("value", escape(_range([node.value.data for node in box.nodes]))))
    if gradients and any(node.value.requires_grad for node in box.nodes):
        rows.append(_row("grad", escape(_range([node.grad for node in box.nodes]))))
        for state, look in LOOKS.items():
            if state not in ("flows", "partly") and state in box.counts:
                text = f"{look.sign} {look.word} {box.share(state)}".strip(" ·")
                rows.append(_row("", f'<FONT COLOR="{look.ink}">{escape(text)}</FONT>'))
    return _table(rows, INK, "ROUNDED", "#fdf6e3", 2)


def _range(data: list[Any]) -> str:
    known = [np.ravel(d) for d in data if d is not None]
    return spread(np.concatenate(known)) if known else NOT_KNOWN


def _edge_text(link: Link, gradients: bool) -> str:
    if link.note == "detached":
        return f"<{faint('detached')}>"
    if not link.edges:
        return ""
    lines = []
    look = LOOKS[link.state]
    if gradients:
        for state in link.counts if link.state == "partly" else [link.state]:
            one = LOOKS[state]
            if state == "flows" or (state == "starved" and link.state == "partly"):
                continue
            words = f"{one.sign} {one.word} {tally(link.counts, state)}".strip(" ·")
            bold = f"<B>{escape(words)}</B>" if state != "starved" else words
            lines.append(f'<FONT COLOR="{one.ink}">{bold}</FONT>')
        if "kink" in link.counts:
            words = escape(convention(link.edges)).replace(": ", "<BR/>")
            lines.append(f'<FONT COLOR="{LOOKS["kink"].ink}" POINT-SIZE="9">{words}</FONT>')
    if len(link.edges) == 1 and not (gradients and link.state == "starved"):
        edge = link.edges[0]
        if edge.local is not None:
            lines.append(escape(f"× {spread(edge.local)}"))
        if gradients:
            lines.append(escape(f"= {spread(edge.contribution)}"))
    elif gradients and len(link.edges) == 1 and _shut_too(link.edges[0]):
        lines.append(faint("and × 0"))
    elif len(link.edges) > 1 and not lines:
        lines.append(faint(f"{len(link.edges)} edges"))
    if not lines:
        return ""
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="4"><TR><TD>'
        f'<FONT COLOR="{look.ink if gradients else FAINT}">{"<BR/>".join(lines)}</FONT>'
        "</TD></TR></TABLE>>"
    )


def _shut_too(edge: Edge) -> bool:
    """Whether a starved edge would stop the gradient if any arrived."""
    return edge.local is not None and not np.any(edge.local)


def _about(item: Node | Box, names: dict[int, str]) -> str:
    if isinstance(item, Box):
        first = ", ".join(names[node.index] for node in item.nodes[:8])
        return f"{item.title}: {first}{', …' if len(item.nodes) > 8 else ''}"
    made = f", made at {line_of(item.value)}" if item.value.source else ""
    dims = f" of shape {shape(item.value.shape)}" if item.value.ndim else ""
    return f"{names[item.index]}: {operation(item.value)}{dims}{made}"


def _about_edge(link: Link, names: dict[int, str], gradients: bool) -> str:
    def name(item: Node | Box) -> str:
        return item.title if isinstance(item, Box) else names[item.index]

    if not link.edges:
        return f"{name(link.tail)} → {name(link.head)}: no gradient ({link.note})"
    if not gradients:
        return f"{name(link.tail)} → {name(link.head)}"
    states = ", ".join(f"{LOOKS[s].word} {tally(link.counts, s)}".strip() for s in link.counts)
    return f"gradient from {name(link.head)} to {name(link.tail)}: {states}"


# --- lines ------------------------------------------------------------------------------


def _line(link: Link, gradients: bool, direction: str, strongest: float) -> dict[str, str]:
    """The attributes of a line: its state in dash, mark, colour and class; its width."""
    back = direction == "backward"
    if not link.edges:
        style = "dotted" if link.note == "detached" else "solid"
        return {"class": link.note, "color": PALE, "penwidth": "0.6", "style": style,
                "arrowhead": "none", "dir": "forward"}  # fmt: skip
    if not gradients:
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


# --- legend -----------------------------------------------------------------------------


def _legend(picture: Picture, gradients: bool, direction: str, root: str) -> str:
    lines = {link.state for link in picture.links if link.edges}
    words = {state for link in picture.links for state in link.counts}
    for item in picture.items:
        words |= set(item.counts) if isinstance(item, Box) else _marks(item)
    rows = []
    for state, look in LOOKS.items():
        if gradients and state in lines | words - {"starved"}:
            rows.append(_key(look, state in lines))
    if any(not link.edges for link in picture.links):
        plain = Look("", "no gradient", "a constant, or detached", PALE, FAINT, "solid", "", "")
        rows.append(_key(plain, True))
    way = (
        "arrows: the way of the gradient, back from"
        if direction == "backward"
        else "arrows: the way of the values; the gradient flows against them, back from"
    )
    notes = [f"{way} {escape(root)}"]
    if gradients:
        notes.append("on an edge: × local gradient = contribution")
    else:
        notes.append(f"“{NOT_KNOWN}”: no backward pass yet")
    if picture.folded:
        notes.append(f"{picture.folded} nodes are folded into boxes")
    rows += [f'<TR><TD COLSPAN="4" ALIGN="LEFT">{faint(note)}</TD></TR>' for note in notes]
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">'
        f"{''.join(rows)}</TABLE>>"
    )


def _marks(node: Node) -> set[str]:
    return {"cancelled"} if node.cancelled else set()


def _key(look: Look, line: bool) -> str:
    """A line of the legend; without a sample where the state is only part of a line."""
    side = f'BORDER="2" SIDES="B" COLOR="{look.color}" STYLE="{look.style.upper()}"' if line else ""
    sample = (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
        f'<TD FIXEDSIZE="TRUE" WIDTH="34" HEIGHT="5" {side}></TD></TR>'
        '<TR><TD HEIGHT="4"></TD></TR></TABLE>'
    )
    word = escape(f"{look.sign} {look.word}".strip(" ·"))
    glyph = escape(look.glyph) if line and look.glyph else " "
    return (
        f'<TR><TD>{sample}</TD><TD><FONT COLOR="{look.color}">{glyph}</FONT></TD>'
        f'<TD ALIGN="LEFT"><FONT COLOR="{look.ink}"><B>{word}</B></FONT></TD>'
        f'<TD ALIGN="LEFT">{faint(escape(look.meaning))}</TD></TR>'
    )


# --- the flow in other forms ------------------------------------------------------------


def drawing(flow: Flow, **options: Any) -> output.Drawing:
    """The flow as a `Drawing`, which shows and saves itself. Options as for `to_dot`."""
    from tinygrad_relu.picture.text import to_text

    gradients = bool(options.get("gradients", True))
    return output.Drawing(to_dot(flow, **options), to_text(flow, gradients))


def to_svg(flow: Flow, engine: str | None = None, **options: Any) -> str:
    """The flow as SVG. Options as for `to_dot`; `engine` chooses the renderer."""
    return drawing(flow, **options).to_svg(engine)
