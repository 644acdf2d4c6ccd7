"""The table of derivatives: arrays joined, and taken apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tinygrad_relu.foreign import translating
from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.selection import getitem
from tinygrad_relu.ops.shape import atleast_1d, atleast_2d, expand_dims, ravel


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


def vstack(arrays: Sequence[Flow]) -> Flow:
    """Arrays below each other, a vector as a row.

    Examples
    --------
    >>> vstack([np.zeros(2), np.ones(2)])
    array([[0., 0.],
           [1., 1.]])
    """
    return concatenate([atleast_2d(a) for a in _several("vstack", arrays)])


def hstack(arrays: Sequence[Flow]) -> Flow:
    """Arrays beside each other: along the second axis, vectors along their only one.

    Examples
    --------
    >>> hstack([np.zeros(2), np.ones(1)])
    array([0., 0., 1.])
    """
    several = [atleast_1d(a) for a in _several("hstack", arrays)]
    return concatenate(several, axis=min(np.ndim(several[0]) - 1, 1))


def column_stack(arrays: Sequence[Flow]) -> Flow:
    """Arrays beside each other, a vector as a column.

    Examples
    --------
    >>> column_stack([np.zeros(2), np.ones(2)])
    array([[0., 1.],
           [0., 1.]])
    """
    columns = [atleast_1d(a) for a in _several("column_stack", arrays)]
    return concatenate([a if np.ndim(a) > 1 else expand_dims(a, 1) for a in columns], axis=1)


def append(x: Flow, values: Flow, axis: int | None = None) -> Flow:
    """`values` joined to the end of x: both flattened, unless an axis is given.

    Examples
    --------
    >>> append(np.zeros(2), 1.0)
    array([0., 0., 1.])
    """
    return concatenate([ravel(x), ravel(values)] if axis is None else [x, values], axis=axis or 0)


def array_split(x: Flow, indices_or_sections: Any, axis: int = 0) -> list[Flow]:
    """Pieces of x along an axis: so many, the first ones longer if need be, or cut at places.

    Examples
    --------
    >>> array_split(np.arange(3.0), 2)
    [array([0., 1.]), array([2.])]
    """
    length = np.shape(x)[axis]
    if np.ndim(indices_or_sections):
        cuts = [*map(int, indices_or_sections)]
    else:
        size, longer = divmod(length, int(indices_or_sections))
        cuts = [i * size + min(i, longer) for i in range(1, int(indices_or_sections))]
    before = (slice(None),) * (axis % np.ndim(x))
    pairs = zip([0, *cuts], [*cuts, length], strict=True)
    return [getitem(x, (*before, slice(start, stop))) for start, stop in pairs]


def split(x: Flow, indices_or_sections: Any, axis: int = 0) -> list[Flow]:
    """Pieces of x along an axis: so many of one length, or cut at places.

    Raises
    ------
    ValueError
        If x cannot be cut into so many of one length.

    Examples
    --------
    >>> split(np.arange(4.0), [1, 3])
    [array([0.]), array([1., 2.]), array([3.])]
    """
    length = np.shape(x)[axis]
    if not np.ndim(indices_or_sections) and length % int(indices_or_sections):
        raise ValueError(
            f"split: {length} elements make no {indices_or_sections} pieces of one length; "
            "array_split makes the first ones longer"
        )
    return array_split(x, indices_or_sections, axis)
