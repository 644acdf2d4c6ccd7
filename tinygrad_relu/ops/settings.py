"""What the settings of an op are: what is annotated so is made so, or refused by name."""

from __future__ import annotations

import operator
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


def _wholes(a: Any, op: str, setting: str, pair: bool = True) -> Any:
    try:
        if not isinstance(a, tuple | list):
            return operator.index(a)
        if len(a) == 2 or not pair:
            return tuple(map(operator.index, a))
    except TypeError:
        pass
    more = "a pair of them" if pair else "some of them, or None"
    raise TypeError(f"{op}: {setting} is a whole number or {more}, not {a!r:.60}")


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
    if a not in ("C", "F"):
        raise ValueError(f"{op}: {setting} is 'C' or 'F', not {a!r:.60}")
    return a


KINDS |= {
    "float": _number,
    "DType": _dtype,
    "Constant": constant,
    "Axis": lambda a, op, setting: a if a is None else _wholes(a, op, setting, pair=False),
    "Order": _order,
    "Pair": _wholes,
    "Index": _fixed,
    "Shape": _fixed,
    "Widths": _fixed,
    "Sequence[int] | None": _fixed,
    "Pair | None": lambda a, op, setting: a if a is None else _wholes(a, op, setting),
}
