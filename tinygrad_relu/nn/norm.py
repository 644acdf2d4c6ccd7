"""Normalisation: numbers brought to mean 0 and variance 1, then scaled and shifted."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.nn.module import Module, Parameter
from tinygrad_relu.options import real, whole, wholes
from tinygrad_relu.value import Value


class _BatchNorm(Module):
    """Each channel standardised over the batch, then scaled and shifted."""

    axes: tuple[int, ...]  # what is averaged over: all but the channels

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1) -> None:
        who = type(self).__name__
        self.num_features = whole(who, "num_features", num_features)
        self.eps = real(who, "eps", eps)
        self.momentum = None if momentum is None else real(who, "momentum", momentum)
        self.weight = Parameter(np.ones(num_features))
        self.bias = Parameter(np.zeros(num_features))
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)
        self.num_batches_tracked = np.array(0, np.int64)

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) != len(self.axes) + 1 or shape[1] != self.num_features:
            raise ValueError(
                f"{self._who} of {self.num_features} channels: axis 1 of "
                f"{len(self.axes) + 1} axes are the channels, the input has shape {shape}"
            )
        wide = (-1,) + (1,) * (len(shape) - 2)  # a number a channel, in the shape of x
        if self.training:
            self._track(x.data if isinstance(x, Value) else np.asarray(x))
            y = ops.standardize(x, self.axes, self.eps)
        else:
            scale = 1 / np.sqrt(self.running_var + self.eps)
            y = (x - self.running_mean.reshape(wide)) * scale.reshape(wide)
        return y * ops.reshape(self.weight, wide) + ops.reshape(self.bias, wide)

    def _track(self, x: Any) -> None:
        n = x.size // self.num_features
        if n < 2:
            raise ValueError(
                f"{self._who} needs two examples a channel to train on, here {n}: leave such a "
                "batch out, or call eval()"
            )
        self.num_batches_tracked += 1
        new = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        for running, of_batch in (
            (self.running_mean, x.mean(self.axes)),
            (self.running_var, x.var(self.axes, ddof=1)),
        ):
            running *= 1 - new
            running += new * of_batch


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (n, channels).

    Over the batch while training, by running statistics in use.

    Parameters
    ----------
    num_features : int
        How many channels.
    eps : float
        Added to the variance.
    momentum : float or None
        What a batch counts in the running statistics; None: as much as every batch before.

    Source: Ioffe and Szegedy (2015), arXiv 1502.03167.

    Examples
    --------
    >>> norm = BatchNorm1d(1)
    >>> norm(np.array([[1.0], [3.0]])).data.round(3)
    array([[-1.],
           [ 1.]])
    >>> norm.running_mean
    array([0.2])
    """

    axes = (0,)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of (n, channels, height, width); see `BatchNorm1d`."""

    axes = (0, 2, 3)


class LayerNorm(Module):
    """Each example standardised over its last axes, then scaled and shifted element by element.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Lengths of the axes to average over, which are the last.
    eps : float

    Source: Ba, Kiros and Hinton (2016), arXiv 1607.06450.

    Examples
    --------
    >>> LayerNorm(2)(np.array([[1.0, 3.0]])).data.round(3)
    array([[-1.,  1.]])
    """

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5) -> None:
        shape = wholes("LayerNorm", "normalized_shape", normalized_shape)
        self.normalized_shape = shape if isinstance(shape, tuple) else (shape,)
        self.eps = real("LayerNorm", "eps", eps)
        self.weight = Parameter(np.ones(self.normalized_shape))
        self.bias = Parameter(np.zeros(self.normalized_shape))

    def forward(self, x: Any) -> Any:
        ndim = len(self.normalized_shape)
        if np.shape(x)[-ndim:] != self.normalized_shape:
            raise ValueError(
                f"{self._who} of {self.normalized_shape}: these are not the last axes "
                f"of an input of shape {np.shape(x)}"
            )
        return ops.standardize(x, tuple(range(-ndim, 0)), self.eps) * self.weight + self.bias
