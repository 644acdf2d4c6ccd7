"""Node: what a graph is made of. An op, its operands, its data; `Value` adds what one does with it.

A node closes over its operands and nothing points back, so a graph dies with its last reference.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Any

import numpy as np

from tinygrad_relu.messages import describe

tick: Callable[[], int] = itertools.count(1).__next__
blank = object.__new__


class Node:
    """A place in the graph.

    Attributes
    ----------
    op : Op or None
        None on a leaf.
    _a, _b
        The operands: of a pair one each, else the first and a tuple of all others. Tuples are
        what slows Python's garbage collector down, and a pair has none.
    _data : float or ndarray
    _inflow : float or ndarray or None
        What has arrived here in a pass.
    _grad : float or ndarray or None
        Of a leaf: what its passes brought, added up.
    _requires_grad : bool
        Of a leaf.
    _stamp : int
        The tick of creation; of a leaf, of the last assignment of its data. Newest first is a
        topological order, and a leaf newer than a node that used it is stale.
    _notes : dict
        What few nodes have, such as a label.
    """

    __slots__ = (
        "__weakref__",
        "_a",
        "_b",
        "_data",
        "_grad",
        "_inflow",
        "_notes",
        "_requires_grad",
        "_stamp",
        "op",
    )

    op: Any
    _a: Any
    _b: Any
    _data: Any
    _grad: Any
    _inflow: Any
    _notes: dict[str, Any]
    _requires_grad: bool
    _stamp: int

    def _as_leaf(self, data: Any, requires_grad: bool) -> Any:
        self._data = data
        self.op = self._a = self._b = self._inflow = self._grad = None
        self._requires_grad = requires_grad
        self._stamp = tick()
        return self

    def _as_made(self, op: Any, operands: Any, settings: Any, data: Any) -> Any:
        self._data = data
        self._inflow = None
        self.op = op
        if op.pair:
            self._a, self._b = operands
        elif op.one:
            self._a, self._b = operands[0], settings
        else:
            self._a, self._b = operands[0], operands[1:] + settings
        self._stamp = tick()
        return self

    # --- the graph -----------------------------------------------------------------------

    @property
    def operands(self) -> tuple[Any, ...]:
        """What the op was applied to, in order: Values, constants and settings."""
        if self.op is None:
            return ()
        return (self._a, self._b) if self.op.pair else (self._a, *self._b)

    @property
    def parents(self) -> tuple[Any, ...]:
        """The Values among the operands, in order; twice if used twice."""
        return tuple(a for a in self.operands if isinstance(a, Node))

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow here: chosen for a leaf, true for whatever came from one."""
        return self.op is not None or self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if self.op is not None:
            raise AttributeError(
                f"{describe(self)} was computed: whether it needs a gradient is decided by its "
                "leaves. Use detach() to cut the graph"
            )
        self._requires_grad = bool(wanted)

    # --- the data ------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes; () for a scalar."""
        return () if self._data.__class__ is float else self._data.shape

    @property
    def ndim(self) -> int:
        """Number of axes; 0 for a scalar."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.size(self._data))

    @property
    def dtype(self) -> np.dtype[Any]:
        """float64 or float32; float64 for a scalar, which is a Python float."""
        return np.dtype(np.float64) if self._data.__class__ is float else self._data.dtype

    # --- notes ---------------------------------------------------------------------------

    def note(self, key: str, default: Any = None) -> Any:
        """What was noted under `key`."""
        notes = getattr(self, "_notes", None)  # most nodes have none
        return default if notes is None else notes.get(key, default)

    def annotate(self, **notes: Any) -> None:
        """Note more. The dict is replaced, never changed: nodes may share it."""
        self._notes = {**getattr(self, "_notes", {}), **notes}

    @property
    def label(self) -> str:
        """A name for pictures and messages."""
        return str(self.note("label", ""))

    @label.setter
    def label(self, label: str) -> None:
        self.annotate(label=str(label))

    @property
    def source(self) -> tuple[str, int] | None:
        """File and line that made this node, under `track_source` or `detect_anomaly`."""
        return self.note("source")  # type: ignore[no-any-return]

    @property
    def scope(self) -> tuple[str, ...]:
        """The `scope` names around the making of this node, outermost first."""
        return self.note("scope", ())  # type: ignore[no-any-return]

    @property
    def detached_from(self) -> Any:
        """The Value this was detached from, while it lives."""
        origin: weakref.ref[Node] | None = self.note("origin")
        return None if origin is None else origin()

    # --- copies --------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in Node.__slots__ if hasattr(self, name)}
        del state["__weakref__"], state["_stamp"]
        notes = {k: v for k, v in state.pop("_notes", {}).items() if k not in ("twins", "origin")}
        return {**state, "_notes": notes} if notes else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, content in state.items():
            setattr(self, name, content)
        self._stamp = tick()  # operands are restored before their node, and so are older


def plain(a: Any) -> Any:
    """The data of an operand; a constant or a setting is its own."""
    return a._data if isinstance(a, Node) else a


def behind(root: Any, ends: Collection[int] = ()) -> list[Any]:
    """`root` and every node behind it, once. No recursion: a graph may be a million deep.

    A walk goes up to the nodes whose ids are in `ends`, and not beyond.
    """
    found = [root]
    seen = {root}
    for node in found:
        for a in () if ends and node is not root and id(node) in ends else node.operands:
            if isinstance(a, Node) and a not in seen:
                seen.add(a)
                found.append(a)
    return found


def topological(root: Any) -> list[Any]:
    """Every node behind `root`: leaves first, in order of use, then inner nodes, oldest first."""
    inner = sorted((v for v in behind(root) if v.op is not None), key=attrgetter("_stamp"))
    used = (a for v in inner for a in v.operands if isinstance(a, Node) and a.op is None)
    return [*dict.fromkeys(used), *inner] if inner else [root]
