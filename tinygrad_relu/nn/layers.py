"""Layers of weights and of places, with the names, layouts and defaults of PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.nn import init
from tinygrad_relu.nn.module import Module, Parameter
from tinygrad_relu.op import Op
from tinygrad_relu.ops.settings import Pair
from tinygrad_relu.options import flag, generator, real, whole, wholes

Seed = init.Seed


def _drawn(shape: tuple[int, ...], bias: bool, rng: Seed) -> tuple[Parameter, Parameter | None]:
    """Weight and bias as PyTorch draws them: uniform within ±1/√n_in."""
    who = "Linear" if len(shape) == 2 else "Conv2d"
    rng = generator(who, rng)
    bound = 1 / math.sqrt(init.fans(shape)[0])
    weight = Parameter(init.uniform(shape, rng, -bound, bound))
    has = flag(who, "bias", bias)
    return weight, Parameter(init.uniform(shape[:1], rng, -bound, bound)) if has else None


def _both(size: Any) -> Any:
    return size if isinstance(size, tuple) else (size, size)


class Linear(Module):
    """x Wᵀ + b: every output is joined to every input.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
    rng : int or Generator, optional
        The source of the first weights, uniform within ±1/√in_features; see `nn.init`.

    Examples
    --------
    >>> layer = Linear(2, 3, rng=0)
    >>> layer
    Linear(in_features=2, out_features=3)
    >>> layer(np.ones((4, 2))).shape
    (4, 3)
    """

    single = True

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, rng: Seed = None
    ) -> None:
        self.in_features = whole("Linear", "in_features", in_features)
        self.out_features = whole("Linear", "out_features", out_features)
        self.weight, self.bias = _drawn(
            (self.out_features, self.in_features), flag("Linear", "bias", bias), rng
        )

    def forward(self, x: Any) -> Any:
        return ops.linear(x, self.weight, self.bias)


class Conv2d(Module):
    """A kernel that slides over feature maps; see `conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding : int or pair of int
    bias : bool
    rng : int or Generator, optional
        The source of the first weights, uniform within ±1/√(inputs of a unit).

    Examples
    --------
    >>> Conv2d(1, 8, 3, rng=0)(np.zeros((2, 1, 28, 28))).shape
    (2, 8, 26, 26)
    """

    single = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        bias: bool = True,
        rng: Seed = None,
    ) -> None:
        self.in_channels = whole("Conv2d", "in_channels", in_channels)
        self.out_channels = whole("Conv2d", "out_channels", out_channels)
        self.kernel_size = wholes("Conv2d", "kernel_size", kernel_size)
        self.stride, self.padding = stride, padding
        shape = self.out_channels, self.in_channels, *_both(self.kernel_size)
        self.weight, self.bias = _drawn(shape, flag("Conv2d", "bias", bias), rng)
        self.forward(np.zeros((0, *shape[1:])))  # an empty batch tries the settings

    def forward(self, x: Any) -> Any:
        return ops.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class _Pool(Module):
    single = True
    op: Op[Any]

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.kernel_size = wholes(type(self).__name__, "kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else stride
        self.padding = padding
        self.forward(np.zeros((0, 1, *_both(self.kernel_size))))  # an empty batch tries them

    def forward(self, x: Any) -> Any:
        return self.op(x, self.kernel_size, self.stride, self.padding)


class MaxPool2d(_Pool):
    """The largest element of each window; see `max_pool2d`. The stride is by default the window."""

    op = ops.max_pool2d


class AvgPool2d(_Pool):
    """The mean of each window; see `avg_pool2d`. The stride is by default the window."""

    op = ops.avg_pool2d


class Flatten(Module):
    """One row an example: (n, …) becomes (n, product of the rest).

    Examples
    --------
    >>> Flatten()(np.zeros((2, 3, 4))).shape
    (2, 12)
    """

    single = True

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if not shape:
            raise ValueError(f"Flatten: the examples are along axis 0, and {x!r:.60} has no axis")
        return ops.reshape(x, (shape[0], math.prod(shape[1:])))


class Dropout(Module):
    """While training, sets each element to 0 with probability `p` and divides the rest by 1 − p.

    Parameters
    ----------
    p : float
    rng : int or Generator, optional

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), JMLR 15.

    Examples
    --------
    >>> drop = Dropout(0.5, rng=0)
    >>> drop(np.ones(6))
    array([2., 0., 0., 0., 2., 2.])
    >>> drop.eval()(np.ones(3))
    array([1., 1., 1.])
    """

    single = True

    def __init__(self, p: float = 0.5, rng: Seed = None) -> None:
        self.p = real("Dropout", "p", p, below=1.0)
        self._rng = generator("Dropout", rng)

    def forward(self, x: Any) -> Any:
        if not self.training or self.p == 0:
            return x
        kept = self._rng.random(np.shape(x)) >= self.p
        dtype = getattr(x, "dtype", np.float64)
        return ops.dropout(x, np.divide(kept, 1 - self.p, dtype=dtype))
