"""The table of derivatives: what only layers of a network use."""

from __future__ import annotations

import numpy as np

from tinygrad_relu.op import Flow, elementwise, structural
from tinygrad_relu.ops.reduction import Axis


def _kept(g: Flow, axis: Axis) -> Flow:
    return np.mean(g, axis=axis, keepdims=True)


@structural(
    lambda g, y, x, axis, eps: (
        (g - _kept(g, axis) - y * _kept(g * y, axis))
        / np.sqrt(np.var(x, axis=axis, keepdims=True) + eps)
    ),
)
def standardize(x: Flow, axis: Axis = None, eps: float = 1e-5) -> Flow:
    """(x − mean)/√(variance + eps) along `axis`: the heart of batch and layer normalisation.

    Parameters
    ----------
    x : Value or array_like
    axis : int or tuple of int, optional
        What is averaged over; by default all.
    eps : float
        Keeps the result finite where all elements are equal.

    Sources: Ioffe and Szegedy (2015), arXiv 1502.03167; Ba, Kiros and Hinton (2016),
    arXiv 1607.06450.

    Examples
    --------
    >>> standardize(np.array([1.0, 3.0]), eps=0.0)
    array([-1.,  1.])
    """
    deviation = x - np.mean(x, axis=axis, keepdims=True)
    variance = np.mean(np.square(deviation), axis=axis, keepdims=True)
    return deviation / np.sqrt(variance + eps)


@elementwise(
    lambda y, x, mask: mask,
    lambda y, x, mask: x,
    zero="unselected",
)
def dropout(x: Flow, mask: Flow) -> Flow:
    """x · mask, where the mask is 0 for what is dropped and 1/(1 − p) for what is kept.

    The gradient of a dropped element is 0: it was not selected. `nn.Dropout` draws masks.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), JMLR 15.

    Examples
    --------
    >>> dropout(np.array([1.0, 2.0]), np.array([0.0, 2.0]))
    array([0., 4.])
    """
    return x * mask
