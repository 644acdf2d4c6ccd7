"""The table of derivatives: convolution and pooling, channels first, as in PyTorch.

All of it is looking through windows. `unfold` lays what each window sees into a column;
`fold` adds columns back to where they were seen, and is its adjoint, as `scatter` is that
of indexing. A convolution is the product of its weight with the columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.reduction import lead
from tinygrad_relu.ops.settings import Pair


def _pair(setting: Pair) -> tuple[int, int]:
    return setting if isinstance(setting, tuple | list) else (setting, setting)


def _places(kernel: Pair, stride: Pair, rows: int, columns: int) -> list[tuple[Any, ...]]:
    """For each place in the window: the index of what all windows see there."""
    (height, width), (down, right) = _pair(kernel), _pair(stride)
    return [
        (..., slice(i, i + down * rows, down), slice(j, j + right * columns, right))
        for i in range(height)
        for j in range(width)
    ]


def _count(size: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pair) -> tuple[int, int]:
    """How many windows fit below and beside each other."""
    if min(*_pair(kernel), *_pair(stride), *(p + 1 for p in _pair(padding))) < 1:
        raise ValueError(
            f"a window {_pair(kernel)} and its stride {_pair(stride)} are at least 1, "
            f"a padding {_pair(padding)} at least 0"
        )
    rows, columns = (
        (n + 2 * p - k) // s + 1
        for n, k, s, p in zip(size, *map(_pair, (kernel, stride, padding)), strict=True)
    )
    if rows < 1 or columns < 1:
        raise ValueError(f"a window of {_pair(kernel)} does not fit into {size}")
    return rows, columns


def _bordered(size: tuple[int, ...], padding: Pair) -> tuple[tuple[int, int], tuple[Any, ...]]:
    """The size with a border, and the index of what is inside it."""
    (height, width), (above, beside) = size, _pair(padding)
    inside = (..., slice(above, above + height), slice(beside, beside + width))
    return (height + 2 * above, width + 2 * beside), inside


def _added_up(g: Flow, y: Flow, x: Flow, kernel_size: Pair, stride: Pair, *border: Any) -> Flow:
    return fold(g, np.shape(x)[2:], kernel_size, stride, border[0])


@structural(_added_up, zero="unselected")
def unfold(
    x: Flow, kernel_size: Pair, stride: Pair = 1, padding: Pair = 0, value: float = 0.0
) -> Flow:
    """What each window sees, as a column: (n, channels · window, windows).

    Parameters
    ----------
    x : Value or array_like, shape (n, channels, height, width)
    kernel_size, stride, padding : int or pair of int
    value : float
        What the border of `padding` is filled with.

    Raises
    ------
    ValueError
        If x has not four axes, or the window does not fit.

    Examples
    --------
    >>> unfold(np.arange(9.0).reshape(1, 1, 3, 3), 2)
    array([[[0., 1., 3., 4.],
            [1., 2., 4., 5.],
            [3., 4., 6., 7.],
            [4., 5., 7., 8.]]])
    """
    if np.ndim(x) != 4:
        raise ValueError("x is (n, channels, height, width)")
    n, channels = x.shape[:2]
    rows, columns = _count(x.shape[2:], kernel_size, stride, padding)
    if padding not in (0, (0, 0)):
        outer, inside = _bordered(x.shape[2:], padding)
        bordered = np.full((n, channels, *outer), value, x.dtype)
        bordered[inside] = x
        x = bordered
    places = _places(kernel_size, stride, rows, columns)
    y = np.empty((n, channels, len(places), rows, columns), x.dtype)
    for k, place in enumerate(places):
        y[:, :, k] = x[place]
    return y.reshape(n, channels * len(places), rows * columns)


@structural(
    lambda g, y, columns, size, kernel_size, stride, padding: unfold(
        g, kernel_size, stride, padding
    ),
)
def fold(
    columns: Flow, size: tuple[int, int], kernel_size: Pair, stride: Pair = 1, padding: Pair = 0
) -> Flow:
    """Columns added up where `unfold` saw them; what falls on the border is dropped.

    Parameters
    ----------
    columns : Value or array_like, shape (n, channels · window, windows)
    size : pair of int
        Height and width of the result.
    kernel_size, stride, padding : int or pair of int

    Raises
    ------
    ValueError
        If there are not as many columns as windows.

    Examples
    --------
    >>> fold(np.ones((1, 4, 4)), (3, 3), 2)
    array([[[[1., 2., 1.],
             [2., 4., 2.],
             [1., 2., 1.]]]])
    """
    rows, across = _count(size, kernel_size, stride, padding)
    places = _places(kernel_size, stride, rows, across)
    if np.ndim(columns) != 3 or columns.shape[1] % len(places) or columns.shape[2] != rows * across:
        raise ValueError(
            f"columns are (n, channels · {len(places)}, {rows * across}) for a size of {size}"
        )
    n, channels = len(columns), columns.shape[1] // len(places)
    seen = columns.reshape(n, channels, len(places), rows, across)
    outer, inside = _bordered(size, padding)
    y = np.zeros((n, channels, *outer), columns.dtype)
    for k, place in enumerate(places):
        y[place] += seen[:, :, k]
    return y[inside]


def _flat(g: Flow) -> Flow:
    """(n, channels, height, width) → (n, channels, windows)."""
    n, channels, height, width = np.shape(g)
    return np.reshape(g, (n, channels, height * width))


def _to_image(g: Flow, y: Flow, x: Flow, weight: Flow, bias: Any, *how: Any) -> Flow:
    kernel = np.reshape(weight, (len(weight), -1))
    return fold(np.swapaxes(kernel, 0, 1) @ _flat(g), np.shape(x)[2:], np.shape(weight)[2:], *how)


def _to_weight(g: Flow, y: Flow, x: Flow, weight: Flow, bias: Any, *how: Any) -> Flow:
    seen = unfold(x, np.shape(weight)[2:], *how)
    return np.reshape(np.sum(_flat(g) @ np.swapaxes(seen, 1, 2), axis=0), np.shape(weight))


@structural(
    _to_image,
    _to_weight,
    lambda g, y, x, weight, bias, *how: np.sum(np.sum(_flat(g), axis=2), axis=0),
)
def conv2d(
    x: Flow, weight: Flow, bias: Flow | None = None, stride: Pair = 1, padding: Pair = 0
) -> Flow:
    """A window of weights slid over feature maps: the weight times every column of `unfold`.

    Each output sums, over the window and all input channels, weight × what it sees there.

    Parameters
    ----------
    x : Value or array_like, shape (n, in_channels, height, width)
    weight : Value or array_like, shape (out_channels, in_channels, kernel height, kernel width)
    bias : Value or array_like, shape (out_channels,), optional
    stride, padding : int or pair of int
        Steps of the window, and the width of a border of zeros around x.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> image = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(image, np.ones((1, 1, 2, 2)), np.array([0.5]))
    array([[[[ 8.5, 12.5],
             [20.5, 24.5]]]])
    """
    if np.ndim(x) != 4 or np.ndim(weight) != 4 or x.shape[1] != weight.shape[1]:
        raise ValueError(
            "x is (n, in_channels, height, width) and weight (out_channels, in_channels, "
            "kernel height, kernel width)"
        )
    if bias is not None and np.shape(bias) != weight.shape[:1]:
        raise ValueError("bias is (out_channels,)")
    how = weight.shape[2:], stride, padding
    y = weight.reshape(len(weight), -1) @ unfold.forward(x, *how, 0.0)
    if bias is not None:
        y = np.add(y, bias[:, None], out=y if y.dtype is bias.dtype else None)
    return y.reshape(len(x), len(weight), *_count(x.shape[2:], *how))


def _steps(kernel_size: Pair, stride: Pair | None, padding: Pair) -> tuple[Pair, Pair, Pair]:
    """A pool's settings for `unfold`: windows side by side unless it says otherwise."""
    return kernel_size, kernel_size if stride is None else stride, padding


