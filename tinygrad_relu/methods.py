"""The ops as methods of Value, and how NumPy's functions find them.

One line each: the docstrings stand at the functions in `ops`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.op import Op

if TYPE_CHECKING:
    from tinygrad_relu.value import Value

Axis = int | tuple[int, ...] | None


class Methods:
    """Everything a Value can do that is an op."""

    __slots__ = ()

    # --- arithmetic and elementary functions ---

    def abs(self) -> Value:
        return ops.abs(self)  # type: ignore[no-any-return]

    def sqrt(self) -> Value:
        return ops.sqrt(self)  # type: ignore[no-any-return]

    def square(self) -> Value:
        return ops.square(self)  # type: ignore[no-any-return]

    def exp(self) -> Value:
        return ops.exp(self)  # type: ignore[no-any-return]

    def log(self) -> Value:
        return ops.log(self)  # type: ignore[no-any-return]

    def log1p(self) -> Value:
        return ops.log1p(self)  # type: ignore[no-any-return]

    def expm1(self) -> Value:
        return ops.expm1(self)  # type: ignore[no-any-return]

    def sin(self) -> Value:
        return ops.sin(self)  # type: ignore[no-any-return]

    def cos(self) -> Value:
        return ops.cos(self)  # type: ignore[no-any-return]

    def tanh(self) -> Value:
        return ops.tanh(self)  # type: ignore[no-any-return]

    def arctan(self) -> Value:
        return ops.arctan(self)  # type: ignore[no-any-return]

    def sign(self) -> Value:
        return ops.sign(self)  # type: ignore[no-any-return]

    def maximum(self, other: Any) -> Value:
        return ops.maximum(self, other)  # type: ignore[no-any-return]

    def minimum(self, other: Any) -> Value:
        return ops.minimum(self, other)  # type: ignore[no-any-return]

    def clip(self, min: Any = None, max: Any = None) -> Value:
        return ops.clip(self, min, max)  # type: ignore[no-any-return]

    # --- activations ---

    def relu(self, at_zero: float = 0.0) -> Value:
        return ops.relu(self, at_zero)  # type: ignore[no-any-return]

    def leaky_relu(self, alpha: float = 0.01) -> Value:
        return ops.leaky_relu(self, alpha)  # type: ignore[no-any-return]

    def prelu(self, alpha: Any) -> Value:
        return ops.prelu(self, alpha)  # type: ignore[no-any-return]

    def elu(self, alpha: float = 1.0) -> Value:
        return ops.elu(self, alpha)  # type: ignore[no-any-return]

    def selu(self) -> Value:
        return ops.selu(self)  # type: ignore[no-any-return]

    def celu(self, alpha: float = 1.0) -> Value:
        return ops.celu(self, alpha)  # type: ignore[no-any-return]

    def gelu(self, approximate: str = "none") -> Value:
        return ops.gelu(self, approximate)  # type: ignore[no-any-return]

    def silu(self) -> Value:
        return ops.silu(self)  # type: ignore[no-any-return]

    def mish(self) -> Value:
        return ops.mish(self)  # type: ignore[no-any-return]

    def sigmoid(self) -> Value:
        return ops.sigmoid(self)  # type: ignore[no-any-return]

    def log_sigmoid(self) -> Value:
        return ops.log_sigmoid(self)  # type: ignore[no-any-return]

    def softplus(self) -> Value:
        return ops.softplus(self)  # type: ignore[no-any-return]

    def softsign(self) -> Value:
        return ops.softsign(self)  # type: ignore[no-any-return]

    def hardtanh(self, min_val: float = -1.0, max_val: float = 1.0) -> Value:
        return ops.hardtanh(self, min_val, max_val)  # type: ignore[no-any-return]

    def relu6(self) -> Value:
        return ops.relu6(self)  # type: ignore[no-any-return]

    def hardsigmoid(self) -> Value:
        return ops.hardsigmoid(self)  # type: ignore[no-any-return]

    def hardswish(self) -> Value:
        return ops.hardswish(self)  # type: ignore[no-any-return]

    def identity(self) -> Value:
        return ops.identity(self)  # type: ignore[no-any-return]

    # --- reductions ---

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.sum(self, axis, keepdims)  # type: ignore[no-any-return]

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.mean(self, axis, keepdims)  # type: ignore[no-any-return]

    def max(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.max(self, axis, keepdims)  # type: ignore[no-any-return]

    def min(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.min(self, axis, keepdims)  # type: ignore[no-any-return]

    def prod(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.prod(self, axis, keepdims)  # type: ignore[no-any-return]

    def norm(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.norm(self, axis, keepdims)  # type: ignore[no-any-return]

    def logsumexp(self, axis: Axis = None, keepdims: bool = False) -> Value:
        return ops.logsumexp(self, axis, keepdims)  # type: ignore[no-any-return]

    def var(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Value:
        return ops.var(self, axis, ddof, keepdims)  # type: ignore[no-any-return]

    def std(self, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Value:
        return ops.std(self, axis, ddof, keepdims)  # type: ignore[no-any-return]

    def softmax(self, axis: Axis = -1) -> Value:
        return ops.softmax(self, axis)  # type: ignore[no-any-return]

    def log_softmax(self, axis: Axis = -1) -> Value:
        return ops.log_softmax(self, axis)  # type: ignore[no-any-return]

    # --- shape ---

    def reshape(self, *shape: Any) -> Value:
        return ops.reshape(self, _unpacked(shape))  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> Value:
        return ops.transpose(self, _unpacked(axes) if axes else None)  # type: ignore[no-any-return]

    @property
    def T(self) -> Value:
        """The transpose: axes reversed."""
        return ops.transpose(self)  # type: ignore[no-any-return]

    def flatten(self) -> Value:
        return ops.reshape(self, (-1,))  # type: ignore[no-any-return]

    def swapaxes(self, axis1: int, axis2: int) -> Value:
        return ops.swapaxes(self, axis1, axis2)  # type: ignore[no-any-return]

    def expand_dims(self, axis: int | tuple[int, ...]) -> Value:
        return ops.expand_dims(self, axis)  # type: ignore[no-any-return]

    def squeeze(self, axis: Axis = None) -> Value:
        return ops.squeeze(self, axis)  # type: ignore[no-any-return]

    def broadcast_to(self, shape: int | Sequence[int]) -> Value:
        return ops.broadcast_to(self, shape)  # type: ignore[no-any-return]

    def pad(self, pad_width: Any, value: float = 0.0) -> Value:
        return ops.pad(self, pad_width, value)  # type: ignore[no-any-return]

    # --- products ---

    def matmul(self, other: Any) -> Value:
        return ops.matmul(self, other)  # type: ignore[no-any-return]

    dot = matmul

    def outer(self, other: Any) -> Value:
        return ops.outer(self, other)  # type: ignore[no-any-return]

    # --- NumPy's protocols: np.exp(v), array * v, np.sum(v, axis=0) ---

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            if ufunc in _RULES:
                return _RULES[ufunc](*args)
            if ufunc in _PLAIN:
                return ufunc(*map(_plain, args))
        if kwargs.get("out") is not None:
            raise TypeError(
                f"np.{ufunc.__name__} would write a Value into a plain array and lose its "
                "gradient: give no out=, and write a = a + v instead of a += v"
            )
        how = "" if method == "__call__" else f".{method}"
        options = f" with {', '.join(kwargs)}=" if kwargs else ""
        raise TypeError(_no_rule(f"np.{ufunc.__name__}{how}{options}"))

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _RULES:
            return _RULES[func](*args, **kwargs)
        if func in _PLAIN:
            return func(*map(_plain, args), **kwargs)
        raise TypeError(_no_rule(f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)))


def _unpacked(numbers: tuple[Any, ...]) -> Any:
    """``v.reshape(2, 3)`` and ``v.reshape((2, 3))`` alike, as NumPy has it."""
    return numbers[0] if len(numbers) == 1 else numbers


def _plain(a: Any) -> Any:
    return a.data if isinstance(a, Methods) else a  # type: ignore[attr-defined]


def _no_rule(name: str) -> str:
    return (
        f"{name} has no rule in the table of derivatives, so a gradient would be lost here. "
        "Use an op of tinygrad_relu, write the rule yourself with tg.record(), "
        "or take v.data to leave the graph on purpose"
    )


def _dot(a: Any, b: Any) -> Any:
    return ops.matmul(a, b) if np.ndim(a) and np.ndim(b) else ops.mul(a, b)


def _pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    if mode != "constant":
        raise TypeError(_no_rule(f"np.pad with mode={mode!r}"))
    return ops.pad(x, pad_width, constant_values)


def _norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    of_matrices = np.ndim(x) > 1 if axis is None else np.size(axis) > 1
    if ord not in (None, 2) or (ord == 2 and of_matrices):
        raise TypeError(_no_rule(f"np.linalg.norm with ord={ord!r}"))
    return ops.norm(x, axis, keepdims)


#: NumPy's function → the row of the table it means.
_RULES: dict[Callable[..., Any], Callable[..., Any] | Op[Any]] = {
    np.add: ops.add,
    np.subtract: ops.sub,
    np.multiply: ops.mul,
    np.true_divide: ops.div,
    np.power: ops.pow,
    np.negative: ops.neg,
    np.absolute: ops.abs,
    np.matmul: ops.matmul,
    np.dot: _dot,
    np.pad: _pad,
    **{
        getattr(np, name): getattr(ops, name)
        for name in [
            "sqrt",
            "square",
            "exp",
            "log",
            "log1p",
            "expm1",
            "sin",
            "cos",
            "tanh",
            "arctan",
            "sign",
            "maximum",
            "minimum",
            "clip",
            "where",
            "sum",
            "mean",
            "var",
            "std",
            "max",
            "min",
            "prod",
            "outer",
            "reshape",
            "transpose",
            "swapaxes",
            "expand_dims",
            "squeeze",
            "broadcast_to",
            "concatenate",
            "stack",
        ]
    },
    np.ravel: partial(ops.reshape, shape=(-1,)),
    np.amax: ops.max,
    np.amin: ops.min,
    np.linalg.norm: _norm,
}

#: Questions whose answer has no gradient: answered from the data, as plain numbers.
_PLAIN: set[Callable[..., Any]] = {
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
    np.array_equal,
}

for _name, _method in vars(Methods).items():
    if callable(_method) and not _method.__doc__ and hasattr(ops, _name):
        _method.__doc__ = f"See `tinygrad_relu.{_name}`."
