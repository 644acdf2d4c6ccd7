"""detect_anomaly: the op that makes the first NaN or inf is named, forward or backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.messages import describe
from tinygrad_relu.node import Node, plain


def first_bad(data: Any) -> float | None:
    """The first NaN, else the first inf in `data`; None if all is finite."""
    flat = np.ravel(data)
    for test in (np.isnan, np.isinf):
        hits = flat[test(flat)]
        if hits.size:
            return float(hits[0])
    return None


def check_made(node: Node) -> None:
    """Raise if `node` made a NaN or inf, or was given a NaN."""
    bad = first_bad(node._data)
    if bad is None:
        return
    names = " and ".join(repr(a.label) for a in node.parents if a.label)
    text = f"{node.op.name}{names and f' of {names}'} made {bad} in {describe(node)}"
    for a in node.operands:
        held = first_bad(plain(a)) if isinstance(plain(a), float | np.ndarray) else None
        if held is not None and np.isnan(held):
            who = describe(a) if isinstance(a, Node) else "a constant operand"
            text = f"{who} holds {held} and was given to {node.op!r}"
            break
        if held is not None and np.isinf(bad):
            return  # an inf that was put in, not made here
    error = FloatingPointError(text)
    cut = len(node.operands) - node.op.settings
    vars(error)["refused"] = node.op, node.operands[:cut], node.operands[cut:]
    raise error


def check_passed(node: Node, slot: int, data: list[Any], c: Any) -> None:
    """Raise if the rule of `node` made a NaN or inf from a finite upstream gradient."""
    bad = first_bad(c)
    if bad is not None and first_bad(node._inflow) is None:
        raise FloatingPointError(
            f"the backward pass made {bad} in {node.op!r}, {describe(node)}, "
            f"going to {describe(node.operands[slot])}; the upstream gradient was finite"
        )
