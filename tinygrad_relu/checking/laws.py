"""What every backward pass promises: linear in the upstream gradient, the same every time.

Differences see one pass with one upstream gradient. A rule of ``|g|`` or ``max(g, 0)``, and a
closure that keeps something from its last call, are right in that pass and wrong in others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.checking.runs import Run, Subject
from tinygrad_relu.messages import describe

RELATIVE = 1e-9  #: g, g again, and −g are rounded alike; g + h is not, and has SLACK
SLACK = 1e-9
FAINT = float(np.finfo(np.float32).tiny)  #: below, numbers lose their digits one by one

Carry = Callable[[Any], list[Any]]  #: from an upstream gradient to what arrives

Passed = tuple[Run, Any, list[Any]]  #: a run, the seed of its first pass, and what it brought

KEEPS = "keeps something from call to call: compute it from the upstream gradient alone"
ADDS = "must leave .grad to the pass, which adds to it"
BENDS = "must be linear in the upstream gradient, below 0 too: multiply it, and do no more with it"


@dataclass(frozen=True)
class Law:
    """What came of an upstream gradient, and what was due."""

    upstream: str
    cause: str
    got: list[Any]
    due: list[Any]
    slack: float = 0.0

    def misses(self) -> list[Any]:
        """Where it is broken, a mask for each operand. A gradient of inf or NaN says nothing."""
        return [
            np.isfinite(due)
            & ~(abs(got - due) <= RELATIVE * (abs(due) + 1e-3 * _top(due)) + FAINT + self.slack)
            for got, due in zip(self.got, self.due, strict=True)
        ]


def _linear(carry: Carry, g: Any, first: list[Any], rng: np.random.Generator) -> Iterator[Law]:
    """The laws of a graph, or of a node; `first` is what came of `g` at first."""
    yield Law("the same upstream gradient again", KEEPS, carry(g), first)
    yield Law("an upstream gradient of 0", BENDS, carry(0 * g), [0 * c for c in first])
    yield Law("the negative upstream gradient", BENDS, carry(-g), [-c for c in first])
    for times in (2.0**20, 2.0**-20):  # far out and near 0: what is clipped, or left out, is seen
        due = [times * c for c in first]
        yield Law(f"{times:.0e} times the upstream gradient", BENDS, carry(times * g), due)
    one, two = rng.normal(size=(2, *np.shape(g)))
    due = [a + b for a, b in zip(carry(one), carry(two), strict=True)]
    slack = SLACK * max(_top(one), _top(two))
    yield Law("the sum of two upstream gradients", BENDS, carry(one + two), due, slack)


def broken_law(
    subject: Subject, at: Passed, beside: Passed | None, rng: np.random.Generator
) -> tuple[str, set[str]] | None:
    """The first law that is broken, in a sentence, and the names of the elements that show it.

    Parameters
    ----------
    subject : Subject
    at, beside : tuple
        The first pass at the point, and the one before it, beside the point.
    """
    base, g, first = at

    def laws() -> Iterator[Law]:
        yield from _linear(base.carry, g, first, rng)
        yield Law("the same upstream gradient in a new graph", KEEPS, subject.run().carry(g), first)
        base.carry(g)
        yield Law("a pass added to .grad", ADDS, base.carry(g, add=True), [2 * c for c in first])
        if beside is not None:
            other, seed, brought = beside
            yield Law("the same upstream gradient again", KEEPS, other.carry(seed), brought)

    if not base.root.requires_grad:
        return None
    with base.left_alone(), np.errstate(all="ignore"):
        for law in laws():
            misses = [
                (slot, tuple(map(int, place)))
                for slot, missed in enumerate(law.misses())
                for place in np.argwhere(missed & subject.wanted[slot])
            ]
            who = _culprit(base, law.upstream, rng) if misses else ""
            if misses and (who or not law.slack):  # else a long graph has enlarged the rounding
                slot, place = misses[0]
                sentence = (
                    f"{law.upstream} brings {law.got[slot][place]:.6g} to "
                    f"{subject.name(slot, place)}, where {law.due[slot][place]:.6g} is due: "
                    f"{who or 'a rule'} {law.cause}"
                )
                return sentence, {subject.name(*miss) for miss in misses}
    return None


def _culprit(base: Run, upstream: str, rng: np.random.Generator) -> str:
    """The first node whose closure breaks the law, in words."""
    for node in base.nodes:
        carry = _closure(node)
        g = rng.normal(size=node.shape)
        first = carry(g)
        for law in _linear(carry, g, first, rng):
            if law.upstream == upstream and any(m.any() for m in law.misses()):
                return f"the rule of {node.op.name}, {describe(node)},"
    return f"the rule of {base.nodes[0].op.name}" if len(base.nodes) == 1 else ""


def _closure(node: Any) -> Carry:
    closure = node.backward_closure

    def carry(g: Any) -> list[Any]:
        pieces = closure(g if node.ndim else float(g))
        return [
            np.array(0.0 if piece is None else piece, np.float64) + np.zeros(parent.shape)
            for piece, parent in zip(pieces, node.parents, strict=True)
        ]

    return carry


def _top(a: Any) -> float:
    return float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a)))
