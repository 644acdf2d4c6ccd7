"""The table of derivatives: running sums and products, and the order of elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.reduction import Axis, before, filled, spread


def _cumsum_pullback(g: Flow, y: Flow, x: Flow, axis: int | None) -> Flow:
    """flip(cumsum(flip(g))): the running sum from the end."""
    along = -1 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(g, along), along), along), np.shape(x))


@structural(_cumsum_pullback)
def cumsum(x: Flow, axis: int | None = None) -> Flow:
    """The sum of all elements up to each, along an axis or of x flattened.

    Examples
    --------
    >>> cumsum(np.array([1.0, 2.0, 3.0]))
    array([1., 3., 6.])
    """
    return np.cumsum(x, axis)


def _sooner(a: Flow, steps: int) -> Flow:
    return np.concatenate([a[..., steps:], np.zeros_like(a[..., :steps])], axis=-1)


def _cumprod_pullback(g: Flow, y: Flow, x: Flow, axis: int | None) -> Flow:
    """pᵢsᵢ: the product before xᵢ times a sum of what follows it, sᵢ = gᵢ + xᵢ₊₁sᵢ₊₁.

    Never Σgy / x: elements may be 0. Each round looks twice as far ahead as the last.
    """
    along = -1 if axis is None else axis
    x_last = np.swapaxes(np.reshape(x, np.shape(y)), along, -1)
    total = np.swapaxes(g, along, -1)
    factors, reach = _sooner(x_last, 1), 1
    while reach < np.shape(y)[along]:
        total = total + factors * _sooner(total, reach)
        factors, reach = factors * _sooner(factors, reach), 2 * reach
    return np.reshape(np.swapaxes(before(x_last) * total, along, -1), np.shape(x))


@structural(_cumprod_pullback)
def cumprod(x: Flow, axis: int | None = None) -> Flow:
    """The product of all elements up to each, along an axis or of x flattened.

    Examples
    --------
    >>> cumprod(np.array([1.0, 2.0, 3.0]))
    array([1., 2., 6.])
    """
    return np.cumprod(x, axis)


def _ranks(x: Flow, axis: int | None) -> Any:
    """The place of each element in the sorted array; the first of equal ones comes first."""
    return np.argsort(np.argsort(x, axis=axis, kind="stable"), axis=-1 if axis is None else axis)


def _sort_pullback(g: Flow, y: Flow, x: Flow, axis: int | None) -> Flow:
    """g[rank(x)]: each element receives what comes to its place."""
    ranks = _ranks(x, axis)
    return np.reshape(np.take_along_axis(g, ranks, -1 if axis is None else axis), np.shape(x))


def _sort_kinks(y: Flow, x: Flow, axis: int | None) -> tuple[Any, ...]:
    """How far each element is from the nearest one, > 0 in even places: who is overtaken moves.

    And how far from the next one on the other side: of three equal elements one has two kinks.
    """
    if not np.size(x):
        return (x,)
    along, ranks = -1 if axis is None else axis, _ranks(x, axis)
    end = np.full_like(np.take(y, [0], along), np.inf)
    gaps = np.diff(y, axis=along, prepend=-end, append=end)
    below, above = (np.take_along_axis(gaps, ranks + i, along) for i in (0, 1))
    near = np.where(ranks % 2, -1, 1) * np.minimum(below, above)
    return np.reshape(near, np.shape(x)), np.reshape(np.maximum(below, above), np.shape(x))


@structural(_sort_pullback, kink=_sort_kinks)
def sort(x: Flow, axis: int | None = -1) -> Flow:
    """The elements in ascending order, along an axis or of x flattened.

    Kink at a tie: of equal elements the first comes first, as in a stable sort.

    Examples
    --------
    >>> sort(np.array([3.0, 1.0, 2.0]))
    array([1., 2., 3.])
    """
    return np.sort(x, axis)


def _ordered(x: Flow, axis: Axis, place: int) -> Flow:
    """The element at this place in the order along some axes, which are left with length 1."""
    if not np.ndim(x):
        return x
    axes = np.arange(np.ndim(x), dtype=np.intp)
    reduced = axes if axis is None else np.atleast_1d(axis) % np.ndim(x)
    rest = [i for i in axes if i not in reduced]
    last = np.reshape(
        np.transpose(x, (*rest, *reduced)),
        (*[np.shape(x)[i] for i in rest], int(np.prod([np.shape(x)[i] for i in reduced]))),
    )
    return spread(np.sort(last, -1)[..., place], x, axis, False)


def _middle(y: Flow, x: Flow) -> tuple[int, int]:
    """The places of the two elements in the middle; of an odd number of them they are one."""
    count = np.size(x) // (np.size(y) or 1)
    return (count - 1) // 2, count // 2


def _median_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    if not np.size(x):
        return filled(g, x, axis, keepdims)
    known = spread(y == y, x, axis, keepdims)  # else a NaN among the elements takes it
    wins = [(x == _ordered(x, axis, k)) & known | (x != x) for k in _middle(y, x)]
    shares = [each / np.sum(each, axis=axis, keepdims=True) for each in wins]
    return spread(g, x, axis, keepdims) * (0.5 * shares[0] + 0.5 * shares[1])


def _median_kinks(y: Flow, x: Flow, axis: Axis, keepdims: bool) -> tuple[Any, ...]:
    """How far each element is beyond what is below the middle, and beyond what is not above it."""
    low, high = _middle(y, x)
    kinks = []
    for place in (low, high + 1):
        if 0 < place < np.size(x) // (np.size(y) or 1):
            below, above = (_ordered(x, axis, i) for i in (place - 1, place))
            kinks.append(np.where(x <= below, x - above, x - below))
    return tuple(kinks)


@structural(_median_pullback, kink=_median_kinks, zero="unselected")
def median(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """The element in the middle of the order, or the mean of the two that are.

    Kink where others are equal to it: all of these share the gradient, so it sums to 1.

    Examples
    --------
    >>> median(np.array([3.0, 1.0, 2.0]))
    2.0
    """
    return np.median(x, axis=axis, keepdims=keepdims)
