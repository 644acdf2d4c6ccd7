"""What a check found: a verdict for each element, and how it is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of an element, from the best to the worst."""

    PASS = "PASS"  #: the gradient is the slope
    KINK_INSIDE = "KINK_INSIDE"  #: on a kink; the gradient is one that may be chosen there
    TOO_CLOSE = "TOO_CLOSE"  #: a kink, jump or end of the domain hides the slope
    KINK_OUTSIDE = "KINK_OUTSIDE"  #: on a kink; the gradient lies outside: an error of a single op
    FAIL = "FAIL"  #: the gradient is wrong


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


@dataclass(frozen=True)
class Element:
    """One element of one input: its gradient, the slopes beside it, and the verdict."""

    name: str
    analytic: float
    left: float
    right: float
    central: float
    verdict: Verdict


@dataclass(frozen=True, repr=False)
class GradcheckReport:
    """What `gradcheck` found, element by element; ``str(report)`` is a table, the worst first.

    Examples
    --------
    >>> GradcheckReport((Element("x", 1.0, 1.0, 1.0, 1.0, Verdict.PASS),))
    GradcheckReport(PASS: 1 element, 1 PASS)
    """

    elements: tuple[Element, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all elements."""
        return max((e.verdict for e in self.elements), key=_RANK.__getitem__, default=Verdict.PASS)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many elements got each verdict."""
        counted = Counter(e.verdict for e in self.elements)
        return {verdict: counted[verdict] for verdict in Verdict}

    @property
    def _tally(self) -> str:
        return ", ".join(f"{n} {verdict}" for verdict, n in self.counts.items() if n)

    def __repr__(self) -> str:
        n = len(self.elements)
        parts = [f"{n} element{'' if n == 1 else 's'}", self._tally]
        return f"GradcheckReport({self.verdict}: {', '.join(filter(None, parts))})"

    def __str__(self) -> str:
        shown = sorted(self.elements, key=lambda e: -_RANK[e.verdict])[:20]
        rows: list[tuple[str, ...]] = [
            ("element", "analytic", "left", "right", "central", "verdict")
        ]
        rows += [
            (e.name, *(f"{n:.6g}" for n in (e.analytic, e.left, e.right, e.central)), e.verdict)
            for e in shown
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        hidden = len(self.elements) - len(shown)
        return "\n".join([*lines, f"… and {hidden} more"] if hidden else lines) + f"\n{self._tally}"


class GradientMismatch(AssertionError):
    """A gradient is not the slope of its function. `report` holds every element."""

    def __init__(self, message: str, report: GradcheckReport) -> None:
        super().__init__(f"{message}\n{report}")
        self.report = report
