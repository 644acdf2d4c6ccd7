"""The table of derivatives: trigonometric and hyperbolic functions, and their inverses.

Every row is elementwise. Source: NIST Digital Library of Mathematical Functions, sections 4.20
(sin, cos, tan), 4.24(ii) (their inverses), 4.34 (sinh, cosh, tanh) and 4.38(ii) (their inverses).
"""

from __future__ import annotations

import math

import numpy as np

from tinygrad_relu.op import Flow, elementwise


@elementwise(lambda y, x: np.cos(x))
def sin(x: Flow) -> Flow:
    """sin x, x in radians.

    Examples
    --------
    >>> sin(0.0)
    0.0
    """
    return np.sin(x)


@elementwise(lambda y, x: -np.sin(x))
def cos(x: Flow) -> Flow:
    """cos x, x in radians.

    Examples
    --------
    >>> cos(0.0)
    1.0
    """
    return np.cos(x)


@elementwise(lambda y, x: 1 + y * y)
def tan(x: Flow) -> Flow:
    """tan x, x in radians.

    Examples
    --------
    >>> tan(0.0)
    0.0
    """
    return np.tan(x)


@elementwise(lambda y, x: 1 / np.sqrt((1 - x) * (1 + x)))
def arcsin(x: Flow) -> Flow:
    """arcsin x, in radians, for x in [−1, 1]. The gradient at both ends is inf.

    Examples
    --------
    >>> arcsin(0.0)
    0.0
    """
    return np.arcsin(x)


@elementwise(lambda y, x: -1 / np.sqrt((1 - x) * (1 + x)))
def arccos(x: Flow) -> Flow:
    """arccos x, in radians, for x in [−1, 1]. The gradient at both ends is −inf.

    Examples
    --------
    >>> arccos(1.0)
    0.0
    """
    return np.arccos(x)


@elementwise(lambda y, x: 1 / (1 + x * x), zero="tiny")
def arctan(x: Flow) -> Flow:
    """arctan x, in radians.

    Examples
    --------
    >>> arctan(0.0)
    0.0
    """
    return np.arctan(x)


def _radius(a: Flow, b: Flow) -> Flow:
    """The distance from (0, 0); there 1, so that nothing is divided by 0."""
    radius = np.hypot(a, b)
    return radius + (radius == 0)


@elementwise(
    lambda y, a, b: b / _radius(a, b) / _radius(a, b),
    lambda y, a, b: -a / _radius(a, b) / _radius(a, b),
    kink=lambda y, a, b: (np.where(b < 0, np.abs(a), np.hypot(a, b)),),
)
def arctan2(a: Flow, b: Flow) -> Flow:
    """The angle of the point (b, a) as seen from (0, 0), in radians, in [−π, π].

    Kink at (0, 0), where the gradient is 0 by convention, and at a = 0, b < 0: there the angle
    jumps from π to −π, while its slope is the same on both sides.

    Examples
    --------
    >>> round(arctan2(1.0, 1.0), 6)
    0.785398
    """
    return np.arctan2(a, b)


@elementwise(
    lambda y, a, b: a / (y + (y == 0)),
    lambda y, a, b: b / (y + (y == 0)),
    kink=lambda y, a, b: (y,),
)
def hypot(a: Flow, b: Flow) -> Flow:
    """√(a² + b²), without overflow. Kink at (0, 0): the gradient there is 0 by convention.

    Examples
    --------
    >>> hypot(3.0, 4.0)
    5.0
    """
    return np.hypot(a, b)


@elementwise(lambda y, x: np.cosh(x))
def sinh(x: Flow) -> Flow:
    """sinh x = (eˣ − e⁻ˣ) / 2.

    Examples
    --------
    >>> sinh(0.0)
    0.0
    """
    return np.sinh(x)


@elementwise(lambda y, x: np.sinh(x))
def cosh(x: Flow) -> Flow:
    """cosh x = (eˣ + e⁻ˣ) / 2.

    Examples
    --------
    >>> cosh(0.0)
    1.0
    """
    return np.cosh(x)


@elementwise(lambda y, x: 1 - y * y, zero="tiny")
def tanh(x: Flow) -> Flow:
    """tanh x. In float64 the local gradient 1 − y² is rounded to 0 from |x| ≈ 19 on.

    Examples
    --------
    >>> tanh(0.0)
    0.0
    """
    return np.tanh(x)


@elementwise(lambda y, x: 1 / np.hypot(1, x), zero="tiny")
def arcsinh(x: Flow) -> Flow:
    """arsinh x, the inverse of sinh.

    Examples
    --------
    >>> arcsinh(0.0)
    0.0
    """
    return np.arcsinh(x)


@elementwise(lambda y, x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)), zero="tiny")
def arccosh(x: Flow) -> Flow:
    """arcosh x, the inverse of cosh, for x ≥ 1. The gradient at 1 is inf.

    Examples
    --------
    >>> arccosh(1.0)
    0.0
    """
    return np.arccosh(x)


@elementwise(lambda y, x: 1 / ((1 - x) * (1 + x)))
def arctanh(x: Flow) -> Flow:
    """artanh x, the inverse of tanh, for x in [−1, 1]. The gradient at both ends is inf.

    Examples
    --------
    >>> arctanh(0.0)
    0.0
    """
    return np.arctanh(x)


#: (sin z / z)′ = −z/3 + z³/30 − …: the n-th is (−1)ⁿ 2n / (2n + 1)!, here the last one first.
_SINC = [(-1) ** n * 2 * n / math.factorial(2 * n + 1) for n in range(6, 0, -1)]


def _sinc_slope(y: Flow, x: Flow) -> Flow:
    """(cos πx − y) / x; near 0, where that would cancel, the series."""
    near = np.abs(x) < 0.15
    z, series = np.pi * x * near, 0.0
    for coefficient in _SINC:
        series = series * z * z + coefficient
    return np.where(near, np.pi * z * series, (np.cos(np.pi * x) - y) / (x + near))


@elementwise(_sinc_slope)
def sinc(x: Flow) -> Flow:
    """sin(πx) / (πx), and 1 at 0.

    Examples
    --------
    >>> sinc(0.0), round(sinc(0.5), 6)
    (1.0, 0.63662)
    """
    return np.sinc(x)
