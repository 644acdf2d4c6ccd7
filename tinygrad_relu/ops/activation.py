"""The table of derivatives: activation functions, in one file, because their rows are compared.

Every row is elementwise, one op, never composed: a composed spelling returns
numbers at the kinks that are no subgradient of anything. `unless(x <= 0)` reads
"1 unless x ≤ 0"; a NaN is not ≤ 0 and passes.

A `zero="shut"` row is a gate: on its flat side the local gradient is exactly 0
and the gradient is cut. A `zero="tiny"` row saturates: its local gradient
fades, and may be rounded to 0, but is never 0 in exact arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from tinygrad_relu.op import Flow, elementwise, unless


@elementwise(
    lambda y, x, at_zero: unless(x <= 0) + at_zero * (x == 0) if at_zero else unless(x <= 0),
    kink=lambda y, x, at_zero: (x,),
    zero="shut",
)
def relu(x: Flow, at_zero: float = 0.0) -> Flow:
    """Rectified linear unit: max(0, x). Local gradient 1 for x > 0, 0 for x < 0.

    Kink at 0: the gradient there is a convention, `at_zero`, by default 0 as in PyTorch.

    Parameters
    ----------
    x : Value or array_like
    at_zero : float
        The local gradient at x = 0. Any number in [0, 1] is a subgradient.

    Source: Nair and Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".

    Examples
    --------
    >>> from tinygrad_relu import Value
    >>> relu(Value(2.0)).local_grad, relu(Value(-2.0)).local_grad
    (1.0, 0.0)
    >>> relu(Value(0.0), at_zero=0.5).local_grad
    0.5
    """
    if type(x) is float:  # NumPy is slow on those
        return 0.0 if x <= 0 else x
    return np.maximum(x, 0.0)


@elementwise(
    lambda y, x, alpha: alpha * (x <= 0) + unless(x <= 0),
    kink=lambda y, x, alpha: (x,),
)
def leaky_relu(x: Flow, alpha: float = 0.01) -> Flow:
    """Leaky ReLU: x for x > 0, α·x for x ≤ 0. Local gradient 1 or α.

    Kink at 0: the gradient there is α, as in PyTorch.

    Source: Maas, Hannun and Ng (2013), "Rectifier nonlinearities improve neural network
    acoustic models".

    Examples
    --------
    >>> leaky_relu(-2.0, alpha=0.1)
    -0.2
    """
    if not alpha:
        return relu.forward(x)  # 0 · inf would be NaN
    slope = alpha * x
    steeper = np.maximum if alpha <= 1 else np.minimum
    return steeper(x, slope, out=slope) if isinstance(slope, np.ndarray) else steeper(x, slope)


@elementwise(
    lambda y, x, alpha: alpha * (x <= 0) + unless(x <= 0),
    lambda y, x, alpha: np.minimum(x, 0),
    kink=lambda y, x, alpha: (x,),
)
def prelu(x: Flow, alpha: Flow) -> Flow:
    """Parametric ReLU: leaky ReLU whose slope α is learnt, broadcast against x as NumPy does.

    Kink at 0 in x: the gradient there is α.

    Source: He, Zhang, Ren and Sun (2015), arXiv 1502.01852.

    Examples
    --------
    >>> prelu(-2.0, 0.25)
    -0.5
    """
    return relu.forward(x) - alpha * relu.forward(-x)


@elementwise(
    lambda y, x, alpha: np.exp(np.minimum(x, 0)) * (alpha * (x <= 0) + unless(x <= 0)),
    kink=lambda y, x, alpha: () if alpha == 1 else (x,),
    zero="tiny",
)
def elu(x: Flow, alpha: float = 1.0) -> Flow:
    """Exponential linear unit: x for x > 0, α(eˣ − 1) for x ≤ 0.

    Smooth for α = 1; otherwise a kink at 0, where the gradient is α.

    Source: Clevert, Unterthiner and Hochreiter (2015), arXiv 1511.07289.

    Examples
    --------
    >>> round(elu(-1.0), 6)
    -0.632121
    """
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


#: Klambauer, Unterthiner, Mayr and Hochreiter (2017), arXiv 1706.02515.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@elementwise(
    lambda y, x: SELU_SCALE * elu.local(0, y, [x, SELU_ALPHA]),
    kink=lambda y, x: (x,),
    zero="tiny",
)
def selu(x: Flow) -> Flow:
    """Scaled ELU: λx for x > 0, λα(eˣ − 1) for x ≤ 0, with λ ≈ 1.0507 and α ≈ 1.6733.

    Kink at 0: the gradient there is λα ≈ 1.7581, the slope from the left.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter (2017), arXiv 1706.02515.

    Examples
    --------
    >>> round(selu(1.0), 4)
    1.0507
    """
    return SELU_SCALE * elu.forward(x, SELU_ALPHA)


@elementwise(lambda y, x, alpha: np.exp(np.minimum(x, 0) / alpha), zero="tiny")
def celu(x: Flow, alpha: float = 1.0) -> Flow:
    """Continuously differentiable ELU: x for x > 0, α(exp(x/α) − 1) for x ≤ 0. Smooth.

    Raises
    ------
    ValueError
        If α is 0.

    Source: Barron (2017), arXiv 1704.07483.

    Examples
    --------
    >>> round(celu(-1.0, alpha=2.0), 6)
    -0.786939
    """
    if not alpha:
        raise ValueError("alpha is not 0: it divides x")
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


@cache
def _erfc() -> Callable[[Flow], Flow]:
    """SciPy's erfc if it is there; else Python's, element by element, about 0.1 µs each."""
    try:
        from scipy.special import erfc
    except ImportError:
        return np.frompyfunc(math.erfc, 1, 1)
    return erfc  # type: ignore[no-any-return]


@elementwise(
    lambda y, x: np.exp(-0.5 * np.square(np.clip(x, -40, 40))) / math.sqrt(2 * math.pi),
    zero="tiny",
)
def normal_cdf(x: Flow) -> Flow:
    """Φ(x), the distribution function of the standard normal, exact in both tails.

    NumPy has no erfc: with SciPy installed, large arrays take a seventh of the time.

    Examples
    --------
    >>> normal_cdf(0.0)
    0.5
    """
    cdf = 0.5 * _erfc()(x / -math.sqrt(2))
    return cdf.astype(x.dtype) if isinstance(cdf, np.ndarray) else cdf


_LINE = math.sqrt(2 / math.pi)


def _gelu_line(x: Flow) -> Flow:
    return 2 * _LINE * (x + 0.044715 * x * x * x)


def _gelu_slope(y: Flow, x: Flow, approximate: str) -> Flow:
    near = np.clip(x, -40, 40)  # beyond, the density is 0 and inf · 0 would be NaN
    if approximate == "tanh":  # ½(1 + tanh z) is the sigmoid of 2z, which is not rounded to 0
        s, other = sigmoid(_gelu_line(near)), sigmoid(-_gelu_line(near))
        return s + near * s * other * 2 * _LINE * (1 + 0.134145 * near * near)
    return normal_cdf(x) + near * np.exp(-0.5 * np.square(near)) / math.sqrt(2 * math.pi)


@elementwise(_gelu_slope, zero="tiny")
def gelu(x: Flow, approximate: str = "none") -> Flow:
    """Gaussian error linear unit x·Φ(x). Smooth; its slope is negative for some x < 0.

    The smallest local gradient is −0.1289, at x = −√2.

    Parameters
    ----------
    x : Value or array_like
    approximate : {"none", "tanh"}
        ``"tanh"``: x/2 · (1 + tanh(√(2/π)(x + 0.044715x³))), within 5e-4 of the exact form.

    Raises
    ------
    ValueError
        If `approximate` is another word.

    Source: Hendrycks and Gimpel (2016), arXiv 1606.08415.

    Examples
    --------
    >>> round(gelu(1.0), 6), round(gelu(1.0, approximate="tanh"), 6)
    (0.841345, 0.841192)
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"approximate is 'none' or 'tanh', not {approximate!r}")
    if approximate == "tanh":
        return np.maximum(x, -40) * sigmoid(_gelu_line(np.clip(x, -40, 40)))
    return np.maximum(x, -40) * normal_cdf(x)


