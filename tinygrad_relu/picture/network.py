"""A network as textbooks draw it: neurons as circles in layers, weights as lines.

For networks built from Values by hand. The weights are found in the graph: what an earlier
neuron is multiplied with on its linear way into a later one.
"""

from __future__ import annotations

import hashlib
import heapq
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.node import plain
from tinygrad_relu.numbers import number
from tinygrad_relu.options import instance
from tinygrad_relu.picture.dot import FONT, escape, faint, tip
from tinygrad_relu.picture.look import FAINT, INK, LOOKS, PALE, PAPER
from tinygrad_relu.picture.output import Drawing
from tinygrad_relu.picture.words import NOT_KNOWN, clean, spread
from tinygrad_relu.rule import on_kink
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"
WIDE, HIGH, ROUND = 2.4, 1.2, 0.92  #: inches between layers, at least, and neurons; diameter

#: What crosses a neuron out: between the strokes there is room for a short word; the legend.
CROSSED = {
    "shut": ("✕ shut", "passes no gradient"),
    "rounded to 0": ("✕ ≈0", "its slope is rounded to 0, and passes no gradient"),
}


@dataclass(frozen=True)
class Weight:
    """A line: what `tail` is multiplied with on its way into `head`; None if not linear."""

    tail: tuple[int, int]
    head: tuple[int, int]
    number: float | None


def draw_network(
    layers: Sequence[Sequence[Value]],
    path: str | os.PathLike[str] | None = None,
    *,
    max_units: int = 12,
    legend: bool = True,
    engine: str | None = None,
) -> Drawing | Path:
    """Draw neurons as circles, weights as lines; shut neurons are crossed out.

    Parameters
    ----------
    layers : sequence of sequences of Value
        The neurons, layer by layer, from input to output. Scalars, or one number an example.
    path : str or path, optional
        Save there, by suffix: svg, png, pdf, dot, html or txt.
    max_units : int
        A layer of more neurons is folded: "… 118 more, 40 shut".
    legend : bool
    engine : {"dot", "pygraphviz"}, optional
        The renderer.

    Returns
    -------
    Drawing or Path

    Raises
    ------
    TypeError
        If a neuron is not a Value.
    ValueError
        If there is no layer, or an empty one.
    StaleDataError
        If a weight was assigned since the forward pass that made the neurons.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(2.0, label="x")
    >>> h1, h2 = (x * 3 + 1).relu(), (x * -3).relu()
    >>> y = 0.5 * h1 - 0.25 * h2
    >>> y.backward()
    >>> print(draw_network([[x], [h1, h2], [y]]))
    layer 0: x = 2 (∂ 1.5)
    layer 1: 1.1 = 7 (∂ 0.5), 1.2 = 0 (∂ −0.25) ✕ shut
    layer 2: 2.1 = 3.5 (∂ 1)
    """
    units = _checked(layers)
    states = {place: gate(v) for place, v in units.items()}
    shown = _shown(units, max_units)
    weights = [w for w in find_weights(layers) if w.tail in shown and w.head in shown]
    drawing = Drawing(
        _dot(units, states, shown, weights, legend), _text(units, states, max_units), "neato"
    )
    return drawing if path is None else drawing.save(path, engine)


Place = tuple[int, int]  #: layer, and place in it


def _checked(layers: Sequence[Sequence[Value]]) -> dict[Place, Value]:
    wanted = "a list of lists of Values, or a model to be drawn with its inputs X"
    for layer in instance("draw_network", "network", layers, list | tuple, wanted):
        instance("draw_network", "a layer", layer, list | tuple, "a list of Values")
    if not layers or not all(layers):
        raise ValueError("draw_network takes layers of neurons: at least one layer, none empty")
    units = {(k, i): v for k, layer in enumerate(layers) for i, v in enumerate(layer)}
    for (k, i), v in units.items():
        instance("draw_network", f"neuron {i} of layer {k}", v, Value, "a Value")
    return units


def find_weights(layers: Sequence[Sequence[Value]]) -> list[Weight]:
    """What each neuron is multiplied with on its way into each later one.

    Examples
    --------
    >>> a, b, w = Value(1.0), Value(2.0), Value(0.5)
    >>> y = (w * a - 3 * b + 1).relu()
    >>> [(one.tail, one.number) for one in find_weights([[a, b], [y]])]
    [((0, 0), 0.5), ((0, 1), -3.0)]
    """
    places = {id(v): (k, i) for k, layer in enumerate(layers) for i, v in enumerate(layer)}
    found = []
    for k, layer in enumerate(layers):
        for i, unit in enumerate(layer):
            arrived = _walk(unit, {one for one, place in places.items() if place[0] < k})
            for one in sorted(arrived, key=places.__getitem__):
                found.append(Weight(places[one], (k, i), arrived[one]))
    return found


