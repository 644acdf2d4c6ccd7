"""Each op of a graph on its own: which rule is wrong, and what is chosen on a kink.

In a composition each op may choose well on its kink and the sum lie outside the slopes of the
whole, or one chooses ill and the others hide it. The op alone tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_relu.checking.report import Element, Verdict
from tinygrad_relu.checking.runs import Run, Subject
from tinygrad_relu.checking.slopes import Ruler
from tinygrad_relu.kinks import margins
from tinygrad_relu.messages import describe
from tinygrad_relu.node import Node, plain
from tinygrad_relu.value import Value, apply

SEARCHED = 1000  #: elements that are tried to find a wrong rule by its name

Call = tuple[list[Any], list[Any]]  #: plain operands, and settings


def wrong_rule(base: Run) -> str:
    """The first op whose rule is wrong where it stands, in words; "" if none is found."""
    left = SEARCHED
    for node in base.nodes:
        left -= sum(parent.size for parent in node.parents)
        if left < 0:
            return ""
        ruler = None if node.op.recorded else _alone(node, _call(node))
        if ruler and any(e.verdict is Verdict.FAIL for e in ruler.elements()):
            return f"{node.op.name}, {describe(node)}"
    recorded = [node for node in base.nodes if node.op.recorded]
    return f"{recorded[0].op.name}, {describe(recorded[0])}" if len(recorded) == 1 else ""


def wrong_convention(base: Run) -> tuple[str, Element] | None:
    """The first op that takes a value outside its slopes on a kink, in a sentence and numbers."""
    for node in base.nodes:
        for call, slot, index in _on_kinks(node):
            ruler = _alone(node, call)
            element = ruler.element(slot, index) if ruler else None
            if element and element.verdict is Verdict.KINK_OUTSIDE:
                return (
                    f"the gradient of {node.op.name} is wrong on its kink, in {describe(node)}: "
                    f"it is {element.analytic:.6g}, but the slopes beside it are "
                    f"{element.left:.6g} and {element.right:.6g}: choose a value between them"
                ), replace(element, name=f"{node.op.name}: {element.name}")
    return None


def _call(node: Any) -> Call:
    data = [plain(a) for a in node.operands]
    cut = len(data) - node.op.settings
    return data[:cut], data[cut:]


def _alone(node: Any, call: Call) -> Ruler | None:
    """The slopes of the op of `node` by itself; None where an operand is not finite."""
    operands, settings = call
    wanted = [isinstance(a, Node) for a in node.operands[: len(operands)]]
    given = [a for w, a in zip(wanted, operands, strict=True) if w]
    if not all(np.isfinite(a).all() for a in given):
        return None

    def f(*leaves: Value) -> Value:
        left = iter(leaves)
        mixed = [next(left) if w else a for w, a in zip(wanted, operands, strict=True)]
        return apply(node.op, tuple(mixed), tuple(settings))

    subject = Subject(f, given)
    base = subject.run()
    weights = np.random.default_rng(0).uniform(0.5, 1.5, base.root.shape)
    return Ruler(subject, base, weights if base.root.size > 1 else np.ones_like(weights))


def _on_kinks(node: Any) -> Iterator[tuple[Call, int, tuple[int, ...]]]:
    """A call of the op of `node`, and a slot and an index there that sit on a kink.

    Of an elementwise op every element is a call of its own, so that equal ones are tried once.
    A scalar stays a scalar, and what is of an array an array.
    """
    operands, settings = _call(node)
    hits = [np.asarray(m) == 0 for m in margins(node.op, node.data, operands + settings)]
    if not any(hit.any() for hit in hits):
        return
    where = np.logical_or.reduce(hits)
    if not node.op.elementwise:
        for place in np.argwhere(where):
            yield (operands, settings), 0, tuple(map(int, place))
        return
    tried = set()
    for place in np.argwhere(np.broadcast_to(where, node.shape)):
        at = tuple(place)
        here = (
            [_at(a, node.shape, at) for a in operands],
            [_at(a, node.shape, at) for a in settings],
        )
        if repr(here) not in tried:
            tried.add(repr(here))
            for slot in range(len(node.parents)):
                yield here, slot, (0,) * min(1, node.ndim)


def _at(a: Any, shape: tuple[int, ...], place: tuple[Any, ...]) -> Any:
    """What a broadcast operand, or a setting, is at one place of the output."""
    if not isinstance(a, float | np.ndarray) or not shape:
        return a
    return np.broadcast_to(a, shape)[place].reshape(1)
