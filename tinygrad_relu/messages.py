"""What errors say: the op, the label, the shapes, the cause and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tinygrad_relu.op import Op
    from tinygrad_relu.value import Value


class StaleDataError(RuntimeError):
    """Data was changed after it was used: a gradient of the old numbers would be wrong."""


def describe(v: Value) -> str:
    """A node in words, for messages: its op or 'leaf', label, shape and line."""
    what = f"the output of {v.op.name}" if v.op is not None else "leaf"
    name = f" {v.label!r}" if v.label else ""
    where = f" made at {v.source[0]}:{v.source[1]}" if v.source else ""
    return f"{what}{name} of shape {v.shape}{where}"


def stale(node: Value, leaf: Value) -> StaleDataError:
    """The error for data of `leaf` assigned after `node` used it."""
    return StaleDataError(
        f"the data of {describe(leaf)} was assigned after {describe(node)} was computed from it, "
        "so a gradient would mix old and new numbers. Compute the output again after the "
        "assignment, or call backward() before it"
    )


def written(node: Value) -> StaleDataError:
    """The error for an array that was written into after `node` used it."""
    return StaleDataError(
        f"an array that {describe(node)} was computed from was written into since, "
        "so a gradient would mix old and new numbers. Compute the output again after writing"
    )


def explain(op: Op[Any], operands: tuple[Any, ...], error: Exception) -> str:
    """An error of NumPy's or of a forward, with the op and the shapes it was given."""

    def words(a: Any) -> str:
        name = f"{a.label!r} " if hasattr(a, "_data") and a.label else ""
        return f"{name}{np.shape(getattr(a, '_data', a))}"

    shapes = ", ".join(words(a) for a in operands if a is not None)
    return f"{op.name} of {shapes}: {error}"


def leaves(what: str, v: Value) -> str:
    """Why a Value does not become a plain number by itself."""
    return (
        f"{describe(v)} requires a gradient, which {what} would lose: take .data to leave the "
        "graph on purpose, or use an op of tinygrad_relu"
    )
