"""The flow as a tree for terminals: signs and words, no renderer."""

from __future__ import annotations

from collections.abc import Iterator

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.node import behind
from tinygrad_relu.options import whole
from tinygrad_relu.picture.look import LOOKS, REFUSED
from tinygrad_relu.picture.words import (
    NOT_KNOWN,
    convention,
    line_of,
    name_all,
    operation,
    shape,
    spread,
    summary,
    tally,
)
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value


def to_text(flow: Flow, gradients: bool = True, max_lines: int = 200, max_depth: int = 40) -> str:
    """Write a flow as a tree, from the root back to the leaves.

    A line is an edge and what it leads to: the state if the gradient does not simply flow,
    ``×local = contribution``, then the node, its op, its value and its gradient (∂). A node
    used twice is written once and referred to after.

    Parameters
    ----------
    flow : Flow
    gradients : bool
        Whether to write what flowed back, or “–”, as before any backward pass.
    max_lines, max_depth : int
        What is beyond is counted, not written.

    Returns
    -------
    str

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> from tinygrad_relu import gradient_flow
    >>> x, w, b = tg.Value(0.7, "x"), tg.Value(1.0, "w"), tg.Value(-2.0, "b")
    >>> print(to_text(gradient_flow((w * x + b).relu() + x)))
    v6  add  0.7  ∂ 1
    ├─ ×1 = 1 ─ v5  relu  0  ∂ 1
    │  └─ ✂ cut ×0 = 0 ─ v4  add  −1.3  ∂ 0
    │     ├─ · starved ─ v3  mul  0.7  ∂ 0
    │     │  ├─ · starved ─ w  leaf  1  ∂ 0
    │     │  └─ · starved ─ x  leaf  0.7  ∂ 1
    │     └─ · starved ─ b  leaf  −2  ∂ 0
    └─ ×1 = 1 ─ x  (see above)
    <BLANKLINE>
    ✂ cut: the flat side of a gate: the local gradient is exactly 0
    · starved: nothing arrives: stopped nearer the loss
    """
    whole("to_text", "max_lines", max_lines)
    whole("to_text", "max_depth", max_depth)
    names = name_all(flow.nodes)
    lines: list[str] = []
    written: set[int] = set()
    found: set[str] = set()
    # What is still to be written, the next line last: (indent, branch, edge or None, node, depth).
    ahead: list[tuple[str, str, Edge | str, Node, int]] = [("", "", "", flow.root, 0)]
    edges = {(edge.child.index, edge.slot): edge for edge in flow.edges}
    while ahead and len(lines) < max_lines:
        indent, branch, edge, node, depth = ahead.pop()
        head = indent + branch
        if not isinstance(edge, str):
            if gradients:
                found |= set(edge.counts)
            head += _edge(edge, gradients)
        elif edge:
            head += f"{edge} ─ "
        if id(node.value) in written:
            lines.append(f"{head}{names[node.index]}  (see above)")
            continue
        written.add(id(node.value))
        lines.append(head + _node(node, names[node.index], gradients))
        below = indent + {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        children = list(_operands(flow, node, edges))
        if children and depth >= max_depth:
            hidden = _hidden(node, written)
            if hidden:
                lines.append(f"{below}└─ … {hidden} more")
            continue
        for i, (next_edge, parent) in enumerate(reversed(children)):
            ahead.append((below, "└─ " if i == 0 else "├─ ", next_edge, parent, depth + 1))
    if ahead:
        lines.append(f"… {len(flow.nodes) - len(written)} more")
    legend = [
        f"{look.sign} {look.word}: {look.meaning}"
        for state, look in LOOKS.items()
        if state in found and state != "flows"
    ]
    return "\n".join([*lines, "", *legend] if legend else lines)


def _operands(
    flow: Flow, node: Node, edges: dict[tuple[int, int], Edge]
) -> Iterator[tuple[Edge | str, Node]]:
    for slot, a in enumerate(node.value.operands if node.value.op else ()):
        parent = flow.node(a) if isinstance(a, Value) else None
        if parent is not None:
            plain = "detached" if parent.detached else "no gradient wanted"
            plain = "" if parent.value.requires_grad else plain
            yield edges.get((node.index, slot), plain), parent


def _hidden(node: Node, written: set[int]) -> int:
    """How many unwritten nodes are behind `node`; they count as written from then on."""
    hidden = [id(v) for v in behind(node.value, written) if id(v) not in written]
    written.update(hidden)
    return len(hidden)


def _edge(edge: Edge, gradients: bool) -> str:
    state, parts = edge.state, []
    if gradients and state == "partly":
        for one in edge.counts:
            if one not in ("flows", "starved"):
                parts.append(f"{LOOKS[one].sign} {LOOKS[one].word} {tally(edge.counts, one)}")
    elif gradients and state != "flows":
        parts.append(
            f"{LOOKS[state].sign} {LOOKS[state].word} {tally(edge.counts, state)}".rstrip()
        )
    if gradients and "kink" in edge.counts:
        parts.append(f"({convention([edge])})")
    if state != "starved" or not gradients:
        if edge.local is not None:
            parts.append(f"×{spread(edge.local)}")
        if gradients:
            parts.append(f"= {spread(edge.contribution)}")
    return f"{' '.join(parts)} ─ " if parts else ""


def _node(node: Node, name: str, gradients: bool) -> str:
    value = node.value
    parts = [name, operation(value)]
    if value.ndim:
        parts.append(f"({shape(value.shape)})")
    refusal = value.note("refused")
    if refusal:
        return "  ".join([*parts, f"{REFUSED.sign} {REFUSED.word}: {clean(refusal, 400)}"])
    parts.append(summary(value.data))
    if value.requires_grad:
        parts.append(f"∂ {summary(node.grad) if gradients else NOT_KNOWN}")
    if node.cancelled and gradients:
        parts.append("± cancelled here")
    if node.detached:
        origin = value.detached_from
        name = f" {clean(origin.label)}" if origin is not None and origin.label else ""
        parts.append(f"detached from{name or ' another node'}")
    if value.source:
        parts.append(f"[{line_of(value)}]")
    return "  ".join(parts)
