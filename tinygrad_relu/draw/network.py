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

from tinygrad_relu.draw.dot import FONT, escape, faint, tip
from tinygrad_relu.draw.look import FAINT, INK, LOOKS, PALE, PAPER
from tinygrad_relu.draw.output import Drawing
from tinygrad_relu.draw.words import NOT_KNOWN, clean, number, spread
from tinygrad_relu.value import Value, fresh_data

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"
WIDE, HIGH = 2.4, 1.2  #: inches between layers, at least, and between neurons


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


RANGE_DIGITS = 2  #: a range of two numbers must fit into a circle
Place = tuple[int, int]  #: layer, and place in it


def _checked(layers: Sequence[Sequence[Value]]) -> dict[Place, Value]:
    if not layers or not all(len(layer) for layer in layers):
        raise ValueError("draw_network takes layers of neurons: at least one layer, none empty")
    units = {(k, i): v for k, layer in enumerate(layers) for i, v in enumerate(layer)}
    for (k, i), v in units.items():
        if not isinstance(v, Value):
            raise TypeError(f"neuron {i} of layer {k} is not a Value but {type(v).__name__}")
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
    data = [a.data if isinstance(a, Value) else a for a in value.operands]
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
    """``"shut"``, ``"kink"``, ``"3 of 8 shut"`` for examples, or empty for an open neuron.

    Examples
    --------
    >>> gate(Value(-1.0).relu()), gate(Value(0.0).relu()), gate(Value(2.0).relu())
    ('shut', 'kink', '')
    """
    op = unit.op
    if op is None or not op.elementwise or op.zero != "shut":
        return ""
    data = fresh_data(unit)
    closed = np.asarray(op.local(0, unit.data, data)) == 0
    on_kink = np.zeros(np.shape(closed), bool)
    for distance in op.kink(unit.data, *data) if op.kink else ():
        on_kink = on_kink | (np.asarray(distance) == 0)
    if not closed.any():
        return ""
    if closed.all():
        return "kink" if (closed & on_kink).all() else "shut"
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
    shut = sum(states[place] == "shut" for place in hidden)
    return f"… {len(hidden)} more, {shut} shut" if hidden else ""


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
    return {"": "", "shut": " ✕ shut", "kink": " ◇ kink"}.get(state, f" {state}")


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
        if states[place] == "shut":
            _cross(dot, prefix, place, spots[place])
    return str(dot.source)


def _at(x: float, y: float) -> str:
    return f"{x:.3f},{y:.3f}!"


def _neuron(
    dot: Any, prefix: str, place: Place, value: Value, state: str, at: tuple[float, float]
) -> None:
    shut = state == "shut"
    name = escape(_name(place, value))
    grad = NOT_KNOWN if value.grad is None else spread(value.grad, RANGE_DIGITS)
    rows = [f"<B>{name}</B>", escape(spread(value.data, RANGE_DIGITS)), faint(f"∂ {escape(grad)}")]
    if state:
        look = LOOKS[state if state in ("shut", "kink") else "partly"]
        word = _told(state).strip()
        rows.append(f'<FONT COLOR="{look.ink}" POINT-SIZE="8">{escape(word)}</FONT>')
    words = ["neuron", "input" if place[0] == 0 else "", "shut" if shut else state.split()[-1:]]
    dot.node(
        f"u{place[0]}_{place[1]}",
        f"<{'<BR/>'.join(rows)}>",
        shape="circle",
        fixedsize="true",
        width="0.92",
        style="filled,dashed" if shut else "filled",
        fillcolor="#f0f1f3" if shut else "#eaf1f7" if place[0] else PAPER,
        color=LOOKS["shut"].color if shut else INK,
        pos=_at(*at),
        id=f"{prefix}-unit-{place[0]}-{place[1]}",
        tooltip=tip(f"{_name(place, value)}{_told(state)}"),
        **{"class": " ".join(w if isinstance(w, str) else "".join(w) for w in words if w)},
    )


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
        stops = [f"u{w.tail[0]}_{w.tail[1]}:e"]
        for k in range(w.tail[0] + 1, w.head[0]):
            for side in (-0.5, 0.5):
                stops.append(f"bend{name}-{k}{'ab'[side > 0]}")
                _point(dot, stops[-1], middle[k] + side, over)
        stops.append(f"u{w.head[0]}_{w.head[1]}:w")
        for n, (a, b) in enumerate(pairwise(stops)):
            part = f"-{n}" if len(stops) > 2 else ""
            label = {}
            if n == 0 and len(weights) <= 24 and w.number is not None:  # where lines are apart
                end = "head" if crowd[w.head[0]] >= crowd[w.tail[0]] or part else "tail"
                label = {f"{end}label": _number_on_line(w.number), "labelangle": "0"}
                label["labeldistance"] = "3.5"
            dot.edge(a, b, id=f"{prefix}-weight-{name}{part}", **look, **label)


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
    if any(states[place] == "shut" for place in shown):
        rows.append(row("✕", LOOKS["shut"].ink, "shut: passes no gradient"))
    if any(states[place] == "kink" for place in shown):
        rows.append(row("◇", LOOKS["kink"].ink, "on its kink: the gradient is a convention"))
    return (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
        f"{''.join(rows)}</TABLE>>"
    )
