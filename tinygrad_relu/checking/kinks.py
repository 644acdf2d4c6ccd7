"""The value an op takes on its kink, checked on the op alone, wherever in a graph it stands.

In a composition each op may choose well and the sum lie outside the slopes of the whole, or one
chooses ill and others hide it. The op alone tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_relu.checking.report import Element, Verdict
from tinygrad_relu.checking.runs import Run, Subject
from tinygrad_relu.checking.slopes import Ruler
from tinygrad_relu.messages import describe
from tinygrad_relu.node import Node, plain
from tinygrad_relu.rule import margins
from tinygrad_relu.value import Value, apply


def wrong_convention(base: Run) -> tuple[str, Element] | None:
    """The first op that takes a value outside its slopes on a kink, in a sentence and numbers."""
    for node in base.nodes:
        for operands, settings, slot, index in _on_kinks(node):
            element = _alone(node, operands, settings).element(slot, index)
            if element.verdict is Verdict.KINK_OUTSIDE:
                return (
                    f"the gradient of {node.op.name} is wrong on its kink, in {describe(node)}: "
                    f"it is {element.analytic:.6g}, but the slopes beside it are "
                    f"{element.left:.6g} and {element.right:.6g}: choose a value between them"
                ), replace(element, name=f"{node.op.name}: {element.name}")
    return None


def _alone(node: Any, operands: tuple[Any, ...], settings: tuple[Any, ...]) -> Ruler:
    """The op of `node` by itself, and its slopes."""
    wanted = [isinstance(a, Node) for a in node.operands[: len(operands)]]

    def f(*leaves: Value) -> Value:
        left = iter(leaves)
        given = [next(left) if w else a for w, a in zip(wanted, operands, strict=True)]
        return apply(node.op, tuple(given), settings)

    subject = Subject(f, [a for w, a in zip(wanted, operands, strict=True) if w])
    base = subject.run()
    return Ruler(subject, base, np.ones(base.root.shape))


def _on_kinks(node: Any) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], int, tuple[int, ...]]]:
    """The operands and settings of `node`, and a slot and an index that sit on a kink.

    Of an elementwise op every element is a call of its own, so that equal ones are tried once.
    """
    data = [plain(a) for a in node.operands]
    hits = [np.asarray(m) == 0 for m in margins(node.op, node.data, data)]
    if not any(hit.any() for hit in hits):
        return
    cut = len(data) - node.op.settings
    where = np.logical_or.reduce(hits)
    leaves = [i for i, a in enumerate(node.operands[:cut]) if isinstance(a, Node)]
    if not node.op.elementwise:
        for place in np.argwhere(where):
            yield tuple(data[:cut]), tuple(data[cut:]), 0, tuple(map(int, place))
        return
    seen = set()
    for place in np.argwhere(np.broadcast_to(where, node.shape)):
        call = tuple(_at(a, node.shape, tuple(place)) for a in data)
        if call not in seen:
            seen.add(call)
            for slot in range(len(leaves)):
                yield call[:cut], call[cut:], slot, ()


def _at(a: Any, shape: tuple[int, ...], place: tuple[int, ...]) -> Any:
    """What a broadcast operand, or a setting, is at one place of the output."""
    return np.broadcast_to(a, shape)[place].item() if isinstance(a, np.ndarray) else a
