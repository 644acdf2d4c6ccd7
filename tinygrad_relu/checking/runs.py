"""A function under check: evaluated at a point, or beside it, and passed back through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.kinks import margins
from tinygrad_relu.node import behind, plain, topological
from tinygrad_relu.value import Value


@dataclass(frozen=True)
class Run:
    """One evaluation: the output, the leaves it was computed from, and the graph between."""

    root: Value
    leaves: list[Value]
    nodes: list[Any]  #: those that ops made, oldest first

    @property
    def y(self) -> Any:
        """The output in float64."""
        return np.array(self.root.data, np.float64)

    def distances(self) -> Any:
        """The signed distances of the data to all kinks."""
        return np.concatenate([np.zeros(0), *(np.ravel(d) for _, d in self._by_node())])

    def places(self) -> Any:
        """For each distance, a number for where it is: kinks of one op that meet share it."""
        start, last, places = 0, -1, [np.zeros(0, np.int64)]
        for i, distance in self._by_node():
            start += (i != last) * 2**32
            places.append(start + np.arange(np.size(distance), dtype=np.int64))
            last = i
        return np.concatenate(places)

    def _by_node(self) -> Iterator[tuple[int, Any]]:
        for i, node in enumerate(self.nodes):
            if node.op.kink is not None:
                for d in margins(node.op, node.data, [plain(a) for a in node.operands]):
                    yield i, np.nan_to_num(d)

    def path(self) -> list[Any]:
        """Which way f took: its ops, their shapes, and the masks and indices it chose."""
        return [(node.op.name, node.shape, *map(_choice, node.operands)) for node in self.nodes]

    def carry(self, seed: Any, add: bool = False) -> list[Any]:
        """What the leaves hold after a pass from `seed`, in float64; 0 where nothing arrived.

        Before it they hold nothing, or, with `add`, what they held.
        """
        if not add:
            for leaf in self.leaves:
                leaf.grad = None
        if self.root.requires_grad:
            self.root.backward(seed if self.root.ndim else float(seed))
        return [
            np.zeros(leaf.shape) if leaf.grad is None else np.array(leaf.grad, np.float64)
            for leaf in self.leaves
        ]

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Give every node its gradient back: f may use Values of its caller."""
        before = [(node, node.grad) for node in behind(self.root)]
        try:
            yield
        finally:
            for node, grad in before:
                node.grad = grad


class Subject:
    """A function and a point.

    Attributes
    ----------
    labels : list of str
    wanted : list of bool
        Which inputs are checked.
    points : list of ndarray
        The inputs, as float64.
    """

    def __init__(self, f: Callable[..., Any], inputs: Sequence[Any]) -> None:
        self.f = f
        self.labels = [getattr(a, "label", "") or f"input {i}" for i, a in enumerate(inputs)]
        self.wanted = [not isinstance(a, Value) or a.requires_grad for a in inputs]
        self.points = [np.array(Value(plain(a)).data, np.float64) for a in inputs]
        for label, point in zip(self.labels, self.points, strict=True):
            if not np.isfinite(point).all():
                raise ValueError(
                    f"gradcheck: {label} is not finite: a slope needs finite neighbours. "
                    "Check at a finite point"
                )

    def run(self, points: Sequence[Any] | None = None) -> Run:
        """Evaluate f on fresh leaves, at the point or another."""
        leaves = [
            Value(point, label, wanted)
            for point, label, wanted in zip(
                points or self.points, self.labels, self.wanted, strict=True
            )
        ]
        y = self.f(*leaves)
        if not isinstance(y, Value):
            raise TypeError(
                f"gradcheck: the function returned a {type(y).__name__}, not a Value, so its "
                "gradient is lost. Compute with Values to the end, without .data"
            )
        return Run(y, leaves, [v for v in topological(y) if v.op is not None])

    def moved(self, slot: int, index: tuple[int, ...], offset: float) -> Run:
        """Evaluate f with one element moved."""
        points = list(self.points)
        points[slot] = points[slot].copy()
        points[slot][index] += offset
        with np.errstate(all="ignore"):
            return self.run(points)

    def name(self, slot: int, index: tuple[int, ...]) -> str:
        """An element in words."""
        return self.labels[slot] + (str(list(index)) if index else "")


def _choice(a: Any) -> Any:
    """A mask or an index as something that compares; None for what chooses nothing."""
    if isinstance(a, np.ndarray):
        return a.tobytes() if a.dtype.kind in "biu" else None
    if isinstance(a, tuple | list):
        return tuple(map(_choice, a))
    return a if isinstance(a, int | slice | np.integer) else None
