"""Which unit, and which example, each number of a graph belongs to.

A layer marks every number it makes with its unit and its example. A shape op moves numbers, so it
moves their marks the same way: its own forward is run on them. An elementwise op leaves a number
with its unit; a reduction does if all that it joins are of one unit. Nothing is guessed from a
shape, so square cases are no different.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinygrad_relu.flow.states import is_linear
from tinygrad_relu.node import Node, plain
from tinygrad_relu.ops import joining, max_pool2d, reduction, selection, shape

#: They keep each number in its place.
_IN_PLACE = ("standardize", "softmax", "log_softmax")
_POOLS = ("max_pool2d", "avg_pool2d")
_WIDER = ("concatenate", "stack", "pad", "broadcast_to", "tile")
#: Ops in these rooms move numbers, and change none.
_MOVING = tuple(room.__name__ for room in (joining, selection, shape))


@dataclass(frozen=True, eq=False)
class Marks:
    """The marks of a node's numbers that come from one layer.

    Attributes
    ----------
    units : ndarray
        1 + the unit of each number; 0 where it is of none.
    examples : ndarray
        1 + the example.
    added : bool
        Whether nothing but additions lies between: the slope is 1.
    exact : bool
        Whether the numbers are those of the layer themselves, up to the bias.
    bias : (Node, ndarray) or None
        What was added, if made of a leaf alone, and the units it was added to.
    """

    units: Any
    examples: Any
    added: bool = True
    exact: bool = True
    bias: tuple[Any, Any] | None = None


Sources = dict[Any, Marks]  #: by layer: what it left of itself in a node


def carry(node: Node, known: dict[int, Sources]) -> Sources:
    """The marks of a node, from those of its operands."""
    found: dict[Any, list[tuple[int, Marks]]] = {}
    for slot, a in enumerate(node.operands):
        for source, marks in known.get(id(a), {}).items() if isinstance(a, Node) else ():
            found.setdefault(source, []).append((slot, marks))
    if not found or not _keeps_apart(node):
        return {}
    out = {}
    for source, several in found.items():
        moved = [_moved(node, slot, marks) for slot, marks in several]
        one = _joined(moved)
        if one is not None:
            out[source] = one
    return out


def _keeps_apart(node: Node) -> bool:
    op = node.op
    if op.recorded:
        return diagonal(node)
    return (
        op.elementwise
        or op.__module__ in (*_MOVING, reduction.__name__)
        or op.name in ("unfold", *_IN_PLACE, *_POOLS)
    )


def diagonal(node: Node) -> bool:
    """Whether a recorded closure works number by number on one parent of its shape."""
    (a, *more) = node.operands
    if more or a.shape != node.shape or not node.ndim:
        return False
    g = np.random.default_rng(0).random(node.shape).astype(node.dtype) + 1
    data = [plain(a)]
    local = node.op.pull(0)(np.ones_like(g), node._data, *data)
    return is_linear(node.op, 0, g, node._data, data) and np.allclose(
        node.op.pull(0)(g, node._data, *data), g * local, rtol=1e-6, equal_nan=True
    )


def _moved(node: Node, slot: int, marks: Marks) -> Marks:
    """Marks of one operand where the op brings them."""
    op = node.op
    if op.elementwise:
        both = marks.units, marks.examples
        units, examples = (np.broadcast_to(m, node.shape) for m in both)
        if op.name == "add" or (op.name == "sub" and slot == 0):
            other = node.operands[1 - slot]
            if marks.exact and marks.bias is None and op.name == "add" and made_of_a_leaf(other):
                return replace(marks, units=units, examples=examples, bias=(other, units))
            return replace(marks, units=units, examples=examples, exact=False)
        return replace(marks, units=units, examples=examples, added=False, exact=False)
    if op.__module__ in _MOVING:
        units, examples = (_shaped(node, slot, m) for m in (marks.units, marks.examples))
        whole = node.size == marks.units.size or op.name in _WIDER  # nothing is left out
        return Marks(units, examples, marks.added and whole, marks.exact and whole, marks.bias)
    units, examples = (_reduced(node, m) for m in (marks.units, marks.examples))
    return Marks(units, examples, added=False, exact=False)


def _shaped(node: Node, slot: int, marks: Any) -> Any:
    """Marks moved by a shape op: what it adds, as `pad` does, has none."""
    count = len(node.operands) - node.op.settings
    settings = node.operands[count:]
    blank = [np.zeros(np.shape(plain(a)), np.intp) for a in node.operands[:count]]
    given = [*blank]
    given[slot] = marks
    return node.op.forward(*given, *settings) - node.op.forward(*blank, *settings)


def _reduced(node: Node, marks: Any) -> Any:
    """Marks where numbers are joined: kept if all that are joined have the same."""
    if marks.shape == node.shape:
        return marks
    name, settings = node.op.name, node.operands[1:]
    if name in _POOLS:
        low, high = (s * max_pool2d.forward(s * 1.0 * marks, *settings) for s in (-1, 1))
        low, high = low.astype(np.intp), high.astype(np.intp)
    elif name == "unfold":
        return node.op.forward(marks, *settings[:-1], 0).astype(np.intp)
    else:
        axis, keepdims = settings[0], settings[-1]
        low, high = (f(marks, axis=axis, keepdims=keepdims) for f in (np.min, np.max))
    return np.where(low == high, high, 0)


def _joined(several: list[Marks]) -> Marks | None:
    """One layer met twice, as in ``h + h``: its marks if they agree, or pieces put together."""
    first, *rest = several
    for other in rest:
        both = (first.units > 0) & (other.units > 0)
        if np.any(both & ((first.units != other.units) | (first.examples != other.examples))):
            return None
        first = Marks(
            np.maximum(first.units, other.units),
            np.maximum(first.examples, other.examples),
            first.added and other.added and not both.any(),
            first.exact and other.exact and first.bias is other.bias and not both.any(),
            first.bias,
        )
    return first


def by_unit(values: Any, units: Any, count: int) -> Any:
    """One of the `values` for each of `count` units, where they stand as `units` tells.

    Examples
    --------
    >>> by_unit(np.array([[5.0], [7.0]]), np.array([[1, 1], [2, 2]]), 2)
    array([5., 7.])
    """
    whole = np.broadcast_to(values, units.shape)
    once = tuple(slice(None if stride else 1) for stride in units.strides)  # a view repeats itself
    out = np.zeros(count + 1, whole.dtype)
    out[np.ravel(units[once])] = np.ravel(whole[once])
    return out[1:]


# --- leaves ----------------------------------------------------------------------------------


def made_of_a_leaf(v: Any) -> bool:
    """Whether `v` is a leaf, or a leaf seen through shape ops."""
    if not isinstance(v, Node) or v.op is None:
        return isinstance(v, Node)
    moved = v.op.__module__ in _MOVING and len(v.parents) == 1
    return moved and made_of_a_leaf(v.parents[0])


def places_in_leaf(v: Node) -> tuple[Any, Any]:
    """The leaf that `v` shows, and for each number of `v` its place there, counted from 1.

    Examples
    --------
    >>> from tinygrad_relu import Value
    >>> w = Value(np.zeros((2, 3)), label="w")
    >>> leaf, places = places_in_leaf(w.T)
    >>> leaf.label, places.tolist()
    ('w', [[1, 4], [2, 5], [3, 6]])
    """
    if v.op is None:
        return v, np.arange(1, v.size + 1, dtype=np.int64).reshape(v.shape)
    slot = next(i for i, a in enumerate(v.operands) if isinstance(a, Node))
    leaf, places = places_in_leaf(v.operands[slot])
    return leaf, _shaped(v, slot, places)
