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

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.flow.phrases import Say, speaker
from tinygrad_relu.flow.states import CODE, STATES, any_of, pull
from tinygrad_relu.node import plain
from tinygrad_relu.numbers import number
from tinygrad_relu.options import instance
from tinygrad_relu.rule import on_kink
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

_NEVER = np.iinfo(np.int32).max
_YES, _NO = np.True_, np.False_  # masks of one element: Python's ~True would be −2


@dataclass(frozen=True, eq=False)
class Stop:
    """Elements of one edge where passing ends.

    Attributes
    ----------
    edge : Edge
    mask : ndarray of bool
        Which elements; in the child's shape for an elementwise op, else in the parent's.
    """

    edge: Edge
    mask: Any

    @property
    def op(self) -> str:
        """The name of the op that stops."""
        op = self.edge.child.value.op
        return op.name if op else ""

    @property
    def label(self) -> str:
        """The label, or made-up name, of the node that stops."""
        return self.edge.child.name

    @property
    def source(self) -> tuple[str, int] | None:
        """File and line that made the node, under `track_source`."""
        return self.edge.child.value.source

    @property
    def count(self) -> int:
        """How many elements stop here."""
        return int(np.count_nonzero(self.mask))

    @property
    def total(self) -> int:
        """How many elements the edge has."""
        return int(np.size(self.mask))

    @property
    def reason(self) -> str:
        """The state its elements share; else ``mixed``."""
        states = {STATES[c] for c in np.unique(self.edge.crossing.kinds[self.mask])}
        return states.pop() if len(states) == 1 else "mixed"

    @property
    def sentence(self) -> str:
        """What stops here, in words."""
        return self._in("en")

    @property
    def japanese(self) -> str:
        """The sentence in Japanese."""
        return self._in("ja")

    def _in(self, language: str) -> str:
        where = f" ({self.source[0]}:{self.source[1]})" if self.source else ""
        return _told(self, speaker(language)) + where

    def __repr__(self) -> str:
        return f"<stop {self.reason} at {self.op} {self.label}: {self.count} of {self.total}>"


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


def cuts(flow: Flow) -> tuple[Stop, ...]:
    """The first edges, seen from the root, where passing ends."""
    underflow = CODE["underflow"]
    return tuple(
        Stop(edge, edge.crossing.stops | (edge.crossing.codes == underflow))
        for edge in flow.edges
        if edge.blocks
    )


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
    name = f"{node.name if node else leaf.label or 'it'}" + ("" if index is None else _at(index))
    subject = f"{name}.grad"
    if node is None or not leaf.requires_grad:
        return _outside(flow, leaf, subject)
    asked = np.zeros(leaf.shape, bool)
    asked[... if index is None else index] = True
    if np.any(np.asarray(node.grad)[asked] != 0):
        return _reason("not zero", (), (), _not_zero(flow, node, asked, subject))
    edges = _leading_to(flow, node)
    if any(e.state == "unknown" for e in edges):
        return _reason("unknown", (), None, lambda say: say("unknown", subject=subject))
    if np.any(node.arrives & asked):
        return _lost(edges, node, subject)
    stops = _separating(flow, edges, node, asked)
    reasons = {stop.reason for stop in stops}
    verdict = reasons.pop() if len(reasons) == 1 else "mixed"
    fewest = _fewest(flow, edges, node, asked)

    def tell(say: Say) -> str:
        units = _units(node, asked, stops, verdict, say)
        return _because(subject, stops, say) + (say("aside", text=units) if units else "")

    return _reason(verdict, stops, fewest, tell)


def _leading_to(flow: Flow, node: Node) -> list[Edge]:
    """The edges on the paths from the root to `node`, in the order of the pass."""
    behind = {node.index}
    edges = []
    for edge in reversed(flow.edges):  # parents come after their children, seen from here before
        if edge.parent.index in behind:
            behind.add(edge.child.index)
            edges.append(edge)
    return edges[::-1]


