"""Measure slopes by finite differences, and tell a kink from a mistake.

Every element of every input is moved to both sides, three steps each. Beside the
numbers the graphs are compared: the signed distances to the kinks that the table
declares say whether an element sits on a kink (a distance of 0 that moves off 0),
or whether a kink lies within the step (a distance changes its sign). In the second
case the step is shrunk until the kink lies outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.checking.report import Element, Verdict
from tinygrad_relu.checking.runs import Run, Subject
from tinygrad_relu.node import plain
from tinygrad_relu.value import Value

FIRST_STEP = 2.0**-6  #: times max(1, |x|); the differences are exact to the sixth order
SHRINK = 8
STEPS = 40
SHAKE = 1e3  #: times 1 + |x|: what depends on x does not stay
SLIGHT = 1e-3  #: near a kink, slopes of this size must be seen to call them 0
EPS = np.finfo(np.float64).eps
NOTHING = 1e-40  #: slopes below are 0
FAINT = 4096  #: times the rounding: an op may itself round so far, as 1 + tanh(−6) does
EXACT = 1e-6  #: the relative tolerance where nothing blurs the slopes
SHARP = 4e-6  #: a relative tolerance that needs no smaller step
BLIND = 1e-2  #: a relative tolerance that says nothing


@dataclass(frozen=True)
class Slopes:
    """The slopes of one element, measured with one step."""

    left: float
    right: float
    central: float
    error: float  # by how much the differences still change with the step
    noise: float  # what rounding may do to them
    faint: float  # what rounding may do to a gradient
    on_kink: bool
    meeting: bool  # kinks of one op meet here: the slope between them cannot be seen

    @property
    def tolerance(self) -> float:
        """How far a right gradient may be from what was measured."""
        return 4 * self.error + self.noise + EXACT * self.scale

    @property
    def scale(self) -> float:
        """The size of the slopes."""
        return max(abs(self.left), abs(self.right)) if self.on_kink else abs(self.central)

    @property
    def blur(self) -> float:
        """The relative tolerance."""
        return self.tolerance / self.scale if self.scale else np.inf

    def agrees(self, other: Slopes) -> bool:
        """Whether both may have measured the same slope."""
        return abs(self.central - other.central) <= self.tolerance + other.tolerance

    def verdict(self, gradient: float) -> Verdict:
        """What these slopes say of a gradient."""
        low, high = sorted((self.left, self.right)) if self.on_kink else [self.central] * 2
        fits = low - self.tolerance <= gradient <= high + self.tolerance
        if self.on_kink:
            fits = fits or (self.meeting and bool(np.isfinite(gradient)))
            return Verdict.KINK_INSIDE if fits else Verdict.KINK_OUTSIDE
        return Verdict.PASS if fits else Verdict.FAIL


def _settled(measured: list[Slopes], gradient: float) -> bool:
    """Whether a smaller step could change nothing."""
    fits = [slopes.verdict(gradient) is not Verdict.FAIL for slopes in measured]
    last = measured[-1]
    return fits[-1] and (last.blur <= SHARP or (last.error <= last.noise and all(fits)))


def _wrong(measured: list[Slopes], gradient: float) -> bool:
    """Whether a mistake is sure: three sharp looks agree, and left and right of the point too."""
    looks = measured[-3:]
    return len(looks) == 3 and all(
        look.verdict(gradient) is Verdict.FAIL
        and look.blur <= SHARP
        and abs(look.left - look.right) <= BLIND * look.scale
        and look.agrees(looks[-1])
        for look in looks
    )


class Ruler:
    """Measures the slopes of a function around a run, and judges the gradients of a pass."""

    def __init__(self, subject: Subject, base: Run, weights: Any) -> None:
        self.subject, self.base, self.weights = subject, base, weights
        self.y, self.path = base.y, base.path()
        self.distances, self.places = base.distances(), base.places()
        with base.left_alone():
            self.gradients = base.carry(weights)
            #: By node, how far what it rounds is carried into the output.
            self.reach = {
                id(node): EPS * _finite(np.abs(node.grad))
                for node in (*base.leaves, *(p for n in base.nodes for p in (n, *n.parents)))
                if node.grad is not None
            }

    def elements(self) -> Iterator[Element]:
        """Every element that is to be checked."""
        for slot, point in enumerate(self.subject.points):
            if self.subject.wanted[slot]:
                for index in np.ndindex(point.shape):
                    yield self.element(slot, index)

    def element(self, slot: int, index: tuple[int, ...]) -> Element:
        """Measure, and judge."""
        name = self.subject.name(slot, index)
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
        faint = abs(gradient - best.central) < best.faint
        disputed = verdict is Verdict.FAIL and (faint or not all(map(best.agrees, measured)))
        if diverging or disputed or (shrunk and blind):
            verdict = Verdict.TOO_CLOSE
        return Element(name, gradient, best.left, best.right, best.central, verdict)

    def search(
        self, slot: int, index: tuple[int, ...], gradient: float
    ) -> tuple[list[Slopes], bool]:
        """The slopes with smaller and smaller steps, and whether the first steps were too long."""
        x = abs(float(self.subject.points[slot][index]))
        step = FIRST_STEP * 2.0 ** np.ceil(np.log2(max(1.0, x)))
        rounding = self.rounding_of(slot, index)
        measured: list[Slopes] = []
        shrunk = False
        for _ in range(STEPS):
            if step < 256 * np.spacing(x):
                break
            slopes = self.measure(slot, index, step, rounding)
            if slopes is not None:
                measured.append(slopes)
                if _settled(measured, gradient) or _wrong(measured, gradient):
                    break
            shrunk = shrunk or not measured
            step /= SHRINK
        return measured, shrunk

    def measure(
        self, slot: int, index: tuple[int, ...], step: float, rounding: float
    ) -> Slopes | None:
        """The slopes with this step; None if a kink lies within it, or the domain ends there."""
        on = self.distances == 0
        ys: dict[float, Any] = {}
        distances: dict[float, Any] = {}
        sides: dict[float, Any] = {}  # on which sides of the kinks the steps left and right end
        for offset in (-1.0, 1.0, -0.5, 0.5, -0.25, 0.25):
            try:
                run = self.subject.moved(slot, index, offset * step)
            except FloatingPointError:  # from detect_anomaly
                return None
            ys[offset] = run.y
            if not np.isfinite(ys[offset]).all() or run.path() != self.path:
                return None
            distances[offset] = run.distances()
            side = np.sign(distances[offset])
            before = np.where(on, side, np.sign(self.distances))
            if (side != sides.setdefault(np.sign(offset), before)).any():
                return None
        # A distance without a sign, as a norm's, grows on both sides of the kink between them.
        nearest = np.minimum(abs(distances[-0.25]), abs(distances[0.25]))
        if (~on & (nearest / 2 > abs(self.distances))).any():
            return None
        crossed = on & ((sides[-1.0] != 0) | (sides[1.0] != 0))
        on_kink = bool(crossed.any())
        meeting = bool(len(np.unique(self.places[crossed])) < np.count_nonzero(crossed))

        def slope(a: float, b: float) -> float:
            return float(np.sum(self.weights * (ys[b] - ys[a]))) / ((b - a) * step)

        # Each line cancels the leading error: of the first order, the second, and the fourth.
        (near_left, far_left), (near_right, far_right) = (
            (slope(s * 0.25, s * 0.5), slope(s * 0.5, s)) for s in (-1.0, 1.0)
        )
        inner, middle, outer = (slope(-t, t) for t in (0.25, 0.5, 1.0))
        fine, coarse = (4 * inner - middle) / 3, (4 * middle - outer) / 3
        finest = (16 * fine - coarse) / 15
        error = (
            max(abs(near_left - far_left), abs(near_right - far_right))
            if on_kink
            else abs(fine - coarse)  # more than is left, but not where a curvature jumps
        )
        return Slopes(
            2 * near_left - far_left,
            2 * near_right - far_right,
            finest,
            error,
            16 * rounding / step + NOTHING,
            FAINT * rounding,
            on_kink,
            meeting,
        )

    def rounding_of(self, slot: int, index: tuple[int, ...]) -> float:
        """The rounding noise in the projected output, of all that depends on an element."""
        drop = np.zeros(self.subject.points[slot].shape, bool)
        drop[index] = True
        leaf = self.base.leaves[slot]
        dyed = {id(leaf): drop}
        total = self._rounded(leaf, drop)
        for node in self.base.nodes:
            if all(id(p) not in dyed for p in node.parents):
                continue
            dyed[id(node)] = dye = _dye(node, dyed)
            total += self._rounded(node, dye)
            if not node.op.elementwise:  # it adds up inside
                total += sum(self._rounded(p, True) for p in node.parents)
        return total

    def _rounded(self, node: Value, dye: Any) -> float:
        reach, data = self.reach.get(id(node), 0.0), node.data
        if data.__class__ is float:
            return float(reach) * abs(data) if data - data == 0 else 0.0
        return float(np.sum(reach * dye * _finite(np.abs(data))))


def _dye(node: Any, dyed: dict[int, Any]) -> Any:
    """Which elements of `node` depend on dyed ones, as a mask."""
    op = node.op
    if node.ndim == 0 or op.recorded:
        return np.ones(node.shape, bool)
    if op.elementwise:
        spread = [dyed[id(p)] for p in node.parents if id(p) in dyed]
        return np.broadcast_to(np.logical_or.reduce(np.broadcast_arrays(*spread)), node.shape)
    found = np.zeros(node.shape, bool)
    for shake in (-SHAKE, SHAKE):
        try:
            with np.errstate(all="ignore"):
                data = [
                    np.where(dyed[id(a)], a.data + shake * (1 + abs(a.data)), a.data)
                    if id(a) in dyed
                    else plain(a)
                    for a in node.operands
                ]
                found |= op.evaluate(data) != node.data
        except (ArithmeticError, ValueError):
            return np.ones(node.shape, bool)
    return found


def _finite(a: Any) -> Any:
    return np.where(np.isfinite(a), a, 0.0)
