"""An op is a row in a table of derivatives.

Two kinds of row, and no third:

* an *elementwise* op says its forward and one **local gradient** per operand;
  what an operand receives is ``upstream × local``;
* a *structural* op says its forward and one **pullback** per operand;
  what an operand receives is ``pullback(upstream)``.

A rule is written once, in plain NumPy notation, and what flows through it
decides what it yields: numbers and arrays give numbers and arrays, a `Value`
gives a `Value`, whose gradient can be taken again.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any, Generic, ParamSpec

import numpy as np

from tinygrad_relu.arrays import calmly, constants
from tinygrad_relu.messages import carrying, refused
from tinygrad_relu.signature import Signature

P = ParamSpec("P")

#: What flows through a rule: a float, an array, or anything with `__apply__`, as `Value` has.
Flow = Any


class Op(Generic[P]):
    """One row of the table: a forward, a rule per operand, and what its zeros mean.

    Calling it applies it to what flows in: ``relu(array)`` is an array,
    ``relu(value)`` is a `Value` with a place in the graph.

    Attributes
    ----------
    name : str
        ``"relu"``, ``"mul"``, …
    forward : callable
        ``forward(*operands, *settings)``, on floats and arrays.
    rules : tuple
        One per operand. Elementwise: a number, or ``rule(y, *operands, *settings)``, the local
        gradient. Structural: ``rule(g, y, *operands, *settings)``, the pullback of ``g``.
        A variadic op (concatenate) has a function from the slot, an operand's place, to its rule.
    settings : int
        How many settings follow the operands: what has no gradient, such as an axis.
    kink : callable or None
        ``kink(y, *operands, *settings)``: signed distances to the kinks, as a tuple of arrays;
        an input sits on a kink exactly where one of them is 0. Elementwise: in the shape of the
        output. Structural: in the shape of the first operand.
    zero : str
        What a zero local gradient of this op means: ``"shut"`` for a gate with a flat side,
        ``"tiny"`` for a curve that saturates, ``"unselected"`` for a choice between elements,
        ``"by-zero"`` otherwise.
    pull : callable
        ``pull(slot)(upstream, y, *operands, *settings)`` is what operand `slot` receives.
    """

    # What every step reads: slots are quicker than the dictionary beside them.
    __slots__ = (
        *("__dict__", "count", "elementwise", "forward", "one", "pair", "pull", "rules", "simple"),
        *("usual",),
    )

    def __init__(
        self,
        forward: Callable[P, Any],
        rules: Any,
        elementwise: bool,
        kink: Callable[..., tuple[Any, ...]] | None,
        zero: str,
    ) -> None:
        update_wrapper(self, forward)
        self.rules, self.elementwise, self.kink, self.zero = rules, elementwise, kink, zero
        self.recorded = False  # made by `record()`: a closure of the learner's own
        self.count = count = -1 if callable(rules) else len(rules)
        self.signature = Signature(forward, count)
        self.name, self.settings = self.signature.name, self.signature.settings
        self.usual = self.signature.usual
        self.forward: Callable[..., Any] = self.signature.by_place()
        self.one = count == 1
        self.pair = count == 2 and not self.settings  # how a Node keeps its operands
        alike = self.pair and callable(rules[0]) == callable(rules[1])
        self.simple = elementwise and (self.one or alike)  # the fast lane takes it
        self.product = _gated if zero == "shut" else operator.mul
        pullbacks = [_chained(rule, self.product) for rule in rules] if elementwise else rules
        self.pull: Any = rules if callable(rules) else tuple(pullbacks).__getitem__

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> str:  # an op is pickled by its name, as a function is
        return str(self.__qualname__)  # type: ignore[attr-defined]

    def __call__(self, *args: P.args, **settings: P.kwargs) -> Flow:
        """Apply the op to what flows in: a Value, by `value.apply`, gives a Value."""
        operands, chosen = args, self.usual
        if settings or chosen is None or len(args) != self.count:
            try:
                operands, chosen = self.signature.bind(args, settings)
            except (TypeError, ValueError) as error:
                raise carrying(error, self, args) from None
        for a in operands:
            apply = getattr(a, "__apply__", None)
            if apply is not None:
                return apply(self, operands, chosen)
        data = constants(operands, self.name)
        try:
            return self.evaluate([*data, *chosen])
        except (TypeError, ValueError, IndexError, AttributeError) as error:
            raise refused(self, data, chosen, error) from None

    def evaluate(self, data: Sequence[Any]) -> Any:
        """The forward on plain data: a Python float, or an array with at least one axis."""
        try:
            y = self.forward(*data)
        except ArithmeticError:
            y = 0j  # 1/0, as (−1)**0.5, is left to NumPy
        if y.__class__ is complex:  # asked here: `calmly` alone would cost each op a call
            y = calmly(self.forward, data)
        return y if y.__class__ is np.ndarray and y.ndim else float(y)

    def local(self, slot: int, y: Flow, data: Sequence[Any]) -> Flow:
        """The local gradient ∂y/∂operand of an elementwise op."""
        rule = self.rules[slot]
        return rule if rule.__class__ is float else calmly(rule, (y, *data))


def _chained(rule: Any, product: Callable[[Flow, Flow], Flow]) -> Callable[..., Any]:
    """The chain rule: the pullback of an elementwise op is upstream × local gradient."""
    if rule.__class__ is float:
        return lambda g, y, *data: g if rule == 1.0 else g * rule
    if product is operator.mul:
        return lambda g, y, *data: g * calmly(rule, (y, *data))  # no name: NumPy reuses it
    return lambda g, y, *data: product(g, calmly(rule, (y, *data)))


def _gated(g: Flow, local: Flow) -> Flow:
    """g × local, where a shut gate passes nothing, not even inf: there 0 × inf is 0."""
    if g.__class__ is float and g - g == 0:  # finite
        return g * local
    with np.errstate(invalid="raise" if FLAGS else "ignore"):
        try:  # booleans are quicker as floats
            product = g * (local.astype(g.dtype) if local.__class__ is np.ndarray else local)
        except FloatingPointError:
            product = np.nan  # 0 × inf
    if (FLAGS and product.__class__ is np.ndarray) or not np.any(product != product):
        return product  # without 0 × inf
    return np.where(np.isinf(g) & (local == 0), 0.0, g) * local


def _flags() -> bool:
    """Whether NumPy hears of inf × 0: processors raise a flag, WebAssembly has none."""
    heard: list[str] = []
    with np.errstate(invalid="call", call=lambda what, flag: heard.append(what)):
        np.multiply(np.inf, [0.0])
    return bool(heard)


FLAGS = _flags()


def elementwise(
    *locals: float | Callable[..., Any],
    kink: Callable[..., tuple[Any, ...]] | None = None,
    zero: str = "by-zero",
) -> Callable[[Callable[P, Any]], Op[P]]:
    """Make a row of local gradients, one per operand.

    Examples
    --------
    >>> @elementwise(lambda y, x: 3 * x**2)
    ... def cube(x):
    ...     return x**3
    >>> cube(2.0)
    8.0
    >>> cube.local(0, 8.0, [2.0])
    12.0
    """
    return lambda forward: Op(forward, locals, True, kink, zero)


def structural(
    *pullbacks: Callable[..., Any],
    each: Callable[[int], Callable[..., Any]] | None = None,
    kink: Callable[..., tuple[Any, ...]] | None = None,
    zero: str = "by-zero",
) -> Callable[[Callable[P, Any]], Op[P]]:
    """Make a row of pullbacks, one per operand, or of `each`, from the slot to its pullback."""
    return lambda forward: Op(forward, each or pullbacks, False, kink, zero)


def unless(condition: Any) -> Any:
    """1 unless `condition` holds: a NaN is not ≤ 0, so ``unless(x <= 0)`` lets it pass."""
    return not condition if condition.__class__ is bool else ~condition
