"""The table of derivatives: reductions along axes.

Every row is structural: the decorator holds the pullback, from the upstream
gradient `g`, the output `y` and the operands to what the operand receives.
`spread` puts the reduced axes back.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_relu.op import Flow, structural, unless
from tinygrad_relu.ops.arithmetic import abs, sub

Axis = int | tuple[int, ...] | None


def spread(g: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    """Put the axes of `x` that a reduction removed back into `g`, with length 1."""
    if keepdims or np.ndim(x) == 0:
        return g
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis) % np.ndim(x)
    return np.reshape(g, [1 if i in axes else n for i, n in enumerate(np.shape(x))])


def filled(g: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    """`g`, for each of the elements of `x` that a reduction joined."""
    return np.broadcast_to(spread(g, x, axis, keepdims), np.shape(x))


@structural(lambda g, y, x, axis, keepdims: filled(g, x, axis, keepdims))
def sum(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Sum of elements. Every element receives the upstream gradient.

    Examples
    --------
    >>> sum(np.ones((2, 3)), axis=0)
    array([2., 2., 2.])
    """
    return np.sum(x, axis=axis, keepdims=keepdims)


@structural(
    lambda g, y, x, axis, keepdims: filled(g * (np.size(y) / (np.size(x) or 1)), x, axis, keepdims),
)
def mean(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Arithmetic mean.

    Examples
    --------
    >>> mean(np.array([1.0, 3.0]))
    2.0
    """
    return np.mean(x, axis=axis, keepdims=keepdims)


@structural(lambda g, y, x, axis: g - np.mean(g, axis=axis, keepdims=True))
def _deviation(x: Flow, axis: Axis = None) -> Flow:
    """x − mean. The mean of equal numbers is that number, whatever their rounded sum says."""
    mean = np.mean(x, axis=axis, keepdims=True)
    mean = np.maximum(mean, np.min(x, axis=axis, keepdims=True, initial=np.inf))
    return x - np.minimum(mean, np.max(x, axis=axis, keepdims=True, initial=-np.inf))


def _freedom(y: Flow, x: Flow, ddof: float) -> float:
    """n − ddof, but not below 0, as NumPy has it: what is divided by that is ±inf or NaN."""
    return float(np.maximum(np.size(x) / (np.size(y) or 1) - ddof, 0.0))


@structural(
    lambda g, y, x, axis, ddof, keepdims: (
        spread(2 * g, x, axis, keepdims) * np.divide(_deviation(x, axis), _freedom(y, x, ddof))
    ),
)
def var(x: Flow, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Flow:
    """Variance, divided by n − `ddof`: by n as NumPy does; give ``ddof=1`` for PyTorch's default.

    Examples
    --------
    >>> var(np.array([1.0, 3.0]))
    1.0
    """
    total = np.sum(np.square(_deviation(x, axis)), axis=axis, keepdims=keepdims)
    return np.divide(total, _freedom(total, x, ddof))


def _direction(x: Flow, length: Flow) -> Flow:
    """x / its norm; at the kink 0/1, and not 0/0."""
    return x / (length + (length == 0))


def _std_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, ddof: float, keepdims: bool) -> Flow:
    deviation, freedom = _deviation(x, axis), _freedom(y, x, ddof)
    local = np.divide(_direction(deviation, _norm(deviation, axis, True)), math.sqrt(freedom))
    return spread(g, x, axis, keepdims) * local


@structural(
    _std_pullback,
    kink=lambda y, x, axis, ddof, keepdims: (filled(y, x, axis, keepdims),),
)
def std(x: Flow, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Flow:
    """Standard deviation, the root of `var`.

    Kink where all elements are equal: the gradient there is 0 by convention.

    Examples
    --------
    >>> std(np.array([1.0, 3.0]))
    1.0
    """
    length = _norm.forward(_deviation(x, axis), axis, keepdims)
    return np.divide(length, math.sqrt(_freedom(length, x, ddof)))


@structural(
    lambda g, y, x, axis, keepdims: (
        spread(g, x, axis, keepdims) * _direction(x, spread(y, x, axis, keepdims))
    ),
    kink=lambda y, x, axis, keepdims: (filled(y, x, axis, keepdims),),
)
def _norm(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    size = np.frexp(top)[1]  # a power of two near the largest: the squares of x / size stay small
    length = np.sqrt(np.sum(np.square(np.ldexp(x, -size)), axis=axis, keepdims=True))
    length = np.ldexp(length, size)
    return length if keepdims else np.squeeze(length, axis=axis)


def _p_norm_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, ord: float, keepdims: bool) -> Flow:
    """g sign(x) |x/y|^(p − 1), and 0 where x is 0."""
    length, size = spread(y, x, axis, keepdims), np.abs(x)
    share = (size + (size == 0)) / (length + (length == 0))
    return spread(g, x, axis, keepdims) * unless(length == 0) * np.sign(x) * share ** (ord - 1)


@structural(
    _p_norm_pullback,
    kink=lambda y, x, axis, ord, keepdims: (filled(y, x, axis, keepdims) if ord > 1 else x,),
)
def _p_norm(x: Flow, axis: Axis = None, ord: float = 3.0, keepdims: bool = False) -> Flow:
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    with np.errstate(divide="ignore"):  # 0 to a negative power
        powers = (np.abs(x) / (top + (top == 0))) ** ord
        length = top * np.sum(powers, axis=axis, keepdims=True) ** (1 / ord)
    return length if keepdims else np.squeeze(length, axis=axis)


def norm(x: Flow, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Flow:
    """The norm of order p, (Σ|x|ᵖ)^(1/p); of order 2, the default, the Euclidean norm √Σx².

    Kink at x = 0, where the gradient is 0 by convention. The norm of order 1 has one wherever an
    element is 0, that of order inf, the largest |x|, where two are largest (see `abs` and `max`,
    of which these two are made).

    Parameters
    ----------
    x : Value or array_like
    axis : int or tuple of int, optional
        The elements along it are one vector. By default all.
    keepdims : bool
    ord : float
        p. Infinite, too, but not 0: the number of elements that are not 0 has no gradient.

    Raises
    ------
    ValueError
        If `ord` is 0.

    Examples
    --------
    >>> x = np.array([3.0, -4.0])
    >>> norm(x), norm(x, ord=1), norm(x, ord=np.inf)
    (5.0, 7.0, 4.0)
    """
    if ord == 2:
        return _norm(x, axis, keepdims)
    if ord == 0:
        raise ValueError("norm of order 0 has no gradient: it is np.count_nonzero(x.data)")
    if ord == 1 or (ord == np.inf and not np.size(x)):  # the largest of nothing is 0, as the sum
        return sum(abs(x), axis, keepdims)
    if ord in (np.inf, -np.inf):
        return (max if ord > 0 else min)(abs(x), axis, keepdims)
    return _p_norm(x, axis, ord, keepdims)


# The winners share the gradient; a NaN among the elements is the output and takes it.
def _winner_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    wins = (x == spread(y, x, axis, keepdims)) | (x != x)
    return spread(g, x, axis, keepdims) * (wins / np.sum(wins, axis=axis, keepdims=True))


def lead(x: Flow, axis: Axis) -> Any:
    """How far each element is above the largest of the others; 0 exactly for tied winners."""
    best = np.max(x, axis=axis, keepdims=True)
    wins = x == best
    others = np.max(np.where(wins, -np.inf, x), axis=axis, keepdims=True)
    rival = np.where(wins & (np.sum(wins, axis=axis, keepdims=True) == 1), others, best)
    with np.errstate(invalid="ignore"):
        return np.where(x == rival, 0.0, x - rival)


@structural(
    _winner_pullback,
    kink=lambda y, x, axis, keepdims: (lead(x, axis),),
    zero="unselected",
)
def max(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Largest element. Kink at a tie: the winners share the gradient, so it sums to 1.

    Examples
    --------
    >>> max(np.array([[1.0, 3.0], [2.0, 0.0]]), axis=1)
    array([3., 2.])
    """
    return np.max(x, axis=axis, keepdims=keepdims)


@structural(
    _winner_pullback,
    kink=lambda y, x, axis, keepdims: (lead(-x, axis),),
    zero="unselected",
)
def min(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Smallest element. Kink at a tie: the winners share the gradient, so it sums to 1.

    Examples
    --------
    >>> min(np.array([1.0, 3.0]))
    1.0
    """
    return np.min(x, axis=axis, keepdims=keepdims)


def ptp(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """From peak to peak: the largest element − the smallest.

    Examples
    --------
    >>> ptp(np.array([1.0, 4.0, 2.0]))
    3.0
    """
    return sub(max(x, axis, keepdims), min(x, axis, keepdims))


def before(x: Flow) -> Flow:
    """The product of the elements before each, along the last axis."""

    def later(a: Flow, steps: int) -> Flow:
        return np.concatenate([np.ones_like(a[..., :steps]), a[..., :-steps]], axis=-1)

    y, reach = later(x, 1), 1
    while reach < np.shape(x)[-1] - 1:  # each product meets the one that ends where it begins
        y, reach = y * later(y, reach), 2 * reach
    return y


def _others(x: Flow, axis: int) -> Flow:
    """The product of all other elements along an axis: those before each, times those after."""
    x = np.swapaxes(x, axis, -1)
    return np.swapaxes(before(x) * before(x[..., ::-1])[..., ::-1], axis, -1)


def _prod_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    g = spread(g, x, axis, keepdims)
    axes = range(np.ndim(x)) if axis is None or not np.ndim(x) else np.atleast_1d(axis)
    for each in axes:  # never y / x: an element, or only the product, may be 0
        g = g * _others(x, each)
        x = np.prod(x, axis=each, keepdims=True)
    return g


@structural(_prod_pullback)
def prod(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Product of elements. Right also where some are 0.

    Examples
    --------
    >>> prod(np.array([2.0, 3.0, 4.0]))
    24.0
    """
    return np.prod(x, axis=axis, keepdims=keepdims)


def _log_total(x: Flow, axis: Axis) -> tuple[Any, Any]:
    """The largest element, or 0 for ±inf, and ln Σ e^(x − largest), as exact where it is tiny."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0.0)
    wins = x == top  # each is 1 in the sum; log1p leaves out one, and so do we
    rest = np.sum(np.exp(x - top) * ~wins, axis=axis, keepdims=True)
    ones = np.sum(wins, axis=axis, keepdims=True, dtype=rest.dtype)
    with np.errstate(divide="ignore"):  # ln 0 is −inf where every element is −inf
        return top, np.log1p(rest + (ones - 1))


def _sure(p: Flow) -> Any:
    """The element that has most of the sum, if there is one: of it, 1 − p may be tiny."""
    return p > 2 / 3


def _logsumexp_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    nothing = spread(y, x, axis, keepdims) == -np.inf
    return spread(g, x, axis, keepdims) * softmax(np.where(nothing, 0.0, x), axis) * unless(nothing)


@structural(_logsumexp_pullback, zero="tiny")
def logsumexp(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """ln Σ eˣ without overflow; of nothing −inf. Its gradient is the softmax.

    Examples
    --------
    >>> round(logsumexp(np.array([1000.0, 1000.0])), 6)
    1000.693147
    """
    top, log_total = _log_total(x, axis)
    y = top + log_total
    return y if keepdims else np.squeeze(y, axis=axis)


def _softmax_pullback(g: Flow, y: Flow, x: Flow, axis: Axis) -> Flow:
    """y (g − Σgy), with g measured from that of the surest element: Σy is 1."""
    g = g - np.sum(np.where(_sure(y), g, 0.0), axis=axis, keepdims=True)
    return y * (g - np.sum(g * y, axis=axis, keepdims=True))


@structural(_softmax_pullback, zero="tiny")
def softmax(x: Flow, axis: Axis = -1) -> Flow:
    """eˣ / Σ eˣ along `axis`, by default the last.

    Examples
    --------
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return e / np.sum(e, axis=axis, keepdims=True)


def above(log_p: Flow, chosen: Any) -> Flow:
    """p − 1 for what is chosen, else p: exact where p is nearly 1, or nearly 0."""
    return np.where(chosen, np.expm1(log_p), np.exp(log_p))


def _log_softmax_pullback(g: Flow, y: Flow, x: Flow, axis: Axis) -> Flow:
    """g − p Σg, with the surest element on its own: there it is g (1 − p) − p Σ(other g)."""
    sure = _sure(np.exp(y))
    best, others = np.where(sure, g, 0.0), np.where(sure, 0.0, g)
    of_best, of_others = (np.sum(a, axis=axis, keepdims=True) for a in (best, others))
    return others - np.exp(y) * of_others - above(y, sure) * of_best


@structural(_log_softmax_pullback, zero="tiny")
def log_softmax(x: Flow, axis: Axis = -1) -> Flow:
    """ln softmax(x) along `axis`, exact where the softmax is rounded to 0, or to 1.

    Examples
    --------
    >>> log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    top, log_total = _log_total(x, axis)
    return x - top - log_total
