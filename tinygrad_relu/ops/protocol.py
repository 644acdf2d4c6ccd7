"""NumPy's own functions of Values: a call of np.exp(v) or np.sum(v, 0) finds its row."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from tinygrad_relu.foreign import retold
from tinygrad_relu.messages import label_and_shape
from tinygrad_relu.node import plain
from tinygrad_relu.ops.spellings import PLAIN, RULES, no_rule


def of_ufunc(ufunc: Any, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a ufunc of NumPy's answers of Values."""
    if method == "__call__" and not kwargs:
        if ufunc in RULES:
            return RULES[ufunc](*args)
        if ufunc in PLAIN:
            return plainly(ufunc, *args)
    if kwargs.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__} would write a Value into a plain array and lose its "
            "gradient: give no out=, and write a = a + v instead of a += v"
        )
    how = "" if method == "__call__" else f".{method}"
    options = f" with {', '.join(kwargs)}=" if kwargs else ""
    raise TypeError(no_rule(f"np.{ufunc.__name__}{how}{options}"))


def plainly(question: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What a function without a gradient says of the data: plain bools and arrays."""
    try:
        return question(*map(plain, args), **options)
    except (TypeError, ValueError, OverflowError) as error:
        raise retold(
            error, f"{question.__name__} of {', '.join(map(label_and_shape, args))}"
        ) from None


def of_function(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What any other function of NumPy's answers of Values."""
    if func in RULES:
        args, kwargs = _translated(func, args, kwargs)
        return RULES[func](*args, **kwargs)
    if func in PLAIN:
        return func(*map(plain, args), **{name: plain(a) for name, a in kwargs.items()})
    raise TypeError(no_rule(f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)))


def in_numpys_way(
    func: Callable[..., Any], row: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> bool:
    """Whether a method is called as NumPy has it, and not as its row: by options, or by place."""
    theirs, ours = _signature(func), _signature(row)
    if theirs is None or ours is None or options.get("out") is not None:
        return False
    if not options.keys() <= theirs.parameters.keys():
        return False
    more = not options.keys() <= ours.parameters.keys() or len(args) >= len(ours.parameters)
    return more or any(a is None or isinstance(a, _DTYPES) for a in args[1:])


@cache
def _signature(function: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except ValueError:  # some of NumPy's, of old, cannot say
        return None


@cache
def _alike(func: Any) -> int:
    """How many of their first arguments a NumPy function and its row call the same."""
    theirs, ours = inspect.signature(func), inspect.signature(RULES[func])
    pairs = zip(theirs.parameters.values(), ours.parameters, strict=False)
    same = [p.kind is p.POSITIONAL_ONLY or _OWN.get(p.name, p.name) == own for p, own in pairs]
    same[0] = True
    return [*same, False].index(False)


def _translated(func: Any, args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call of a NumPy function in the names of its row, which has some of its options."""
    theirs, ours = _signature(func), _signature(RULES[func])
    if theirs is None or ours is None:
        return args, kwargs
    if 0 < len(args) <= _alike(func) and kwargs.keys() <= ours.parameters.keys():
        return args, kwargs  # nothing to translate
    placed: list[Any] = []
    named = {}
    for name, a in theirs.bind(*args, **kwargs).arguments.items():
        option = theirs.parameters[name]
        own = _OWN.get(name, name)
        if option.kind is option.VAR_POSITIONAL:
            placed.extend(a)
        elif not placed or option.kind is option.POSITIONAL_ONLY:
            placed.append(a)
        elif own in ours.parameters:
            named[own] = a
        elif a is not option.default and name not in _NO_NUMBER:
            names = "=, ".join(a if option.kind is option.VAR_KEYWORD else [name])
            raise TypeError(no_rule(f"np.{func.__name__} with {names}="))
    return tuple(placed), named


#: How a dtype may be told, in the place where a row has another setting.
_DTYPES = type, np.dtype

#: Options that change the memory, and no number in it.
_NO_NUMBER = {"order", "subok", "casting"}

#: NumPy's name of an option → its row's.
_OWN = {"a_min": "min", "a_max": "max", "correction": "ddof"}