def _walk(unit: Value, earlier: set[int]) -> dict[int, float | None]:
    """From a neuron back to earlier ones, newest node first, multiplying coefficients."""
    arrived: dict[int, float | None] = {}
    factors: dict[int, float | None] = {id(unit): 1.0}
    ahead = [(-unit._stamp, id(unit), unit)]
    while ahead:
        _, key, value = heapq.heappop(ahead)
        factor = factors[key]
        for slot, a in enumerate(value.operands if value.op else ()):
            if not isinstance(a, Value):
                continue
            ratio = _coefficient(value, slot, activation=value is unit)
            share = None if factor is None or ratio is None else factor * ratio
            into = arrived if id(a) in earlier else factors
            if id(a) not in into:
                into[id(a)] = share
                if into is factors:
                    heapq.heappush(ahead, (-a._stamp, id(a), a))
            else:
                before = into[id(a)]
                into[id(a)] = None if before is None or share is None else before + share
    return arrived


def _coefficient(value: Value, slot: int, activation: bool) -> float | None:
    """What a linear op multiplies its operand with; None for another op."""
    op = value.op
    assert op is not None
    data = [plain(a) for a in value.operands]
    if op.name in ("add", "identity"):
        return 1.0
    if op.name == "sub":
        return -1.0 if slot else 1.0
    if op.name == "neg":
        return -1.0
    if op.name == "mul" and np.size(data[1 - slot]) == 1:
        return float(np.ravel(data[1 - slot])[0])
    if op.name == "div" and slot == 0 and np.size(data[1]) == 1:
        return 1 / float(np.ravel(data[1])[0])
    return 1.0 if activation and op.elementwise and len(value.parents) == 1 else None


def gate(unit: Value) -> str:
    """What keeps the gradient out, empty for an open neuron.

    ``"shut"``, ``"kink"``, ``"3 of 8 shut"`` for examples; ``"rounded to 0"`` for a curve that
    only fades.

    Examples
    --------
    >>> gate(Value(-1.0).relu()), gate(Value(0.0).relu()), gate(Value(2.0).relu())
    ('shut', 'kink', '')
    """
    op = unit.op
    if op is None or not op.elementwise or op.zero not in ("shut", "unselected", "tiny"):
        return ""
    slots = [i for i, a in enumerate(unit.operands) if isinstance(a, Value)]
    if len(slots) != 1:
        return ""
    data = fresh_data(unit)
    closed = np.asarray(op.local(slots[0], unit.data, data)) == 0
    if op.zero == "tiny":
        return "rounded to 0" if closed.all() else ""
    if not closed.any():
        return ""
    if closed.all():
        kinks = on_kink(op, slots[0], unit.data, data)
        return "kink" if kinks is not None and kinks.all() else "shut"
    return f"{int(closed.sum())} of {closed.size} shut"


def _shown(units: dict[Place, Value], max_units: int) -> set[Place]:
    sizes = _sizes(units)
    return {(k, i) for k, i in units if sizes[k] <= max_units or i < max(1, max_units - 1)}


