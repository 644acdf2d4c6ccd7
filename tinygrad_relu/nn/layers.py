"""Layers, with the names, layouts and defaults of PyTorch, so that states move both ways."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.nn import init
from tinygrad_relu.nn.module import Module, Parameter
from tinygrad_relu.op import Op
from tinygrad_relu.value import Value

Seed = init.Seed
Pair = int | tuple[int, int]


def _drawn(shape: tuple[int, ...], bias: bool, rng: Seed) -> tuple[Parameter, Parameter | None]:
    """Weight and bias as PyTorch draws them: uniform within ±1/√n_in."""
    rng = np.random.default_rng(rng)
    bound = 1 / math.sqrt(init.fans(shape)[0])
    weight = Parameter(init.uniform(shape, rng, -bound, bound))
    return weight, Parameter(init.uniform(shape[:1], rng, -bound, bound)) if bias else None


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
        self.in_features, self.out_features = in_features, out_features
        self.weight, self.bias = _drawn((out_features, in_features), bias, rng)

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
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.padding = kernel_size, stride, padding
        kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.weight, self.bias = _drawn((out_channels, in_channels, *kernel), bias, rng)

    def forward(self, x: Any) -> Any:
        return ops.conv2d(x, self.weight, self.bias, self.stride, self.padding)


class _Pool(Module):
    single = True
    op: Op[Any]

    def __init__(self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0) -> None:
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

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
        return ops.reshape(x, (len(x), math.prod(np.shape(x)[1:])))


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
        if not 0 <= p < 1:
            raise ValueError(f"Dropout: p is a probability below 1, not {p}")
        self.p = p
        self._rng = np.random.default_rng(rng)

    def forward(self, x: Any) -> Any:
        if not self.training or self.p == 0:
            return x
        kept = self._rng.random(np.shape(x)) >= self.p
        dtype = getattr(x, "dtype", np.float64)
        return ops.dropout(x, np.divide(kept, 1 - self.p, dtype=dtype))


class _BatchNorm(Module):
    """Each channel standardised over the batch, then scaled and shifted."""

    axes: tuple[int, ...]  # what is averaged over: all but the channels

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = Parameter(np.ones(num_features))
        self.bias = Parameter(np.zeros(num_features))
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)
        self.num_batches_tracked = np.array(0)

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
        self.running_mean += self.momentum * (x.mean(self.axes) - self.running_mean)
        self.running_var += self.momentum * (x.var(self.axes, ddof=1) - self.running_var)
        self.num_batches_tracked += 1


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (n, channels).

    Over the batch while training, by running statistics in use.

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
        one = isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if one else tuple(normalized_shape)  # type: ignore[arg-type]
        self.eps = eps
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


class Activation(Module):
    """An activation op as a layer; a subclass says which."""

    single = True
    op: Op[Any]

    def __init__(self, *args: Any, **settings: Any) -> None:
        _, self._settings = self.op.bind(None, *args, **settings)

    def forward(self, x: Any) -> Any:
        return self.op(x, *self._settings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._settings))})"


def _layer(name: str, op: Op[Any]) -> type[Activation]:
    about = f"`{op.name}` as a layer; takes its settings."
    return type(name, (Activation,), {"op": op, "__doc__": about, "__module__": __name__})


ReLU = _layer("ReLU", ops.relu)
LeakyReLU = _layer("LeakyReLU", ops.leaky_relu)
ELU = _layer("ELU", ops.elu)
SELU = _layer("SELU", ops.selu)
CELU = _layer("CELU", ops.celu)
GELU = _layer("GELU", ops.gelu)
SiLU = _layer("SiLU", ops.silu)
Mish = _layer("Mish", ops.mish)
Sigmoid = _layer("Sigmoid", ops.sigmoid)
LogSigmoid = _layer("LogSigmoid", ops.log_sigmoid)
Tanh = _layer("Tanh", ops.tanh)
Softplus = _layer("Softplus", ops.softplus)
Softsign = _layer("Softsign", ops.softsign)
Hardtanh = _layer("Hardtanh", ops.hardtanh)
Hardsigmoid = _layer("Hardsigmoid", ops.hardsigmoid)
Hardswish = _layer("Hardswish", ops.hardswish)
ReLU6 = _layer("ReLU6", ops.relu6)
Softmax = _layer("Softmax", ops.softmax)
LogSoftmax = _layer("LogSoftmax", ops.log_softmax)
Identity = _layer("Identity", ops.identity)


class PReLU(Module):
    """Leaky ReLU with a slope that is learnt: one for all, or one a channel (axis 1).

    Source: He, Zhang, Ren and Sun (2015), arXiv 1502.01852.

    Examples
    --------
    >>> PReLU()(np.array([-4.0, 4.0])).data
    array([-1.,  4.])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.num_parameters = num_parameters
        self.weight = Parameter(np.full(num_parameters, init))

    def forward(self, x: Any) -> Any:
        if self.num_parameters == 1:
            return ops.prelu(x, self.weight)
        return ops.prelu(x, ops.reshape(self.weight, (-1,) + (1,) * (np.ndim(x) - 2)))