@elementwise(lambda y, x: y * (1 - y), zero="tiny")
def sigmoid(x: Flow) -> Flow:
    """Logistic sigmoid 1/(1 + e⁻ˣ), without overflow on either side.

    In float64 the local gradient y(1 − y) is rounded to 0 from x ≈ 37 on, on the left
    only from x ≈ −745.

    Examples
    --------
    >>> sigmoid(0.0)
    0.5
    """
    small = np.exp(-np.abs(x))
    return np.maximum(small, x >= 0) / (1 + small)


@elementwise(lambda y, x: sigmoid(-x), zero="tiny")
def log_sigmoid(x: Flow) -> Flow:
    """ln sigmoid(x), exact where the sigmoid itself is rounded to 0 or 1.

    Examples
    --------
    >>> log_sigmoid(-1000.0)
    -1000.0
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


@elementwise(lambda y, x: sigmoid(x), zero="tiny")
def softplus(x: Flow) -> Flow:
    """ln(1 + eˣ), a smooth ReLU. Its slope is the sigmoid.

    Source: Dugas, Bengio, Bélisle, Nadeau and Garcia (2001), NIPS 13.

    Examples
    --------
    >>> softplus(1000.0)
    1000.0
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _silu_slope(y: Flow, x: Flow) -> Flow:
    s, near = sigmoid(x), np.clip(x, -800, 800)  # beyond, s(1 − s) is 0 and inf · 0 would be NaN
    return s + near * s * sigmoid(-x)