def _through(edge: Edge, mask: Any, opened: Any, shut: Any) -> Any:
    """Where `mask` at the child reaches the parent, with some stops opened and some kept shut.

    An opened structural stop lets its element through if anything arrived at all.
    """
    crossing = edge.crossing
    op, parent = edge.child.value.op, edge.parent.value
    assert op is not None
    if op.elementwise:
        return any_of(mask & (crossing.passes | opened) & ~shut, parent.shape)
    if not mask.any():
        return np.zeros(parent.shape, bool)
    data = [plain(a) for a in edge.child.value.operands]
    rng = np.random.default_rng(1)
    carried = pull(op, edge.slot, mask, edge.child.value._data, data, rng)
    return (carried | (opened & ~crossing.passes)) & ~shut


def _blocked(flow: Flow, edges: list[Edge], node: Node, asked: Any, stops: list[Stop]) -> bool:
    """Whether `stops` keep everything from `node`, with every other stop open."""
    shut = {id(stop.edge): stop.mask for stop in stops}
    reach = {flow.root.index: flow.root.arrives}
    for edge in edges:
        mask = reach.get(edge.child.index)
        if mask is not None and mask.any():
            arrived = _through(edge, mask, _YES, shut.get(id(edge), _NO))
            reach[edge.parent.index] = reach.get(edge.parent.index, False) | arrived
    return not np.any(reach.get(node.index, False) & asked)


def _separating(flow: Flow, edges: list[Edge], node: Node, asked: Any) -> tuple[Stop, ...]:
    """The first stops on the way to `node`, without those that others make redundant."""
    stops = [Stop(e, e.crossing.stops) for e in edges if e.crossing.stops.any()]
    for stop in list(stops):
        others = [s for s in stops if s is not stop]
        if _blocked(flow, edges, node, asked, others):
            stops = others
    return tuple(stops)


def _fewest(flow: Flow, edges: list[Edge], node: Node, asked: Any) -> tuple[Stop, ...] | None:
    """A smallest set of stops whose opening lets something arrive; None if there is none."""
    cost = {flow.root.index: np.where(flow.root.arrives, 0, _NEVER)}
    for edge in edges:
        price = _price(edge, cost[edge.child.index]) if edge.child.index in cost else None
        if price is not None:
            here = cost.get(edge.parent.index, _NEVER)
            cost[edge.parent.index] = np.minimum(here, price)
    final = np.where(asked, cost.get(node.index, _NEVER), _NEVER)
    if final.size == 0 or final.min() == _NEVER:
        return None
    # Walk one cheapest path back, from the element that it reaches.
    chosen: list[Stop] = []
    at, element = node, np.unravel_index(np.argmin(final), final.shape)
    while at.index != flow.root.index:
        target = cost[at.index][element]
        for edge in edges:
            if edge.parent is at and edge.child.index in cost:
                step = _step_back(edge, cost[edge.child.index], element, target)
                if step is not None:
                    break
        else:  # the cost came from somewhere
            raise AssertionError("no edge explains the cost of a path")
        at, element, opened = edge.child, step[0], step[1]
        if opened:
            mask = np.zeros(edge.crossing.passes.shape, bool)
            mask[element] = True
            chosen.append(Stop(edge, mask))
    return tuple(chosen[::-1])


def _price(edge: Edge, cost: Any) -> Any:
    """The cost at the parent of coming through `edge`."""
    op, shape = edge.child.value.op, edge.parent.value.shape
    assert op is not None
    if op.elementwise:
        price = np.where(cost == _NEVER, _NEVER, cost + ~edge.crossing.passes)
        return _least(price, shape)
    best = np.full(shape, _NEVER)
    for level in np.unique(cost[cost != _NEVER])[::-1]:
        best[_through(edge, cost == level, _NO, _NO)] = level
    return best


def _least(price: Any, shape: tuple[int, ...]) -> Any:
    """Un-broadcast by the minimum."""
    lead = price.ndim - len(shape)
    price = price.min(axis=tuple(range(lead)), initial=_NEVER) if lead else price
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and price.shape[i] != 1)
    return price.min(axis=stretched, keepdims=True, initial=_NEVER) if stretched else price


