"""One file a claim: each demo states what is claimed, predicts, tries, and says what it found.

``python -m demos`` runs them all into a gallery.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

with suppress(ImportError):  # it comes with scikit-learn
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # for many small products, threads cost more than they bring

#: Where the pictures go, unless told otherwise.
GALLERY = Path(__file__).parent / "gallery"

CONFIRMED = "confirmed"
LIMITED = "confirmed with a limit"
NOT_CONFIRMED = "not confirmed"
VERDICTS = (CONFIRMED, LIMITED, NOT_CONFIRMED)


@dataclass(frozen=True)
class Spread:
    """A mean over several runs, with its 95 % interval.

    Attributes
    ----------
    mean, low, high : float
    runs : int
    """

    mean: float
    low: float
    high: float
    runs: int

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        rounding = 1e-9 * max(abs(self.low), abs(self.high))
        three = (self.mean, self.low, self.high)
        mean, low, high = (number(0.0 if abs(x) <= rounding else x, 3) for x in three)
        return f"{mean} [{low}, {high}]"


def spread(values: Iterable[float]) -> Spread:
    """Mean over runs, and a 95 % bootstrap interval of it: the runs drawn again 2,000 times.

    Runs that all agree give an interval of no width.
    """
    runs = np.asarray(list(values), dtype=float)
    drawn = np.random.default_rng(0).integers(0, len(runs), (2000, len(runs)))
    low, high = np.quantile(runs[drawn].mean(axis=1), (0.025, 0.975))
    return Spread(float(runs.mean()), float(low), float(high), len(runs))


def share(count: int, runs: int) -> Spread:
    """How often something happened, with Wilson's 95 % interval."""
    z2, p = 1.96**2, count / runs
    middle = (p + z2 / (2 * runs)) / (1 + z2 / runs)
    half = math.sqrt(z2) / (1 + z2 / runs) * math.sqrt(p * (1 - p) / runs + z2 / (4 * runs**2))
    return Spread(p, max(0.0, middle - half), min(1.0, middle + half), runs)


def number(x: float, digits: int = 4) -> str:
    """A number as a reader wants it: few digits, and a real minus sign."""
    return f"{x:.{digits}g}".replace("-", "−")


@dataclass(frozen=True)
class Finding:
    """What a demo found.

    Attributes
    ----------
    claim : str
        Its number: ``"A3"``; ``"T"`` and a word for a point of theory.
    statement : str
        The claim in one sentence.
    verdict : str
        One of `VERDICTS`.
    note : str
        What was found, in a sentence or two.
    figures : dict of str to float, Spread or str
        The numbers behind the verdict, the telling ones first.
    pictures : tuple of Path
        The first is the one to show. An ``.html`` file is a page to step through.
    """

    claim: str
    statement: str
    verdict: str
    note: str
    figures: dict[str, float | Spread | str] = field(default_factory=dict)
    pictures: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"a verdict is one of {VERDICTS}, not {self.verdict!r}")
