"""Paths from the root, element by element: what lies on them, and what stops them all.

A path meets the edges in the order of the pass. So one sweep against the pass finds from where a
leaf is reached without another stop, and one sweep along it decides stop by stop, each for good.

A mask says where something holds, for `n` questions together: at a scalar it is an int of a bit
a question, at a tensor an array of bools whose leading axis counts the questions.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.cheapest import Cheapest
from tinygrad_relu.flow.links import down, up
from tinygrad_relu.flow.trace import Trace

TOGETHER = 1024  #: so many questions at most go through the graph in one sweep
ROOM = 2**26  #: and so many that the masks of all tensors have at most so many elements

#: Elements of a node about which something is asked: its place, and where.
Question = tuple[int, Any]


class Paths:
    """What a flow knows about its paths, each found once and when it is first asked for."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._found: dict[int, list[int]] = {}

    def separating(self, i: int, asked: Any) -> list[int]:
        """The edges with a stop that separate elements of node `i` from the root.

        These are the first stops on the way that no others make redundant. Whoever asks for one
        leaf asks for others: every sweep answers for twice as many.
        """
        values = self.trace.values
        if values[i].op is not None or not np.all(asked):
            return separating(self.trace, [(i, asked)])[0]
        if i not in self._found:
            left = (j for j in self._stopped if j not in self._found and j != i)
            more = min(len(self._found), TOGETHER - 1, ROOM // self._size)
            batch = [i, *(j for j, _ in zip(left, range(more), strict=False))]
            found = separating(self.trace, [(j, np.ones(values[j].shape, bool)) for j in batch])
            self._found.update(zip(batch, found, strict=True))
        return self._found[i]

    @cached_property
    def _size(self) -> int:
        """How many elements the tensors have, all together."""
        return max(1, sum(v.size for v in self.trace.values if v.ndim))

    @cached_property
    def _stopped(self) -> list[int]:
        """The leaves where nothing arrives."""
        t = self.trace
        leaves = (i for i, v in enumerate(t.values) if v.op is None and v.requires_grad)
        return [i for i in leaves if not np.any(t.arrives[i])]

    def into(self, i: int) -> list[int]:
        """The edges that lead to a node, in the order of the pass."""
        order, parents = self._by_parent
        low, high = np.searchsorted(parents, [i, i + 1])
        return order[low:high].tolist()  # type: ignore[no-any-return]

    @cached_property
    def _by_parent(self) -> tuple[Any, Any]:
        parents = np.asarray(self.trace.parent)
        order = np.argsort(parents, kind="stable")
        return order, parents[order]

    @cached_property
    def cheapest(self) -> Cheapest:
        """The cheapest way from the root to every element."""
        return Cheapest(self.trace)

    @cached_property
    def unknown(self) -> dict[int, tuple[int, ...]]:
        """For each node, an edge of unknown effect on the way to it."""
        return on_the_way(self.trace, set(self.trace.unknown), 1)

    @cached_property
    def faint(self) -> dict[int, tuple[int, ...]]:
        """For each node, the first edge on the way to it with an underflow."""
        crossings = enumerate(self.trace.crossing)
        return on_the_way(self.trace, {k for k, c in crossings if "underflow" in c.counts}, 1)

    @cached_property
    def cancelled(self) -> dict[int, tuple[int, ...]]:
        """For each node, the first three edges into a node on the way where sums cancel."""
        into = {parent: k for k, parent in reversed(list(enumerate(self.trace.parent)))}
        return on_the_way(self.trace, {into[i] for i in self.trace.cancelled}, 3)


def on_the_way(trace: Trace, marked: set[int], most: int) -> dict[int, tuple[int, ...]]:
    """For each node the first `most` of the marked edges that lead to it."""
    found: dict[int, tuple[int, ...]] = {}
    if not marked:
        return found
    for k, (child, parent) in enumerate(zip(trace.child, trace.parent, strict=True)):
        here = found.get(child, ())
        if k in marked:
            here = (*here, k)
        there = found.get(parent)
        if here and here is not there:
            found[parent] = tuple(sorted({*here, *(there or ())})[:most])
    return found


# --- masks ---------------------------------------------------------------------------------


def _rows(mask: Any, n: int) -> Any:
    """A mask as bools with a leading axis of `n` questions."""
    if mask.__class__ is not int:
        return mask
    raw = np.frombuffer(mask.to_bytes((n + 7) // 8, "little"), np.uint8)
    return np.unpackbits(raw, count=n, bitorder="little").astype(bool)


def _mask(rows: Any) -> Any:
    """The opposite of `_rows`: at a scalar an int."""
    if rows.ndim > 1:
        return rows
    return int.from_bytes(np.packbits(rows, bitorder="little").tobytes(), "little")


def _join(masks: list[Any], i: int, mask: Any) -> None:
    masks[i] = mask if masks[i].__class__ is int and not masks[i] else masks[i] | mask


def _ones(bits: int) -> list[int]:
    """Which bits of an int are 1."""
    found = []
    while bits:
        found.append((bits & -bits).bit_length() - 1)
        bits &= bits - 1
    return found


def separating(trace: Trace, questions: list[Question]) -> list[list[int]]:
    """For each question the edges of the first stops on the way that no others make redundant.

    A stop is needed exactly if a path goes through it that meets no needed stop before, and no
    stop at all behind it.
    """
    n = len(questions)
    beyond: list[Any] = [0] * len(trace.values)  # from where it is reached without another stop
    for q, (i, asked) in enumerate(questions):
        rows = np.zeros((n, *np.shape(asked)), bool)
        rows[q] = asked
        _join(beyond, i, _mask(rows))
    behind = _behind_stops(trace, beyond, n)
    reach: list[Any] = [0] * len(trace.values)  # what is reached past no needed stop
    start = np.asarray(trace.arrives[-1])
    reach[-1] = _mask(np.broadcast_to(start, (n, *start.shape)))
    needed: list[list[int]] = [[] for _ in questions]
    for k, (child, parent) in enumerate(zip(trace.child, trace.parent, strict=True)):
        here, good = reach[child], behind.get(k)
        if here.__class__ is int and not here:
            continue
        if trace.crossing[k].scalar:
            if good is not None:
                need = here & good
                for q in _ones(need):
                    needed[q].append(k)
                here &= ~need
            reach[parent] |= here
            continue
        rows, stops = _rows(here, n), trace.crossing[k].stops
        arrived = down(trace, k, rows)
        if good is not None:
            child_op = trace.values[child].op
            elementwise = child_op is not None and child_op.elementwise
            hits = rows & stops & up(trace, k, good) if elementwise else arrived & stops & good
            need = hits.reshape(n, -1).any(axis=1)
            for q in np.flatnonzero(need).tolist():
                needed[q].append(k)
            shut = need.reshape(n, *(1,) * stops.ndim) & stops
            arrived = down(trace, k, rows & ~shut) if elementwise else arrived & ~shut
        _join(reach, parent, _mask(arrived))
    return needed


def _behind_stops(trace: Trace, beyond: list[Any], n: int) -> dict[int, Any]:
    """Sweep `beyond` up to the root; for each edge that stops, what it was at the parent."""
    behind: dict[int, Any] = {}
    for k in range(len(trace.child) - 1, -1, -1):
        good, stops = beyond[trace.parent[k]], trace.crossing[k].stops
        if good.__class__ is int and not good:
            continue
        if trace.crossing[k].scalar:
            if stops:
                behind[k] = good
            else:
                beyond[trace.child[k]] |= good
            continue
        rows, child = _rows(good, n), trace.values[trace.child[k]]
        if stops.any():
            behind[k] = rows
        if child.op is not None and child.op.elementwise:
            above = up(trace, k, rows) & ~stops
        else:
            above = up(trace, k, rows & ~stops)
        _join(beyond, trace.child[k], _mask(above))
    return behind
