"""What nodes, boxes and edges say, as Graphviz's HTML-like labels, and as tooltips."""

from __future__ import annotations

import html
import textwrap
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Node
from tinygrad_relu.picture.look import FAINT, INK, LOOKS, PALE, PAPER, REFUSED
from tinygrad_relu.picture.plan import Box, Link
from tinygrad_relu.picture.words import (
    NOT_KNOWN,
    convention,
    line_of,
    operation,
    shape,
    spread,
    summary,
    tally,
)
from tinygrad_relu.text import clean


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


def reached(node: Node) -> bool:
    """Whether any gradient arrives."""
    return bool(np.any(node.arrives))


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


def node_table(node: Node, name: str, gradients: bool, root: bool) -> str:
    """The label of a node: its name and op, its value, its gradient."""
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
        source = (
            f" from {escape(clean(origin.label))}" if origin is not None and origin.label else ""
        )
        rows.append(_row("", faint(f"detached{source}")))
    if value.note("refused"):
        words = [f"<B>{REFUSED.sign} {REFUSED.word}</B>", *_lines(value.note("refused"))]
        rows += [_row("", f'<FONT COLOR="{REFUSED.ink}">{line}</FONT>') for line in words]
        return _table(rows, REFUSED.color, "ROUNDED", "#fff1f0", 3)
    rows += _numbers("value", value.data)
    if value.requires_grad:
        rows += _numbers("grad", node.grad) if gradients else [_row("grad", NOT_KNOWN)]
        if node.cancelled and gradients:
            look = LOOKS["cancelled"]
            rows.append(_row("", f'<FONT COLOR="{look.ink}">{look.sign} {look.word} here</FONT>'))
    else:
        rows.append(_row("grad", faint("not wanted")))
    unreached = gradients and value.requires_grad and not reached(node)
    if unreached or not value.requires_grad:
        return _table(rows, PALE, "ROUNDED,DASHED", "#f6f8fa")
    fill = PAPER if value.op is None else "#eaf1f7"
    return _table(rows, INK if root else "#57606a", "ROUNDED", fill, 2 if root else 1)


def _lines(text: str, width: int = 44) -> list[str]:
    """A sentence in lines of a box, escaped."""
    return [escape(line) for line in textwrap.wrap(clean(text, 400), width)]


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


def box_table(box: Box, gradients: bool) -> str:
    """The label of a box: what is inside, and how much of it stops the gradient."""
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


def edge_text(link: Link, gradients: bool) -> str:
    """The label of a line: its state, ``× local = contribution``; empty for a bare line."""
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


def about(item: Node | Box, names: dict[int, str]) -> str:
    """The tooltip of a node or box."""
    if isinstance(item, Box):
        first = ", ".join(names[node.index] for node in item.nodes[:8])
        return f"{item.title}: {first}{', …' if len(item.nodes) > 8 else ''}"
    made = f", made at {line_of(item.value)}" if item.value.source else ""
    dims = f" of shape {shape(item.value.shape)}" if item.value.ndim else ""
    return f"{names[item.index]}: {operation(item.value)}{dims}{made}"


def about_edge(link: Link, names: dict[int, str], gradients: bool) -> str:
    """The tooltip of a line."""

    def name(item: Node | Box) -> str:
        return item.title if isinstance(item, Box) else names[item.index]

    if link.note:
        return f"{name(link.tail)} → {name(link.head)}: no gradient ({link.note})"
    if not gradients:
        return f"{name(link.tail)} → {name(link.head)}"
    states = ", ".join(f"{LOOKS[s].word} {tally(link.counts, s)}".strip() for s in link.counts)
    return f"gradient from {name(link.head)} to {name(link.tail)}: {states}"