def _seen(x: Flow, how: Any, value: float = 0.0) -> Flow:
    """What each window of a pool sees: (n, channels, window, windows)."""
    columns = unfold(x, *_steps(*how), value)
    (n, channels), window, windows = np.shape(x)[:2], _pair(how[0]), np.shape(columns)[2]
    return np.reshape(columns, (n, channels, window[0] * window[1], windows))


def _given_back(g: Flow, x: Flow, how: Any) -> Flow:
    """What windows receive, added up where it was seen: the adjoint of `_seen`."""
    n, channels, window, windows = np.shape(g)
    columns = np.reshape(g, (n, channels * window, windows))
    return fold(columns, np.shape(x)[2:], *_steps(*how))


def _pooled(y: Flow, x: Flow, how: Any) -> Flow:
    """A number a window, in the shape of an image."""
    return y.reshape(*x.shape[:2], *_count(x.shape[2:], *_steps(*how)))


def _first(found: Any) -> Any:
    """Of what is found in each window, the first alone."""
    taken = found[:, :, 0]
    for k in range(1, found.shape[2]):
        found[:, :, k] &= ~taken
        taken = taken | found[:, :, k]
    return found


def _to_winner(g: Flow, y: Flow, x: Flow, *how: Any) -> Flow:
    """g to the largest: of those that tie to the first, of NaNs to the last, as in PyTorch."""
    seen = _seen(x, how, -np.inf)
    wins = seen == np.expand_dims(_flat(y), 2)
    if how[2] not in (0, (0, 0)):
        wins &= _seen(np.ones((1, 1, *np.shape(x)[2:])), how) == 1  # the border never wins
    wins = _first(wins) | _first((seen != seen)[:, :, ::-1])[:, :, ::-1]
    return _given_back(np.expand_dims(_flat(g), 2) * wins, x, how)


