"""The cheapest way from the root to an element: along one path, the fewest stops to open."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.flow.links import carried
from tinygrad_relu.flow.trace import Trace

NEVER = np.iinfo(np.int32).max  #: the cost where no path leads

Place = tuple[int, Any]  #: a node's place in the trace, and an element of it


class Cheapest:
    """The fewest stops to open on a single path, from the root to every element of a graph.

    To pass an open element costs 0, to open a stop 1. The cost does not depend on the question,
    so one sweep serves all.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.cost: list[Any] = [None] * len(trace.values)
        #: Of a scalar: the last edge on the way that has to be opened or comes from a tensor.
        self.last: dict[int, int] = {}
        #: Of a tensor: the edges that lead there.
        self.into: dict[int, list[int]] = {}
        #: From an element: the next stop to open, which many have in common.
        self._ahead: dict[Place, Any] = {}
        start = np.where(trace.arrives[-1], 0, NEVER)
        self.cost[-1] = start if start.ndim else int(start)
        for k, (child, parent) in enumerate(zip(trace.child, trace.parent, strict=True)):
            here, there = self.cost[child], self.cost[parent]
            plain_edge = trace.crossing[k].scalar
            free = plain_edge and (here == NEVER or bool(trace.crossing[k].passes))
            price = here + (not free) if plain_edge else _price(trace, k, np.asarray(here))
            if trace.values[parent].ndim:
                self.into.setdefault(parent, []).append(k)
                self.cost[parent] = price if there is None else np.minimum(there, price)
            elif there is None or price < there:
                self.cost[parent] = int(price)
                if not free:
                    self.last[parent] = k
                elif child in self.last:
                    self.last[parent] = self.last[child]
                else:
                    self.last.pop(parent, None)

    def to(self, i: int, asked: Any) -> list[tuple[int, Any]] | None:
        """The stops to open on one cheapest path to `asked`, each an edge and an element."""
        final = np.where(asked, NEVER if self.cost[i] is None else self.cost[i], NEVER)
        if final.size == 0 or final.min() == NEVER:
            return None
        chosen = []
        at: Place = i, np.unravel_index(np.argmin(final), final.shape)
        while (stop := self._next(at)) is not None:
            chosen.append(stop)
            at = self.trace.child[stop[0]], stop[1]
        return chosen[::-1]

    def _next(self, at: Place) -> tuple[int, Any] | None:
        """The next stop to open on the way from `at` to the root; None if all is open."""
        passed, stop = [], None
        while at not in self._ahead:
            passed.append(at)
            step = self._back(*at)
            if step is None:
                break
            k, element, opened = step
            at = self.trace.child[k], element
            if opened:
                stop = k, element
                break
        else:
            stop = self._ahead[at]
        self._ahead.update(dict.fromkeys(passed, stop))
        return stop

    def _back(self, i: int, element: Any) -> tuple[int, Any, bool] | None:
        """An edge on the way to the root, the child's element, and if a stop is opened there."""
        t = self.trace
        if i == len(t.values) - 1:
            return None
        if t.values[i].ndim:
            ways = self.into[i]
        elif i in self.last:
            ways = [self.last[i]]
            i = t.parent[ways[0]]
        else:
            return None  # all is open from here to the root
        target = self.cost[i] if not element else self.cost[i][element]
        steps = ((k, self._step_back(k, element, target)) for k in ways)
        return next((k, *step) for k, step in steps if step is not None)

    def _step_back(self, k: int, element: Any, target: Any) -> tuple[Any, bool] | None:
        """The element of the child through which `element` costs `target`, and if it opened."""
        t = self.trace
        if t.crossing[k].scalar:
            return (), True
        child, cost = t.values[t.child[k]], np.asarray(self.cost[t.child[k]])
        assert child.op is not None
        if child.op.elementwise:
            wanted = np.zeros(t.values[t.parent[k]].shape, bool)
            wanted[element] = True
            passes = t.crossing[k].passes
            price = np.where(cost == NEVER, NEVER, cost + ~passes)
            hits = np.argwhere(np.broadcast_to(wanted, cost.shape) & (price == target))
            place = tuple(hits[0]) if len(hits) else None
            return None if place is None else (place, not passes[place])
        places = np.argwhere(cost == target)

        def leads(some: Any) -> bool:
            mask = np.zeros(cost.shape, bool)
            mask[tuple(some.T)] = True
            return bool(carried(t, k, mask)[element])

        if not len(places) or not leads(places):
            return None
        while len(places) > 1:  # halve until one element is left that reaches the parent's
            half = places[: len(places) // 2]
            places = half if leads(half) else places[len(half) :]
        return tuple(places[0]), False


def _price(trace: Trace, k: int, cost: Any) -> Any:
    """The cost at the parent of coming through edge `k`."""
    op, shape = trace.values[trace.child[k]].op, trace.values[trace.parent[k]].shape
    assert op is not None
    if op.elementwise:
        return _least(np.where(cost == NEVER, NEVER, cost + ~trace.crossing[k].passes), shape)
    best = np.full(shape, NEVER)
    for level in np.unique(cost[cost != NEVER])[::-1]:
        best[carried(trace, k, cost == level)] = level
    return best


def _least(price: Any, shape: tuple[int, ...]) -> Any:
    """Un-broadcast by the minimum."""
    lead = price.ndim - len(shape)
    price = price.min(axis=tuple(range(lead)), initial=NEVER) if lead else price
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and price.shape[i] != 1)
    return price.min(axis=stretched, keepdims=True, initial=NEVER) if stretched else price
