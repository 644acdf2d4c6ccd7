"""The table of derivatives: shape and selection.

Every row is structural. A rearrangement is pulled back by the opposite
rearrangement; indexing by adding into a zero array, and the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.foreign import translating
from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.reduction import Axis
from tinygrad_relu.ops.settings import Constant, Index, Widths

Shape = int | Sequence[int]


@structural(lambda g, y, x, shape: np.reshape(g, np.shape(x)))
def reshape(x: Flow, shape: Shape) -> Flow:
    """The same elements in another shape.

    Examples
    --------
    >>> reshape(np.arange(4.0), (2, 2)).shape
    (2, 2)
    """
    return np.reshape(x, shape)


@structural(
    lambda g, y, x, axes: np.transpose(
        g, None if axes is None else np.argsort(np.atleast_1d(axes) % max(np.size(axes), 1))
    ),
)
def transpose(x: Flow, axes: Sequence[int] | None = None) -> Flow:
    """Axes reversed, or in the order `axes`.

    Examples
    --------
    >>> transpose(np.zeros((2, 3))).shape
    (3, 2)
    """
    return np.transpose(x, axes)


@structural(lambda g, y, x, axis1, axis2: np.swapaxes(g, axis1, axis2))
def swapaxes(x: Flow, axis1: int, axis2: int) -> Flow:
    """Two axes exchanged.

    Examples
    --------
    >>> swapaxes(np.zeros((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    return np.swapaxes(x, axis1, axis2)


@structural(lambda g, y, x, axis: np.reshape(g, np.shape(x)))
def expand_dims(x: Flow, axis: int | tuple[int, ...]) -> Flow:
    """A new axis of length 1 at `axis`.

    Examples
    --------
    >>> expand_dims(np.zeros(3), 0).shape
    (1, 3)
    """
    return np.expand_dims(x, axis)


@structural(lambda g, y, x, axis: np.reshape(g, np.shape(x)))
def squeeze(x: Flow, axis: Axis = None) -> Flow:
    """Axes of length 1 removed: all, or those of `axis`.

    Examples
    --------
    >>> squeeze(np.zeros((1, 3))).shape
    (3,)
    """
    return np.squeeze(x, axis=axis)


@structural(lambda g, y, x, shape: unbroadcast(g, np.shape(x)))
def broadcast_to(x: Flow, shape: Shape) -> Flow:
    """Repeated along new or length-1 axes until it has `shape`.

    Examples
    --------
    >>> broadcast_to(1.0, (2,))
    array([1., 1.])
    """
    return np.broadcast_to(x, shape)


def _piece(slot: int) -> Callable[..., Flow]:
    def pullback(g: Flow, y: Flow, *arrays_axis: Any) -> Flow:
        *arrays, axis = arrays_axis
        if axis is None:
            start = sum(np.size(a) for a in arrays[:slot])
            piece = g[start : start + np.size(arrays[slot])]
            return np.reshape(piece, np.shape(arrays[slot]))
        start = sum(np.shape(a)[axis] for a in arrays[:slot])
        where = (slice(None),) * (axis % np.ndim(y))
        return g[(*where, slice(start, start + np.shape(arrays[slot])[axis]))]

    return pullback


@structural(each=_piece)
def _concatenate(*arrays: Flow, axis: int | None = 0) -> Flow:
    return np.concatenate(arrays, axis=axis)


@translating
def concatenate(arrays: Sequence[Flow], axis: int | None = 0) -> Flow:
    """Arrays joined along an existing axis; each receives its piece of the gradient.

    Examples
    --------
    >>> concatenate([np.zeros(2), np.ones(1)])
    array([0., 0., 1.])
    """
    return _concatenate(*_several("concatenate", arrays), axis=axis)


@structural(
    each=lambda slot: (
        lambda g, y, *arrays_axis: g[(slice(None),) * (arrays_axis[-1] % np.ndim(y)) + (slot,)]
    ),
)
def _stack(*arrays: Flow, axis: int = 0) -> Flow:
    return np.stack(arrays, axis=axis)


@translating
def stack(arrays: Sequence[Flow], axis: int = 0) -> Flow:
    """Arrays of one shape joined along a new axis. Scalars stack to a vector.

    Examples
    --------
    >>> stack([1.0, 2.0])
    array([1., 2.])
    """
    return _stack(*_several("stack", arrays), axis=axis)


def _several(op: str, arrays: Any) -> Sequence[Flow]:
    """What is to be joined, at least one."""
    if not isinstance(arrays, Iterable) or isinstance(arrays, str | Mapping):
        raise TypeError(f"{op} joins a list of arrays, as {op}([a, b]), not {arrays!r:.60}")
    several = list(arrays)
    if not several:
        raise ValueError(f"{op} of nothing: give at least one array")
    return several


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