def _step_back(edge: Edge, cost: Any, element: Any, target: Any) -> tuple[Any, bool] | None:
    """The child's element through which the parent's `element` costs `target`, and if it opened."""
    op, shape = edge.child.value.op, edge.parent.value.shape
    assert op is not None
    wanted = np.zeros(shape, bool)
    wanted[element] = True
    if op.elementwise:
        spread = np.broadcast_to(wanted, cost.shape)
        price = np.where(cost == _NEVER, _NEVER, cost + ~edge.crossing.passes)
        hits = np.argwhere(spread & (price == target))
        if not len(hits):
            return None
        place = tuple(hits[0])
        return place, not edge.crossing.passes[place]
    places = np.argwhere(cost == target)
    mask = np.zeros(cost.shape, bool)
    mask[tuple(places.T)] = True
    if not len(places) or not _through(edge, mask, _NO, _NO)[element]:
        return None
    while len(places) > 1:  # halve until one element is left that reaches the parent's
        half = places[: len(places) // 2]
        mask = np.zeros(cost.shape, bool)
        mask[tuple(half.T)] = True
        reached = _through(edge, mask, _NO, _NO)[element]
        places = half if reached else places[len(places) // 2 :]
    return tuple(places[0]), False


# --- in words ----------------------------------------------------------------------------


def _at(index: Any) -> str:
    return f"[{', '.join(map(str, index)) if isinstance(index, tuple) else index}]"


def _outside(flow: Flow, leaf: Value, subject: str) -> ZeroReason:
    def reason(verdict: str, key: str, **gaps: Any) -> ZeroReason:
        return _reason(verdict, (), None, lambda say: say(key, subject=subject, **gaps))

    for node in flow.nodes:
        origin = node.value.detached_from
        if node.value is leaf and node.detached:
            return reason("detached", "made by detach", node=node.name)
        if origin is not None and _behind(origin, leaf):
            return reason("detached", "behind detach", node=origin.label or node.name)
    if not leaf.requires_grad:
        return reason("unconnected", "not wanted")
    gone = [n.name for n in flow.nodes if n.detached and n.value.detached_from is None]
    return reason("unconnected", "behind one of" if gone else "no path", nodes=", ".join(gone))


def _behind(start: Value, leaf: Value) -> bool:
    """Whether `leaf` is behind `start`, through further detach() links too."""
    seen = {id(start)}
    open_ends = [start]
    while open_ends:
        value = open_ends.pop()
        if value is leaf:
            return True
        origin = value.detached_from
        for a in (*value.parents, *([] if origin is None else [origin])):
            if id(a) not in seen:
                seen.add(id(a))
                open_ends.append(a)
    return False


def _lost(edges: list[Edge], node: Node, subject: str) -> ZeroReason:
    under = CODE["underflow"]
    faint = [Stop(e, e.crossing.codes == under) for e in edges if "underflow" in e.counts]
    if any(e.parent is node and np.any(e.crossing.lost) for e in edges):
        child = faint[0].edge.child
        return _reason(
            "underflow",
            tuple(faint[:1]),
            None,
            lambda say: say("underflow", subject=subject, who=_who(child, say)),
        )
    places = [n.name for n in {e.parent.index: e.parent for e in edges}.values() if n.cancelled]
    where = ", ".join(places[:3])
    key = "cancelled at" if places else "cancelled"
    return _reason("cancelled", (), None, lambda say: say(key, subject=subject, where=where))


def _not_zero(flow: Flow, node: Node, asked: Any, subject: str) -> Callable[[Say], str]:
    grad = np.asarray(node.grad)
    if grad.ndim == 0:
        return lambda say: say("not zero", subject=subject, x=number(grad))
    some, total = np.count_nonzero(grad[asked]), int(asked.sum())
    zero_rows = ~np.any((grad != 0).reshape(len(grad), -1), axis=1) & asked.all()
    rows = [int(row) for row in np.flatnonzero(zero_rows)]
    reasons = {row: why_zero(flow, node.value, row) for row in rows[:3]}

    def one(row: int, say: Say) -> str:
        only = np.zeros(grad.shape, bool)
        only[row] = True
        verdict = reasons[row].verdict
        units = _units(node, only, reasons[row].stops, verdict, say)
        return units or say("zero row", name=node.name, row=row, verdict=say(f"verdict {verdict}"))

    def tell(say: Say) -> str:
        sentence = say("some not zero", subject=subject, some=some, total=total)
        if rows:
            told = [one(row, say) for row in reasons]
            if len(rows) > 3:
                told.append(say("more", n=len(rows) - 3))
            sentence += say("but", text=say("then").join(told))
        return sentence

    return tell


def _units(node: Node, asked: Any, stops: tuple[Stop, ...], verdict: str, say: Say) -> str:
    """``unit 3 of 16: shut for 64 of 64 examples``, where a stop has a column for each row."""
    n = len(asked) if asked.ndim else 0
    stop = next((s for s in stops if s.mask.ndim > 1 and s.mask.shape[-1] == n), None)
    if stop is None:
        return ""
    rows = np.flatnonzero(asked.reshape(n, -1).any(axis=1))
    columns = stop.mask.reshape(-1, n)
    verdict = say(f"verdict {verdict}")
    told = [
        say(
            "unit",
            row=row,
            n=n,
            verdict=verdict,
            some=np.count_nonzero(columns[:, row]),
            total=len(columns),
        )
        for row in rows[:3]
    ]
    if len(rows) > 3:
        told.append(say("more units", n=len(rows) - 3))
    return say("then").join(told)


def _because(subject: str, stops: tuple[Stop, ...], say: Say) -> str:
    if not stops:
        return say("root", subject=subject)
    if len(stops) == 1:
        return say("one stop", subject=subject, stop=_told(stops[0], say, "which is"))
    told = [_told(stop, say) for stop in stops[:4]]
    if len(stops) > 4:
        told.append(say("more stops", n=len(stops) - 4))
    return say("stops", subject=subject, n=len(stops), stops=say("then").join(told))


def _who(node: Node, say: Say) -> str:
    op = node.value.op
    name = op.name if op else "leaf"
    return say("who", op=name, label=node.value.label) if node.value.label else name


def _told(stop: Stop, say: Say, link: str = "is") -> str:
    """One stop in words: who, in what state, and from which numbers."""
    edge, reason = stop.edge, stop.reason
    scalar = stop.mask.ndim == 0
    factor = _factor(edge) if reason == "by-zero" else None
    if isinstance(factor, Value):
        gate = _gate_behind(factor, say)
        return say("product", factor=_expression(factor, say)) + (gate and say("since", text=gate))
    if factor is not None:
        return say("product with 0")
    count = "" if scalar else say("count", some=stop.count, total=stop.total)
    numbers = _input(edge, say) if scalar and reason in ("shut", "kink", "tiny") else ""
    products = reason == "by-zero" and getattr(edge.child.value.op, "name", "") in _PRODUCTS
    who, words = _who(edge.child, say), say("stop products" if products else f"stop {reason}")
    return say(link, who=who, words=words, count=count) + numbers


def _input(edge: Edge, say: Say) -> str:
    value = edge.parent.value
    terms = [_term(a, say) for a in _terms(value)]
    inside = say("aside", text=say("and").join(terms)) if terms else ""
    return say("input", x=number(value._data)) + inside


def _terms(value: Value) -> list[Any]:
    """The summands of a sum, up to four; nothing if it is no sum or a longer one."""
    parts: list[Any] = [value]
    while len(parts) <= 4:
        for i, part in enumerate(parts):
            if isinstance(part, Value) and part.op is not None and part.op.name == "add":
                parts[i : i + 1] = part.operands
                break
        else:
            return parts if len(parts) > 1 else []
    return []


def _term(a: Any, say: Say) -> str:
    return f"{_expression(a, say)} = {number(a._data)}" if isinstance(a, Value) else number(a)


def _expression(a: Any, say: Say) -> str:
    """A short name: the label, ``w·x`` for a product, else the op."""
    if not isinstance(a, Value):
        return number(a)
    if a.label or a.op is None:
        return a.label or say("leaf")
    if a.op.name == "mul":
        names = [x.label if isinstance(x, Value) else number(x) for x in a.operands]
        if all(names):
            return "·".join(names)
    return a.op.name


#: Structural ops that add up products: a zero there comes from zero factors.
_PRODUCTS = ("matmul", "outer", "linear", "conv2d")


def _factor(edge: Edge) -> Any:
    """The other factor of a scalar product, if it is 0."""
    child = edge.child.value
    if child.op is None or child.op.name != "mul" or child.ndim:
        return None
    return child.operands[1 - edge.slot]


def _gate_behind(factor: Any, say: Say) -> str:
    if isinstance(factor, Value) and factor.op is not None and factor.op.zero == "shut":
        name = f"{factor.op.name} {factor.label}".strip()
        kink = on_kink(factor.op, 0, factor._data, fresh_data(factor)) is not None
        return say("gate on kink" if kink else "gate shut", name=name)
    return ""
