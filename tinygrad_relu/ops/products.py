"""The table of derivatives: products of matrices."""

from __future__ import annotations

import math

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.arithmetic import mul
from tinygrad_relu.ops.shape import reshape, squeeze


def _left_pullback(g: Flow, y: Flow, a: Flow, b: Flow) -> Flow:
    """G Bᵀ; a vector counts as a row on the left, as a column on the right."""
    if b.ndim == 1:
        return unbroadcast(np.expand_dims(g, -1) * b if a.ndim > 1 else g * b, a.shape)
    if a.ndim == 1:
        return unbroadcast(np.squeeze(b @ np.expand_dims(g, -1), -1), a.shape)
    return unbroadcast(g @ b.swapaxes(-1, -2), a.shape)


def _right_pullback(g: Flow, y: Flow, a: Flow, b: Flow) -> Flow:
    """Aᵀ G; a vector counts as a row on the left, as a column on the right."""
    if a.ndim == 1:
        product = np.expand_dims(a, -1) * np.expand_dims(g, -2) if b.ndim > 1 else g * a
        return unbroadcast(product, b.shape)
    if b.ndim == 1:
        return unbroadcast(np.squeeze(a.swapaxes(-1, -2) @ np.expand_dims(g, -1), -1), b.shape)
    return unbroadcast(a.swapaxes(-1, -2) @ g, b.shape)


@structural(_left_pullback, _right_pullback)
def matmul(a: Flow, b: Flow) -> Flow:
    """a @ b in all of NumPy's shapes: vectors, matrices, and stacks of matrices that broadcast.

    For matrices the pullbacks are ``g @ b.T`` and ``a.T @ g``.

    Examples
    --------
    >>> matmul(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    return np.matmul(a, b)


def dot(a: Flow, b: Flow) -> Flow:
    """NumPy's dot: a sum over the last axis of a and the second-last of b; a · b of a number.

    Up to matrices it is `matmul`. Beyond, every row of a meets every column of b: (2, 3) and
    (4, 3, 5) make (2, 4, 5).

    Examples
    --------
    >>> dot(np.ones((2, 3)), np.ones((4, 3, 5))).shape
    (2, 4, 5)
    """
    if not (np.ndim(a) and np.ndim(b)):
        return mul(a, b)
    if np.ndim(b) < 3:
        return matmul(a, b)
    *rows, n = np.shape(a)
    row = reshape(a, (*rows, *[1] * (np.ndim(b) - 1), n))
    return squeeze(matmul(row, b), -2)


@structural(
    lambda g, y, a, b: np.reshape(g @ np.ravel(b), np.shape(a)),
    lambda g, y, a, b: np.reshape(np.ravel(a) @ g, np.shape(b)),
)
def outer(a: Flow, b: Flow) -> Flow:
    """Every product aᵢbⱼ, as a matrix.

    Examples
    --------
    >>> outer(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    array([[3., 4.],
           [6., 8.]])
    """
    return np.outer(a, b).astype(np.result_type(a, b), copy=False)


def _rows(x: Flow) -> Flow:
    return np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


@structural(
    lambda g, y, x, weight, bias: g.dot(weight),
    lambda g, y, x, weight, bias: g.T.dot(x) if x.ndim == 2 else _rows(g).T.dot(_rows(x)),
    lambda g, y, x, weight, bias: unbroadcast(g, bias.shape),
)
def linear(x: Flow, weight: Flow, bias: Flow | None = None) -> Flow:
    """x Wᵀ + b: a fully connected layer as one op.

    Parameters
    ----------
    x : Value or array_like, shape (..., n_in)
    weight : Value or array_like, shape (n_out, n_in)
        One row a unit, as in PyTorch.
    bias : Value or array_like, shape (n_out,), optional

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.array([0.5]))
    array([[11.5]])
    """
    scalar = type(x) is float or type(weight) is float or type(bias) is float
    if scalar or weight.ndim != 2 or (bias is not None and bias.shape != weight.shape[:1]):
        raise ValueError("x is (..., n_in), weight (n_out, n_in) and bias (n_out,)")
    y = x.dot(weight.T)  # .dot is quicker than @ on small matrices
    if bias is not None:
        y = np.add(y, bias, out=y if y.dtype is bias.dtype else None)
    return y
