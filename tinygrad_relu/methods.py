"""The ops as methods of Value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.messages import describe, lost
from tinygrad_relu.node import Node, plain
from tinygrad_relu.op import Op
from tinygrad_relu.ops import protocol

Q = ParamSpec("Q")
V = TypeVar("V", bound="Methods")


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
    astype = _method(ops.astype)
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
    dot = ops.dot

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

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __round__(self, digits: int | None = None) -> float:
        return round(self.item(), digits)

    def __bool__(self) -> bool:
        return bool(self._data)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{describe(self)} is a scalar: it has no elements to go through")
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    # Comparisons give plain bools and arrays; a Value is itself, whatever it holds.
    __hash__ = object.__hash__
    __eq__, __ne__ = _compared(operator.eq), _compared(operator.ne)
    __lt__, __le__ = _compared(operator.lt), _compared(operator.le)
    __gt__, __ge__ = _compared(operator.gt), _compared(operator.ge)

    @property
    def _mask(self) -> Any:
        """What NumPy's masked arrays ask an operand for: they would go on with its data alone."""
        if self.requires_grad:
            raise TypeError(lost("a masked array", self))
        return np.False_

    # --- NumPy's protocols: np.exp(v), array * v, np.sum(v, axis=0) ---

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        return protocol.of_ufunc(ufunc, method, args, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return protocol.of_function(func, args, kwargs)


def _unpacked(numbers: tuple[Any, ...]) -> Any:
    """``v.reshape(2, 3)`` and ``v.reshape((2, 3))`` alike, as NumPy has it."""
    return numbers[0] if len(numbers) == 1 else numbers
