"""The table of derivatives: shape.

Every row is structural. A rearrangement is pulled back by the opposite rearrangement, a
repetition by the sum over what it repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.reduction import Axis
from tinygrad_relu.ops.settings import Order, Widths

Shape = int | Sequence[int]


@structural(lambda g, y, x, shape, order: np.reshape(g, np.shape(x), order))
def reshape(x: Flow, shape: Shape, order: Order = "C") -> Flow:
    """The same elements in another shape, read row by row, or by column with ``order="F"``.

    Examples
    --------
    >>> reshape(np.arange(4.0), (2, 2)).shape
    (2, 2)
    """
    return np.reshape(x, shape, order)


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


@structural(lambda g, y, x, source, destination: np.moveaxis(g, destination, source))
def moveaxis(x: Flow, source: Widths, destination: Widths) -> Flow:
    """One axis or several at other places; the rest stay in their order.

    Examples
    --------
    >>> moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return np.moveaxis(x, source, destination)


@structural(lambda g, y, x, axis: np.flip(g, axis))
def flip(x: Flow, axis: Axis = None) -> Flow:
    """The elements in the opposite order along all axes, or along those of `axis`.

    Examples
    --------
    >>> flip(np.array([1.0, 2.0, 3.0]))
    array([3., 2., 1.])
    """
    return np.flip(x, axis)


@structural(lambda g, y, x, shift, axis: np.roll(g, np.negative(shift), axis))
def roll(x: Flow, shift: Widths, axis: Axis = None) -> Flow:
    """Every element `shift` places further; what leaves at the end comes in at the beginning.

    Examples
    --------
    >>> roll(np.array([1.0, 2.0, 3.0]), 1)
    array([3., 1., 2.])
    """
    return np.roll(x, shift, axis)


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


def _tile_pullback(g: Flow, y: Flow, x: Flow, reps: Any) -> Flow:
    """The sum over the tiles: each axis of g is cut in two, which tile and where in it."""
    times, lengths = (
        (1,) * (np.ndim(y) - len(each)) + each for each in (tuple(np.atleast_1d(reps)), np.shape(x))
    )
    cut = [int(n) for pair in zip(times, lengths, strict=True) for n in pair]
    return np.reshape(np.sum(np.reshape(g, cut), axis=tuple(range(0, len(cut), 2))), np.shape(x))


@structural(_tile_pullback)
def tile(x: Flow, reps: Widths) -> Flow:
    """x side by side, `reps` times along each axis, counted from the last.

    Examples
    --------
    >>> tile(np.array([1.0, 2.0]), 2)
    array([1., 2., 1., 2.])
    """
    return np.tile(x, reps)


def ravel(x: Flow, order: Order = "C") -> Flow:
    """All elements along one axis, row by row, or by column with ``order="F"``.

    Examples
    --------
    >>> ravel(np.ones((2, 2)))
    array([1., 1., 1., 1.])
    """
    return reshape(x, (-1,), order)


def atleast_1d(x: Flow) -> Flow:
    """x, with an axis if it has none.

    Examples
    --------
    >>> atleast_1d(3.0)
    array([3.])
    """
    return x if np.ndim(x) else reshape(x, (1,))


def atleast_2d(x: Flow) -> Flow:
    """x, as one row if it is a vector.

    Examples
    --------
    >>> atleast_2d(np.ones(3)).shape
    (1, 3)
    """
    return x if np.ndim(x) > 1 else reshape(x, (1, -1))


def atleast_3d(x: Flow) -> Flow:
    """x, with an axis behind if it is a matrix, or one on both sides if it is a vector.

    Examples
    --------
    >>> atleast_3d(np.ones(3)).shape
    (1, 3, 1)
    """
    return x if np.ndim(x) > 2 else reshape(x, (*np.shape(x), 1) if np.ndim(x) > 1 else (1, -1, 1))
