"""What the settings of an op are: what is annotated so is made so, or refused by name."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tinygrad_relu.arrays import constant
from tinygrad_relu.signature import KINDS

Constant = Any  #: real numbers that no gradient flows into, one or an array; None leaves them open
DType = Any  #: float64 or float32, or a name of one
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


KINDS |= {
    "float": _number,
    "DType": _dtype,
    "Constant": constant,
    "Axis": lambda a, op, setting: a if a is None else _wholes(a, op, setting, pair=False),
    "Pair": _wholes,
    "Pair | None": lambda a, op, setting: a if a is None else _wholes(a, op, setting),
}
