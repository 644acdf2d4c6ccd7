"""What the settings of an op are: what is annotated so is made so, or refused by name."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal

import numpy as np

from tinygrad_relu.arrays import constant, unmasked
from tinygrad_relu.signature import KINDS

Constant = Any  #: real numbers that no gradient flows into, one or an array; None leaves them open
DType = Any  #: float64 or float32, or a name of one
Index = Any  #: what chooses from an array: whole numbers, slices, masks, or a tuple of them
Widths = Any  #: a whole number, a pair, one for each axis, or a dictionary from axes to them
Order = Literal["C", "F"]  #: row by row, or column by column
Pair = int | tuple[int, int]  #: a number for both axes of an image, or one each


def _number(a: Any, op: str, setting: str) -> Any:
    number = constant(a, op, setting)
    if number.__class__ is not float:
        raise TypeError(f"{op}: {setting} is one real number, not {a!r:.60}")
    return number


def _whole(a: Any) -> int:
    number = operator.index(a)
    if not -(1 << 63) <= number < 1 << 63:
        raise TypeError
    return number


def _wholes(more: str = "", none: bool = False) -> Callable[[Any, str, str], Any]:
    """A whole number, or `more`: "a pair of them", "some of them"; or None."""
    words = f"a whole number{more and ' or '}{more}{', or None' if none else ''}"

    def kind(a: Any, op: str, setting: str) -> Any:
        if a is None and none:
            return None
        unmasked(a, op, setting)
        with suppress(TypeError):
            if not isinstance(a, Sequence | np.ndarray):
                return _whole(a)
            if more and (len(a) == 2 or more == _SOME):
                return tuple(map(_whole, a))
        raise TypeError(f"{op}: {setting} is {words}, not {a!r:.60}")

    return kind


def _both(a: Any, op: str, setting: str) -> tuple[int, int]:
    pair = _wholes(_PAIR)(a, op, setting)
    return pair if isinstance(pair, tuple) else (pair, pair)


_SOME, _PAIR = "some of them", "a pair of them"


def _flag(a: Any, op: str, setting: str) -> bool:
    if not isinstance(a, bool | int | np.bool_):
        raise TypeError(f"{op}: {setting} is True or False, not {a!r:.60}")
    return bool(a)


def _dtype(a: Any, op: str, setting: str) -> Any:
    try:
        dtype = np.dtype(a)
    except TypeError:
        dtype = None
    if dtype not in (np.float64, np.float32):
        raise TypeError(
            f"{op}: {setting} is float64 or float32, not {a!r:.60}: take v.data for plain numbers "
            "of another"
        )
    return dtype


def _fixed(a: Any, op: str, setting: str) -> Any:
    """An index, or a number for each axis, as it is now: in what nobody else can write into."""
    if unmasked(a, op, setting) is None or isinstance(a, int | np.generic | str | type(...)):
        return a
    if isinstance(a, tuple | list):
        return (tuple if isinstance(a, tuple) else list)([_fixed(each, op, setting) for each in a])
    if isinstance(a, dict):
        return {axis: _fixed(each, op, setting) for axis, each in a.items()}
    with suppress(TypeError, ValueError):  # what NumPy does not take it refuses itself, later
        if isinstance(a, slice):
            ends = (a.start, a.stop, a.step)
            return slice(*[end if end is None else operator.index(end) for end in ends])
        return np.array(a)
    return a


def _order(a: Any, op: str, setting: str) -> Any:
    if not isinstance(a, str) or a not in ("C", "F"):
        raise ValueError(f"{op}: {setting} is 'C' or 'F', not {a!r:.60}")
    return a


KINDS |= {
    "float": _number,
    "DType": _dtype,
    "Constant": constant,
    "Order": _order,
    "bool": _flag,
    "int": _wholes(),
    "int | None": _wholes(none=True),
    "int | tuple[int, ...]": _wholes(_SOME),
    "Shape": _wholes(_SOME),
    "Axis": _wholes(_SOME, none=True),
    "Sequence[int] | None": _wholes(_SOME, none=True),
    "Pair": _wholes(_PAIR),
    "Pair | None": _wholes(_PAIR, none=True),
    "tuple[int, int]": _both,
    "Index": _fixed,
    "Widths": _fixed,
}
