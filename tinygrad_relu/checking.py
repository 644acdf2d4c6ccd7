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

from tinygrad_relu import modes
from tinygrad_relu.node import plain, topological
from tinygrad_relu.options import function, generator
from tinygrad_relu.rule import margins
from tinygrad_relu.value import Value

FIRST_STEP = 2.0**-6  #: times max(1, |x|); the differences are exact to the fourth order
SHRINK = 8
STEPS = 40
SLIGHT = 1e-3  #: near a kink, slopes of this size must be seen to call them 0
EPS = np.finfo(np.float64).eps
NOTHING = 1e-40  #: slopes below are 0
FAINT = 1e-12  #: a smaller gap may be an op's own rounding, as of 1 + tanh(−6), and is no mistake
SHARP = 3e-4  #: a relative tolerance that needs no smaller step
BLIND = 1e-2  #: a relative tolerance that says nothing


class Verdict(StrEnum):
    """What became of an element, from the best to the worst."""

    PASS = "PASS"  #: the gradient is the slope
    KINK_INSIDE = "KINK_INSIDE"  #: on a kink; the gradient lies between the one-sided slopes
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
    RuntimeError
        If called under `no_grad`.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> print(gradcheck(tg.relu, [-1.0, 0.0, 2.0], seed=1))
    element     analytic  left     right    central   verdict
    input 0[1]  0         0        1.45046  0.725232  KINK_INSIDE
    input 0[0]  0         0        0        0         PASS
    input 0[2]  0.64416   0.64416  0.64416  0.64416   PASS
    2 PASS, 1 KINK_INSIDE
    """
    if not modes.current().recording:
        raise RuntimeError("gradcheck under no_grad(): nothing is recorded, so call it outside")
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

    def margins(self) -> Any:
        """The signed distances of the data to all kinks."""
        found = [
            np.ravel(margin)
            for node in self.nodes
            for margin in margins(node.op, node.data, [plain(a) for a in node.operands])
        ]
        return np.nan_to_num(np.concatenate(found)) if found else np.zeros(0)

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

    @property
    def blur(self) -> float:
        """The relative tolerance."""
        return self.tolerance / self.scale if self.scale else np.inf

    def agrees(self, other: _Slopes) -> bool:
        return abs(self.central - other.central) <= self.tolerance + other.tolerance

    def verdict(self, gradient: float) -> Verdict:
        low, high = sorted((self.left, self.right)) if self.on_kink else [self.central] * 2
        fits = low - self.tolerance <= gradient <= high + self.tolerance
        if self.on_kink:
            return Verdict.KINK_INSIDE if fits else Verdict.KINK_OUTSIDE
        return Verdict.PASS if fits else Verdict.FAIL


def _settled(measured: list[_Slopes], gradient: float) -> bool:
    """Whether a smaller step could change nothing. A mistake is looked at with every step."""
    fits = [slopes.verdict(gradient) is not Verdict.FAIL for slopes in measured]
    last = measured[-1]
    return fits[-1] and (last.blur <= SHARP or (last.error <= last.noise and all(fits)))


class _Check:
    """A function, a point, and the gradient there."""

    def __init__(self, f: Callable[..., Value], inputs: tuple[Any, ...], seed: int) -> None:
        self.f = function("gradcheck", "f", f, "a function of the inputs")
        rng = generator("gradcheck", seed, "seed")
        self.labels = [getattr(a, "label", "") or f"input {i}" for i, a in enumerate(inputs)]
        self.wanted = [not isinstance(a, Value) or a.requires_grad for a in inputs]
        self.points = [np.array(Value(plain(a)).data, np.float64) for a in inputs]
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
        self.margins, self.path = base.margins(), base.path()
        self.weights = rng.uniform(0.5, 1.5, base.root.shape)
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
        return _Run(
            np.array(y.data, np.float64), y, [v for v in topological(y) if v.op is not None], leaves
        )

    def backward(self) -> tuple[list[Any], dict[int, Any]]:
        """The gradients to be checked, and by node what its rounding does to the output.

        A node rounds its data; its gradient says how far that carries.
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
            rounding = {
                id(node): np.finfo(node.dtype).eps * _finite(np.abs(node.data * node.grad))
                for node in touched
                if node.grad is not None
            }
        for node, grad in before:  # f may have used Values of its caller
            node.grad = grad
        return gradients, rounding

    def moved(self, slot: int, index: tuple[int, ...], offset: float) -> _Run:
        """Evaluate f with one element moved."""
        points = list(self.points)
        points[slot] = points[slot].copy()
        points[slot][index] += offset
        with np.errstate(all="ignore"):
            return self.run(points)

    def rounding_of(self, slot: int, index: tuple[int, ...]) -> float:
        """The rounding noise in the projected output, of all that depends on an element.

        A NaN shows what does, like a dye; where it leads f another way, all may depend.
        """
        try:
            dyed = [np.isnan(node.data) for node in self.moved(slot, index, np.nan).nodes]
        except (ArithmeticError, ValueError):  # f refuses a NaN
            dyed = []
        if [np.shape(d) for d in dyed] != [node.shape for node in self.base.nodes]:
            dyed = [np.ones(node.shape, bool) for node in self.base.nodes]
        total = EPS * _finite(abs(self.gradients[slot][index])) * abs(self.points[slot][index])
        for node, dye in zip(self.base.nodes, dyed, strict=True):
            if dye.any() and id(node) in self.rounding:
                total += np.sum(self.rounding[id(node)] * dye)
                if not node.op.elementwise:  # type: ignore[union-attr]  # it adds up inside
                    total += sum(np.sum(self.rounding.get(id(p), 0.0)) for p in node.parents)
        return float(total)

    def elements(self) -> Iterator[Element]:
        for slot, point in enumerate(self.points):
            if self.wanted[slot]:
                for index in np.ndindex(point.shape):
                    yield self.element(slot, index)

    def element(self, slot: int, index: tuple[int, ...]) -> Element:
        """Measure, and judge."""
        name = self.labels[slot] + (str(list(index)) if index else "")
        gradient = float(self.gradients[slot][index])
        measured, shrunk = self.search(slot, index, gradient)
        if not measured:
            return Element(name, gradient, np.nan, np.nan, np.nan, Verdict.TOO_CLOSE)
        best = measured[-1]
        if not _settled(measured, gradient):
            best = min(measured, key=lambda slopes: slopes.blur)
        verdict = best.verdict(gradient)
        visible = max(best.scale, abs(gradient) if np.isfinite(gradient) else 0.0)
        blind = best.tolerance > BLIND * max(visible, SLIGHT)
        diverging = best.error > max(best.noise, BLIND * visible)
        faint = abs(gradient - best.central) < FAINT
        disputed = verdict is Verdict.FAIL and (faint or not all(map(best.agrees, measured)))
        if diverging or disputed or (shrunk and blind):
            verdict = Verdict.TOO_CLOSE
        return Element(name, gradient, best.left, best.right, best.central, verdict)

    def search(
        self, slot: int, index: tuple[int, ...], gradient: float
    ) -> tuple[list[_Slopes], bool]:
        """The slopes with smaller and smaller steps, and whether the first steps were too long."""
        x = abs(float(self.points[slot][index]))
        step = FIRST_STEP * 2.0 ** np.ceil(np.log2(max(1.0, x)))
        rounding = self.rounding_of(slot, index)
        measured: list[_Slopes] = []
        shrunk = False
        for _ in range(STEPS):
            if step < 256 * np.spacing(x):
                break
            slopes = self.measure(slot, index, step, rounding)
            if slopes is not None:
                measured.append(slopes)
                if _settled(measured, gradient):
                    break
            shrunk = shrunk or not measured
            step /= SHRINK
        return measured, shrunk

    def measure(
        self, slot: int, index: tuple[int, ...], step: float, rounding: float
    ) -> _Slopes | None:
        """The slopes with this step; None if a kink lies within it, or the domain ends there."""
        on = self.margins == 0
        runs: dict[float, Any] = {}
        margins: dict[float, Any] = {}
        sides: dict[float, Any] = {}  # on which sides of the kinks the steps left and right end
        for offset in (-1.0, 1.0, -0.5, 0.5, -0.25, 0.25):
            try:
                run = self.moved(slot, index, offset * step)
            except FloatingPointError:  # from detect_anomaly
                return None
            if not np.isfinite(run.y).all() or run.path() != self.path:
                return None
            margins[offset] = run.margins()
            side = np.sign(margins[offset])
            before = np.where(on, side, np.sign(self.margins))
            if (side != sides.setdefault(np.sign(offset), before)).any():
                return None
            runs[offset] = run.y
        # A distance without a sign, as a norm's, grows on both sides of the kink between them.
        nearest = np.minimum(abs(margins[-0.25]), abs(margins[0.25]))
        if (~on & (nearest / 2 > abs(self.margins))).any():
            return None
        on_kink = bool((on & ((sides[-1.0] != 0) | (sides[1.0] != 0))).any())

        def slope(a: float, b: float) -> float:
            return float(np.sum(self.weights * (runs[b] - runs[a]))) / ((b - a) * step)

        # Each line cancels the leading error: of the first order, and of the second.
        (near_left, far_left), (near_right, far_right) = (
            (slope(s * 0.25, s * 0.5), slope(s * 0.5, s)) for s in (-1.0, 1.0)
        )
        inner, middle, outer = (slope(-t, t) for t in (0.25, 0.5, 1.0))
        fine, coarse = (4 * inner - middle) / 3, (4 * middle - outer) / 3
        error = (
            max(abs(near_left - far_left), abs(near_right - far_right))
            if on_kink
            else abs(fine - coarse)
        )
        noise = 16 * rounding / step + NOTHING
        return _Slopes(
            2 * near_left - far_left, 2 * near_right - far_right, fine, error, noise, on_kink
        )


def _choice(a: Any) -> Any:
    """A mask or an index as something that compares; None for what chooses nothing."""
    if isinstance(a, np.ndarray):
        return a.tobytes() if a.dtype.kind in "biu" else None
    if isinstance(a, tuple | list):
        return tuple(map(_choice, a))
    return a if isinstance(a, int | slice | np.integer) else None


def _finite(a: Any) -> Any:
    return np.where(np.isfinite(a), a, 0.0)