def _sizes(units: dict[Place, Value]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for k, _ in units:
        sizes[k] = sizes.get(k, 0) + 1
    return sizes


def _name(place: Place, value: Value) -> str:
    return clean(value.label, 12) if value.label else f"{place[0]}.{place[1] + 1}"


def _more(k: int, states: dict[Place, str], shown: set[Place]) -> str:
    """What stands for the neurons of a layer that are not shown; empty if all are."""
    hidden = [place for place in states if place[0] == k and place not in shown]
    crossed = sum(states[place] in CROSSED for place in hidden)
    return f"… {len(hidden)} more, {crossed} shut" if hidden else ""


def _text(units: dict[Place, Value], states: dict[Place, str], max_units: int) -> str:
    shown = _shown(units, max_units)
    lines = []
    for k in _sizes(units):
        words = [
            f"{_name(place, v)} = {spread(v.data)} (∂ {_grad(v)})" + _told(states[place])
            for place, v in units.items()
            if place[0] == k and place in shown
        ]
        words += [more] if (more := _more(k, states, shown)) else []
        lines.append(f"layer {k}: {', '.join(words)}")
    return "\n".join(lines)


def _told(state: str) -> str:
    sign = "✕ " if state in CROSSED else "◇ " if state == "kink" else ""
    return f" {sign}{state}" if state else ""


def _grad(value: Value) -> str:
    return NOT_KNOWN if value.grad is None else spread(value.grad)


# --- the picture ------------------------------------------------------------------------


def _dot(
    units: dict[Place, Value],
    states: dict[Place, str],
    shown: set[Place],
    weights: list[Weight],
    legend: bool,
) -> str:
    import graphviz

    sizes = _sizes(units)
    content = "\n".join([_text(units, states, 10**9), *map(repr, weights)])
    prefix = "net" + hashlib.sha1(content.encode("utf-8", "replace")).hexdigest()[:6]
    dot = graphviz.Digraph("network", engine="neato")
    dot.attr(
        id=f"{prefix}-graph", layout="neato", bgcolor=PAPER, pad="0.25", outputorder="nodesfirst",
        fontname=FONT, fontsize="11", fontcolor=INK, tooltip="network",
    )  # fmt: skip
    if legend:
        dot.attr(label=_legend(weights, states, shown), labelloc="b", labeljust="l")
    dot.attr("node", fontname=FONT, fontsize="10", fontcolor=INK)
    dot.attr("edge", fontname=FONT, fontsize="9", arrowhead="none")
    rows = {k: [place for place in units if place[0] == k and place in shown] for k in sizes}
    wide = max(WIDE, 0.25 * HIGH * max(map(len, rows.values())))
    spots: dict[Place, tuple[float, float]] = {}
    for k, row in rows.items():
        more = _more(k, states, shown)
        top = (len(row) - 1 + bool(more)) / 2
        for n, place in enumerate(row):
            spots[place] = (k * wide, (top - n) * HIGH)
            _neuron(dot, prefix, place, units[place], states[place], spots[place])
        if more:
            dot.node(
                f"more{k}", f"<<B>{escape(more)}</B>>", shape="plain", id=f"{prefix}-more-{k}",
                pos=_at(k * wide, (top - len(row)) * HIGH + 0.2), **{"class": "more"},
            )  # fmt: skip
    _lines(dot, prefix, weights, spots)
    for place in shown:
        if states[place] in CROSSED:
            _cross(dot, prefix, place, spots[place])
    return str(dot.source)


def _at(x: float, y: float) -> str:
    return f"{x:.3f},{y:.3f}!"


def _neuron(
    dot: Any, prefix: str, place: Place, value: Value, state: str, at: tuple[float, float]
) -> None:
    crossed = state in CROSSED
    grad = NOT_KNOWN if value.grad is None else spread(value.grad)
    rows = [
        f"<B>{_fitted(_name(place, value), 10)}</B>",
        _fitted(spread(value.data), 10),
        _fitted(f"∂ {grad}", 9, FAINT),
    ]
    if state:
        look = LOOKS["shut" if crossed else "kink" if state == "kink" else "partly"]
        rows.append(_fitted(CROSSED[state][0] if crossed else _told(state).strip(), 8, look.ink))
    words = ["neuron", "input" if place[0] == 0 else "", "shut" if crossed else state.split()[-1:]]
    dot.node(
        f"u{place[0]}_{place[1]}",
        f"<{'<BR/>'.join(rows)}>",
        shape="circle",
        fixedsize="true",
        width=str(ROUND),
        style="filled,dashed" if crossed else "filled",
        fillcolor="#f0f1f3" if crossed else "#eaf1f7" if place[0] else PAPER,
        color=LOOKS["shut"].color if crossed else INK,
        pos=_at(*at),
        id=f"{prefix}-unit-{place[0]}-{place[1]}",
        tooltip=tip(f"{_name(place, value)}{_told(state)}"),
        **{"class": " ".join(w if isinstance(w, str) else "".join(w) for w in words if w)},
    )


def _fitted(words: str, points: float, color: str = INK) -> str:
    """A row of text in a circle, smaller if it is long."""
    size = min(points, 112 / len(words))
    return f'<FONT COLOR="{color}" POINT-SIZE="{size:.3g}">{escape(words)}</FONT>'


def _lines(
    dot: Any, prefix: str, weights: list[Weight], spots: dict[Place, tuple[float, float]]
) -> None:
    """Straight lines from the east of one neuron to the west of the next: none crosses a neuron.

    A skip connection bends over the layers between.
    """
    strongest = max((abs(w.number) for w in weights if w.number), default=1.0)
    over = max(y for _, y in spots.values()) + 0.75
    middle = {k: x for (k, _), (x, _) in spots.items()}
    crowd = _sizes(dict.fromkeys(spots, Value(0.0)))
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
        for reach in (0.2, 0.42):
            ends.append(f"x{place[0]}_{place[1]}_{n}_{len(ends)}")
            _point(dot, ends[-1], at[0] + right * reach, at[1] + up * reach)
        dot.edge(
            *ends, color=LOOKS["shut"].color, penwidth="3", tooltip="shut",
            id=f"{prefix}-cross-{place[0]}-{place[1]}-{n}", **{"class": "cross"},
        )  # fmt: skip


def _legend(weights: list[Weight], states: dict[Place, str], shown: set[Place]) -> str:
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
    if None in numbers:
        rows.append(row("──", PALE, "not a weight: another op between"))
    for state, (word, meaning) in CROSSED.items():
        if any(states[place] == state for place in shown):
            rows.append(row(word, LOOKS["shut"].ink, meaning))
    if any(states[place] == "kink" for place in shown):
        rows.append(row("◇", LOOKS["kink"].ink, "on its kink: the gradient is a convention"))
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"{''.join(rows)}</TABLE>>"
    )
