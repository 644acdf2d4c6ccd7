"""Shorter spellings of an expression, equal to it for numbers like those of the example."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tinygrad_relu.program.symbol import OPPOSITE, Symbol, plain

DE_MORGAN = {operator.and_: operator.or_, operator.or_: operator.and_}
OF_FINITE = {np.isfinite: True, np.isnan: False, np.isinf: False}
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
        chosen, other = args[1:] if args[0] else args[:0:-1]
        if np.broadcast_shapes(*(np.shape(plain(a)) for a in (chosen, other))) == np.shape(
            plain(chosen)
        ):
            return args, options, chosen
    return args, options, MORE


def _usual(function: Any, args: Any, options: Any) -> Any:
    """The options of a reduction that say nothing; ``x.T`` and shapes that are there already."""
    x: Any = args[0] if args else None
    if function in (np.max, np.min) and np.size(plain(x)):
        options = {k: a for k, a in options.items() if k != "initial" or abs(a) != np.inf}
    if function is np.sum and options.get("dtype", 0) == getattr(x, "dtype", None):
        options = {k: a for k, a in options.items() if k != "dtype"}
    if isinstance(options.get("axis"), tuple) and len(options["axis"]) == 1:
        options = {**options, "axis": options["axis"][0]}
    if "axis" in options and "keepdims" in options and isinstance(x, Symbol):
        axis, keepdims = options["axis"], options["keepdims"]
        if not keepdims:
            options = {k: a for k, a in options.items() if k != "keepdims"}
            if axis is None or (x.ndim and len(np.atleast_1d(axis)) == x.ndim):
                del options["axis"]
    if function is np.swapaxes and x.ndim == 2 and {a % 2 for a in args[1:]} == {0, 1}:
        return args, options, x.T
    if function is np.transpose and len(args) > 1 and args[1] is None:
        return (x,), options, MORE
    if function is np.broadcast_to and np.size(plain(x)) == 1:
        while x.function is np.reshape:  # one number, whatever its shape
            x = x.args[0]
        if x.ndim == 0:
            return args, options, x.book.make(np.full, (args[1], x)) if args[1] != () else x
    if function is np.reshape:
        order = args[2] if len(args) > 2 else options.get("order", "C")
        options = {} if order == "C" else {"order": order}
        args = (x, tuple(args[1]) if isinstance(args[1], list) else args[1])
    if (
        function in (np.reshape, np.broadcast_to)
        and not options
        and np.shape(plain(x)) == _shape(args[1])
    ):
        return args, options, x
    if function is np.square:
        return args, options, x.book.make(operator.pow, (x, 2))
    return args, options, MORE


def _shape(given: Any) -> Any:
    return tuple(given) if isinstance(given, tuple | list) else (given,)


SIMPLER = (_of_finite, _neutral, _usual)
