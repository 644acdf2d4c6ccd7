"""Initial weights.

A rule is a function of a shape and a source of randomness, and returns an array:
``he_normal((16, 2), rng=0)``. The first axis of a weight counts the units, the second
their inputs, any further ones are the kernel of a convolution. `redraw` applies a rule
to a layer, or to all in a network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_relu import foreign, ops
from tinygrad_relu.options import choice, function, generator, instance, real, wholes

if TYPE_CHECKING:
    from tinygrad_relu.nn.module import Module

Shape = tuple[int, ...]
Seed = int | np.random.Generator | None  #: a seed, a Generator, or None for fresh randomness


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs reach a unit through a weight of `shape`, and how many outputs leave.

    Raises
    ------
    ValueError
        If the shape has fewer than two axes, or one of length 0.

    Examples
    --------
    >>> fans((8, 3, 5, 5))
    (75, 200)
    """
    shape = _axes(shape)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"a weight has axes for outputs and inputs, none of length 0: not {shape}")
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def _axes(shape: Any) -> Shape:
    """A shape, as a tuple of whole numbers."""
    sizes = wholes("a rule", "shape", shape, 0)
    return sizes if isinstance(sizes, tuple) else (sizes,)


def _finite(rule: str, name: str, number: Any) -> float:
    return real(rule, name, number, low=-math.inf)


