"""The table of derivatives: selection.

Every row is structural. Indexing is pulled back by adding into a zero array, and the other way
round; what was not chosen receives 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.reduction import sum
from tinygrad_relu.ops.settings import Constant, Index, Widths


def _is_basic(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    basic = (int, slice, type(None), type(...), np.integer)
    return all(isinstance(p, basic) and not isinstance(p, bool) for p in parts)


def _added_in(g: Flow, y: Flow, x: Flow, index: Any) -> Flow:
    return scatter(g, index, np.shape(x))


@structural(_added_in, zero="unselected")
def getitem(x: Flow, index: Index) -> Flow:
    """x[index], basic or advanced. An element chosen twice receives twice.

    Examples
    --------
    >>> getitem(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
    array([1., 1., 3.])
    """
    return (x if np.ndim(x) else np.asarray(x))[index]


@structural(lambda g, y, x, index, shape: unbroadcast(getitem(g, index), np.shape(x)))
def scatter(x: Flow, index: Index, shape: tuple[int, ...]) -> Flow:
    """Zeros of `shape` with x added in at `index`, repeated places adding up.

    The adjoint of indexing.

    Examples
    --------
    >>> scatter(np.array([1.0, 2.0, 4.0]), [0, 0, 2], (3,))
    array([3., 0., 4.])
    """
    y = np.zeros(shape, np.asarray(x).dtype)
    if _is_basic(index):
        y[index] = x
    else:
        np.add.at(y, index, x)
    return y


def _widths(pad_width: Any, ndim: int) -> Any:
    """How much before and after each axis; a dictionary says it for some."""
    if isinstance(pad_width, dict):
        widths = np.zeros((ndim, 2), np.int64)
        for axis, width in pad_width.items():
            widths[axis] = width
        return widths
    return np.broadcast_to(pad_width, (ndim, 2))


def _inside(pad_width: Any, ndim: int) -> tuple[slice, ...]:
    widths = _widths(pad_width, ndim)
    return tuple(slice(int(before), -int(after) or None) for before, after in widths)


@structural(lambda g, y, x, pad_width, value: getitem(g, _inside(pad_width, np.ndim(x))))
def pad(x: Flow, pad_width: Widths, value: Constant = 0.0) -> Flow:
    """A border of the constant `value` around x; `pad_width` as in NumPy.

    Examples
    --------
    >>> pad(np.ones(1), (1, 2))
    array([0., 1., 0., 0.])
    """
    return np.pad(x, _widths(pad_width, np.ndim(x)), constant_values=value)


def _chosen(g: Flow, x: Flow, indices: Any, axis: int | None) -> Flow:
    """g added in where `indices` along an axis, or of all elements in order, took it from."""
    places = np.asarray(indices).astype(np.intp)
    if axis is None:
        return np.reshape(scatter(g, (places,), (np.size(x),)), np.shape(x))
    before = (slice(None),) * (axis % np.ndim(x))
    return scatter(g, (*before, places), np.shape(x))


@structural(lambda g, y, x, indices, axis: _chosen(g, x, indices, axis), zero="unselected")
def take(x: Flow, indices: Index, axis: int | None = None) -> Flow:
    """The elements at `indices` along an axis, or of x flattened.

    Examples
    --------
    >>> take(np.array([1.0, 2.0, 3.0]), [0, 0, 2])
    array([1., 1., 3.])
    """
    return np.take(x, indices, axis=axis)


def _along(x: Flow, indices: Any, axis: int) -> tuple[Any, ...]:
    """`indices` along an axis, and every place along all others."""
    places: list[Any] = list(np.ix_(*map(range, np.shape(x))))
    places[axis] = indices
    return tuple(places)


@structural(
    lambda g, y, x, indices, axis: scatter(g, _along(x, indices, axis), np.shape(x)),
    zero="unselected",
)
def take_along_axis(x: Flow, indices: Index, axis: int = -1) -> Flow:
    """Of each row along an axis the elements at `indices`, which has rows of its own.

    Examples
    --------
    >>> take_along_axis(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1], [0]]))
    array([[2.],
           [3.]])
    """
    return np.take_along_axis(x, indices, axis)


def _repeat_pullback(g: Flow, y: Flow, x: Flow, repeats: Any, axis: int | None) -> Flow:
    length = np.size(x) if axis is None else np.shape(x)[axis]
    return _chosen(g, x, np.repeat(np.arange(length, dtype=np.intp), repeats), axis)


@structural(_repeat_pullback, zero="unselected")
def repeat(x: Flow, repeats: Widths, axis: int | None = None) -> Flow:
    """Each element `repeats` times, along an axis or of x flattened; `repeats` may differ.

    Examples
    --------
    >>> repeat(np.array([1.0, 2.0]), 2)
    array([1., 1., 2., 2.])
    """
    return np.repeat(x, repeats, axis=axis)


def _no_number(x: Flow) -> Flow:
    if not np.ndim(x):
        raise ValueError("a number has no triangle: give an array")
    return x


@structural(lambda g, y, x, k: unbroadcast(np.tril(g, k), np.shape(x)), zero="unselected")
def tril(x: Flow, k: int = 0) -> Flow:
    """The lower triangle of matrices, up to the `k`-th diagonal; 0 above.

    Examples
    --------
    >>> tril(np.ones((2, 2)))
    array([[1., 0.],
           [1., 1.]])
    """
    return np.tril(_no_number(x), k)


@structural(lambda g, y, x, k: unbroadcast(np.triu(g, k), np.shape(x)), zero="unselected")
def triu(x: Flow, k: int = 0) -> Flow:
    """The upper triangle of matrices, from the `k`-th diagonal on; 0 below.

    Examples
    --------
    >>> triu(np.ones((2, 2)))
    array([[1., 1.],
           [0., 1.]])
    """
    return np.triu(_no_number(x), k)


def _places(length: int, offset: int) -> tuple[Any, Any]:
    """Rows and columns of a diagonal."""
    along = np.arange(length, dtype=np.intp)
    return along + max(-offset, 0), along + max(offset, 0)


def _diagonal_pullback(g: Flow, y: Flow, x: Flow, offset: int, axis1: int, axis2: int) -> Flow:
    matrices = np.moveaxis(np.broadcast_to(0.0, np.shape(x)), (axis1, axis2), (-2, -1))
    index = (..., *_places(np.shape(y)[-1], offset))
    return np.moveaxis(scatter(g, index, matrices.shape), (-2, -1), (axis1, axis2))


@structural(_diagonal_pullback, zero="unselected")
def diagonal(x: Flow, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Flow:
    """The diagonal of matrices, `offset` places above the main one, along a new last axis.

    Examples
    --------
    >>> diagonal(np.arange(4.0).reshape(2, 2))
    array([0., 3.])
    """
    return np.diagonal(x, offset, axis1, axis2)


def trace(x: Flow, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Flow:
    """The sum of the diagonal of matrices.

    Examples
    --------
    >>> trace(np.eye(3))
    3.0
    """
    return sum(diagonal(x, offset, axis1, axis2), axis=-1)


def diag(x: Flow, k: int = 0) -> Flow:
    """The `k`-th diagonal of a matrix, or the matrix whose `k`-th diagonal is the vector x.

    Examples
    --------
    >>> diag(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    if np.ndim(x) != 1:
        return diagonal(x, k)
    size = np.size(x) + max(k, -k)
    return scatter(x, _places(np.size(x), k), (size, size))
