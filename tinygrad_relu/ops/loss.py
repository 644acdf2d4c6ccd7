"""The table of derivatives: losses, each one op, each the mean over a batch.

An empty batch has an empty gradient: that is what ``or 1`` is for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.arrays import real
from tinygrad_relu.op import Flow, structural, unless
from tinygrad_relu.ops.activation import sigmoid, softplus
from tinygrad_relu.ops.reduction import above, log_softmax
from tinygrad_relu.ops.settings import Constant


def _same_shape(prediction: Flow, target: Flow) -> None:
    if np.shape(prediction) != np.shape(target):
        raise ValueError(
            f"prediction and target need one shape, not {np.shape(prediction)} and "
            f"{np.shape(target)}: broadcasting would pair every prediction with every target. "
            "Reshape one of them"
        )


@structural(
    lambda g, y, prediction, target: (prediction - target) * (g * 2 / (np.size(prediction) or 1)),
    lambda g, y, prediction, target: (target - prediction) * (g * 2 / (np.size(prediction) or 1)),
)
def mse_loss(prediction: Flow, target: Flow) -> Flow:
    """Mean squared error.

    Parameters
    ----------
    prediction, target : Value or array_like of one shape

    Raises
    ------
    ValueError
        If the shapes differ: (n, 1) against (n,) would broadcast to (n, n).

    Examples
    --------
    >>> mse_loss(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    2.0
    """
    _same_shape(prediction, target)
    error = np.subtract(prediction, target).ravel()
    return error.dot(error) / error.size if error.size else np.nan


def _classes(logits: Flow, target: Any) -> Any:
    target = real(target, "target")
    if target.dtype.kind not in "iu":
        raise TypeError(f"target holds class indices, integers, not {target.dtype}")
    if np.ndim(logits) < 1 or target.shape != np.shape(logits)[:-1]:
        raise ValueError(
            f"logits are (..., n_classes) and target is (...) class indices, here {target.shape}"
        )
    n = np.shape(logits)[-1]
    if target.size and not (target.min() >= 0 and target.max() < n):
        raise ValueError(
            f"class indices run from 0 to {n - 1}, target has {target.min()} to {target.max()}"
        )
    return np.expand_dims(target, -1)


def _cross_entropy_pullback(g: Flow, y: Flow, logits: Flow, target: Any) -> Flow:
    """(softmax − 1 for the right class) · g / n."""
    right = np.arange(np.shape(logits)[-1], dtype=np.int64) == np.expand_dims(target, -1)
    return above(log_softmax(logits), right) * (g / (np.size(target) or 1))


@structural(_cross_entropy_pullback, zero="tiny")
def cross_entropy(logits: Flow, target: Any) -> Flow:
    """Mean negative log-likelihood of the right classes, from unnormalised scores.

    Parameters
    ----------
    logits : Value or array_like, shape (..., n_classes)
    target : array_like of int, shape (...)
        Class indices.

    Raises
    ------
    TypeError
        If target is not of integers.
    ValueError
        If the shapes do not fit, or an index is out of range.

    Examples
    --------
    >>> round(cross_entropy(np.zeros((4, 10)), np.array([0, 1, 2, 3])), 6)
    2.302585
    """
    index = _classes(logits, target)
    return 0.0 - np.mean(np.take_along_axis(log_softmax.forward(logits), index, -1))


@structural(
    lambda g, y, logits, target: (
        ((1 - target) * sigmoid(logits) - target * sigmoid(-logits)) * (g / (np.size(logits) or 1))
    ),
    lambda g, y, logits, target: logits * (-g / (np.size(logits) or 1)),
    zero="tiny",
)
def binary_cross_entropy_with_logits(logits: Flow, target: Flow) -> Flow:
    """Mean cross-entropy of a yes/no question, from unnormalised scores; safe for large ones.

    Parameters
    ----------
    logits, target : Value or array_like of one shape
        Targets are 0 or 1, or probabilities between.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> round(binary_cross_entropy_with_logits(np.zeros(3), np.ones(3)), 6)
    0.693147
    """
    _same_shape(logits, target)
    return np.mean(target * softplus(-logits) + (1 - target) * softplus(logits))


@structural(
    lambda g, y, score, target: unless(score * target >= 1) * target * (-g / (np.size(score) or 1)),
    kink=lambda y, score, target: (1 - score * target,),
    zero="shut",
)
def hinge_loss(score: Flow, target: Constant) -> Flow:
    """Mean of max(0, 1 − target · score), the margin loss of support vector machines.

    Kink at target · score = 1: the gradient there is 0 by convention.

    Parameters
    ----------
    score : Value or array_like
    target : array_like of the same shape, each −1 or 1

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> hinge_loss(np.array([0.5, 2.0]), np.array([1.0, 1.0]))
    0.25
    """
    _same_shape(score, target)
    return np.mean(np.maximum(0, 1 - score * target))