#: The usual numbers, as in PyTorch, where they are not those that `gain` computes.
_USUAL = {"linear": 1.0, "conv2d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "selu": 0.75}


def gain(nonlinearity: str, **settings: float) -> float:
    """The factor that makes up for what an activation φ takes away.

    1/√E[φ(z)²] for a standard normal z (He et al. 2015, arXiv 1502.01852), which is √2 for
    ReLU and √(2/(1 + α²)) for leaky ReLU; for tanh, sigmoid and SELU the customary 5/3, 1
    and 3/4.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, or the name of an activation.
    **settings
        Of the activation, as ``alpha=0.1``.

    Raises
    ------
    ValueError
        If there is no such activation.

    Examples
    --------
    >>> round(gain("relu") ** 2, 6), round(gain("leaky_relu", alpha=1.0), 6)
    (2.0, 1.0)
    """
    instance("gain", "nonlinearity", nonlinearity, str, "the name of an activation, as 'relu'")
    return _gain(nonlinearity, **{n: _finite("gain", n, a) for n, a in settings.items()})


@cache
def _gain(nonlinearity: str, **settings: float) -> float:
    if nonlinearity in _USUAL:
        return _USUAL[nonlinearity]
    activation = getattr(ops, nonlinearity, None)
    if activation is None or not getattr(activation, "elementwise", False):
        raise ValueError(f"no activation is called {nonlinearity!r}: say 'linear', 'relu', …")
    z, step = np.linspace(-12, 12, 24001, retstep=True)
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    moment = np.sum(np.square(activation(z, **settings)) * density) * step
    return float(1 / np.sqrt(moment))


def zeros(shape: Shape, rng: Seed = None) -> Any:
    """All 0. A network of such weights learns nothing: every unit stays like every other."""
    return np.zeros(_axes(shape))


def constant(shape: Shape, rng: Seed = None, value: float = 1.0) -> Any:
    """All `value`."""
    return np.full(_axes(shape), _finite("constant", "value", value))


def uniform(shape: Shape, rng: Seed = None, low: float = 0.0, high: float = 1.0) -> Any:
    """Uniform in [low, high)."""
    low, high = _finite("uniform", "low", low), _finite("uniform", "high", high)
    if low > high:
        raise ValueError(f"uniform: low is at most high, not {low} and {high}")
    return generator("a rule", rng).uniform(low, high, _axes(shape))


def normal(shape: Shape, rng: Seed = None, mean: float = 0.0, std: float = 1.0) -> Any:
    """Normal with `mean` and standard deviation `std`."""
    std = real("normal", "std", std)
    return generator("a rule", rng).normal(_finite("normal", "mean", mean), std, _axes(shape))


def _uniform(shape: Shape, rng: Seed, std: float) -> Any:
    return uniform(shape, rng, -math.sqrt(3) * std, math.sqrt(3) * std)


def _glorot(shape: Shape, gain: float) -> float:
    return _finite("glorot", "gain", gain) * math.sqrt(2 / sum(fans(shape)))


def glorot_uniform(shape: Shape, rng: Seed = None, gain: float = 1.0) -> Any:
    """Uniform of variance 2/(n_in + n_out).

    Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep
    feedforward neural networks".
    """
    return _uniform(shape, rng, _glorot(shape, gain))


def glorot_normal(shape: Shape, rng: Seed = None, gain: float = 1.0) -> Any:
    """Normal of variance 2/(n_in + n_out); see `glorot_uniform`."""
    return normal(shape, rng, std=_glorot(shape, gain))


def _he(shape: Shape, mode: str, nonlinearity: str, settings: dict[str, float]) -> float:
    choice("he", "mode", mode, ("fan_in", "fan_out"))
    return gain(nonlinearity, **settings) / math.sqrt(fans(shape)[mode == "fan_out"])


def he_uniform(
    shape: Shape,
    rng: Seed = None,
    nonlinearity: str = "relu",
    mode: str = "fan_in",
    **settings: float,
) -> Any:
    """Uniform of variance gain²/n_in; see `he_normal`."""
    return _uniform(shape, rng, _he(shape, mode, nonlinearity, settings))


def he_normal(
    shape: Shape,
    rng: Seed = None,
    nonlinearity: str = "relu",
    mode: str = "fan_in",
    **settings: float,
) -> Any:
    """Normal of variance gain²/n_in: signals keep their size through the layers.

    Parameters
    ----------
    shape : tuple of int
    rng : int or Generator, optional
    nonlinearity : str
        The activation that follows; see `gain`.
    mode : {"fan_in", "fan_out"}
        Whether signals keep their size forward or gradients backward.
    **settings
        Of the activation, as ``alpha=0.1`` of a leaky ReLU.

    Source: He, Zhang, Ren and Sun (2015), arXiv 1502.01852.

    Examples
    --------
    >>> round(float(he_normal((1000, 50), rng=0).std()), 2)
    0.2
    """
    return normal(shape, rng, std=_he(shape, mode, nonlinearity, settings))


def lecun_uniform(shape: Shape, rng: Seed = None) -> Any:
    """Uniform of variance 1/n_in; see `lecun_normal`."""
    return _uniform(shape, rng, fans(shape)[0] ** -0.5)


def lecun_normal(shape: Shape, rng: Seed = None) -> Any:
    """Normal of variance 1/n_in, as SELU asks for.

    Source: LeCun, Bottou, Orr and Müller (1998), "Efficient BackProp".
    """
    return normal(shape, rng, std=fans(shape)[0] ** -0.5)


def orthogonal(shape: Shape, rng: Seed = None, gain: float = 1.0) -> Any:
    """A random matrix with orthonormal rows, or columns if there are fewer, times `gain`.

    Source: Saxe, McClelland and Ganguli (2013), arXiv 1312.6120.

    Examples
    --------
    >>> w = orthogonal((2, 3), rng=0)
    >>> np.allclose(w @ w.T, np.eye(2))
    True
    """
    columns, rows = fans(shape)[0], shape[0]
    flat = normal((max(rows, columns), min(rows, columns)), rng)
    q, r = np.linalg.qr(flat)
    q *= np.sign(np.diagonal(r))  # without this q is not uniformly distributed
    return _finite("orthogonal", "gain", gain) * np.reshape(q if rows >= columns else q.T, shape)


def randomized_asymmetric(shape: Shape, rng: Seed = None) -> tuple[Any, Any]:
    """Weight and bias that seldom make a unit that is dead at birth.

    Each row of [W b] is Normal(0, 0.6007²/n_in), with one random entry replaced by a
    Beta(2, 1), which is positive.

    Source: Lu, Shin, Su and Karniadakis (2019), arXiv 1903.06733.

    Examples
    --------
    >>> weight, bias = randomized_asymmetric((4, 3), rng=0)
    >>> weight.shape, bias.shape
    ((4, 3), (4,))
    """
    rng = generator("randomized_asymmetric", rng)
    n_in, rows = fans(shape)[0], shape[0]
    both = rng.normal(0, 0.6007 / math.sqrt(n_in), (rows, n_in + 1))
    both[np.arange(rows, dtype=np.int64), rng.integers(0, n_in + 1, rows)] = rng.beta(2, 1, rows)
    return both[:, :-1].reshape(shape), both[:, -1]


def redraw(module: Module, rule: Callable[..., Any], rng: Seed = None, **settings: Any) -> None:
    """Draw new weights by `rule` for every layer in `module`; biases become 0.

    A rule that returns a pair, as `randomized_asymmetric`, draws the biases too.

    Parameters
    ----------
    module : Module
        Every module inside with a ``weight`` of at least two axes is redrawn.
    rule : callable
        ``rule(shape, rng, **settings)``, one of this file or of your own.
    rng : int or Generator, optional
    **settings
        Of the rule.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> layer = nn.Linear(3, 2)
    >>> redraw(layer, constant, value=0.5)
    >>> layer.weight.data
    array([[0.5, 0.5, 0.5],
           [0.5, 0.5, 0.5]])
    """
    function("redraw", "rule", rule, "a rule, as nn.init.he_normal")
    if not hasattr(module, "named_modules"):
        raise TypeError(f"redraw: module is a Module, such as nn.Linear(3, 2), not {module!r:.60}")
    rng = generator("redraw", rng)
    for _, layer in module.named_modules():
        weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
        shape = _shape(weight)
        if len(shape) < 2:
            continue
        drawn = rule(shape, rng, **settings)
        weights, biases = drawn if isinstance(drawn, tuple) else (drawn, np.zeros(shape[0]))
        _assign(weight, weights)
        if bias is not None:
            _assign(bias, biases)


def _shape(weight: Any) -> Shape:
    """The shape of a weight, which is a list of rows in a layer of scalars."""
    if isinstance(weight, list):
        return (len(weight), *_shape(weight[0]))
    return getattr(weight, "shape", ())


def _assign(weight: Any, new: Any) -> None:
    if isinstance(weight, list):
        for part, row in zip(weight, new, strict=True):
            _assign(part, row)
    else:
        weight.data = new


def __getattr__(name: str) -> object:
    raise foreign.missing("tg.nn.init", name, foreign.INITIAL)


def __dir__() -> list[str]:
    return foreign.public(globals())
