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


#: What an op raises of data that does not fit; the last two, where it was no data.
REFUSALS = (TypeError, ValueError, IndexError, AttributeError, OverflowError)


def refused(op: Any, operands: Any, settings: Any, error: Exception) -> Exception:
    """An error of NumPy's or of a forward, with the op and the shapes it was given.

    It carries the op and its operands, so that ``tg.draw(error)`` shows the graph up to it.
    """
    cause = str(error)
    plain = next((words for part, words in PLAIN.items() if part in cause), "{cause}")
    text = f"{op.name} of {', '.join(map(_words, operands))}: {plain.format(cause=cause)}"
    kinds = [kind for kind in REFUSALS[:3] if isinstance(error, kind)]
    told = (kinds or [TypeError])[0](text)  # NumPy's own kinds cannot be made from a text
    vars(told)["refused"] = op, (*operands, *settings)
    return told


#: What NumPy or Python says, in part → the same in plain words.
PLAIN = {
    "NoneType": "an operand is a Value, a number or an array, not None",
    "mismatch in its core dimension": (
        "the last axis of the first and the second-last of the second differ in length"
    ),
    "could not be broadcast": (
        "{cause}: counted from the last, two axes are of one length, or one of them of length 1"
    ),
    "inhomogeneous": "a list of lists of different lengths is no array",
}


def _words(a: Any) -> str:
    """The label and shape of an operand."""
    if a is None:
        return "None"
    label = getattr(a, "label", "")
    try:
        dims = np.shape(a)
    except ValueError:  # no rectangle
        return type(a).__name__
    return f"{label!r} {dims}" if label else f"{dims}"


def lost(what: str, v: Any) -> str:
    """Why a Value does not become a plain number by itself."""
    return (
        f"{describe(v)} requires a gradient, which {what} would lose: take .data to leave the "
        "graph on purpose, or use an op of tinygrad_relu"
    )
