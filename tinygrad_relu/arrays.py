"""Numbers in the engine's terms: a Python float, or a float64 or float32 array with an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

USUAL = "df?"  #: dtypes that operands keep: float64, float32, and bool, which is 0 and 1


def own(data: Any, label: str = "") -> Any:
    """A private copy of `data`, for the Value of that `label`."""
    if type(data) is float:
        return data
    who = f"Value {label!r}" if label else "Value"
    if hasattr(data, "__apply__"):
        raise TypeError(
            f"{who} of a Value: take v.data for its numbers, v.detach() to cut the graph"
        )
    array = real(data, f"{who}: data")
    if not array.ndim:
        return float(array)
    return array.astype(array.dtype if array.dtype.char in "df" else np.float64)


def constant(a: Any, op: str = "", what: str = "an operand") -> Any:
    """A raw operand or setting as data, not copied; an error speaks of it as `what` of `op`."""
    if a is None or a.__class__ is float:
        return a
    if a.__class__ is np.ndarray and a.ndim and a.dtype.char in USUAL:
        return a
    array = real(a, f"{op}: {what}" if op else what)
    if not array.ndim:
        return float(array)
    return array if array.dtype.char in USUAL else array.astype(np.float64)


def constants(operands: Sequence[Any], op: str = "") -> list[Any]:
    """Raw operands, none of them a Value: booleans count as float64 if no other array decides."""
    data = [constant(a, op) for a in operands]
    if any(a.__class__ is np.ndarray and a.dtype != bool for a in data):
        return data
    return [a.astype(np.float64) if a.__class__ is np.ndarray else a for a in data]


def unmasked(a: Any, *whose: str) -> Any:
    """`a`, but no masked array: what we compute would forget its mask."""
    if hasattr(a, "filled") and isinstance(a, np.ndarray):  # to name np.ma would open it: 30 ms
        raise TypeError(
            f"{': '.join(whose)} is a masked array, and its mask would be lost: a.filled(number) "
            "says what stands at its holes, where(~a.mask, …, 0.0) lets no gradient into them"
        )
    return a


def real(a: Any, whose: str) -> Any:
    """`a` as an array of real numbers, or refused; not to be written, it may be the caller's."""
    unmasked(a, whose)
    try:
        array = np.asarray(float(a) if a.__class__ is int else a)
    except OverflowError:
        raise ValueError(f"{whose} is an int beyond the largest float, 1.8e308") from None
    except ValueError as error:
        raise ValueError(f"{whose}: {error}") from None
    if array.dtype.kind not in "fiub":
        what = array.dtype if a is array else type(a).__name__
        raise TypeError(
            f"{whose} must be real numbers, not {what} {a!r:.60}: give floats, as "
            "float(a) or np.asarray(a, float) may make them"
        )
    return array


def kept(a: Any) -> Any:
    """A constant or a setting as it is now: copied, as even a frozen array may be thawed."""
    if a.__class__ is np.ndarray:
        return a.copy()
    if a.__class__ is tuple or a.__class__ is list:
        return a.__class__([kept(each) for each in a])
    return a


def calmly(function: Callable[..., Any], data: Sequence[Any]) -> Any:
    """function(*data); where Python's floats raise (1/0) or turn complex, what NumPy answers."""
    try:
        y = function(*data)
    except ArithmeticError:
        y = 0j
    if y.__class__ is complex:
        y = function(*[np.float64(a) if a.__class__ is float else a for a in data])
    return y


def unshared(y: Any) -> Any:
    """`y`, or a copy if it is a view: what leaves the graph must not change with a leaf."""
    return y if y.__class__ is float or y.base is None else y.copy()


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
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
        return (c if c.__class__ is float else float(np.sum(c))) + 0.0  # −0.0 is 0.0
    if c.__class__ is not np.ndarray or c.shape != data.shape:
        c = np.asarray(unbroadcast(np.asarray(c), data.shape))
    return c if c.dtype is data.dtype else c.astype(data.dtype, copy=False)


def add(total: Any, c: Any) -> Any:
    """total + c, in the memory of `c` if nothing else is there."""
    return np.add(c, total, out=c) if is_free(c) else total + c


def is_free(c: Any) -> bool:
    """Whether an array owns its memory: it is no view, and no node's own gradient."""
    return c.__class__ is np.ndarray and c.base is None and c.flags.writeable
