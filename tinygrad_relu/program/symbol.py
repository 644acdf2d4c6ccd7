"""A symbol: what an expression will be, with the number it has in the example.

Symbols speak NumPy's protocols, so a rule of the table runs on them unchanged and yields the
expression that it computes. Equal expressions are one symbol. An expression is written down for
numbers like those of the example: where they are finite, ``x != x`` is false.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu.arrays import calmly

#: What NumPy calls an operator of Python.
OPERATORS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.power: operator.pow,
    np.negative: operator.neg,
    np.matmul: operator.matmul,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.bitwise_and: operator.and_,
    np.logical_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.logical_or: operator.or_,
    np.invert: operator.invert,
    np.logical_not: operator.invert,
}
OPPOSITE = {
    operator.lt: operator.ge,
    operator.le: operator.gt,
    operator.gt: operator.le,
    operator.ge: operator.lt,
    operator.eq: operator.ne,
    operator.ne: operator.eq,
}
DE_MORGAN = {operator.and_: operator.or_, operator.or_: operator.and_}
#: Answered from the example: they are about shapes, and a program is for one.
OF_SHAPES = {np.shape, np.ndim, np.size, np.result_type}
OF_FINITE = {np.isfinite: True, np.isnan: False, np.isinf: False}


class Unwritable(TypeError):
    """A rule asked a symbol for its number: it branches on data, or writes into an array."""


class Symbol:
    """An expression: a function of symbols and constants, or a name.

    Attributes
    ----------
    function : callable or None
        What computes it from `args` and `options`; None for a name.
    args, options : tuple, dict
        Symbols, plain numbers, and tuples of them.
    value : float or ndarray
        What it is in the example.
    name : str
        Of a name, or of a `function` that is a helper.
    """

    __slots__ = ("args", "book", "function", "name", "options", "value")

    def __init__(
        self,
        book: Book,
        function: Any,
        args: tuple[Any, ...],
        options: dict[str, Any],
        value: Any,
        name: str = "",
    ) -> None:
        self.book, self.function, self.args, self.options = book, function, args, options
        self.value, self.name = value, name

    # --- what an array says of itself ---

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes; () for a scalar."""
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.size(self.value))

    @property
    def dtype(self) -> np.dtype[Any]:
        """That of the example; float64 for a Python float."""
        return np.asarray(self.value).dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        return f"<symbol {self.name or self.function.__name__} of shape {self.shape}>"

    # --- what becomes an expression ---

    __hash__ = object.__hash__

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **options: Any) -> Any:
        if method != "__call__":
            raise Unwritable(f"np.{ufunc.__name__}.{method}")
        options.pop("out", None)
        if len(args) > ufunc.nin:
            args = args[: ufunc.nin]
        return self.book.make(OPERATORS.get(ufunc, ufunc), args, options)

    def __array_function__(self, func: Any, types: Any, args: Any, options: Any) -> Any:
        if func in OF_SHAPES:
            return func(*(a.value if isinstance(a, Symbol) else a for a in args))
        if func is np.any:  # asked of NaNs alone: whether a gate meets them in the example
            return bool(np.any(args[0].value))
        return self.book.make(func, args, options)

    def __apply__(self, op: Any, operands: tuple[Any, ...], settings: tuple[Any, ...] = ()) -> Any:
        return self.book.apply(op, operands, settings)

    def __getitem__(self, index: Any) -> Any:
        return self.book.make(operator.getitem, (self, index))

    @property
    def T(self) -> Any:
        """Axes reversed."""
        return self.book.make(np.transpose, (self,)) if self.ndim > 1 else self

    def swapaxes(self, a: int, b: int) -> Any:
        """Two axes exchanged."""
        return self.book.make(np.swapaxes, (self, a, b))

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum over axes."""
        return self.book.make(np.sum, (self,), {"axis": axis, "keepdims": keepdims})

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape."""
        return self.book.make(np.reshape, (self, shape[0] if len(shape) == 1 else shape))

    def ravel(self) -> Any:
        """All elements along one axis."""
        return self.book.make(np.ravel, (self,))

    def dot(self, other: Any) -> Any:
        """NumPy's dot; of matrices and vectors it is ``@``."""
        flat = self.ndim and np.ndim(other) and np.ndim(other) < 3
        return self.book.make(operator.matmul if flat else np.dot, (self, other))

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """In another dtype."""
        if isinstance(self.value, np.ndarray) and self.dtype != dtype:
            return self.book.make(np.ndarray.astype, (self, np.dtype(dtype)))
        return self

    # --- what a program cannot say ---

    def _refuse(self, *args: Any, **options: Any) -> Any:
        raise Unwritable("it asks a symbol for its number, or writes into an array")

    __bool__ = __float__ = __int__ = __index__ = __array__ = __iter__ = __setitem__ = _refuse


