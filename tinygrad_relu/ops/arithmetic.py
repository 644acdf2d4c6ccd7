"""The table of derivatives: arithmetic, and the choice between numbers.

Every row is elementwise: the function below the decorator is the forward, the
decorator holds ∂y/∂operand, one entry per operand. `y` is the output.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.arrays import real
from tinygrad_relu.op import Flow, elementwise, unless
from tinygrad_relu.ops.settings import Constant, DType


@elementwise(1.0, 1.0)
def add(a: Flow, b: Flow) -> Flow:
    """a + b, broadcasting as NumPy does.

    Examples
    --------
    >>> add(1.0, 2.0)
    3.0
    """
    return a + b


@elementwise(1.0, -1.0)
def sub(a: Flow, b: Flow) -> Flow:
    """a − b.

    Examples
    --------
    >>> sub(1.0, 2.0)
    -1.0
    """
    return a - b


@elementwise(lambda y, a, b: b, lambda y, a, b: a)
def mul(a: Flow, b: Flow) -> Flow:
    """a · b, element by element. Each operand's gradient is the other operand.

    Examples
    --------
    >>> mul(3.0, 2.0)
    6.0
    """
    return a * b


@elementwise(lambda y, a, b: 1 / b, lambda y, a, b: -y / b)
def div(a: Flow, b: Flow) -> Flow:
    """a / b. Division by zero gives inf or NaN and a warning, as in NumPy, also for scalars.

    Examples
    --------
    >>> div(3.0, 2.0)
    1.5
    """
    return a / b


# A base of 0 is replaced by 1 where the slope is 0 and the formula would say NaN:
# a⁰ at a = 0 (or so near that 1/a is inf), where it says 0 · a⁻¹, and 0ᵇ, where it says 0 · log 0.
@elementwise(
    lambda y, a, b: b * (a + ((a < 1e-38) & (a > -1e-38) & (b == 0))) ** (b - 1),
    lambda y, a, b: y * np.log(a + ((a == 0) & (b >= 0))),
)
def pow(a: Flow, b: Flow) -> Flow:
    """a to the power b; either may be a Value. A negative base needs an integer exponent.

    Examples
    --------
    >>> pow(3.0, 2.0)
    9.0
    """
    return a**b


@elementwise(-1.0)
def neg(x: Flow) -> Flow:
    """−x.

    Examples
    --------
    >>> neg(3.0)
    -3.0
    """
    return -x


@elementwise(1.0)
def astype(x: Flow, dtype: DType) -> Flow:
    """x in another dtype, float64 or float32; a scalar is a Python float and stays one.

    What x receives is in its own dtype again, as every contribution is.

    Examples
    --------
    >>> astype(np.ones(2), np.float32)
    array([1., 1.], dtype=float32)
    """
    return x if type(x) is float else x.astype(dtype)


@elementwise(0.0, kink=lambda y, x: (x,))
def sign(x: Flow) -> Flow:
    """−1, 0 or 1. Its gradient is 0; at the jump in 0 that is a convention.

    Examples
    --------
    >>> sign(-3.0)
    -1.0
    """
    return np.sign(x)


@elementwise(lambda y, x: np.sign(x), kink=lambda y, x: (x,))
def abs(x: Flow) -> Flow:
    """|x|. Kink at 0: the gradient there is 0 by convention, from the slopes −1 and 1.

    Examples
    --------
    >>> abs(-3.0)
    3.0
    """
    return np.abs(x)


@elementwise(lambda y, x: 0.5 / y)
def sqrt(x: Flow) -> Flow:
    """√x. The gradient at 0 is inf; below 0 value and gradient are NaN.

    Examples
    --------
    >>> sqrt(9.0)
    3.0
    """
    return np.sqrt(x)


@elementwise(lambda y, x: 2 * x)
def square(x: Flow) -> Flow:
    """x².

    Examples
    --------
    >>> square(3.0)
    9.0
    """
    return x * x


@elementwise(lambda y, x: -y * y)
def reciprocal(x: Flow) -> Flow:
    """1 / x.

    Examples
    --------
    >>> reciprocal(4.0)
    0.25
    """
    return 1 / x


def _multiple_kinks(y: Flow, a: Flow, b: Flow) -> tuple[Any, ...]:
    """How far a is from a multiple of b, in units of b: > 0 beyond an even one, else < 0."""
    steps = np.mod(a, 2 * b) / b
    return (np.where(steps < 1, np.minimum(steps, 1 - steps), np.maximum(1 - steps, steps - 2)),)


@elementwise(1.0, lambda y, a, b: -(a // b), kink=_multiple_kinks)
def mod(a: Flow, b: Flow) -> Flow:
    """The remainder a − b⌊a/b⌋, which has the sign of b, as ``%`` has it.

    Kink where a is a multiple of b: the remainder jumps there, and its gradient is that of the
    side on which it is 0.

    Examples
    --------
    >>> mod(7.0, 3.0), mod(-7.0, 3.0)
    (1.0, 2.0)
    """
    return a % b


@elementwise(0.0, 0.0, kink=_multiple_kinks)
def floor_divide(a: Flow, b: Flow) -> Flow:
    """⌊a/b⌋. Its gradient is 0; at the jumps, where a is a multiple of b, that is a convention.

    Examples
    --------
    >>> floor_divide(7.0, 3.0)
    2.0
    """
    return a // b


# A tie is shared, so that maximum(x, x) has the slope of x; a NaN passes to both.
@elementwise(
    lambda y, a, b: unless(a <= b) + 0.5 * (a == b),
    lambda y, a, b: unless(b <= a) + 0.5 * (a == b),
    kink=lambda y, a, b: (a - b,),
    zero="unselected",
)
def maximum(a: Flow, b: Flow) -> Flow:
    """The larger of a and b. Kink at a = b: each gets half, so the gradient sums to 1.

    Examples
    --------
    >>> maximum(3.0, 2.0)
    3.0
    """
    return np.maximum(a, b)


@elementwise(
    lambda y, a, b: unless(a >= b) + 0.5 * (a == b),
    lambda y, a, b: unless(b >= a) + 0.5 * (a == b),
    kink=lambda y, a, b: (a - b,),
    zero="unselected",
)
def minimum(a: Flow, b: Flow) -> Flow:
    """The smaller of a and b. Kink at a = b: each gets half, so the gradient sums to 1.

    Examples
    --------
    >>> minimum(3.0, 2.0)
    2.0
    """
    return np.minimum(a, b)


def _clip_kinks(y: Flow, x: Flow, min: Any, max: Any) -> tuple[Any, ...]:
    return tuple(x - bound for bound in (min, max) if bound is not None)


def _outside(x: Flow, min: Any, max: Any) -> Any:
    below = False if min is None else x < min
    return below if max is None else below | (x > max)


@elementwise(
    lambda y, x, min, max: unless(_outside(x, min, max)) * 1.0,
    kink=_clip_kinks,
    zero="shut",
)
def clip(x: Flow, min: Constant = None, max: Constant = None) -> Flow:
    """x limited to [min, max]; None leaves a side open. The bounds are constants.

    Kinks at both bounds: the gradient there is 1 by convention, as in PyTorch.

    Examples
    --------
    >>> clip(3.0, 0.0, 1.0)
    1.0
    """
    return np.clip(x, min, max) if (min is not None or max is not None) else x


@elementwise(
    lambda y, a, b, condition: condition * 1.0,
    lambda y, a, b, condition: unless(condition) * 1.0,
    zero="unselected",
)
def _where(a: Flow, b: Flow, condition: Any) -> Flow:
    return np.where(condition, a, b)


def where(condition: Any, a: Flow, b: Flow) -> Flow:
    """a where the plain array `condition` is true, else b.

    The gradient flows to the chosen elements only. The other branch is still computed:
    an inf in its local gradient meets a 0 and becomes NaN (see `log`).

    Examples
    --------
    >>> where(np.array([True, False]), 1.0, 2.0)
    array([1., 2.])
    """
    chosen = real(condition, "where: the condition").astype(bool)
    return _where(a, b, chosen if chosen.ndim else bool(chosen))
