"""An op is a row in a table of derivatives.

Two kinds of row, and no third:

* an *elementwise* op says its forward and one **local gradient** per operand;
  what an operand receives is ``upstream × local``, un-broadcast once, here;
* a *structural* op says its forward and one **pullback** per operand;
  what an operand receives is ``pullback(upstream)``.

A rule is written once, in plain NumPy notation, and what flows through it
decides what it yields: numbers and arrays give numbers and arrays, a `Value`
gives a `Value`, whose gradient can be taken again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache, update_wrapper
from typing import Any, Generic, ParamSpec

import numpy as np

P = ParamSpec("P")

#: What flows through a rule: a float, an array, or anything with `__apply__`, as `Value` has.
Flow = Any

USUAL = "df?"  #: dtypes that operands keep: float64, float32, and bool, which is 0 and 1


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
        A variadic op (concatenate) has a function from the slot to such a rule.
    elementwise : bool
        Whether the rules are local gradients.
    kink : callable or None
        ``kink(y, *operands, *settings)``: signed distances to the kinks, as a tuple of arrays;
        an input sits on a kink exactly where one of them is 0. Elementwise: in the shape of the
        output. Structural: in the shape of the first operand.
    zero : str
        What a zero local gradient of this op means: ``"shut"`` for a gate with a flat side,
        ``"tiny"`` for a curve that saturates, ``"unselected"`` for a choice between elements,
        ``"by-zero"`` otherwise.
    """

    # Slots for what every step reads: they are quicker than the dictionary beside them.
    __slots__ = (
        "__dict__",
        "arity",
        "elementwise",
        "forward",
        "layout",
        "many",
        "pairwise",
        "pulls",
        "rules",
        "settings",
        "single",
        "zero",
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
        self.name = forward.__name__.strip("_")
        self.rules = rules
        self.elementwise = elementwise
        self.kink = kink
        self.zero = zero
        self.recorded = False  # made by `record()`: a closure of the learner's own
        code = forward.__code__  # inspect.signature tells the same, and takes longer to import
        self.variadic = callable(rules)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.settings = settings = len(names) - (0 if self.variadic else len(rules))
        self.defaults = forward.__defaults__ or ()
        #: Arguments in all; -1, which no call has, where their number is open.
        self.arity = -1 if self.variadic else len(names)
        self.forward: Callable[..., Any] = forward
        if self.variadic:  # settings are keyword-only there, and come last here
            self.forward = lambda *data: forward(
                *data[: len(data) - settings],
                **dict(zip(names, data[len(data) - settings :], strict=True)),
            )
        #: How a node keeps its operands: "pair" in two slots, "one" and its settings in two
        #: slots, "many" in a tuple. Tuples are what slows Python's garbage collector down.
        self.layout = "many"
        if not self.variadic and len(rules) == 1:
            self.layout = "one"
        elif self.arity == 2 and len(rules) == 2:
            self.layout = "pair"
        self.many = self.layout == "many"
        #: Elementwise in one operand or two: on scalars the pass takes its shortest way.
        self.single = elementwise and self.layout == "one"
        self.pairwise = elementwise and self.layout == "pair"
        #: What an operand receives: ``pulls[slot](upstream, y, *operands, *settings)``.
        self.pulls: Any = rules
        if self.variadic:
            self.pulls = _Each(rules)
        elif elementwise:
            self.pulls = tuple(_chained(rule, gate=zero == "shut") for rule in rules)

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def __reduce__(self) -> str:  # an op is pickled by its name, as a function is
        return str(self.__qualname__)  # type: ignore[attr-defined]

    def __call__(self, *args: P.args, **settings: P.kwargs) -> Flow:
        """Apply the op to what flows in: arrays give an array, a Value gives a Value."""
        complete: tuple[Any, ...] = args
        if settings or len(args) != self.arity:
            short = len(args) - self.arity
            if settings or not -len(self.defaults) <= short < 0:
                complete = self.bind(*args, **settings)
            else:
                complete = args + self.defaults[short:]
        for a in complete:
            apply = getattr(a, "__apply__", None)
            if apply is not None:
                return apply(self, complete)
        cut = len(complete) - self.settings
        return self.evaluate([*map(constant, complete[:cut]), *complete[cut:]])

    def bind(self, *args: Any, **settings: Any) -> tuple[Any, ...]:
        """Every operand and setting in order, defaults filled in."""
        signature = inspect.signature(self)
        try:
            bound = signature.bind(*args, **settings)
        except TypeError as error:
            plain = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
            raise TypeError(f"{self.name}{inspect.Signature(plain)}: {error}") from None
        bound.apply_defaults()
        return bound.args + tuple(bound.kwargs.values())

    def evaluate(self, data: list[Any]) -> Any:
        """The forward on plain data: a Python float, or an array with at least one axis."""
        try:
            y = self.forward(*data)
        except ArithmeticError:
            y = None
        if y.__class__ is float or (y.__class__ is np.ndarray and y.ndim):
            return y
        if y is None or isinstance(y, complex):
            y = _in_numpy(self.forward, data)
        return y if isinstance(y, np.ndarray) and y.ndim else float(y)

    def local(self, slot: int, y: Flow, data: list[Any]) -> Flow:
        """The local gradient ∂y/∂operand of an elementwise op."""
        return local_gradient(self.rules[slot], y, data)

    def contribution(self, slot: int, upstream: Flow, y: Flow, data: list[Any]) -> Flow:
        """What operand `slot` receives from `upstream`, before un-broadcasting."""
        return self.pulls[slot](upstream, y, *data)

    def product(self, upstream: Flow, local: Flow) -> Flow:
        """upstream × local, as the pass multiplies them."""
        if local.__class__ is float and local == 1.0:
            return upstream
        return _gated(upstream, local) if self.zero == "shut" else upstream * local


class _Each:
    """The pullbacks of an op with any number of operands, found by their slot as in a tuple."""

    def __init__(self, rule: Callable[[int], Callable[..., Any]]) -> None:
        self.rule = rule

    def __getitem__(self, slot: int) -> Callable[..., Any]:
        return self.rule(slot)


def local_gradient(rule: Any, y: Flow, data: Sequence[Any]) -> Flow:
    """The local gradient by a rule, which may be a plain number."""
    if rule.__class__ is float:
        return rule
    try:
        local = rule(y, *data)
    except ArithmeticError:
        local = None
    if local is None or isinstance(local, complex):
        local = _in_numpy(rule, [y, *data])
    return local


def _chained(rule: Any, gate: bool) -> Callable[..., Any]:
    """The chain rule: the pullback of an elementwise op is upstream × local gradient."""
    if rule == 1.0:
        return lambda g, y, *data: g
    if gate:
        return lambda g, y, *data: _gated(g, local_gradient(rule, y, data))
    return lambda g, y, *data: g * local_gradient(rule, y, data)  # unnamed: NumPy reuses its memory


def _gated(g: Flow, local: Flow) -> Flow:
    """g × local, where a shut gate passes nothing, not even inf: there 0 × inf is 0."""
    if g.__class__ is float and g - g == 0:
        return g * local
    with np.errstate(invalid="raise"):
        try:
            if local.__class__ is np.ndarray:  # of booleans; quicker as floats
                return g * local.astype(g.dtype)
            product = g * local
        except FloatingPointError:
            product = np.nan
    if product.__class__ is not float or product == product:
        return product
    return np.where(np.isinf(g) & (local == 0), 0.0, g) * local


def _in_numpy(function: Callable[..., Any], data: Sequence[Any]) -> Any:
    """Where Python's floats raise (1/0, 1e200**2) or turn complex: answer as NumPy does."""
    return function(*[np.float64(a) if a.__class__ is float else a for a in data])


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
    return ~condition if condition.__class__ is np.ndarray else not condition


def constant(a: Any, op: str = "") -> Any:
    """A raw operand in the engine's terms: a Python float, or an array with at least one axis."""
    if a is None or type(a) is float:
        return a
    array = np.asarray(a)
    if array.dtype.char not in USUAL:
        if array.dtype.kind not in "fiu":
            whose = f"{op}: an operand" if op else "an operand"
            what = array.dtype if a is array else type(a).__name__
            raise TypeError(f"{whose} must be made of real numbers, not {what} {a!r:.60}")
        array = array.astype(np.float64)
    return array if array.ndim else float(array)


def unbroadcast(g: Flow, shape: tuple[int, ...]) -> Flow:
    """Sum `g` over the axes along which an operand of `shape` was broadcast.

    The adjoint of broadcasting, and the only place that knows of it.

    Examples
    --------
    >>> unbroadcast(np.ones((4, 3)), (3,))
    array([4., 4., 4.])
    >>> unbroadcast(np.ones((4, 3)), (4, 1)).shape
    (4, 1)
    """
    have: Any = np.shape(g) if g.__class__ is float else g.shape
    if have == shape:
        return g
    if len(have) == 2 and have[1:] == shape and g.__class__ is np.ndarray:
        return _ones(have[0], g.dtype).dot(g)  # a third of the time of g.sum(0)
    lead = len(have) - len(shape)
    stretched = tuple(i for i, n in enumerate(shape, lead) if n == 1 and have[i] != 1)
    g = g.sum(axis=tuple(range(lead)) + stretched)
    return np.reshape(g, shape) if stretched else g


@lru_cache(maxsize=32)
def _ones(n: int, dtype: np.dtype[Any]) -> Any:
    return np.ones(n, dtype)


def fit(c: Any, data: Any) -> Any:
    """A contribution in the shape and dtype of the operand's `data`."""
    if data.__class__ is float:
        return c if c.__class__ is float else float(np.sum(c))
    if c.__class__ is not np.ndarray or c.shape != data.shape:
        c = np.asarray(unbroadcast(np.asarray(c), data.shape))
    return c if c.dtype is data.dtype else c.astype(data.dtype, copy=False)
