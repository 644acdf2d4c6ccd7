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

#: What NumPy calls an operator of Python.
OPERATORS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.power: operator.pow,
    np.remainder: operator.mod,
    np.floor_divide: operator.floordiv,
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
#: Answered from the example: they are about shapes, and a program is for one.
OF_SHAPES = {np.shape, np.ndim, np.size, np.result_type}


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
        book: Any,
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
        if isinstance(index, tuple) and len(index) == 1:
            index = index[0]
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
            if self.function is np.full:
                return self.book.make(np.full, (*self.args, np.dtype(dtype)))
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
    if _name in ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "matmul", "and", "or"):
        setattr(Symbol, f"__r{_name}__", _right(_function))
setattr(Symbol, "__abs__", _left(np.absolute))  # noqa: B010


def erfc(x: Any) -> Any:
    """1 − erf x, element by element: NumPy has none."""
    return np.vectorize(math.erfc, otypes=[float])(x)


def plain(a: Any) -> Any:
    """An argument with the example's numbers in place of symbols."""
    if isinstance(a, Symbol):
        return a.value
    if isinstance(a, tuple | list):
        return type(a)(plain(each) for each in a)
    if isinstance(a, dict):
        return {k: plain(each) for k, each in a.items()}
    return a