class Sequential(Module):
    """Layers one after the other.

    Examples
    --------
    >>> net = Sequential(Linear(2, 3), ReLU(), Linear(3, 1))
    >>> net[1] = Tanh()
    >>> net
    Sequential(
      (0): Linear(in_features=2, out_features=3)
      (1): Tanh()
      (2): Linear(in_features=3, out_features=1)
    )
    """

    def __init__(self, *layers: Module) -> None:
        for i, layer in enumerate(layers):
            setattr(self, str(i), layer)

    def __setattr__(self, key: str, value: Any) -> None:
        if key.isdigit() and not isinstance(value, Module):
            raise TypeError(
                f"layer {key} of {self._who} is not a Module but {value!r:.60}: an activation is "
                "a layer as ReLU(), a function of your own stands in the forward of a Module"
            )
        super().__setattr__(key, value)

    @property
    def layers(self) -> list[Module]:
        """The layers in order."""
        return [part for part in vars(self).values() if isinstance(part, Module)]

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]

    def __setitem__(self, index: int, layer: Module) -> None:
        setattr(self, str(range(len(self))[index]), layer)


class Residual(Module):
    """x + body(x): the gradient has a way around the body.

    Source: He, Zhang, Ren and Sun (2015), arXiv 1512.03385.

    Examples
    --------
    >>> Residual(Identity())(np.array([1.0, 2.0]))
    array([2., 4.])
    """

    def __init__(self, body: Module) -> None:
        self.body = body

    def forward(self, x: Any) -> Any:
        return x + self.body(x)


class Neurons(Module):
    """A layer like `Linear`, of scalar Values: every weight is a node that can be looked at.

    Examples
    --------
    >>> layer = Neurons(2, 3, rng=0)
    >>> [type(y.data) for y in layer([1.0, -2.0])]
    [<class 'float'>, <class 'float'>, <class 'float'>]
    >>> list(dict(layer.named_parameters()))[:3]
    ['weight.0.0', 'weight.0.1', 'weight.1.0']
    """

    def __init__(self, in_features: int, out_features: int, rng: Seed = None) -> None:
        self.in_features, self.out_features = in_features, out_features
        drawn = Linear(in_features, out_features, rng=rng)  # the same numbers as there
        self.weight = [[Parameter(float(w)) for w in row] for row in drawn.weight.data]
        self.bias = [Parameter(float(b)) for b in drawn.bias.data]  # type: ignore[union-attr]

    def forward(self, x: Sequence[Any]) -> list[Any]:
        if len(x) != self.in_features or any(np.ndim(a) for a in x):
            raise ValueError(
                f"{self._who} takes {self.in_features} numbers, one example at a time, "
                f"not data of shape {np.shape(x) or len(x)}"
            )
        return [
            sum((w * a for w, a in zip(row, x, strict=True)), b)
            for row, b in zip(self.weight, self.bias, strict=True)
        ]


class MLP(Sequential):
    """A multilayer perceptron: Linear layers with an activation between.

    Parameters
    ----------
    n_in : int
        Number of inputs.
    sizes : sequence of int
        Units of each layer; the last are the outputs, which have no activation.
    activation : callable
        Makes the layer between: a class as `Tanh`, or ``lambda: LeakyReLU(0.1)``.
    scalar : bool
        A graph of scalar Values, one example at a time: ``model([1.0, 2.0])``. With the same
        `rng` it computes what the tensor network computes.
    rng : int or Generator, optional
        The source of the first weights.

    Examples
    --------
    >>> MLP(2, [16, 16, 1], rng=0)(np.zeros((5, 2))).shape
    (5, 1)
    >>> MLP(2, [16, 16, 1], scalar=True, rng=0)([0.0, 0.0]).shape
    ()
    """

    def __init__(
        self,
        n_in: int,
        sizes: Sequence[int],
        activation: Callable[[], Module] = ReLU,
        scalar: bool = False,
        rng: Seed = None,
    ) -> None:
        if isinstance(activation, Module) or not callable(activation):
            raise TypeError(f"MLP: activation makes a layer, as the class ReLU, not {activation!r}")
        rng = np.random.default_rng(rng)
        layers: list[Module] = []
        for fan_in, fan_out in zip((n_in, *sizes), sizes, strict=False):
            layers.append((Neurons if scalar else Linear)(fan_in, fan_out, rng=rng))
            layers.append(activation())
        super().__init__(*layers[:-1])
        self._scalar = scalar

    def forward(self, x: Any) -> Any:
        if not self._scalar:
            return super().forward(x)
        for layer in self.layers:
            x = layer(x) if isinstance(layer, Neurons) else [layer(a) for a in x]
        return x[0] if len(x) == 1 else x