def _leads(y: Flow, x: Flow, *how: Any) -> Any:
    """For each place in the window: how far what is seen there is above the best other."""
    kernel, stride, padding = _steps(*how)
    leads = lead(_seen(x, how, -np.inf), axis=2)
    rows, columns = np.shape(y)[2:]
    outer, inside = _bordered(np.shape(x)[2:], padding)
    margins = []
    for k, place in enumerate(_places(kernel, stride, rows, columns)):
        margin = np.full((*np.shape(x)[:2], *outer), np.inf)  # where no window looks: no kink
        margin[place] = leads[:, :, k].reshape(np.shape(y))
        margins.append(margin[inside])
    return tuple(margins)


@structural(_to_winner, kink=_leads, zero="unselected")
def max_pool2d(x: Flow, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Flow:
    """The largest element each window sees; the gradient goes to it.

    Kink at a tie: the first takes the gradient, row by row; of NaNs the last; as in PyTorch.

    Parameters
    ----------
    x : Value or array_like, shape (n, channels, height, width)
    kernel_size : int or pair of int
    stride : int or pair of int, optional
        By default the size of the window.
    padding : int or pair of int
        A border that never wins; at most half the window.

    Raises
    ------
    ValueError
        If x has not four axes, or the window does not fit.

    Examples
    --------
    >>> max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    if any(2 * p > k for p, k in zip(_pair(padding), _pair(kernel_size), strict=True)):
        raise ValueError(f"padding {padding} is more than half of the window {kernel_size}")
    how = kernel_size, stride, padding
    return _pooled(np.max(_seen(x, how, -np.inf), axis=2), x, how)


def _to_all(g: Flow, y: Flow, x: Flow, *how: Any) -> Flow:
    height, width = _pair(how[0])
    share = np.expand_dims(_flat(g), 2) / (height * width)
    n, channels, _, windows = np.shape(share)
    every = np.broadcast_to(share, (n, channels, height * width, windows))
    return _given_back(every, x, how)


@structural(_to_all)
def avg_pool2d(x: Flow, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> Flow:
    """The mean of what each window sees; the gradient is shared by all of it.

    Parameters
    ----------
    x : Value or array_like, shape (n, channels, height, width)
    kernel_size : int or pair of int
    stride : int or pair of int, optional
        By default the size of the window.
    padding : int or pair of int
        A border of zeros, which count as elements, as in PyTorch.

    Raises
    ------
    ValueError
        If x has not four axes, or the window does not fit.

    Examples
    --------
    >>> avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """
    how = kernel_size, stride, padding
    return _pooled(np.mean(_seen(x, how), axis=2), x, how)
