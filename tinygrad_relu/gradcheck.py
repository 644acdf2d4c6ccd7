"""Compare gradients with finite differences, and tell a kink from a mistake.

Every element of every input is moved to both sides, three steps each. Beside the
numbers the graphs are compared: the signed distances to the kinks that the table
declares say whether an element sits on a kink (a distance of 0 that moves off 0),
or whether a kink lies within the step (a distance changes its sign). In the second
case the step is shrunk until the kink lies outside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from tinygrad_relu.value import Value

FIRST_STEP = 2.0**-6  #: times max(1, |x|); the differences are exact to the fourth order
SHRINK = 8
STEPS = 20
SHARP = 3e-4  #: a relative tolerance that needs no smaller step
BLIND = 1e-2  #: a relative tolerance that says nothing

_SIDE = np.array([0.25, 0.5, 1.0])


class Verdict(StrEnum):
    """What became of an element, from the best to the worst."""

    PASS = "PASS"  #: the gradient is the slope
    KINK_INSIDE = "KINK_INSIDE"  #: on a kink; the gradient lies between the one-sided slopes
    TOO_CLOSE = "TOO_CLOSE"  #: a kink, jump or end of the domain stays within the smallest step
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


@dataclass(frozen=True)
class GradcheckReport:
    """What `gradcheck` found, element by element; ``str(report)`` is a table, the worst first."""

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

    def __str__(self) -> str:
        shown = sorted(self.elements, key=lambda e: -_RANK[e.verdict])[:20]
        rows = [("element", "analytic", "left", "right", "central", "verdict")]
        rows += [
            (e.name, *(f"{n:.6g}" for n in (e.analytic, e.left, e.right, e.central)), e.verdict)
            for e in shown
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        hidden = len(self.elements) - len(shown)
        counts = ", ".join(f"{n} {verdict}" for verdict, n in self.counts.items() if n)
        return "\n".join([*lines, f"… and {hidden} more"] if hidden else lines) + f"\n{counts}"


class GradientMismatch(AssertionError):
    """A gradient is not the slope of its function. `report` holds every element."""

    def __init__(self, message: str, report: GradcheckReport) -> None:
        super().__init__(f"{message}\n{report}")
        self.report = report


def gradcheck(f: Callable[..., Value], *inputs: Any, seed: int = 0) -> GradcheckReport:
    """Check the gradient of `f` against left, right and central differences.

    The output is projected on random positive weights, so that one pass checks the whole
    Jacobian. Everything is computed in float64, on copies: `inputs`, and whatever else `f`
    uses, stay as they are.

    Parameters
    ----------
    f : callable
        From Values to a Value. It must give the same answer every time.
    *inputs : Value, float or array_like
        Where to check. A Value that requires no gradient is passed on, but not checked.
    seed : int
        Of the projection.

    Returns
    -------
    GradcheckReport
        A verdict per element. Nodes made by `record` declare no kinks.

    Raises
    ------
    GradientMismatch
        If an element fails, or the gradient of a single op at its kink is outside its
        one-sided slopes. In a composition each op may choose well and the sum be outside:
        that is reported only.
    TypeError
        If `f` does not return a Value.
    ValueError
        If an input or the output is not finite, or `f` does not repeat itself.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> print(gradcheck(tg.relu, [-1.0, 0.0, 2.0], seed=1))
    element     analytic  left     right    central  verdict
    input 0[1]  0         0        1.45046  0.725232  KINK_INSIDE
    """
    check = _Check(f, inputs, seed)
    report = GradcheckReport(tuple(check.elements()))
    failing = {Verdict.FAIL, Verdict.KINK_OUTSIDE} if len(check.base.nodes) <= 1 else {Verdict.FAIL}
    wrong = sum(e.verdict in failing for e in report.elements)
    if wrong:
        ops = " of " + check.base.nodes[0].op.name if len(check.base.nodes) == 1 else ""  # type: ignore[union-attr]
        raise GradientMismatch(
            f"the gradient{ops} is wrong in {wrong} of {len(report.elements)} elements: "
            "compare the rule with the slopes",
            report,
        )
    return report


@dataclass(frozen=True)
class _Run:
    """One evaluation of f: the output, and the inner nodes, oldest first."""

    y: Any
    root: Value
    nodes: list[Value]
    leaves: list[Value]

    def signs(self) -> Any:
        """The sides of all kinks on which the data lies."""
        margins = [
            np.ravel(margin)
            for node in self.nodes
            if node.op is not None and node.op.kink is not None
            for margin in node.op.kink(node.data, *map(_plain, node.operands))
        ]
        return np.nan_to_num(np.sign(np.concatenate(margins))) if margins else np.zeros(0)

    def path(self) -> list[Any]:
        """Which way f took: its ops, their shapes, and the masks and indices it chose."""
        return [
            (node.op and node.op.name, node.shape, *map(_choice, node.operands))
            for node in self.nodes
        ]


@dataclass(frozen=True)
class _Slopes:
    """The slopes of one element, measured with one step."""

    left: float
    right: float
    central: float
    error: float  # by how much the differences still change with the step
    noise: float  # what rounding may do to them
    on_kink: bool

    @property
    def tolerance(self) -> float:
        return 4 * self.error + self.noise + 1e-6 * self.scale

    @property
    def scale(self) -> float:
        return max(abs(self.left), abs(self.right)) if self.on_kink else abs(self.central)

    def verdict(self, gradient: float) -> Verdict:
        low, high = sorted((self.left, self.right)) if self.on_kink else [self.central] * 2
        fits = low - self.tolerance <= gradient <= high + self.tolerance
        if self.on_kink:
            return Verdict.KINK_INSIDE if fits else Verdict.KINK_OUTSIDE
        return Verdict.PASS if fits else Verdict.FAIL


class _Check:
    """A function, a point, and the gradient there."""

    def __init__(self, f: Callable[..., Value], inputs: tuple[Any, ...], seed: int) -> None:
        self.f = f
        self.labels = [getattr(a, "label", "") or f"input {i}" for i, a in enumerate(inputs)]
        self.wanted = [not isinstance(a, Value) or a.requires_grad for a in inputs]
        self.points = [np.array(Value(_plain(a)).data, np.float64) for a in inputs]
        for label, point in zip(self.labels, self.points, strict=True):
            if not np.isfinite(point).all():
                raise ValueError(
                    f"gradcheck: {label} is not finite: a slope needs finite neighbours. "
                    "Check at a finite point"
                )
        self.base = base = self.run(self.points)
        if not np.isfinite(base.y).all():
            raise ValueError(
                "gradcheck: the output is not finite at the inputs, so it has no slope there. "
                "Check inside the domain"
            )
        if not np.array_equal(base.y, self.run(self.points).y):
            raise ValueError(
                "gradcheck: two calls with the same inputs gave two outputs. "
                "Seed the randomness inside the function"
            )
        self.signs, self.path = base.signs(), base.path()
        self.weights = np.random.default_rng(seed).uniform(0.5, 1.5, base.root.shape)
        self.gradients, self.rounding = self.backward()

    def run(self, points: list[Any]) -> _Run:
        """Evaluate f on fresh leaves."""
        leaves = [
            Value(point, label, wanted)
            for point, label, wanted in zip(points, self.labels, self.wanted, strict=True)
        ]
        y = self.f(*leaves)
        if not isinstance(y, Value):
            raise TypeError(
                f"gradcheck: the function returned a {type(y).__name__}, not a Value, so its "
                "gradient is lost. Compute with Values to the end, without .data"
            )
        return _Run(np.array(y.data, np.float64), y, _inner(y), leaves)

    def backward(self) -> tuple[list[Any], float]:
        """The gradients to be checked, and the rounding noise in the projected output.

        Every node rounds its data; its gradient says what that does to the output.
        """
        root, touched = self.base.root, list(self.base.leaves)
        for node in self.base.nodes:
            touched += [node, *node.parents]
        before = [(node, node.grad) for node in touched]
        if root.requires_grad:
            root.backward(self.weights if root.ndim else float(self.weights))
        gradients = [
            np.zeros(leaf.shape) if leaf.grad is None else np.array(leaf.grad, np.float64)
            for leaf in self.base.leaves
        ]
        with np.errstate(all="ignore"):
            rounding = sum(
                np.finfo(node.dtype).eps * np.sum(_finite(np.abs(node.data * node.grad)))
                for node in {id(node): node for node in touched}.values()
                if node.grad is not None
            )
        for node, grad in before:  # f may have used Values of its caller
            node.grad = grad
        return gradients, float(rounding)

    def elements(self) -> Iterator[Element]:
        for slot, point in enumerate(self.points):
            if self.wanted[slot]:
                for index in np.ndindex(point.shape):
                    yield self.element(slot, index)

    def element(self, slot: int, index: tuple[int, ...]) -> Element:
        """Measure with smaller and smaller steps until the slopes are sharp, and judge."""
        gradient = float(self.gradients[slot][index])
        x = abs(float(self.points[slot][index]))
        step = FIRST_STEP * 2.0 ** np.ceil(np.log2(max(1.0, x)))
        measured: list[_Slopes] = []
        shrunk = False
        for _ in range(STEPS):
            if step < 256 * np.spacing(x):
                break
            slopes = self.measure(slot, index, step)
            if slopes is not None:
                measured.append(slopes)
                if slopes.error <= slopes.noise or slopes.tolerance <= SHARP * slopes.scale:
                    break
            shrunk = shrunk or not measured
            step /= SHRINK
        best = min(measured, key=lambda s: s.tolerance, default=None)
        name = self.labels[slot] + (str(list(index)) if index else "")
        if best is None:
            nan = float("nan")
            return Element(name, gradient, nan, nan, nan, Verdict.TOO_CLOSE)
        visible = max(best.scale, abs(gradient) if np.isfinite(gradient) else 0.0)
        blind = best.tolerance > BLIND * visible
        diverging = best is measured[0] and best.error > max(best.noise, BLIND * visible)
        verdict = Verdict.TOO_CLOSE if diverging or (shrunk and blind) else best.verdict(gradient)
        return Element(name, gradient, best.left, best.right, best.central, verdict)

    def measure(self, slot: int, index: tuple[int, ...], step: float) -> _Slopes | None:
        """The slopes with this step; None if a kink lies within it, or the domain ends there."""
        runs = {}
        for offset in (*-_SIDE, *_SIDE):
            points = list(self.points)
            points[slot] = points[slot].copy()
            points[slot][index] += offset * step
            try:
                with np.errstate(all="ignore"):
                    run = self.run(points)
            except FloatingPointError:  # from detect_anomaly
                return None
            if not np.isfinite(run.y).all() or run.path() != self.path:
                return None
            runs[offset] = run.y, run.signs()
        left = np.array([runs[-t][1] for t in _SIDE])
        right = np.array([runs[t][1] for t in _SIDE])
        on = self.signs == 0
        home_left, home_right = np.where(on, (left[-1], right[-1]), self.signs)
        if (left != home_left).any() or (right != home_right).any():
            return None
        on_kink = bool((on & ((home_left != 0) | (home_right != 0))).any())

        def slope(a: float, b: float) -> float:
            return float(np.sum(self.weights * (runs[b][0] - runs[a][0]))) / ((b - a) * step)

        # Each line cancels the leading error: of the first order, and of the second.
        (near_left, far_left), (near_right, far_right) = (
            (slope(s * 0.25, s * 0.5), slope(s * 0.5, s)) for s in (-1.0, 1.0)
        )
        inner, middle, outer = (slope(-t, t) for t in _SIDE)
        fine, coarse = (4 * inner - middle) / 3, (4 * middle - outer) / 3
        error = (
            max(abs(near_left - far_left), abs(near_right - far_right))
            if on_kink
            else abs(fine - coarse)
        )
        noise = (16 * self.rounding + np.finfo(np.float64).tiny) / step
        return _Slopes(
            2 * near_left - far_left, 2 * near_right - far_right, fine, error, noise, on_kink
        )


def _inner(root: Value) -> list[Value]:
    """The nodes of the graph that ops made, oldest first."""
    found = {id(root): root} if root.op is not None else {}
    open_ends = list(found.values())
    while open_ends:
        for parent in open_ends.pop().parents:
            if parent.op is not None and id(parent) not in found:
                found[id(parent)] = parent
                open_ends.append(parent)
    return sorted(found.values(), key=lambda node: node._stamp)


def _plain(a: Any) -> Any:
    return a.data if isinstance(a, Value) else a


def _choice(a: Any) -> Any:
    """A mask or an index as something that compares; None for what chooses nothing."""
    if isinstance(a, np.ndarray):
        return a.tobytes() if a.dtype.kind in "biu" else None
    if isinstance(a, tuple | list):
        return tuple(map(_choice, a))
    return a if isinstance(a, int | slice | np.integer) else None


def _finite(a: Any) -> Any:
    return np.where(np.isfinite(a), a, 0.0)
