"""What NumPy calls the rows of the table, and its options of them in terms of rows.

A function here has the parameters of NumPy's, `out` left out; options that change no number, such
as the kind of a sort, are taken and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.node import plain
from tinygrad_relu.ops.reduction import Axis


def no_rule(name: str) -> str:
    """What is said of a function of NumPy's that is no row, and no spelling of one."""
    return (
        f"{name} has no rule in the table of derivatives, so a gradient would be lost here. "
        "Use an op of tinygrad_relu, write a row with tg.elementwise() or a node with tg.record(), "
        "or take v.data to leave the graph on purpose"
    )


def _astype(x: Any, dtype: Any, *, copy: bool = True) -> Any:
    return ops.astype(x, dtype)


def _cast(x: Any, dtype: Any) -> Any:
    return x if dtype is None or getattr(x, "dtype", None) == dtype else ops.astype(x, dtype)


# --- reductions: dtype=, initial=, where= ------------------------------------------------------


def _reduction(
    op: Callable[..., Any], join: Callable[[Any, Any], Any], nothing: float
) -> Callable[..., Any]:
    """`op` with NumPy's options; `nothing` joined to a number leaves it as it is."""

    def call(
        x: Any,
        axis: Axis = None,
        dtype: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        if where is not True:
            if initial is None and np.isinf(nothing):
                raise ValueError(f"np.{op.__name__} with where= needs initial=, as in NumPy")
            x = ops.where(where, x, nothing)
        x = _cast(x, dtype)
        if initial is None:
            return op(x, axis, keepdims)
        some = np.size(x) or not np.isinf(nothing)  # the largest of none is `initial`
        return (
            join(op(x, axis, keepdims), initial) if some else ops.sum(x, axis, keepdims) + initial
        )

    return call


def _count(x: Any, axis: Axis, keepdims: bool, where: Any) -> Any:
    """How many elements there are, in the dtype of x."""
    chosen = np.broadcast_to(where, np.shape(x))
    return np.sum(chosen, axis, getattr(x, "dtype", np.float64), keepdims=keepdims)


def _mean(
    x: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False, where: Any = True
) -> Any:
    x = _cast(x, dtype)
    if where is True:
        return ops.mean(x, axis, keepdims)
    return ops.sum(ops.where(where, x, 0.0), axis, keepdims) / _count(x, axis, keepdims, where)


def _spread(op: Callable[..., Any], of_deviations: Callable[..., Any]) -> Callable[..., Any]:
    """`op`, var or std, with NumPy's options; `of_deviations` joins them, chosen and divided."""

    def call(
        x: Any,
        axis: Axis = None,
        dtype: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        where: Any = True,
    ) -> Any:
        x = _cast(x, dtype)
        if where is True:
            return op(x, axis, ddof, keepdims)
        chosen = ops.where(where, x - _mean(x, axis, None, True, where), 0.0)
        return of_deviations(
            chosen, axis, keepdims, np.maximum(_count(x, axis, keepdims, where) - ddof, 0.0)
        )

    return call


def _running(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axis=None, dtype=None: op(_cast(x, dtype), axis)


def _trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return ops.trace(_cast(x, dtype), offset, axis1, axis2)


# --- arrays joined: dtype= ---------------------------------------------------------------------


def _joined(op: Callable[..., Any]) -> Callable[..., Any]:
    def call(arrays: Any, axis: Any = 0, dtype: Any = None) -> Any:
        return op(_all_cast(arrays, dtype), axis)

    return call


def _beside(op: Callable[..., Any]) -> Callable[..., Any]:
    def call(arrays: Any, dtype: Any = None) -> Any:
        return op(_all_cast(arrays, dtype))

    return call


def _all_cast(arrays: Any, dtype: Any) -> Any:
    return arrays if dtype is None else [_cast(a, dtype) for a in arrays]


def _dstack(arrays: Iterable[Any]) -> Any:
    return ops.concatenate([ops.atleast_3d(a) for a in arrays], 2)


def _each(op: Callable[[Any], Any]) -> Callable[..., Any]:
    """`op` of one array, or of each of several."""
    return lambda *arrays: op(*arrays) if len(arrays) == 1 else tuple(map(op, arrays))


def _hsplit(x: Any, indices_or_sections: Any) -> Any:
    return ops.split(x, indices_or_sections, min(np.ndim(x) - 1, 1))


# --- the rest ----------------------------------------------------------------------------------


def _sort(x: Any, axis: int | None = -1, kind: str | None = None, stable: Any = None) -> Any:
    return ops.sort(x, axis)


def _take(x: Any, indices: Any, axis: int | None = None, mode: Any = "raise") -> Any:
    if mode != "raise":
        indices = np.take(np.arange(np.size(x, axis), dtype=np.int64), indices, mode=mode)
    return ops.take(x, indices, axis)


def _full_like(x: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    if hasattr(fill_value, "__apply__"):
        return ops.broadcast_to(_cast(fill_value, dtype), np.shape(x) if shape is None else shape)
    return np.full_like(plain(x), fill_value, dtype, shape=shape)


def _cholesky(x: Any, upper: bool = False) -> Any:
    lower = ops.cholesky(x)
    return ops.swapaxes(lower, -1, -2) if upper else lower


def _pad(x: Any, pad_width: Any, mode: str = "constant", kwargs: Any = None) -> Any:
    more = {"constant_values": 0.0, **(kwargs or {})}
    if mode != "constant" or len(more) > 1:
        raise TypeError(no_rule(f"np.pad with mode={mode!r}"))
    return ops.pad(x, pad_width, more["constant_values"])


def _norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis) % max(np.ndim(x), 1)
    if ord is None or (ord == "fro" and len(axes) == 2):
        return ops.norm(x, axis, keepdims)
    if len(axes) == 1 and not isinstance(ord, str):
        return ops.norm(x, axis, keepdims, ord)
    if len(axes) != 2 or ord not in (1, -1, np.inf, -np.inf):
        raise TypeError(no_rule(f"np.linalg.norm with ord={ord!r}"))
    summed, compared = axes if ord in (1, -1) else reversed(axes)
    lengths = ops.sum(ops.abs(x), summed, True)
    y = (ops.max if ord > 0 else ops.min)(lengths, compared, True)
    return y if keepdims else ops.squeeze(y, tuple(map(int, axes)))


def _rows(names: str) -> dict[Any, Any]:
    return {getattr(np, name): getattr(ops, name) for name in names.split()}


#: NumPy's function → the row of the table it means.
RULES: dict[Callable[..., Any], Callable[..., Any]] = {
    np.add: ops.add,
    np.subtract: ops.sub,
    np.multiply: ops.mul,
    np.true_divide: ops.div,
    np.power: ops.pow,
    np.negative: ops.neg,
    np.positive: ops.identity,
    np.absolute: ops.abs,
    **_rows("sqrt square reciprocal sign mod floor_divide maximum minimum clip where"),
    **_rows("exp expm1 exp2 log log1p log2 log10 logaddexp logaddexp2"),
    **_rows("sin cos tan arcsin arccos arctan arctan2 hypot sinc"),
    **_rows("sinh cosh tanh arcsinh arccosh arctanh"),
    **_rows("matmul dot outer einsum tensordot inner vdot kron cross"),
    **_rows("reshape ravel transpose swapaxes moveaxis expand_dims squeeze broadcast_to"),
    **_rows("tile flip roll take_along_axis repeat tril triu diagonal diag"),
    **_rows("column_stack append split array_split median ptp"),
    np.copy: ops.identity,
    **({np.astype: _astype} if hasattr(np, "astype") else {}),  # of NumPy 2.1
    np.sum: _reduction(ops.sum, ops.add, 0.0),
    np.prod: _reduction(ops.prod, ops.mul, 1.0),
    **dict.fromkeys((np.max, np.amax), _reduction(ops.max, ops.maximum, -np.inf)),
    **dict.fromkeys((np.min, np.amin), _reduction(ops.min, ops.minimum, np.inf)),
    np.mean: _mean,
    np.var: _spread(ops.var, lambda d, axis, keep, n: ops.sum(ops.square(d), axis, keep) / n),
    np.std: _spread(ops.std, lambda d, axis, keep, n: ops.norm(d, axis, keep) / np.sqrt(n)),
    np.cumsum: _running(ops.cumsum),
    np.cumprod: _running(ops.cumprod),
    np.sort: _sort,
    np.take: _take,
    np.trace: _trace,
    np.concatenate: _joined(ops.concatenate),
    np.stack: _joined(ops.stack),
    np.vstack: _beside(ops.vstack),
    np.hstack: _beside(ops.hstack),
    np.dstack: _dstack,
    np.atleast_1d: _each(ops.atleast_1d),
    np.atleast_2d: _each(ops.atleast_2d),
    np.atleast_3d: _each(ops.atleast_3d),
    np.vsplit: partial(ops.split, axis=0),
    np.hsplit: _hsplit,
    np.dsplit: partial(ops.split, axis=2),
    np.flipud: partial(ops.flip, axis=0),
    np.fliplr: partial(ops.flip, axis=1),
    np.full_like: _full_like,
    np.pad: _pad,
    np.linalg.norm: _norm,
    np.linalg.solve: ops.solve,
    np.linalg.inv: ops.inv,
    np.linalg.det: ops.det,
    np.linalg.slogdet: ops.slogdet,
    np.linalg.cholesky: _cholesky,
    np.linalg.vector_norm: ops.norm,
    np.linalg.matmul: ops.matmul,
    np.linalg.outer: ops.outer,
    np.linalg.tensordot: ops.tensordot,
    np.linalg.cross: ops.cross,
    np.linalg.trace: partial(_trace, axis1=-2, axis2=-1),
    np.linalg.diagonal: partial(ops.diagonal, axis1=-2, axis2=-1),
    np.linalg.matrix_transpose: partial(ops.swapaxes, axis1=-1, axis2=-2),
}

#: Questions whose answer has no gradient, or 0: answered from the data, as plain numbers.
PLAIN: set[Callable[..., Any]] = {
    getattr(np, name)
    for name in """
        equal not_equal less less_equal greater greater_equal isnan isinf isfinite signbit
        logical_and logical_or logical_not logical_xor any all allclose isclose array_equal
        shape ndim size argmax argmin argsort nonzero argwhere flatnonzero count_nonzero
        zeros_like ones_like empty_like result_type
        floor ceil rint trunc fix round around
    """.split()  # noqa: SIM905
}
