"""The ops as methods of Value, and how NumPy's functions find them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.messages import describe, lost
from tinygrad_relu.node import Node, plain
from tinygrad_relu.op import Op

Q = ParamSpec("Q")
V = TypeVar("V", bound="Methods")
Axis = int | tuple[int, ...] | None


def _method(op: Op[Concatenate[Any, Q]]) -> Callable[Concatenate[V, Q], V]:
    """A row of the table as a method: the same parameters, the same docstring."""

    def method(self: Any, *args: Q.args, **settings: Q.kwargs) -> Any:
        return op(self, *args, **settings)

    return update_wrapper(method, op)  # type: ignore[return-value]


def _compared(compare: Callable[[Any, Any], Any]) -> Any:
    """A comparison: plain bools and arrays."""
    return lambda self, other: compare(self._data, plain(other))


class Methods(Node):
    """What a Value can do that is an op, and how it passes for a number and an array."""

    __slots__ = ()

    # --- arithmetic and elementary functions ---
    abs = _method(ops.abs)
    sqrt = _method(ops.sqrt)
    square = _method(ops.square)
    exp = _method(ops.exp)
    log = _method(ops.log)
    log1p = _method(ops.log1p)
    expm1 = _method(ops.expm1)
    sin = _method(ops.sin)
    cos = _method(ops.cos)
    tanh = _method(ops.tanh)
    arctan = _method(ops.arctan)
    sign = _method(ops.sign)
    maximum = _method(ops.maximum)
    minimum = _method(ops.minimum)
    clip = _method(ops.clip)
    __neg__ = _method(ops.neg)
    __abs__ = abs

    # --- activations ---
    relu = _method(ops.relu)
    leaky_relu = _method(ops.leaky_relu)
    prelu = _method(ops.prelu)
    elu = _method(ops.elu)
    selu = _method(ops.selu)
    celu = _method(ops.celu)
    gelu = _method(ops.gelu)
    silu = _method(ops.silu)
    mish = _method(ops.mish)
    sigmoid = _method(ops.sigmoid)
    log_sigmoid = _method(ops.log_sigmoid)
    softplus = _method(ops.softplus)
    softsign = _method(ops.softsign)
    hardtanh = _method(ops.hardtanh)
    relu6 = _method(ops.relu6)
    hardsigmoid = _method(ops.hardsigmoid)
    hardswish = _method(ops.hardswish)
    identity = _method(ops.identity)

    # --- reductions ---
    sum = _method(ops.sum)
    mean = _method(ops.mean)
    max = _method(ops.max)
    min = _method(ops.min)
    prod = _method(ops.prod)
    norm = _method(ops.norm)
    logsumexp = _method(ops.logsumexp)
    var = _method(ops.var)
    std = _method(ops.std)
    softmax = _method(ops.softmax)
    log_softmax = _method(ops.log_softmax)

    # --- shape ---
    swapaxes = _method(ops.swapaxes)
    expand_dims = _method(ops.expand_dims)
    squeeze = _method(ops.squeeze)
    broadcast_to = _method(ops.broadcast_to)
    pad = _method(ops.pad)
    __getitem__ = _method(ops.getitem)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape, given as numbers or as a tuple."""
        return ops.reshape(self, _unpacked(shape))

    def transpose(self, *axes: Any) -> Any:
        """Axes reversed, or in the order given, as numbers or as a tuple."""
        return ops.transpose(self, _unpacked(axes) if axes else None)

    def flatten(self) -> Any:
        """All elements along one axis."""
        return ops.reshape(self, (-1,))

    @property
    def T(self) -> Any:
        """The transpose: axes reversed."""
        return ops.transpose(self)

    # --- products ---
    matmul = _method(ops.matmul)
    outer = _method(ops.outer)
    dot = matmul

    # --- as a number, as an array --------------------------------------------------------

    def item(self) -> float:
        """The only element, as a float. Leaves the graph on purpose."""
        return self._data if self._data.__class__ is float else float(self._data.item())

    def __float__(self) -> float:
        if self.requires_grad:
            raise TypeError(lost("a plain float", self))
        return self.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self.requires_grad:
            raise TypeError(lost("a plain array", self))
        return np.array(self._data, dtype=dtype)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{describe(self)} is a scalar: it has no length")
        return self.shape[0]

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError(f"{describe(self)} is a scalar: it has no elements to go through")
        return (self[i] for i in range(len(self)))

    # Comparisons give plain bools and arrays; a Value is itself, whatever it holds.
    __hash__ = object.__hash__
    __eq__, __ne__ = _compared(operator.eq), _compared(operator.ne)
    __lt__, __le__ = _compared(operator.lt), _compared(operator.le)
    __gt__, __ge__ = _compared(operator.gt), _compared(operator.ge)

    # --- NumPy's protocols: np.exp(v), array * v, np.sum(v, axis=0) ---

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs:
            if ufunc in _RULES:
                return _RULES[ufunc](*args)
            if ufunc in _PLAIN:
                return ufunc(*map(plain, args))
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
            return func(*map(plain, args), **kwargs)
        raise TypeError(_no_rule(f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1)))


def _unpacked(numbers: tuple[Any, ...]) -> Any:
    """``v.reshape(2, 3)`` and ``v.reshape((2, 3))`` alike, as NumPy has it."""
    return numbers[0] if len(numbers) == 1 else numbers


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