@elementwise(_silu_slope, zero="tiny")
def silu(x: Flow) -> Flow:
    """Sigmoid linear unit, also called swish: x·sigmoid(x).

    Source: Elfwing, Uchibe and Doya (2017), arXiv 1702.03118.

    Examples
    --------
    >>> round(silu(1.0), 6)
    0.731059
    """
    return np.maximum(x, -800) * sigmoid(x)


def _mish_slope(y: Flow, x: Flow) -> Flow:
    t, near = np.tanh(softplus(x)), np.clip(x, -800, 800)
    return t + near * (1 - t * t) * sigmoid(x)


@elementwise(_mish_slope, zero="tiny")
def mish(x: Flow) -> Flow:
    """x·tanh(softplus(x)).

    Source: Misra (2019), arXiv 1908.08681.

    Examples
    --------
    >>> round(mish(1.0), 6)
    0.865098
    """
    return np.maximum(x, -800) * np.tanh(softplus(x))


@elementwise(lambda y, x: np.square(1 / (1 + np.abs(x))), zero="tiny")
def softsign(x: Flow) -> Flow:
    """x / (1 + |x|). Smooth in its first derivative, 1/(1 + |x|)².

    Examples
    --------
    >>> softsign(1.0)
    0.5
    """
    near = np.clip(x, -1e30, 1e30)  # ±1 to the last digit there; inf / inf would be NaN
    return near / (1 + np.abs(near))


@elementwise(
    lambda y, x, min_val, max_val: unless((x <= min_val) | (x >= max_val)),
    kink=lambda y, x, min_val, max_val: (x - min_val, x - max_val),
    zero="shut",
)
def hardtanh(x: Flow, min_val: float = -1.0, max_val: float = 1.0) -> Flow:
    """x limited to [min_val, max_val]. Kinks at both ends: the gradient there is 0, as in PyTorch.

    Raises
    ------
    ValueError
        If `min_val` is above `max_val`.

    Examples
    --------
    >>> hardtanh(3.0)
    1.0
    """
    if min_val > max_val:
        raise ValueError(f"min_val {min_val} is above max_val {max_val}")
    return np.clip(x, min_val, max_val)


@elementwise(
    lambda y, x: unless((x <= 0) | (x >= 6)),
    kink=lambda y, x: (x, x - 6),
    zero="shut",
)
def relu6(x: Flow) -> Flow:
    """min(max(0, x), 6). Kinks at 0 and 6: the gradient there is 0, as in PyTorch.

    Source: Krizhevsky (2010), "Convolutional deep belief networks on CIFAR-10".

    Examples
    --------
    >>> relu6(8.0)
    6.0
    """
    return np.clip(x, 0, 6)


@elementwise(
    lambda y, x: unless((x <= -3) | (x >= 3)) / 6,
    kink=lambda y, x: (x + 3, x - 3),
    zero="shut",
)
def hardsigmoid(x: Flow) -> Flow:
    """The sigmoid in three straight pieces: 0, x/6 + ½, 1.

    Kinks at −3 and 3: the gradient there is 0, as in PyTorch.

    Examples
    --------
    >>> hardsigmoid(0.0)
    0.5
    """
    return np.clip(x, -3, 3) / 6 + 0.5


@elementwise(
    lambda y, x: (np.clip(x, -3, 3) / 3 + 0.5) * unless((x <= -3) | (x >= 3)) + (x >= 3),
    kink=lambda y, x: (x + 3, x - 3),
    zero="shut",
)
def hardswish(x: Flow) -> Flow:
    """x·hardsigmoid(x). Kinks at −3 and 3: the gradient there is 0 and 1, as in PyTorch.

    Source: Howard et al. (2019), arXiv 1905.02244.

    Examples
    --------
    >>> hardswish(3.0)
    3.0
    """
    return np.maximum(x, -3) * (np.clip(x, -3, 3) / 6 + 0.5)


@elementwise(1.0)
def identity(x: Flow) -> Flow:
    """x itself, as a node of its own.

    Examples
    --------
    >>> identity(2.0)
    2.0
    """
    return x
