"""gradcheck: the slopes, the laws of a pass, and the conventions on kinks, told in one report."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from tinygrad_relu import modes
from tinygrad_relu.checking.alone import wrong_convention, wrong_rule
from tinygrad_relu.checking.laws import Passed, broken_law
from tinygrad_relu.checking.report import Element, GradcheckReport, GradientMismatch, Verdict
from tinygrad_relu.checking.runs import Run, Subject
from tinygrad_relu.checking.second import gradient
from tinygrad_relu.checking.slopes import FIRST_STEP, Ruler
from tinygrad_relu.options import function, generator, whole
from tinygrad_relu.value import Value


def gradcheck(
    f: Callable[..., Value], *inputs: Any, seed: int = 0, order: int = 1
) -> GradcheckReport:
    """Check the gradient of `f` against left, right and central differences.

    The output is projected on random positive weights, so that one pass checks the whole
    Jacobian. More passes check what every rule promises: to be linear in the upstream gradient
    (for −1, 0 and two random ones), to give the same answer every time, whatever else was
    computed in between, and to add to ``.grad``. Of every op that sits on a kink it declares, the
    value chosen there is checked on its own. Everything is computed in float64, on copies:
    `inputs`, and whatever else `f` uses, stay as they are.

    Parameters
    ----------
    f : callable
        From Values to a Value. It must give the same answer every time.
    *inputs : Value, float or array_like
        Where to check. A Value that requires no gradient is passed on, but not checked.
    seed : int
        Of the projection.
    order : int
        2 to check the gradient of the gradient as well; nodes made by `record` have none.

    Returns
    -------
    GradcheckReport
        A verdict per element: ``PASS``; ``KINK_INSIDE``, on a kink, and the gradient is one that
        may be chosen there; ``TOO_CLOSE``, a kink, jump or end of the domain hides the slope;
        ``KINK_OUTSIDE`` and ``FAIL``, the gradient is wrong. Nodes made by `record`
        declare no kinks. Where kinks of one op meet, as those of ``clip(x, 1, 1)`` at 1, the value
        there is the op's own convention.

    Raises
    ------
    GradientMismatch
        If an element fails, a law of the pass is broken, or the gradient of an op at its kink
        is outside its one-sided slopes. In a composition each op may choose well and the sum be
        outside: that is reported only.
    TypeError
        If `f` does not return a Value.
    ValueError
        If an input or the output is not finite, `f` does not repeat itself, or the order is not
        1 or 2.
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
    if whole("gradcheck", "order", order) > 2:
        raise ValueError(f"gradcheck: order is 1 or 2, not {order!r}")
    f = function("gradcheck", "f", f, "a function of the inputs")
    rng = generator("gradcheck", seed, "seed")
    elements = _checked(f, inputs, rng, "gradcheck")
    if order == 2:
        found = _checked(gradient(f, rng.integers(2**32)), inputs, rng, "gradcheck of order 2")
        elements += [replace(e, name=f"{e.name}, order 2") for e in found]
    return GradcheckReport(tuple(elements))


def _checked(
    f: Callable[..., Value], inputs: tuple[Any, ...], rng: np.random.Generator, who: str
) -> list[Element]:
    """Every element, or an error that tells all that is wrong."""
    subject = Subject(f, inputs)
    base = _steady(subject)
    weights = rng.uniform(0.5, 1.5, base.root.shape)
    beside = _beside(subject, rng)
    ruler = Ruler(subject, base, weights)
    elements = list(ruler.elements())
    told = _mistakes(elements, base)
    broken = broken_law(subject, (base, weights, ruler.gradients), beside, rng)
    if broken is not None:
        told.append(broken[0])
        elements = [
            replace(e, verdict=Verdict.FAIL) if e.name in broken[1] else e for e in elements
        ]
    wrong = wrong_convention(base) if len(base.nodes) > 1 else None
    if wrong is not None:
        told.append(wrong[0])
        elements.append(wrong[1])
    if told:
        raise GradientMismatch(f"{who}: {'. '.join(told)}", GradcheckReport(tuple(elements)))
    return elements


def _steady(subject: Subject) -> Run:
    """Evaluate at the point; refuse what has no slope there."""
    base = subject.run()
    if not np.isfinite(base.y).all():
        raise ValueError(
            "gradcheck: the output is not finite at the inputs, so it has no slope there. "
            "Check inside the domain"
        )
    if not np.array_equal(base.y, subject.run().y):
        raise ValueError(
            "gradcheck: two calls with the same inputs gave two outputs. "
            "Seed the randomness inside the function"
        )
    return base


def _beside(subject: Subject, rng: np.random.Generator) -> Passed | None:
    """A pass through another graph, before all others: a rule that keeps its numbers errs then."""
    points = [
        p + FIRST_STEP * np.maximum(1, abs(p)) * rng.uniform(0.5, 1, p.shape)
        for p in subject.points
    ]
    with suppress(Exception), np.errstate(all="ignore"):  # it may be outside the domain
        run = subject.run(points)
        seed = rng.uniform(0.5, 1.5, run.root.shape)
        with run.left_alone():
            return run, seed, run.carry(seed)
    return None


def _mistakes(elements: list[Element], base: Run) -> list[str]:
    """What is wrong with the slopes, in a sentence."""
    single = base.nodes[0].op.name if len(base.nodes) == 1 else ""
    failing = {Verdict.FAIL, Verdict.KINK_OUTSIDE} if single else {Verdict.FAIL}
    wrong = [e for e in elements if e.verdict in failing]
    if not wrong:
        return []
    e = wrong[0]
    due = (
        f"the slope is {e.central:.9g}"
        if e.verdict is Verdict.FAIL
        else f"the slopes beside this kink are {e.left:.6g} and {e.right:.6g}"
    )
    who = single or wrong_rule(base)
    return [
        f"the gradient{' of ' * bool(single)}{single} is wrong in {len(wrong)} of {len(elements)} "
        f"elements. At {e.name} it is {e.analytic:.9g}, but {due}: compare "
        f"{'the rule of ' + who if who else 'each rule'} with the derivative"
    ]
