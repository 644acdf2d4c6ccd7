"""Networks: layers one after the other, beside each other, and of single neurons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tinygrad_relu.nn.activation import ReLU
from tinygrad_relu.nn.init import Seed
from tinygrad_relu.nn.layers import Linear
from tinygrad_relu.nn.module import Module, Parameter
from tinygrad_relu.options import flag, generator, instance, item


class Sequential(Module):
    """Layers one after the other.

    Examples
    --------
    >>> from tinygrad_relu.nn import Tanh
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
        return item("layer", index, self.layers, f"there are {len(self)}")

    def __setitem__(self, index: int, layer: Module) -> None:
        place = item("layer", index, range(len(self)), f"there are {len(self)}")
        setattr(self, str(place), layer)


class Residual(Module):
    """x + body(x): the gradient has a way around the body.

    Source: He, Zhang, Ren and Sun (2015), arXiv 1512.03385.

    Examples
    --------
    >>> from tinygrad_relu.nn import Identity
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
        takes = f"{self._who} takes {self.in_features} numbers, one example at a time"
        if isinstance(x, str) or not hasattr(x, "__len__") or not np.iterable(x):
            raise TypeError(f"{takes}, not {x!r:.60}")
        if len(x) != self.in_features or any(np.ndim(a) for a in x):
            raise ValueError(f"{takes}, not data of shape {np.shape(x) or len(x)}")
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
        wanted = "a list of the units of each layer, as [16, 1]"
        instance("MLP", "sizes", sizes, Sequence | np.ndarray, wanted)
        rng, scalar = generator("MLP", rng), flag("MLP", "scalar", scalar)
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
