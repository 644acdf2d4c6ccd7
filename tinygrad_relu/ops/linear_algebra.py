"""The table of derivatives: linear algebra, of matrices and stacks of them.

Source of the formulas: Giles (2008), "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation"; of Cholesky's: Murray (2016), arXiv 1602.07527.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.node import plain
from tinygrad_relu.op import Flow, structural


def _t(x: Flow) -> Flow:
    return np.swapaxes(x, -1, -2)


def _inv_pullback(g: Flow, y: Flow, x: Flow) -> Flow:
    """−Yᵀ G Yᵀ."""
    return -_t(y) @ g @ _t(y)


@structural(_inv_pullback)
def inv(x: Flow) -> Flow:
    """The inverse Y = X⁻¹ of matrices.

    Raises
    ------
    ValueError
        If a matrix is singular, or not square.

    Examples
    --------
    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return np.linalg.inv(x)


def _columns(x: Flow, b: Flow) -> Flow:
    """x as matrices: where b is a vector, x has vectors, which are columns."""
    return np.expand_dims(x, -1) if np.ndim(b) == 1 else x


def _solve_right(g: Flow, y: Flow, a: Flow, b: Flow) -> Flow:
    """A⁻ᵀ G."""
    back = np.linalg.solve(_t(a), _columns(g, b))
    return unbroadcast(np.squeeze(back, -1) if np.ndim(b) == 1 else back, np.shape(b))


def _solve_left(g: Flow, y: Flow, a: Flow, b: Flow) -> Flow:
    """−A⁻ᵀ G Yᵀ."""
    back = np.linalg.solve(_t(a), _columns(g, b))
    return unbroadcast(-back @ _t(_columns(y, b)), np.shape(a))


@structural(_solve_left, _solve_right)
def solve(a: Flow, b: Flow) -> Flow:
    """The Y for which A Y = B: a vector if b is one, else a column for each of b's.

    Raises
    ------
    ValueError
        If a matrix is singular, not square, or does not fit b.

    Examples
    --------
    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([1.0, 1.0]))
    array([0.5 , 0.25])
    """
    return np.linalg.solve(a, b)


def _cofactors(x: Flow) -> Flow:
    """± the determinant of what is left of x without the row and column of each element."""
    n = np.shape(x)[-1]
    if n < 2:
        return x * 0.0 + 1.0
    kept = np.array([[i for i in range(n) if i != left] for left in range(n)], np.intp)
    rows, columns = kept[:, None, :, None], kept[None, :, None, :]
    sign = (-1.0) ** np.add.outer(np.arange(n, dtype=np.intp), np.arange(n, dtype=np.intp))
    return sign * np.linalg.det(x[..., rows, columns])


def _det_pullback(g: Flow, y: Flow, x: Flow) -> Flow:
    """g |X| X⁻ᵀ: the cofactors, also where |X| is 0 and there is no inverse."""
    g, y = np.expand_dims(g, (-1, -2)), np.expand_dims(y, (-1, -2))
    has_inverse = np.all(np.abs(y) > 1e-300)  # one that is not beyond the largest float
    return g * (y * _t(np.linalg.inv(x)) if has_inverse else _cofactors(x))


@structural(_det_pullback)
def det(x: Flow) -> Flow:
    """The determinant |X| of matrices. Its gradient is |X| X⁻ᵀ, right also where |X| is 0.

    Examples
    --------
    >>> round(det(np.array([[2.0, 1.0], [1.0, 3.0]])), 6)
    5.0
    """
    return np.linalg.det(x)


def _logabsdet_pullback(g: Flow, y: Flow, x: Flow) -> Flow:
    """g X⁻ᵀ; where |X| is 0 the cofactors over 0, as the slope of log at 0 is 1/0."""
    g = np.expand_dims(g, (-1, -2))
    if np.all(y != -np.inf):
        return g * _t(np.linalg.inv(x))
    return g * (_cofactors(x) / np.expand_dims(np.linalg.det(x), (-1, -2)))


@structural(_logabsdet_pullback)
def logabsdet(x: Flow) -> Flow:
    """ln |det X|, without overflow; −inf of a singular matrix, with an infinite gradient.

    Examples
    --------
    >>> logabsdet(np.eye(3))
    0.0
    """
    return np.linalg.slogdet(x)[1]


def slogdet(x: Flow) -> Any:
    """The sign of the determinant, a plain number, and the logarithm of its size, `logabsdet`.

    Returns
    -------
    SlogdetResult
        As NumPy's, a named tuple of `sign` and `logabsdet`.

    Examples
    --------
    >>> sign, logabsdet = slogdet(-np.eye(3))
    >>> float(sign), float(logabsdet)
    (-1.0, 0.0)
    """
    return np.linalg.slogdet(plain(x))._replace(logabsdet=logabsdet(x))


def _cholesky_pullback(g: Flow, y: Flow, x: Flow) -> Flow:
    """(S + Sᵀ)/2: of S = L⁻ᵀ Φ L⁻¹, where Φ is the lower triangle of Lᵀ G, its diagonal halved."""
    phi = np.tril(_t(y) @ g) * (1 - 0.5 * np.eye(np.shape(x)[-1]))
    s = np.linalg.solve(_t(y), _t(np.linalg.solve(_t(y), _t(phi))))
    return 0.5 * (s + _t(s))


@structural(_cholesky_pullback)
def cholesky(x: Flow) -> Flow:
    """The lower triangle L for which X = L Lᵀ, of symmetric, positive definite matrices.

    X is replaced by (X + Xᵀ)/2 first, so that its gradient is symmetric, as in JAX and PyTorch.

    Raises
    ------
    ValueError
        If a matrix is not positive definite, or not square.

    Examples
    --------
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    return np.linalg.cholesky(0.5 * (x + _t(x)))
