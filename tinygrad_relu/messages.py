"""What errors say: the op, the label, the shapes, the cause and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np


def describe(v: Any) -> str:
    """A node in words, for messages: its op or 'leaf', label, shape and line."""
    what = f"the output of {v.op.name}" if v.op is not None else "leaf"
    name = f" {v.label!r}" if v.label else ""
    where = f" made at {v.source[0]}:{v.source[1]}" if v.source else ""
    return f"{what}{name} of shape {v.shape}{where}"


def explain(op: Any, operands: tuple[Any, ...], error: Exception) -> str:
    """An error of NumPy's or of a forward, with the op and the shapes it was given."""

    def words(a: Any) -> str:
        label = getattr(a, "label", "")
        return f"{label!r} {np.shape(a)}" if label else f"{np.shape(a)}"

    shapes = ", ".join(words(a) for a in operands if a is not None)
    return f"{op.name} of {shapes}: {error}"


def lost(what: str, v: Any) -> str:
    """Why a Value does not become a plain number by itself."""
    return (
        f"{describe(v)} requires a gradient, which {what} would lose: take .data to leave the "
        "graph on purpose, or use an op of tinygrad_relu"
    )
