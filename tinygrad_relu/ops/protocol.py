"""NumPy's own functions of Values: which row of the table np.exp(v) or np.sum(v) means."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.node import plain
from tinygrad_relu.ops.reduction import Axis


def of_ufunc(ufunc: Any, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a ufunc of NumPy's answers of Values."""
    if method == "__call__" and not kwargs:
        if ufunc in RULES:
            return RULES[ufunc](*args)
        if ufunc in PLAIN:
            return ufunc(*map(plain, args))
    if kwargs.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__} would write a Value into a plain array and lose its "
            "gradient: give no out=, and write a = a + v instead of a += v"
        )
    how = "" if method == "__call__" else f".{method}"
    options = f" with {', '.join(kwargs)}=" if kwargs else ""
    raise TypeError(_no_rule(f"np.{ufunc.__name__}{how}{options}"))


def of_function(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What any other function of NumPy's answers of Values."""
    if func in RULES:
        args, kwargs = _translated(func, args, kwargs)
        return RULES[func](*args, **kwargs)
    if func in PLAIN:
        return func(*map(plain, args), **{name: plain(a) for name, a in kwargs.items()})
    raise TypeError(_no_rule(f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)))


def _no_rule(name: str) -> str:
    return (
        f"{name} has no rule in the table of derivatives, so a gradient would be lost here. "
        "Use an op of tinygrad_relu, write the rule yourself with tg.record(), "
        "or take v.data to leave the graph on purpose"
    )


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
        if not placed or option.kind is option.POSITIONAL_ONLY:
            placed.append(a)
        elif own in ours.parameters:
            named[own] = a
        elif a is not option.default:
            raise TypeError(_no_rule(f"np.{func.__name__} with {name}="))
    return tuple(placed), named


#: NumPy's name of an option → its row's.
_OWN = {"a_min": "min", "a_max": "max"}


def _pad(x: Any, pad_width: Any, mode: str = "constant", kwargs: Any = None) -> Any:
    more = {"constant_values": 0.0, **(kwargs or {})}
    if mode != "constant" or len(more) > 1:
        raise TypeError(_no_rule(f"np.pad with mode={mode!r}"))
    return ops.pad(x, pad_width, more["constant_values"])


def _norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    of_matrices = np.ndim(x) > 1 if axis is None else np.size(axis) > 1
    if ord not in (None, 2) or (ord == 2 and of_matrices):
        raise TypeError(_no_rule(f"np.linalg.norm with ord={ord!r}"))
    return ops.norm(x, axis, keepdims)


#: NumPy's function → the row of the table it means.
RULES: dict[Callable[..., Any], Callable[..., Any]] = {
    np.add: ops.add,
    np.subtract: ops.sub,
    np.multiply: ops.mul,
    np.true_divide: ops.div,
    np.power: ops.pow,
    np.negative: ops.neg,
    np.absolute: ops.abs,
    np.matmul: ops.matmul,
    np.dot: ops.dot,
    np.pad: _pad,
    **{
        getattr(np, name): getattr(ops, name)
        for name in """
            sqrt square exp log log1p expm1 sin cos tanh arctan sign maximum minimum clip where
            sum mean var std max min prod outer reshape transpose swapaxes expand_dims squeeze
            broadcast_to concatenate stack
        """.split()  # noqa: SIM905
    },
    np.ravel: partial(ops.reshape, shape=(-1,)),
    np.amax: ops.max,
    np.amin: ops.min,
    np.linalg.norm: _norm,
}

#: Questions whose answer has no gradient: answered from the data, as plain numbers.
PLAIN: set[Callable[..., Any]] = {
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.shape,
    np.ndim,
    np.size,
    np.argmax,
    np.argmin,
    np.argsort,
    np.zeros_like,
    np.ones_like,
    np.allclose,
    np.isclose,
    np.array_equal,
}
