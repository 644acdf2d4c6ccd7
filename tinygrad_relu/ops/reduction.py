"""The table of derivatives: reductions along axes.

Every row is structural: the decorator holds the pullback, from the upstream
gradient `g`, the output `y` and the operands to what the operand receives.
`spread` puts the reduced axes back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.op import Flow, structural

Axis = int | tuple[int, ...] | None


def spread(g: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    """Put the axes of `x` that a reduction removed back into `g`, with length 1."""
    if keepdims or np.ndim(x) == 0:
        return g
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis) % np.ndim(x)
    return np.reshape(g, [1 if i in axes else n for i, n in enumerate(np.shape(x))])


def _filled(g: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    return np.broadcast_to(spread(g, x, axis, keepdims), np.shape(x))


@structural(lambda g, y, x, axis, keepdims: _filled(g, x, axis, keepdims))
def sum(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Sum of elements. Every element receives the upstream gradient.

    Examples
    --------
    >>> sum(np.ones((2, 3)), axis=0)
    array([2., 2., 2.])
    """
    return np.sum(x, axis=axis, keepdims=keepdims)


@structural(
    lambda g, y, x, axis, keepdims: _filled(
        g * (np.size(y) / (np.size(x) or 1)), x, axis, keepdims
    ),
)
def mean(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Arithmetic mean.

    Examples
    --------
    >>> mean(np.array([1.0, 3.0]))
    2.0
    """
    return np.mean(x, axis=axis, keepdims=keepdims)


def _deviation(x: Flow, axis: Axis) -> Flow:
    return x - np.mean(x, axis=axis, keepdims=True)


def _freed(g: Flow, y: Flow, x: Flow, ddof: float) -> Flow:
    """g / (n − ddof); NaN where that is 0, as the variance itself."""
    freedom = np.size(x) / (np.size(y) or 1) - ddof
    return g * (1 / freedom if freedom else np.nan)


@structural(
    lambda g, y, x, axis, ddof, keepdims: (
        spread(_freed(2 * g, y, x, ddof), x, axis, keepdims) * _deviation(x, axis)
    ),
)
def var(x: Flow, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Flow:
    """Variance, divided by n − `ddof`: by n as NumPy does; give ``ddof=1`` for PyTorch's default.

    Examples
    --------
    >>> var(np.array([1.0, 3.0]))
    1.0
    """
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims)


def _std_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, ddof: float, keepdims: bool) -> Flow:
    scale = _freed(g, y, x, ddof) / (y + (y == 0))  # at the kink, 0/1 and not 0/0
    return spread(scale, x, axis, keepdims) * _deviation(x, axis)


@structural(
    _std_pullback,
    kink=lambda y, x, axis, ddof, keepdims: (_filled(y, x, axis, keepdims),),
)
def std(x: Flow, axis: Axis = None, ddof: float = 0, keepdims: bool = False) -> Flow:
    """Standard deviation, the root of `var`.

    Kink where all elements are equal: the gradient there is 0 by convention.

    Examples
    --------
    >>> std(np.array([1.0, 3.0]))
    1.0
    """
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims)


def _norm_pullback(g: Flow, y: Flow, x: Flow, axis: Axis, keepdims: bool) -> Flow:
    return spread(g / (y + (y == 0)), x, axis, keepdims) * x


@structural(
    _norm_pullback,
    kink=lambda y, x, axis, keepdims: (_filled(y, x, axis, keepdims),),
)
def norm(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """Euclidean norm, √Σx².

    Kink at x = 0: the gradient there is 0 by convention.

    Examples
    --------
    >>> norm(np.array([3.0, 4.0]))
    5.0
    """
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


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


def _before(x: Flow) -> Flow:
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
    return np.swapaxes(_before(x) * _before(x[..., ::-1])[..., ::-1], axis, -1)


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


@structural(
    lambda g, y, x, axis, keepdims: (
        spread(g, x, axis, keepdims)
        * np.exp(x - spread(np.where(y == -np.inf, 0.0, y), x, axis, keepdims))
    ),
)
def logsumexp(x: Flow, axis: Axis = None, keepdims: bool = False) -> Flow:
    """ln Σ eˣ without overflow. Its gradient is the softmax.

    Examples
    --------
    >>> round(logsumexp(np.array([1000.0, 1000.0])), 6)
    1000.693147
    """
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0).astype(np.asarray(x).dtype)
    with np.errstate(divide="ignore"):  # ln 0 is −inf where every element is −inf
        y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis=axis)


@structural(lambda g, y, x, axis: y * (g - np.sum(g * y, axis=axis, keepdims=True)))
def softmax(x: Flow, axis: Axis = -1) -> Flow:
    """eˣ / Σ eˣ along `axis`, by default the last.

    Examples
    --------
    >>> softmax(np.array([0.0, 0.0]))
    array([0.5, 0.5])
    """
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@structural(lambda g, y, x, axis: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True))
def log_softmax(x: Flow, axis: Axis = -1) -> Flow:
    """ln softmax(x) along `axis`, exact where the softmax is rounded to 0.

    Examples
    --------
    >>> log_softmax(np.array([0.0, -1000.0]))
    array([    0., -1000.])
    """
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
