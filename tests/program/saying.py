"""What a rule says of symbols."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.program.helpers import Helpers
from tinygrad_relu.program.names import Names
from tinygrad_relu.program.spelling import Block


def told(rule: Any, *data: Any, scalar: bool = False) -> str:
    """What a rule says of names a, b, …"""
    book = Helpers(Names(), scalar).book
    names = "abcdefg"
    out = rule(*(book.named(name, d) for name, d in zip(names, data, strict=False)))
    return Block([out], Names(names).unique, scalar).text(out)


A = np.arange(6.0).reshape(2, 3)
