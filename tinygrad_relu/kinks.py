"""Where an input sits on a kink, as its op declares it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def margins(op: Any, y: Any, data: Sequence[Any]) -> tuple[Any, ...]:
    """The signed distances of plain `data` to the kinks that `op` declares; () if it has none."""
    if op.kink is None:
        return ()
    with np.errstate(all="ignore"):
        return tuple(op.kink(y, *data))


def on_kink(op: Any, slot: int, y: Any, data: Sequence[Any]) -> Any:
    """Where operand `slot` sits exactly on a kink of `op`, as a mask; None if nowhere.

    Examples
    --------
    >>> from tinygrad_relu import relu
    >>> on_kink(relu, 0, np.zeros(2), [np.array([-1.0, 0.0]), 0.0])
    array([False,  True])
    """
    # A choice between two operands has its kink in both; otherwise it is in the first.
    if op.kink is None or (slot and op.zero != "unselected"):
        return None
    if y.__class__ is float and op.elementwise:  # without an array: a flow has a million of these
        return np.True_ if 0 in op.kink(y, *data) else None
    hits = [np.asarray(margin) == 0 for margin in margins(op, y, data)]
    return np.logical_or.reduce(hits) if any(hit.any() for hit in hits) else None