def _left(function: Any) -> Any:
    return lambda self, *other: self.book.make(function, (self, *other))


def _right(function: Any) -> Any:
    return lambda self, other: self.book.make(function, (other, self))


for _function in dict.fromkeys(OPERATORS.values()):
    _name = _function.__name__.strip("_")
    setattr(Symbol, f"__{_name}__", _left(_function))
    if _name in ("add", "sub", "mul", "truediv", "pow", "matmul", "and", "or"):
        setattr(Symbol, f"__r{_name}__", _right(_function))
setattr(Symbol, "__abs__", _left(np.absolute))  # noqa: B010


class Book:
    """Every symbol of a program, each once, and its constants by name."""

    def __init__(self, apply: Callable[..., Any], unique: Callable[[str], str]) -> None:
        self.apply = apply  #: what an op of the table is, of symbols
        self.unique = unique  #: a name like this one that is not taken
        self.constants: dict[str, Any] = {}  #: arrays that the ops were given
        self._known: dict[Any, Symbol] = {}
        self._held: list[Any] = []  # so that an id stays one array's

    def named(self, name: str, value: Any) -> Symbol:
        """The symbol of a name."""
        key = (name, id(value))
        if key not in self._known:
            self._held.append(value)
            self._known[key] = Symbol(self, None, (), {}, value, name)
        return self._known[key]

    def make(self, function: Any, args: tuple[Any, ...], options: Any = None) -> Any:
        """The symbol of a call, or what it is plainly."""
        if isinstance(function, np.ufunc) and function is not getattr(np, function.__name__, 0):
            if not function.__name__.startswith("erfc"):
                raise Unwritable(function.__name__)
            function = erfc  # SciPy's, or one made of Python's
        options = {k: a for k, a in (options or {}).items() if a is not np._NoValue}
        for simpler in SIMPLER:
            args, options, plain = simpler(function, args, options)
            if plain is not MORE:
                return plain
        args = tuple(self.entered(a, function) for a in args)
        options = {k: self.entered(a, function) for k, a in options.items()}
        key = (function, _key(args), _key(tuple(options.items())))
        if key not in self._known:
            value = evaluated(function, args, options)
            self._known[key] = Symbol(self, function, args, options, value)
        return self._known[key]

    def helper(self, name: str, args: tuple[Any, ...], value: Any) -> Symbol:
        """The symbol of a call of a helper, which is known by its name."""
        key = (None, name, _key(args))
        if key not in self._known:
            self._known[key] = Symbol(self, self.helper, args, {}, value, name)
        return self._known[key]

    def entered(self, a: Any, function: Any = None) -> Any:
        """An argument as an expression has it: arrays are constants with a name."""
        if isinstance(a, np.ndarray):
            if not a.ndim:
                return a.item()
            if function in (np.pad, np.transpose):
                return a.tolist()
            return self.constant(a)
        if isinstance(a, np.generic):
            return a.item()
        if isinstance(a, tuple | list) and not hasattr(a, "_fields"):
            return type(a)(self.entered(each, function) for each in a)
        return a

    def constant(self, a: Any, name: str = "c") -> Any:
        """The symbol of an array that is no argument: known, a view of a known one, or new."""
        for known, b in self.constants.items():
            if a is b:
                return self.named(known, b)
            if a.size == b.size > 1 and np.shares_memory(a, b) and np.all(a == b.reshape(a.shape)):
                return self.named(known, b).reshape(a.shape)
        n = len(a)
        if name == "c" and a.dtype == np.int64 and np.array_equal(a, np.arange(n, dtype=np.int64)):
            return self.make(np.arange, (n,))
        for known, b in self.constants.items():
            if a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes():
                return self.named(known, b)
        unique = self.unique(name)
        self.constants[unique] = a
        return self.named(unique, a)


def erfc(x: Any) -> Any:
    """1 − erf x, element by element: NumPy has none."""
    return np.vectorize(math.erfc, otypes=[float])(x)


def evaluated(function: Any, args: Any, options: Any) -> Any:
    """What a call gives in the example; Python's floats where Python's floats go in."""
    with np.errstate(all="ignore"):
        return calmly(lambda *given: function(*given, **plain(options)), plain(args))


def plain(a: Any) -> Any:
    """An argument with the example's numbers in place of symbols."""
    if isinstance(a, Symbol):
        return a.value
    if isinstance(a, tuple | list):
        return type(a)(plain(each) for each in a)
    if isinstance(a, dict):
        return {k: plain(each) for k, each in a.items()}
    return a


