"""A stop: where passing ends, and what there is to say about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.flow.phrases import Say, speaker
from tinygrad_relu.flow.states import STATES
from tinygrad_relu.kinks import on_kink
from tinygrad_relu.numbers import number
from tinygrad_relu.ops import add
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value


@dataclass(eq=False)
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

    @cached_property
    def reason(self) -> str:
        """The state its elements share; else ``mixed``."""
        if not np.ndim(self.mask):
            return STATES[self.edge.crossing.kinds]
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
        return told(self, speaker(language)) + where

    def __repr__(self) -> str:
        return f"<stop {self.reason} at {self.op} {self.label}: {self.count} of {self.total}>"


def cuts(flow: Flow) -> tuple[Stop, ...]:
    """The first edges, seen from the root, where passing ends."""
    crossings = enumerate(flow.trace.crossing)
    return tuple([Stop(flow.edge_at(k), c.ends) for k, c in crossings if c.blocks])


# --- in words ----------------------------------------------------------------------------


def who(node: Node, say: Say) -> str:
    """The op, and the label if there is one."""
    op = node.value.op
    name, label = clean(op.name) if op else "leaf", clean(node.value.label)
    return say("who", op=name, label=label) if label else name


def told(stop: Stop, say: Say, link: str = "is") -> str:
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
    words = say("stop products" if products else f"stop {reason}")
    return say(link, who=who(edge.child, say), words=words, count=count) + numbers


def _input(edge: Edge, say: Say) -> str:
    value = edge.parent.value
    terms = [_term(a, say) for a in _terms(value)]
    inside = say("aside", text=say("and").join(terms)) if terms else ""
    return say("input", x=number(value._data)) + inside


def _terms(value: Value) -> list[Any]:
    """The summands of a sum, up to four; nothing if it is no sum or a longer one."""
    parts: list[Any] = [value]
    for _ in range(4):
        sums = [i for i, part in enumerate(parts) if getattr(part, "op", None) is add]
        if not sums:
            return parts if len(parts) > 1 else []
        parts[sums[0] : sums[0] + 1] = parts[sums[0]].operands
    return []


def _term(a: Any, say: Say) -> str:
    return f"{_expression(a, say)} = {number(a._data)}" if isinstance(a, Value) else number(a)


def _expression(a: Any, say: Say) -> str:
    """A short name: the label, ``w·x`` for a product, else the op."""
    if not isinstance(a, Value):
        return number(a)
    if a.label or a.op is None:
        return clean(a.label) or say("leaf")
    if a.op.name == "mul":
        names = [clean(x.label) if isinstance(x, Value) else number(x) for x in a.operands]
        if all(names):
            return "·".join(names)
    return clean(a.op.name)


#: Structural ops that add up products: a zero there comes from zero factors.
_PRODUCTS = ("matmul", "outer", "linear", "conv2d", "einsum", "tensordot", "kron", "cross")


def _factor(edge: Edge) -> Any:
    """The other factor of a scalar product, if it is 0."""
    child = edge.child.value
    if child.op is None or child.op.name != "mul" or child.ndim:
        return None
    return child.operands[1 - edge.slot]


def _gate_behind(factor: Any, say: Say) -> str:
    if isinstance(factor, Value) and factor.op is not None and factor.op.zero == "shut":
        name = f"{factor.op.name} {clean(factor.label)}".strip()
        kink = on_kink(factor.op, 0, factor._data, fresh_data(factor)) is not None
        return say("gate on kink" if kink else "gate shut", name=name)
    return ""
