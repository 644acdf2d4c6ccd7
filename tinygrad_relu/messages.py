"""What errors say: the op, the label, the shapes, the cause and the way out."""

from __future__ import annotations

from typing import Any

from tinygrad_relu.foreign import retold


def describe(v: Any) -> str:
    """A node in words, for messages: its op or 'leaf', label, shape and line."""
    what = f"the output of {v.op.name}" if v.op is not None else "leaf"
    name = f" {v.label!r}" if v.label else ""
    where = f" made at {v.source[0]}:{v.source[1]}" if v.source else ""
    return f"{what}{name} of shape {v.shape}{where}"


def refused(op: Any, operands: Any, settings: Any, error: Exception) -> Exception:
    """An error of an op, with the shapes it was given."""
    told = retold(error, f"{op.name} of {', '.join(map(label_and_shape, operands))}")
    return carrying(told, op, operands, settings)


def carrying(error: Exception, op: Any, operands: Any, settings: Any = None) -> Exception:
    """`error`, which carries what ``tg.draw(error)`` shows. Settings of None are the usual ones."""
    if len(operands) >= op.count:  # else some are missing
        vars(error)["refused"] = op, operands[: op.count if op.count >= 0 else None], settings
    return error


def label_and_shape(a: Any) -> str:
    """An operand in few words: its label, if it has one, and its shape or type."""
    label, dims = getattr(a, "label", ""), getattr(a, "shape", type(a).__name__)
    return f"{label!r} {dims}" if label else f"{dims}"


def lost(what: str, v: Any) -> str:
    """Why a Value does not become a plain number by itself."""
    return (
        f"{describe(v)} requires a gradient, which {what} would lose: take .data to leave the "
        "graph on purpose, or use an op: tg.stack(values) makes one array of many"
    )
