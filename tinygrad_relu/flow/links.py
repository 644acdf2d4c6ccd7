"""Links: which elements an op's pullback carries into which, along the pass and against it.

A graph of elements has a link wherever an op carries one element to another. Where a structural
op carries nothing into an element, its stop is closed; open, it lets through whatever arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu.flow.states import any_of, pull
from tinygrad_relu.flow.trace import Trace
from tinygrad_relu.node import plain
from tinygrad_relu.value import Value


def carried(trace: Trace, k: int, mask: Any) -> Any:
    """Where the structural op of edge `k` carries the true elements of `mask`."""
    child = trace.values[trace.child[k]]
    assert child.op is not None
    data, rng = [plain(a) for a in child.operands], np.random.default_rng(1)
    return pull(child.op, trace.slot[k], np.asarray(mask), child._data, data, rng)


def leading_into(trace: Trace, k: int, wanted: Any) -> Any:
    """Which elements the structural op of edge `k` carries into `wanted`.

    The adjoint of `carried`. A pullback is linear, so its own pullback tells; a recorded closure,
    which has none, is asked by halves.
    """
    child = trace.values[trace.child[k]]
    op = child.op
    assert op is not None
    if not child.ndim or op.recorded:
        return _by_halves(trace, k, wanted)
    rng = np.random.default_rng(1)
    upstream = Value((rng.random(child.shape) + 1).astype(child.dtype))
    data = [plain(a) for a in child.operands]
    with np.errstate(all="ignore"):
        out = op.pull(trace.slot[k])(upstream, child._data, *data)
        if not isinstance(out, Value) or out.shape != wanted.shape:
            return _by_halves(trace, k, wanted)
        if out is upstream:
            return wanted.copy()
        if not out.requires_grad:  # a constant: nothing is carried
            return np.zeros(child.shape, bool)
        noise = (rng.random(wanted.shape) + 1) * wanted
        out.backward(noise if out.ndim else float(noise))
    return np.asarray(upstream.grad) != 0


def _by_halves(trace: Trace, k: int, wanted: Any) -> Any:
    shape = trace.values[trace.child[k]].shape
    found = np.zeros(shape, bool)
    open_ends = [np.arange(found.size, dtype=np.int64)]
    while open_ends:
        part = open_ends.pop()
        mask = np.zeros(found.size, bool)
        mask[part] = True
        if (carried(trace, k, mask.reshape(shape)) & wanted).any():
            found.flat[part] = len(part) == 1
            middle = len(part) // 2
            open_ends += [part[:middle], part[middle:]] if middle else []
    return found


def _each(answer: Callable[[Any], Any], rows: Any) -> Any:
    """The answer for every row, equal rows once."""
    known = {row.tobytes(): row for row in rows}
    known = {key: answer(row) for key, row in known.items()}
    return np.stack([known[row.tobytes()] for row in rows])


def down(trace: Trace, k: int, rows: Any) -> Any:
    """What arrives at the parent of edge `k`, with every stop open."""
    child, parent = trace.values[trace.child[k]], trace.values[trace.parent[k]]
    assert child.op is not None
    if child.op.elementwise:
        n, lead = len(rows), child.ndim - parent.ndim
        return any_of(rows, (n, *(1,) * lead, *parent.shape)).reshape(n, *parent.shape)
    closed, nowhere = ~trace.crossing[k].passes, np.zeros(parent.shape, bool)
    return _each(lambda row: carried(trace, k, row) | closed if row.any() else nowhere, rows)


def up(trace: Trace, k: int, rows: Any) -> Any:
    """From where at the child of edge `k` something arrives in `rows`, with every stop open."""
    child = trace.values[trace.child[k]]
    assert child.op is not None
    if child.op.elementwise:
        lead = child.ndim - (rows.ndim - 1)
        rows = rows.reshape(len(rows), *(1,) * lead, *rows.shape[1:])
        return np.broadcast_to(rows, (len(rows), *child.shape))
    closed = ~trace.crossing[k].passes

    def one(row: Any) -> Any:
        if not row.any() or (row & closed).any():  # whatever arrives opens a closed element
            return np.full(child.shape, row.any())
        return leading_into(trace, k, row)

    return _each(one, rows)
