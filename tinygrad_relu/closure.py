"""record(): a node with a backward closure of the learner's own."""

from __future__ import annotations

from _thread import _local  # as in threading, whose import takes a millisecond
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_relu.arrays import own
from tinygrad_relu.messages import describe
from tinygrad_relu.op import Op
from tinygrad_relu.value import Value, apply


def record(
    data: Any, parents: Sequence[Value], backward: Callable[[Any], Any], op: str = "custom"
) -> Value:
    """Make a node with a backward closure of your own.

    Parameters
    ----------
    data : float or array_like
        The output you computed.
    parents : sequence of Value
        What you computed it from.
    backward : callable
        ``backward(g)`` returns the contribution to each parent, aligned with `parents`: a
        tuple, or for one parent the contribution itself; None for a parent that gets nothing.
        It must be linear in ``g`` and give the same answer every time.
    op : str
        A name for pictures and messages.

    Raises
    ------
    TypeError
        If a parent is not a Value, or the closure not a function; from the pass, if it
        returns something else than real numbers.
    ValueError
        From the pass, if the closure returns another number of contributions, or one whose
        shape does not fit its parent.

    Examples
    --------
    >>> x = Value(3.0)
    >>> y = record(x.data ** 2, [x], lambda g: 2 * x.data * g, op="my_square")
    >>> y.backward(); x.grad
    6.0
    """
    parents = tuple(parents) if isinstance(parents, Sequence) else (parents,)
    for parent in parents:
        if not isinstance(parent, Value):
            raise TypeError(f"record {op!r}: a parent is a Value, not {type(parent).__name__}")
    if not isinstance(op, str):
        raise TypeError(f"record: op is a text, not {op!r:.60}")
    if not callable(backward):
        raise TypeError(f"record {op!r}: backward is a function, not {type(backward).__name__}")
    output = own(data, op)
    last = _local()  # of a thread: the upstream gradient answered last, and what is left of it

    def pullback(slot: int, g: Any) -> Any:
        if getattr(last, "answered", None) is not g or slot not in last.pieces:
            pieces = _pieces(backward(g), parents, op)  # of one call, which serves all parents
            last.answered, last.pieces = g, dict(enumerate(pieces))
        piece = last.pieces.pop(slot)
        if not last.pieces:
            last.answered = None
        return piece

    def each(slot: int) -> Callable[..., Any]:
        return lambda g, y, *operands: pullback(slot, g)

    row = Op(lambda *operands: output, each, False, None, "by-zero")
    row.name, row.recorded = op, True
    return apply(row, parents)


def _pieces(out: Any, parents: tuple[Value, ...], op: str) -> list[Any]:
    """What a recorded closure returned: checked, one private contribution a parent."""
    given = list(out) if isinstance(out, tuple | list) else [out]
    if len(given) != len(parents):
        raise ValueError(
            f"record {op!r}: the backward closure returned {len(given)} contributions for "
            f"{len(parents)} parents: return a tuple with one for each, None for nothing"
        )
    for i, (piece, parent) in enumerate(zip(given, parents, strict=True)):
        which = f"record {op!r}: the contribution to parent {i}, {describe(parent)}"
        if isinstance(piece, Value):
            raise TypeError(
                f"{which}, is a Value: the closure works on plain numbers, so take .data in it. "
                "It has no second order"
            )
        try:
            given[i] = own(np.zeros(parent.shape) if piece is None else piece, op)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{which}: {error}") from None
        if np.shape(given[i]) != parent.shape:
            raise ValueError(
                f"{which}, has shape {np.shape(piece)}: a contribution has the shape of its parent"
            )
    return given
