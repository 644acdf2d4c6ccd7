"""Rows of your own: the two kinds of op, with what is wrong about a row told in words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from tinygrad_relu import op as table
from tinygrad_relu.foreign import retold
from tinygrad_relu.op import Op

P = ParamSpec("P")
Rule = Callable[..., Any]

#: What a zero local gradient may mean.
ZEROS = ("shut", "tiny", "unselected", "by-zero")


def elementwise(
    *locals: float | Rule, kink: Rule | None = None, zero: str = "by-zero"
) -> Callable[[Callable[P, Any]], Op[P]]:
    """Make an op of your own that goes element by element, from its derivatives.

    Decorates the forward, a function of operands and then settings, on floats and arrays. In
    rules, a Value may stand for every number, so that they can be differentiated again: write
    them with operators and functions of NumPy.

    Parameters
    ----------
    *locals : float or callable
        The local gradient ∂y/∂operand of each operand: a number, or
        ``rule(y, *operands, *settings)``.
    kink : callable, optional
        ``kink(y, *operands, *settings)``: signed distances to the kinks, as a tuple of arrays in
        the shape of the output; an input sits on a kink where one of them is 0.
    zero : {"by-zero", "shut", "tiny", "unselected"}
        What a local gradient of 0 means: a gate that is shut, which is drawn as a cut; a curve
        that saturates; an element that was not chosen; a factor that is 0.

    Returns
    -------
    callable
        From the forward to an `Op`, which takes Values, numbers and arrays.

    Raises
    ------
    TypeError, ValueError
        At once, if there are more rules than operands, or a rule or the kink does not take all
        operands and settings; from a call, if the forward, and from a pass, if a rule gives
        another shape. Whether a rule is the derivative, `gradcheck` tells.

    Examples
    --------
    >>> import numpy as np, tinygrad_relu as tg
    >>> @tg.elementwise(lambda y, x: x > 0, kink=lambda y, x: (x,), zero="shut")
    ... def my_relu(x):
    ...     return np.maximum(x, 0)
    >>> tg.gradcheck(my_relu, [-1.0, 0.0, 2.0], order=2)
    GradcheckReport(KINK_INSIDE: 6 elements, 4 PASS, 2 KINK_INSIDE)
    >>> x = tg.Value(-1.0, label="x")
    >>> print(tg.gradient_flow(my_relu(x)).why_zero(x).sentence)
    x.grad is 0 because every path passes my_relu, which is shut: its input is −1
    >>> tg.grad(tg.grad(lambda x: my_relu(x) ** 2))(3.0)
    2.0
    """
    return lambda forward: _row("elementwise", forward, locals, kink, zero)


def structural(
    *pullbacks: Rule,
    each: Callable[[int], Rule] | None = None,
    kink: Rule | None = None,
    zero: str = "by-zero",
) -> Callable[[Callable[P, Any]], Op[P]]:
    """Make an op of your own that moves or mixes elements, from its pullbacks.

    As `elementwise`, but for the rules.

    Parameters
    ----------
    *pullbacks : callable
        What each operand receives of the upstream gradient g, in its shape or broadcast from
        it: ``rule(g, y, *operands, *settings)``, linear in g.
    each : callable, optional
        Instead, for a forward of any number of ``*operands``: from the place of an operand to
        its pullback.
    kink : callable, optional
        As for `elementwise`; the arrays have the shape of the first operand.
    zero : str
        As for `elementwise`.

    Examples
    --------
    >>> import numpy as np, tinygrad_relu as tg
    >>> @tg.structural(lambda g, y, x: g[::-1])
    ... def backwards(x):
    ...     return x[::-1]
    >>> tg.grad(lambda x: tg.sum(backwards(x) * [1.0, 10.0]))(np.ones(2))
    array([10.,  1.])
    """
    if each is not None and pullbacks:
        raise TypeError("structural: pullbacks, one for each operand, or each=, but not both")
    return lambda forward: _row("structural", forward, each or pullbacks, kink, zero)


def _row(kind: str, forward: Callable[P, Any], rules: Any, kink: Rule | None, zero: str) -> Op[P]:
    """The op, or what is wrong with its row."""
    if not inspect.isfunction(forward):
        raise TypeError(
            f"{kind} decorates a function written with def, not {forward!r:.60}: its rules come "
            f"first, @{kind}(rule)"
        )
    name, names = forward.__name__, _parameters(forward, several=callable(rules))
    if zero not in ZEROS:
        raise ValueError(f"{name}: zero is one of {', '.join(ZEROS)}, not {zero!r:.60}")
    if kink is not None:
        wrong = _no_distances(0 if kind == "elementwise" else 1)
        kink = _checked(kink, f"{name}: the kink", wrong, ["y", *names])
    if callable(rules):

        def each(slot: int) -> Rule:
            return _checked(rules(slot), f"{name}: the rule of operand {slot}", _misfit(slot))

        return table.structural(each=each, kink=kink, zero=zero)(forward)
    if not 0 < len(rules) <= len(names):
        raise ValueError(
            f"{name}: {len(rules)} rules for the operands ({', '.join(names)}): give one for each, "
            "in order; parameters that have none are settings"
        )
    pairs = [(rule, f"{name}: the rule of {a}") for rule, a in zip(rules, names, strict=False)]
    if kind == "structural":
        pulls = [
            _checked(rule, who, _misfit(slot), ["g", "y", *names])
            for slot, (rule, who) in enumerate(pairs)
        ]
        return table.structural(*pulls, kink=kink, zero=zero)(forward)
    locals = [
        float(rule)
        if isinstance(rule, int | float | np.number)
        else _checked(rule, who, _no_local, ["y", *names])
        for rule, who in pairs
    ]
    op: Op[P] = table.elementwise(*locals, kink=kink, zero=zero)(forward)
    op.forward = _by_element(op.forward)
    return op


def _parameters(forward: Callable[..., Any], several: bool) -> list[str]:
    """The names of operands and settings."""
    name, found = forward.__name__, inspect.signature(forward).parameters.values()
    kinds = {p.kind: p for p in found}
    if p := kinds.get(inspect.Parameter.VAR_KEYWORD):
        raise TypeError(f"{name}: settings are named one by one, and not taken as **{p.name}")
    p = kinds.get(inspect.Parameter.VAR_POSITIONAL)
    if several and p is None:
        raise TypeError(f"{name}: each= is for any number of operands: {name}(*operands)")
    if p and not several:
        raise TypeError(f"{name}: for any number of operands, *{p.name}, give structural(each=…)")
    if (p := kinds.get(inspect.Parameter.KEYWORD_ONLY)) and not several:
        raise TypeError(f"{name}: {p.name} follows the operands, without a * between them")
    return ["*operands"] if several else [p.name for p in found]


def _checked(
    rule: Any, who: str, wrong: Callable[..., str], given: Sequence[str] = ("*operands",)
) -> Rule:
    """A rule that says in words what is wrong with it, or with what it gives."""
    if not callable(rule):
        number = " or a number" if wrong is _no_local else ""
        raise TypeError(f"{who} is a function{number}, not {rule!r:.60}")
    if "*operands" not in given:
        _bind(rule, who, given)

    @wraps(rule)
    def told(*args: Any) -> Any:
        try:
            result = rule(*args)
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise retold(error, who) from error
        words = "gives None: it returns nothing" if result is None else wrong(result, *args)
        if words:
            raise ValueError(f"{who} {words}")
        return result

    return told


def _bind(rule: Rule, who: str, given: Sequence[str]) -> None:
    try:
        takes = inspect.signature(rule)
    except ValueError:  # some that are not written in Python cannot say
        return
    try:
        takes.bind(*given)
    except TypeError:
        raise TypeError(
            f"{who} takes {takes} and is given ({', '.join(given)}): "
            "what the op gave, all operands and all settings"
        ) from None


def _no_local(local: Any, y: Any, *data: Any) -> str:
    if _fits(local, np.shape(y)):
        return ""
    return f"gives shape {np.shape(local)} where the output has {np.shape(y)}: one slope for each"


def _misfit(slot: int) -> Callable[..., str]:
    def wrong(c: Any, g: Any, y: Any, *data: Any) -> str:
        due = np.shape(data[slot])
        if np.shape(c) == due or (np.size(c) and _fits(data[slot], np.shape(c))):
            return ""
        return f"gives shape {np.shape(c)} for an operand of shape {due}: give its shape back"

    return wrong


def _no_distances(slot: int) -> Callable[..., str]:
    def wrong(distances: Any, *data: Any) -> str:
        if not isinstance(distances, tuple):
            return f"gives a {type(distances).__name__}, not a tuple of distances, as (x,)"
        due = np.shape(data[slot])
        odd = next((np.shape(d) for d in distances if not _fits(d, due)), None)
        return "" if odd is None else f"gives shape {odd} where {due} is due: a distance for each"

    return wrong


def _fits(a: Any, shape: tuple[int, ...]) -> bool:
    """Whether `a` broadcasts to `shape`."""
    try:
        return np.broadcast_shapes(np.shape(a), shape) == shape
    except ValueError:
        return False


def _by_element(forward: Rule) -> Rule:
    """A forward whose output has the shape that its operands and settings have together."""

    def checked(*data: Any) -> Any:
        y = forward(*data)
        due = np.broadcast_shapes(*(a.shape for a in data if isinstance(a, np.ndarray)))
        if np.shape(y) != due:
            raise ValueError(
                f"an elementwise op gives shape {due}, an element for each, not {np.shape(y)}: "
                "what mixes elements is structural"
            )
        return y

    return checked
