"""Staleness: a gradient is of the numbers of its forward pass, or an error.

A leaf whose data is assigned gets a new stamp, and is then newer than the nodes that used it.
What shares its data through `detach()` is stamped along; what shows its array, as a transpose
does, is seen through. Writing into an array element by element is only seen by a fingerprint,
which `detect_anomaly` takes.
"""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from tinygrad_relu.messages import describe
from tinygrad_relu.node import Node, plain, tick


class StaleDataError(RuntimeError):
    """Data was changed after it was used: a gradient of the old numbers would be wrong."""


def stamp(leaf: Node) -> None:
    """The data of `leaf` is new, and that of whoever shares it."""
    leaf._stamp = now = tick()
    for twin in leaf.note("twins", ()) if hasattr(leaf, "_notes") else ():
        value = twin()
        if value is not None and value.op is None:
            value._stamp = now


def join(source: Node, twin: Node) -> None:
    """Let `source` and its new `twin`, which share their data, be stamped together."""
    twins = source.note("twins")
    if twins is None:
        twins = [weakref.ref(source)]
        source.annotate(twins=twins)
    twins[:] = [t for t in twins if t() is not None] + [weakref.ref(twin)]
    twin.annotate(twins=twins, origin=weakref.ref(source))


def fresh_data(node: Node) -> list[Any]:
    """The plain operands and settings of `node`, all unchanged since its forward pass."""
    for a in node.operands:
        seen = a if isinstance(a, Node) else None
        while seen is not None:
            if seen._stamp > node._stamp:
                raise assigned(node, seen)
            seen = _seen_through(seen)
    check_fingerprint(node)
    return [plain(a) for a in node.operands]


def _seen_through(view: Node) -> Node | None:
    """The operand whose array `view` shows: what is written there, as by ``-=``, changes both."""
    if view._data.__class__ is float or view._data.base is None:
        return None
    shown = (a for a in view.parents if np.may_share_memory(a._data, view._data))
    return next(shown, None)


def fingerprint(node: Node) -> list[int]:
    """A hash of every array that `node` was computed from."""
    arrays = [plain(a) for a in node.operands]
    return [hash(a.tobytes()) for a in arrays if isinstance(a, np.ndarray)]


def check_fingerprint(node: Node) -> None:
    """Raise if an array was written into since its fingerprint was taken."""
    if node.note("fingerprint") not in (None, fingerprint(node)):
        raise StaleDataError(
            f"an array that {describe(node)} was computed from was written into since, "
            "so a gradient would mix old and new numbers. Compute the output again after writing"
        )


def assigned(node: Node, leaf: Node) -> StaleDataError:
    """The error for data of `leaf` assigned after `node` used it."""
    return StaleDataError(
        f"the data of {describe(leaf)} was assigned after {describe(node)} was computed from it, "
        "so a gradient would mix old and new numbers. Compute the output again after the "
        "assignment, or call backward() before it"
    )
