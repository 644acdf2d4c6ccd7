"""The legend: the states that occur in a picture, and how to read it."""

from __future__ import annotations

from tinygrad_relu.flow.graph import Node
from tinygrad_relu.picture.labels import escape, faint
from tinygrad_relu.picture.look import FAINT, LOOKS, PALE, Look
from tinygrad_relu.picture.plan import Box, Picture
from tinygrad_relu.picture.words import NOT_KNOWN


def legend_of(picture: Picture, gradients: bool, direction: str, root: str) -> str:
    """The table under the picture."""
    lines = {link.state for link in picture.links if link.edges}
    words = {state for link in picture.links for state in link.counts}
    for item in picture.items:
        words |= set(item.counts) if isinstance(item, Box) else _marks(item)
    refused = any(isinstance(one, Node) and one.value.note("refused") for one in picture.items)
    rows = []
    for state, look in LOOKS.items():
        if gradients and state in lines | words - {"starved"}:
            rows.append(_key(look, state in lines))
    if any(link.note for link in picture.links):
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
    elif refused:
        notes = [f"the values up to {escape(root)}, which could not be computed"]
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