def _key(a: Any) -> Any:
    if isinstance(a, Symbol):
        return id(a)
    if isinstance(a, tuple | list):
        return (type(a), *map(_key, a))
    return type(a), repr(a)


# --- shorter spellings, equal for numbers like the example's ---------------------------------

MORE = object()  #: nothing shorter was found


def _finite(a: Any) -> bool:
    return bool(np.all(np.isfinite(plain(a))))


def _is(a: Any, *numbers: Any) -> bool:
    return not isinstance(a, Symbol) and np.ndim(a) == 0 and any(a == n for n in numbers)


def _of_finite(function: Any, args: Any, options: Any) -> Any:
    """Questions whose answer is the same for all finite numbers."""
    if function in OF_FINITE and _finite(args[0]):
        return args, options, OF_FINITE[function]
    if function in (operator.eq, operator.ne):
        a, b = args
        infinite = _is(a, np.inf, -np.inf) or _is(b, np.inf, -np.inf)
        if a is b and _finite(a):
            return args, options, function is operator.eq
        if infinite and _finite(a) != _finite(b):
            return args, options, function is operator.ne
    if function is operator.invert and isinstance(args[0], Symbol):
        a = args[0]
        if a.function in OPPOSITE and not any(np.any(_isnan(plain(x))) for x in a.args):
            return args, options, a.book.make(OPPOSITE[a.function], a.args)
        if a.function in DE_MORGAN:
            return args, options, a.book.make(DE_MORGAN[a.function], tuple(~x for x in a.args))
    return args, options, MORE


def _isnan(a: Any) -> Any:
    return a != a


def _neutral(function: Any, args: Any, options: Any) -> Any:
    """x · 1, x + 0, x & False and their like."""
    if len(args) == 2 and any(isinstance(a, Symbol) for a in args):
        a, b = args
        kept = MORE
        if function is operator.mul:
            kept = a if _is(b, 1) else b if _is(a, 1) else MORE
            if _is(b, -1) or _is(a, -1):
                kept = -a if _is(b, -1) else -b
        elif function is operator.add:
            kept = a if _is(b, 0) else b if _is(a, 0) else MORE
        elif function is operator.sub:
            kept = a if _is(b, 0) else -b if _is(a, 0) else MORE
        elif function in (operator.truediv, operator.pow):
            kept = a if _is(b, 1) else MORE
        elif function is operator.and_:
            kept = b if b is False or a is True else a if a is False or b is True else MORE
        elif function is operator.or_:
            kept = a if b is False else b if a is False else MORE
        if kept is not MORE:
            return args, options, kept
    if function is np.where and isinstance(args[0], bool):
        return args, options, args[1] if args[0] else args[2]
    return args, options, MORE


def _usual(function: Any, args: Any, options: Any) -> Any:
    """The options of a reduction that say nothing; ``x.T`` and shapes that are there already."""
    x: Any = args[0] if args else None
    if function in (np.max, np.min) and np.size(plain(x)):
        options = {k: a for k, a in options.items() if k != "initial" or abs(a) != np.inf}
    if function is np.sum and options.get("dtype", 0) == getattr(x, "dtype", None):
        options = {k: a for k, a in options.items() if k != "dtype"}
    if "axis" in options and "keepdims" in options and isinstance(x, Symbol):
        axis, keepdims = options["axis"], options["keepdims"]
        if not keepdims:
            options = {k: a for k, a in options.items() if k != "keepdims"}
            if isinstance(axis, tuple) and len(axis) == 1:
                options["axis"] = axis[0]
            if axis is None or (x.ndim and len(np.atleast_1d(axis)) == x.ndim):
                del options["axis"]
    if function is np.swapaxes and x.ndim == 2 and {a % 2 for a in args[1:]} == {0, 1}:
        return args, options, x.T
    if function is np.transpose and len(args) > 1 and args[1] is None:
        return (x,), options, MORE
    if function is np.broadcast_to and np.shape(plain(x)) == ():
        return args, options, x.book.make(np.full, (args[1], x)) if args[1] != () else x
    if function in (np.reshape, np.broadcast_to) and np.shape(plain(x)) == _shape(args[1]):
        return args, options, x
    if function is np.square:
        return args, options, x.book.make(operator.pow, (x, 2))
    return args, options, MORE


def _shape(given: Any) -> Any:
    return tuple(given) if isinstance(given, tuple | list) else (given,)


SIMPLER = (_of_finite, _neutral, _usual)
