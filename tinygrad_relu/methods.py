"""The ops as methods of Value."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.messages import describe, lost
from tinygrad_relu.node import Node
from tinygrad_relu.ops import protocol
from tinygrad_relu.ops.settings import Order

Q = ParamSpec("Q")
V = TypeVar("V", bound="Methods")


def _method(op: Callable[Concatenate[Any, Q], Any]) -> Callable[Concatenate[V, Q], V]:
    """A row of the table as a method: the same parameters, the same docstring."""

    def method(self: Any, *args: Q.args, **settings: Q.kwargs) -> Any:
        return op(self, *args, **settings)

    return update_wrapper(method, op)  # type: ignore[return-value]


def _of_array(op: Any) -> Any:
    """A row as a method that takes the options of the method of an array, too."""
    numpys = getattr(np, op.__name__)

    def method(self: Any, *args: Any, **options: Any) -> Any:
        if (options or len(args) > 1) and protocol.in_numpys_way(numpys, op, args, options):
            return protocol.of_function(numpys, (self, *args), options)
        return op(self, *args, **options)

    return update_wrapper(method, op)


def _asked(question: Callable[..., Any]) -> Any:
    """A question of NumPy's whose answer has no gradient."""

    def method(self: Any, *args: Any, **options: Any) -> Any:
        return protocol.plainly(question, self, *args, **options)

    return update_wrapper(method, question)


_QUESTIONS: Any = np.all, np.any, np.argmax, np.argmin, np.argsort, np.nonzero, np.round


def _compared(compare: Callable[[Any, Any], Any]) -> Any:
    """A comparison: plain bools and arrays."""
    return lambda self, other: protocol.plainly(compare, self, other)


class Methods(Node):
    """What a Value can do that is an op, and how it passes for a number and an array."""

    __slots__ = ()

    # --- arithmetic and elementary functions ---
    abs, sign, sqrt = _method(ops.abs), _method(ops.sign), _method(ops.sqrt)
    square, reciprocal, exp = _method(ops.square), _method(ops.reciprocal), _method(ops.exp)
    exp2, expm1, log = _method(ops.exp2), _method(ops.expm1), _method(ops.log)
    log2, log10, log1p = _method(ops.log2), _method(ops.log10), _method(ops.log1p)
    sin, cos, tan, sinh = _method(ops.sin), _method(ops.cos), _method(ops.tan), _method(ops.sinh)
    cosh, tanh, arcsin = _method(ops.cosh), _method(ops.tanh), _method(ops.arcsin)
    arccos, arctan, arcsinh = _method(ops.arccos), _method(ops.arctan), _method(ops.arcsinh)
    arccosh, arctanh, sinc = _method(ops.arccosh), _method(ops.arctanh), _method(ops.sinc)
    arctan2, maximum, minimum = _method(ops.arctan2), _method(ops.maximum), _method(ops.minimum)
    clip, astype = _of_array(ops.clip), _method(ops.astype)
    __neg__, __abs__ = _method(ops.neg), abs

    # --- activations ---
    relu, leaky_relu, prelu = _method(ops.relu), _method(ops.leaky_relu), _method(ops.prelu)
    elu, selu, celu = _method(ops.elu), _method(ops.selu), _method(ops.celu)
    gelu, silu, mish = _method(ops.gelu), _method(ops.silu), _method(ops.mish)
    sigmoid, log_sigmoid = _method(ops.sigmoid), _method(ops.log_sigmoid)
    softplus, softsign = _method(ops.softplus), _method(ops.softsign)
    hardtanh, relu6 = _method(ops.hardtanh), _method(ops.relu6)
    hardsigmoid, hardswish = _method(ops.hardsigmoid), _method(ops.hardswish)
    identity = _method(ops.identity)

    # --- reductions, and what goes along an axis ---
    sum, mean, max, min = map(_of_array, (ops.sum, ops.mean, ops.max, ops.min))
    prod, var, std = map(_of_array, (ops.prod, ops.var, ops.std))
    cumsum, cumprod = map(_of_array, (ops.cumsum, ops.cumprod))
    norm, logsumexp, median = _method(ops.norm), _method(ops.logsumexp), _method(ops.median)
    softmax, log_softmax = _method(ops.softmax), _method(ops.log_softmax)

    # --- shape and selection ---
    ravel, swapaxes, moveaxis = _method(ops.ravel), _method(ops.swapaxes), _method(ops.moveaxis)
    expand_dims, squeeze = _method(ops.expand_dims), _method(ops.squeeze)
    broadcast_to, tile, repeat = _method(ops.broadcast_to), _method(ops.tile), _method(ops.repeat)
    flip, roll, pad = _method(ops.flip), _method(ops.roll), _method(ops.pad)
    take, take_along_axis = _of_array(ops.take), _method(ops.take_along_axis)
    tril, triu, trace = _method(ops.tril), _method(ops.triu), _of_array(ops.trace)
    diagonal, __getitem__ = _method(ops.diagonal), _method(ops.getitem)

    def reshape(self, *shape: Any, order: Order = "C") -> Any:
        """The same elements in another shape, given as numbers or as a tuple."""
        return ops.reshape(self, _unpacked(shape), order)

    def transpose(self, *axes: Any) -> Any:
        """Axes reversed, or in the order given, as numbers or as a tuple."""
        return ops.transpose(self, _unpacked(axes) if axes else None)

    flatten = ravel

    @property
    def T(self) -> Any:
        """The transpose: axes reversed."""
        return ops.transpose(self)

    # --- products ---
    matmul, dot, outer = _method(ops.matmul), _method(ops.dot), _method(ops.outer)
    inner = _method(ops.inner)

    # --- questions, answered in plain numbers ---
    all, any, argmax, argmin, argsort, nonzero, round = map(_asked, _QUESTIONS)

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
        try:
            return round(self.item(), digits)
        except TypeError:
            raise TypeError(f"round: digits is a whole number, not {digits!r:.60}") from None

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
