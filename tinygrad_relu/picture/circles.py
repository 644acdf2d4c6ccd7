"""A network as textbooks draw it: neurons as circles in layers, weights as lines."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from itertools import pairwise
from typing import Any

from tinygrad_relu.numbers import number
from tinygrad_relu.picture.labels import escape, faint, tip
from tinygrad_relu.picture.look import FAINT, FONT, INK, LOOKS, PALE, PAPER
from tinygrad_relu.picture.network import Network, Neuron, Place, Weight
from tinygrad_relu.picture.output import Drawing
from tinygrad_relu.picture.words import NOT_KNOWN, spread
from tinygrad_relu.text import clean

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"
WIDE, HIGH, ROUND = 2.4, 1.25, 1.0  #: inches between layers, at least, and neurons; diameter
LINE = 1.2  #: the height of a line of text, in its font's size
ROOM = 58  #: points in the middle of a circle

#: What crosses a neuron out: between the strokes there is room for a short word; the legend.
CROSSED = {
    "dead": ("✕ dead", "shut for all of X"),
    "shut": ("✕ shut", "passes no gradient"),
    "rounded to 0": ("✕ ≈0", "its slope is rounded to 0, and passes no gradient"),
}

Spots = dict[Place, tuple[float, float]]


def drawing(network: Network, max_units: int = 12, legend: bool = True) -> Drawing:
    """Draw a network.

    Parameters
    ----------
    network : Network
    max_units : int
        A layer of more neurons is folded: "… 118 more, 40 dead".
    legend : bool
        Whether to explain what occurs.
    """
    shown = {
        (k, i): neuron
        for k, layer in enumerate(network.layers)
        for i, neuron in enumerate(layer)
        if len(layer) <= max_units or i < max(1, max_units - 1)
    }
    lines = [w for w in network.weights if w.tail in shown and w.head in shown]
    told = [_told_layer(k, network, shown) for k in range(len(network.layers))]
    return Drawing(_dot(network, shown, lines, legend), "\n".join(told), "neato")


# --- what is told ------------------------------------------------------------------------


def _name(place: Place, neuron: Neuron) -> str:
    return clean(neuron.label, 12) if neuron.label else f"unit {place[1] + 1}"


def _more(k: int, network: Network, shown: dict[Place, Neuron]) -> str:
    """What stands for the neurons of a layer that are not shown; empty if all are."""
    hidden = [n for i, n in enumerate(network.layers[k]) if (k, i) not in shown]
    crossed = [neuron.gate for neuron in hidden if neuron.gate in CROSSED]
    word = "dead" if "dead" in crossed else "shut"
    told = f", {len(crossed)} {word}" if crossed else ""
    return f"… {len(hidden)} more{told}" if hidden else ""


def _told_layer(k: int, network: Network, shown: dict[Place, Neuron]) -> str:
    words = [
        f"{_name(place, n)} = {spread(n.data)} (∂ {_grad(n)}) {_told_gate(n)}".rstrip()
        for place, n in shown.items()
        if place[0] == k
    ]
    more = _more(k, network, shown)
    return f"{network.layer_name(k)}: {', '.join([*words, more] if more else words)}"


def _told_gate(neuron: Neuron) -> str:
    sign = "✕ " if neuron.gate in CROSSED else "◇ " if neuron.gate == "kink" else ""
    return f"{sign}{neuron.gate}"


def _grad(neuron: Neuron) -> str:
    return NOT_KNOWN if neuron.grad is None else spread(neuron.grad)


# --- the picture -------------------------------------------------------------------------


def _dot(network: Network, shown: dict[Place, Neuron], weights: list[Weight], legend: bool) -> str:
    import graphviz

    whole = {(k, i): n for k, layer in enumerate(network.layers) for i, n in enumerate(layer)}
    told = [_told_layer(k, network, whole) for k in range(len(network.layers))]
    content = "\n".join([*told, *map(repr, weights)])
    prefix = "net" + hashlib.sha1(content.encode("utf-8", "replace")).hexdigest()[:6]
    dot = graphviz.Digraph("network", engine="neato")
    dot.attr(
        id=f"{prefix}-graph", layout="neato", bgcolor=PAPER, pad="0.25", outputorder="nodesfirst",
        fontname=FONT, fontsize="11", fontcolor=INK, tooltip="network",
    )  # fmt: skip
    if legend:
        dot.attr(label=_legend(weights, shown), labelloc="b", labeljust="l")
    dot.attr("node", fontname=FONT, fontsize="10", fontcolor=INK)
    dot.attr("edge", fontname=FONT, fontsize="9", arrowhead="none")
    rows = [[place for place in shown if place[0] == k] for k in range(len(network.layers))]
    wide = max(WIDE, 0.25 * HIGH * max(map(len, rows)))
    spots: Spots = {}
    for k, row in enumerate(rows):
        more = _more(k, network, shown)
        top = (len(row) - 1 + bool(more)) / 2
        for n, place in enumerate(row):
            spots[place] = (k * wide, (top - n) * HIGH)
            layer = network.layer_name(k)
            _circle(dot, prefix, place, shown[place], spots[place], layer)
        if more:
            dot.node(
                f"more{k}", f"<<B>{escape(more)}</B>>", shape="plain", id=f"{prefix}-more-{k}",
                pos=_at(k * wide, (top - len(row)) * HIGH + 0.2), **{"class": "more"},
            )  # fmt: skip
    _lines(dot, prefix, weights, spots)
    for place, neuron in shown.items():
        if neuron.gate in CROSSED:
            _cross(dot, prefix, place, spots[place])
    return str(dot.source)


def _at(x: float, y: float) -> str:
    return f"{x:.3f},{y:.3f}!"


def _circle(
    dot: Any, prefix: str, place: Place, neuron: Neuron, at: tuple[float, float], layer: str
) -> None:
    crossed = neuron.gate in CROSSED
    name = _name(place, neuron)
    rows = [(name, 10.0, INK, True)]
    rows += [(part, 9.0, INK, False) for part in _broken(spread(neuron.data), 9.0)]
    rows += [(part, 8.0, FAINT, False) for part in _broken(f"∂ {_grad(neuron)}", 8.0)]
    if neuron.gate:
        look = LOOKS["shut" if crossed else "kink" if neuron.gate == "kink" else "partly"]
        word = CROSSED[neuron.gate][0] if crossed else _told_gate(neuron)
        rows.append((word, 7.5, look.ink, False))
    words = ["neuron", "input" if place[0] == 0 else ""]
    words += ["shut"] if crossed else neuron.gate.split()[-1:]
    dot.node(
        f"u{place[0]}_{place[1]}",
        _fitted(rows),
        shape="circle",
        fixedsize="shape",  # not as large as the fonts of this machine say: see `_fitted`
        width=str(ROUND),
        style="filled,dashed" if crossed else "filled",
        fillcolor="#f0f1f3" if crossed else "#eaf1f7" if place[0] else PAPER,
        color=LOOKS["shut"].color if crossed else INK,
        pos=_at(*at),
        id=f"{prefix}-unit-{place[0]}-{place[1]}",
        tooltip=tip(f"{layer}, {name} {_told_gate(neuron)}".rstrip()),
        **{"class": " ".join(filter(None, words))},
    )


def _broken(words: str, points: float) -> list[str]:
    """A long range on two lines."""
    low, dots, high = words.partition(" …")
    return [low + dots, high.strip()] if dots and points * width(words) > ROOM else [words]


def _fitted(rows: list[tuple[str, float, str, bool]]) -> str:
    """Lines of text in a circle: (text, points, colour, bold), smaller where the rim is near.

    Which font draws them is not known, so they fit in one of the widest.
    """
    edge = LINE * sum(points for _, points, _, _ in rows) / 2
    radius = 36 * ROUND - 2
    lines = []
    for words, points, color, bold in rows:
        far = min(max(abs(edge), abs(edge - LINE * points)), 0.9 * radius)
        edge -= LINE * points
        size = min(points, 2 * (radius**2 - far**2) ** 0.5 / width(words, bold))
        text = f"<B>{escape(words)}</B>" if bold else escape(words)
        lines.append(
            f'<TR><TD HEIGHT="{LINE * points:.3g}">'
            f'<FONT COLOR="{color}" POINT-SIZE="{size:.3g}">{text}</FONT></TD></TR>'
        )
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
        f"{''.join(lines)}</TABLE>>"
    )


def width(text: str, bold: bool = False) -> float:
    """How wide a text is, in its font's size: in DejaVu Sans, which is wider than most.

    Examples
    --------
    >>> round(width("−0.0123"), 2), round(width("閉"), 2)
    (4.46, 1.1)
    """
    return sum(map(_width, text)) * (1.12 if bold else 1.0)


def _width(c: str) -> float:
    if c in " .,:;'|!()[]{}/-ijlftrI":
        return 0.42
    if not c.isascii() and c != "−":
        return 0.84 if c.isalpha() and unicodedata.east_asian_width(c) == "N" else 1.1
    if c in "mwMW@%":
        return 1.0
    return 0.64 if c.islower() or c.isdigit() else 0.84


def _lines(dot: Any, prefix: str, weights: list[Weight], spots: Spots) -> None:
    """Straight lines from the east of one neuron to the west of the next: none crosses a neuron.

    A skip connection bends over the layers between.
    """
    strongest = max((abs(w.number) for w in weights if w.number), default=1.0)
    over = max(y for _, y in spots.values()) + 0.75
    middle = {k: x for (k, _), (x, _) in spots.items()}
    crowd = Counter(k for k, _ in spots)
    numbers: list[tuple[float, float, float]] = []
    for w in weights:
        sign = "unknown" if w.number is None else "negative" if w.number < 0 else "positive"
        share = 0.0 if w.number is None else abs(w.number) / strongest
        color = {"unknown": PALE, "negative": NEGATIVE, "positive": POSITIVE}[sign]
        name = f"{w.tail[0]}-{w.tail[1]}-{w.head[0]}-{w.head[1]}"
        look = {
            "color": color if w.number != 0 else PALE,
            "penwidth": f"{0.6 + 3.4 * share:.2f}",
            "style": "dashed" if sign == "negative" else "solid",
            "class": f"weight {sign}",
            "tooltip": "not linear" if w.number is None else f"weight {number(w.number)}",
        }
        (x, y), (x2, y2) = spots[w.tail], spots[w.head]
        between = range(w.tail[0] + 1, w.head[0])
        bends = [(middle[k] + side, over) for k in between for side in (-0.5, 0.5)]
        stops = [f"u{w.tail[0]}_{w.tail[1]}:e"]
        for n, bend in enumerate(bends):
            stops.append(f"bend{name}-{n}")
            _point(dot, stops[-1], *bend)
        stops.append(f"u{w.head[0]}_{w.head[1]}:w")
        for n, (a, b) in enumerate(pairwise(stops)):
            part = f"-{n}" if bends else ""
            dot.edge(a, b, id=f"{prefix}-weight-{name}{part}", **look)
        if w.number is not None and len(weights) <= 24:  # where lines are apart
            x, (x2, y2) = x + ROUND / 2, bends[0] if bends else (x2 - ROUND / 2, y2)
            along = 0.5 if bends else 0.8 if crowd[w.head[0]] >= crowd[w.tail[0]] else 0.2
            numbers.append((w.number, x + along * (x2 - x), y + along * (y2 - y)))
    for n, (weight, x, y) in enumerate(numbers):  # from nodes of their own: above all lines
        ends = [f"number{n}a", f"number{n}b"]
        for end in ends:
            _point(dot, end, x, y)
            x += 0.1
        dot.edge(
            *ends, color="transparent", taillabel=_number_on_line(weight), labeldistance="0",
            tooltip=f"weight {number(weight)}",
        )  # fmt: skip


def _number_on_line(x: float) -> str:
    return (
        f'<<TABLE BORDER="0" CELLPADDING="2" CELLSPACING="0" BGCOLOR="{PAPER}">'
        f"<TR><TD>{number(x)}</TD></TR></TABLE>>"
    )


def _point(dot: Any, name: str, x: float, y: float) -> None:
    dot.node(name, "", shape="point", width="0.01", style="invis", pos=_at(x, y))


def _cross(dot: Any, prefix: str, place: Place, at: tuple[float, float]) -> None:
    """Four strokes over the rim of a circle, which leave its numbers legible."""
    for n, (right, up) in enumerate(((-1, 1), (1, 1), (-1, -1), (1, -1))):
        ends: list[str] = []
        for reach in (0.28, 0.46):
            ends.append(f"x{place[0]}_{place[1]}_{n}_{len(ends)}")
            _point(dot, ends[-1], at[0] + right * reach, at[1] + up * reach)
        dot.edge(
            *ends, color=LOOKS["shut"].color, penwidth="3", tooltip="shut",
            id=f"{prefix}-cross-{place[0]}-{place[1]}-{n}", **{"class": "cross"},
        )  # fmt: skip


def _legend(weights: list[Weight], shown: dict[Place, Neuron]) -> str:
    def row(sample: str, color: str, words: str) -> str:
        return (
            f'<TR><TD ALIGN="LEFT"><FONT COLOR="{color}"><B>{sample}</B></FONT></TD>'
            f'<TD ALIGN="LEFT">{faint(escape(words))}</TD></TR>'
        )

    rows = [row("∂", FAINT, "the gradient of the neuron's output")]
    numbers = [w.number for w in weights]
    if any(n is not None and n > 0 for n in numbers):
        rows.append(row("━━", POSITIVE, "positive weight; wider is larger"))
    if any(n is not None and n < 0 for n in numbers):
        rows.append(row("╍╍", NEGATIVE, "negative weight"))
    if 0 in numbers:
        rows.append(row("──", PALE, "weight 0"))
    if None in numbers:
        rows.append(row("──", PALE, "not a weight: another op between"))
    for state, (word, meaning) in CROSSED.items():
        if any(neuron.gate == state for neuron in shown.values()):
            rows.append(row(word, LOOKS["shut"].ink, meaning))
    if any(neuron.gate == "kink" for neuron in shown.values()):
        rows.append(row("◇", LOOKS["kink"].ink, "on its kink: the gradient is a convention"))
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"{''.join(rows)}</TABLE>>"
    )
