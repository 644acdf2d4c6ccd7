"""The table of derivatives: exponential functions and logarithms.

Every row is elementwise. Source: NIST Digital Library of Mathematical Functions, section 4.7.
"""

from __future__ import annotations

import math

import numpy as np

from tinygrad_relu.op import Flow, elementwise
from tinygrad_relu.ops.activation import sigmoid

LN2 = math.log(2)


@elementwise(lambda y, x: y, zero="tiny")
def exp(x: Flow) -> Flow:
    """eˣ, its own derivative.

    Examples
    --------
    >>> exp(0.0)
    1.0
    """
    return np.exp(x)


@elementwise(lambda y, x: np.exp(x), zero="tiny")
def expm1(x: Flow) -> Flow:
    """eˣ − 1, exact for small x.

    Examples
    --------
    >>> expm1(1e-20)
    1e-20
    """
    return np.expm1(x)


@elementwise(lambda y, x: LN2 * y, zero="tiny")
def exp2(x: Flow) -> Flow:
    """2ˣ.

    Examples
    --------
    >>> exp2(3.0)
    8.0
    """
    return np.exp2(x)


@elementwise(lambda y, x: 1 / x)
def log(x: Flow) -> Flow:
    """ln x. The gradient at 0 is inf: ``where(x > 0, log(x), 0)`` multiplies that inf by 0 and
    gets NaN. Choose the input instead: ``log(where(x > 0, x, 1))``.

    Examples
    --------
    >>> log(1.0)
    0.0
    """
    return np.log(x)


@elementwise(lambda y, x: 1 / (1 + x))
def log1p(x: Flow) -> Flow:
    """ln(1 + x), exact for small x.

    Examples
    --------
    >>> log1p(1e-20)
    1e-20
    """
    return np.log1p(x)


@elementwise(lambda y, x: 1 / (LN2 * x))
def log2(x: Flow) -> Flow:
    """The logarithm of x to base 2. The gradient at 0 is inf, as that of `log`.

    Examples
    --------
    >>> log2(8.0)
    3.0
    """
    return np.log2(x)


@elementwise(lambda y, x: 1 / (math.log(10) * x))
def log10(x: Flow) -> Flow:
    """The logarithm of x to base 10. The gradient at 0 is inf, as that of `log`.

    Examples
    --------
    >>> log10(100.0)
    2.0
    """
    return np.log10(x)


def _ahead(a: Flow, b: Flow) -> Flow:
    """a − b; of two equal infinities 0."""
    return np.where((a == b) & np.isinf(a), 0.0, a - b)


@elementwise(
    lambda y, a, b: sigmoid(_ahead(a, b)),
    lambda y, a, b: sigmoid(_ahead(b, a)),
    zero="tiny",
)
def logaddexp(a: Flow, b: Flow) -> Flow:
    """ln(eᵃ + eᵇ) without overflow. Its gradients are the softmax of a and b.

    Examples
    --------
    >>> round(logaddexp(1000.0, 1000.0), 6)
    1000.693147
    """
    return np.logaddexp(a, b)


@elementwise(
    lambda y, a, b: sigmoid(LN2 * _ahead(a, b)),
    lambda y, a, b: sigmoid(LN2 * _ahead(b, a)),
    zero="tiny",
)
def logaddexp2(a: Flow, b: Flow) -> Flow:
    """The logarithm to base 2 of 2ᵃ + 2ᵇ, without overflow.

    Examples
    --------
    >>> logaddexp2(1000.0, 1000.0)
    1001.0
    """
    return np.logaddexp2(a, b)
