"""Zero has reasons: which stops keep the gradient from a leaf, and how few would have to open.

A *stop* is an edge element where passing ends. Two questions are asked of the graph:

* which of the first stops, seen from the root, separate the leaf from it, even if every
  other stop were open (`stops`);
* what is the smallest number of stops that would have to open (`fewest`): along a single
  path it costs 0 to pass an open element and 1 to open a stop, so it is a shortest path.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.flow.aside import tell_units, units_of
from tinygrad_relu.flow.graph import Flow, Node
from tinygrad_relu.flow.phrases import Say, speaker
from tinygrad_relu.flow.states import CODE
from tinygrad_relu.flow.stops import Stop, told, who
from tinygrad_relu.node import behind
from tinygrad_relu.numbers import number
from tinygrad_relu.options import instance
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value


@dataclass(frozen=True)
class ZeroReason:
    """Why a gradient is 0.

    Attributes
    ----------
    verdict : str
        ``not zero``, ``unconnected``, ``detached``, ``cancelled``, ``underflow``, ``unknown``; or
        the reason the separating stops share: ``shut``, ``by-zero``, ``kink``, ``tiny``,
        ``unselected``; else ``mixed``.
    stops : tuple of Stop
        A separating set: with every other stop open these still block, and opening any one
        of them lets the gradient arrive. Newest first.
    fewest : tuple of Stop or None
        The fewest stops that would have to open, and nothing else, for the gradient to
        arrive. None if nothing that can be opened would do: a structural op has no gate.
    sentence, japanese : str
        The answer for a learner, in English and in Japanese.
    """

    verdict: str
    stops: tuple[Stop, ...]
    fewest: tuple[Stop, ...] | None
    sentence: str
    japanese: str


def _reason(
    verdict: str,
    stops: tuple[Stop, ...],
    fewest: tuple[Stop, ...] | None,
    tell: Callable[[Say], str],
) -> ZeroReason:
    return ZeroReason(verdict, stops, fewest, tell(speaker("en")), tell(speaker("ja")))


def why_zero(flow: Flow, leaf: Value, index: Any = None) -> ZeroReason:
    """Say why the gradient of `leaf` is 0, or that it is not.

    Parameters
    ----------
    leaf : Value
    index : int, slice, tuple or array, optional
        Ask for ``leaf[index]`` only, such as one unit's row of a weight matrix.

    Returns
    -------
    ZeroReason

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> b = tg.Value(-2.0, label="b")
    >>> y = (b + 0.7).relu()
    >>> print(tg.gradient_flow(y).why_zero(b).sentence)  # doctest: +NORMALIZE_WHITESPACE
    b.grad is 0 because every path passes relu, which is shut: its input is −1.3 (b = −2, 0.7)
    """
    instance("why_zero", "leaf", leaf, Value, "a Value of the graph")
    node = flow.node(leaf)
    subject = _name(flow, leaf) + ("" if index is None else _at(index)) + ".grad"
    if node is None or not leaf.requires_grad:
        return _outside(flow, leaf, subject)
    asked = np.zeros(leaf.shape, bool)
    asked[... if index is None else index] = True
    if not asked.any():
        return _reason("mixed", (), None, lambda say: say("empty", subject=subject))
    if np.any(np.asarray(node.grad)[asked] != 0):
        return _reason("not zero", (), (), _not_zero(flow, node, asked, subject))
    if node.index in flow.paths.unknown:
        return _reason("unknown", (), None, lambda say: say("unknown", subject=subject))
    if np.any(node.arrives & asked):
        return _lost(flow, node, asked, subject)
    edges = map(flow.edge_at, flow.paths.separating(node.index, asked))
    stops = tuple([Stop(edge, edge.crossing.stops) for edge in edges])
    reasons = {stop.reason for stop in stops}
    verdict = reasons.pop() if len(reasons) == 1 else "mixed"
    way = flow.paths.cheapest.to(node.index, asked)
    fewest = None if way is None else tuple([_opened(flow, *step) for step in way])

    def tell(say: Say) -> str:
        units = _units(flow, node, asked, stops, say)
        return _because(subject, stops, say) + (say("aside", text=units) if units else "")

    return _reason(verdict, stops, fewest, tell)


def why_zeros(flow: Flow) -> dict[Value, ZeroReason]:
    """Say why the gradient is 0, for every leaf where all of it is.

    Returns
    -------
    dict
        The reason of each such leaf, in the order of the nodes.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b = tg.Value(-2.0, label="w"), tg.Value(0.5, label="b")
    >>> zeros = tg.gradient_flow((w * 1.0 + b).relu()).why_zeros()
    >>> {leaf.label: reason.verdict for leaf, reason in zeros.items()}
    {'w': 'shut', 'b': 'shut'}
    """
    nodes = zip(flow.trace.values, flow.trace.grads, strict=True)
    leaves = ((v, grad) for v, grad in nodes if v.op is None and grad is not None and v.size)
    return {v: why_zero(flow, v) for v, grad in leaves if not np.any(grad)}


def _opened(flow: Flow, k: int, element: Any) -> Stop:
    """A stop of one element."""
    edge = flow.edge_at(k)
    mask = np.zeros(edge.crossing.passes.shape, bool)
    mask[element] = True
    return Stop(edge, mask)


# --- in words ----------------------------------------------------------------------------


def _at(index: Any) -> str:
    parts = index if isinstance(index, tuple) else (index,)
    return f"[{', '.join(_slice(p) if isinstance(p, slice) else clean(str(p)) for p in parts)}]"


def _slice(part: slice) -> str:
    ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
    return ":".join(ends if ends[2] else ends[:2])


def _outside(flow: Flow, leaf: Value, subject: str) -> ZeroReason:
    def reason(verdict: str, key: str, **gaps: Any) -> ZeroReason:
        return _reason(verdict, (), None, lambda say: say(key, subject=subject, **gaps))

    weak = [v for v in flow.trace.values if v.note("origin") is not None]
    if any(v is leaf for v in weak):
        return reason("detached", "made by detach", node=_name(flow, leaf))
    origins = [(origin, v) for v in weak if (origin := v.detached_from) is not None]
    if _behind([origin for origin, _ in origins], leaf):
        at, v = next((origin, v) for origin, v in origins if _behind([origin], leaf))
        return reason("detached", "behind detach", node=clean(at.label) or _name(flow, v))
    if not leaf.requires_grad:
        return reason("unconnected", "not wanted")
    gone = [_name(flow, v) for v in weak if v.detached_from is None]
    return reason("unconnected", "behind one of" if gone else "no path", nodes=", ".join(gone))


def _name(flow: Flow, value: Value) -> str:
    node = flow.node(value)
    return clean(node.name if node else value.label or "it")


def _behind(origins: list[Value], leaf: Value) -> bool:
    """Whether `leaf` is behind any of `origins`, through further detach() links too."""
    seen: set[int] = set()
    ahead = [*origins]
    for origin in ahead:
        found = [] if id(origin) in seen else behind(origin, seen)
        if any(v is leaf for v in found):
            return True
        ahead += [further for v in found if (further := v.detached_from) is not None]
        seen.update(map(id, found))
    return False


def _lost(flow: Flow, node: Node, asked: Any, subject: str) -> ZeroReason:
    if np.any(flow.trace.lost.get(node.index, False) & asked):
        edge = flow.edge_at(flow.paths.faint[node.index][0])
        stop = Stop(edge, edge.crossing.codes == CODE["underflow"])
        return _reason(
            "underflow",
            (stop,),
            None,
            lambda say: say("underflow", subject=subject, who=who(edge.child, say)),
        )
    into = flow.paths.cancelled.get(node.index, ())
    where = ", ".join(clean(flow.edge_at(k).parent.name) for k in into)
    key = "cancelled at" if into else "cancelled"
    return _reason("cancelled", (), None, lambda say: say(key, subject=subject, where=where))


def _not_zero(flow: Flow, node: Node, asked: Any, subject: str) -> Callable[[Say], str]:
    grad = np.asarray(node.grad)
    if grad.ndim == 0:
        return lambda say: say("not zero", subject=subject, x=number(grad))
    some, total = np.count_nonzero(grad[asked]), int(asked.sum())
    units = units_of(flow, node.value) if node.value.op is None else None
    axis = units.leaf_axis if units else 0
    whole = np.moveaxis(grad != 0, axis, 0).reshape(grad.shape[axis], -1)
    rows = np.flatnonzero(~whole.any(axis=1) & asked.all()).tolist()
    places: dict[int, Any] = {row: (*(slice(None),) * axis, row) for row in rows[:3]}
    reasons = {row: why_zero(flow, node.value, at) for row, at in places.items()}

    def one(row: int, say: Say) -> str:
        only = np.zeros(grad.shape, bool)
        only[places[row]] = True
        verdict = say(f"verdict {reasons[row].verdict}")
        told = tell_units(units, only, reasons[row].stops, say) if units else ""
        where = ", ".join([":"] * axis + [str(row)])
        return told or say("zero row", name=clean(node.name), row=where, verdict=verdict)

    def tell(say: Say) -> str:
        sentence = say("some not zero", subject=subject, some=some, total=total)
        if rows:
            told = [one(row, say) for row in reasons]
            if len(rows) > 3:
                told.append(say("more", n=len(rows) - 3))
            sentence += say("but", text=say("then").join(told))
        return sentence

    return tell


def _units(flow: Flow, node: Node, asked: Any, stops: tuple[Stop, ...], say: Say) -> str:
    units = units_of(flow, node.value) if asked.ndim and node.value.op is None else None
    return tell_units(units, asked, stops, say) if units else ""


def _because(subject: str, stops: tuple[Stop, ...], say: Say) -> str:
    if not stops:
        return say("root", subject=subject)
    if len(stops) == 1:
        return say("one stop", subject=subject, stop=told(stops[0], say, "which is"))
    parts = [told(stop, say) for stop in stops[:4]]
    if len(stops) > 4:
        parts.append(say("more stops", n=len(stops) - 4))
    return say("stops", subject=subject, n=len(stops), stops=say("then").join(parts))
