"""A number as text: the same in sentences, in pictures, and on the page (`numbers.js`)."""

from __future__ import annotations

import math
from typing import Any


def number(x: Any, digits: int = 4) -> str:
    """So many significant digits, with a proper minus sign, and never −0.

    Examples
    --------
    >>> number(-0.5), number(-0.0), number(1e-12), number(12345.6), number(float("-inf"))
    ('−0.5', '0', '1e−12', '12346', '−∞')
    """
    x = float(x)
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    text = f"{x:.0f}" if 10**digits <= abs(x) < 1e7 else f"{x:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return "0" if x == 0 else text.replace("-", "−")
