"""Node: what a graph is made of. An op, its operands, its data; `Value` adds what one does with it.

A node closes over its operands and nothing points back, so a graph dies with its last reference.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Collection
from contextvars import ContextVar
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np

from tinygrad_relu.messages import describe

tick: Callable[[], int] = itertools.count(1).__next__  #: the age of what is made next
blank = object.__new__  #: a node yet to be filled
NODES: set[Any] = set()  #: classes of nodes: ``in NODES`` takes a third of isinstance's time


class Node:
    """A place in the graph.

    `op` made `_data` from the operands `_a` and `_b`; a leaf has none of the three. `_a` is the
    first. `_b` is the second if the op is of a `pair`, else a tuple of all others and the settings:
    few tuples, as they slow Python's garbage collector down. `_inflow` gathers what arrives in a
    pass, `_grad` what passes brought to a leaf. `_stamp` is the tick of creation, of a leaf of the
    last assignment of its data: newest first is a topological order, and a leaf newer than a node
    that used it is stale. `_notes` has what few nodes have, such as a label.
    """

    __slots__ = (
        *("__weakref__", "op", "_a", "_b", "_data", "_grad", "_inflow", "_notes"),
        *("_requires_grad", "_stamp"),
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

    def __init_subclass__(cls) -> None:
        NODES.add(cls)

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
        if not isinstance(label, str):
            raise TypeError(f"a label is a text, not {label!r:.60}")
        self.annotate(label=label)

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

    def __copy__(self) -> Any:
        """Of a leaf, a leaf with data of its own; of a computed node, one more of its parents."""
        return _twin(self)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        """Of a leaf, a leaf with data of its own; of a computed node, all nodes behind it.

        Leaves that the same call does not copy are shared, so that no gradient is lost:
        ``copy.deepcopy(h)`` is computed from the leaves of h, ``copy.deepcopy((model, h))`` from
        those of the new model.
        """
        made = memo.setdefault("nodes", [])
        for v in topological(self, memo):
            if id(v) in memo or (v.op is None and v is not self):
                continue
            memo[id(v)] = twin = _twin(v)
            if v.op is not None:
                _exchange(twin, memo)
                made.append(twin)
            else:
                for node in made:  # copied earlier, and sharing this leaf until now
                    _exchange(node, {id(v): twin})
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> Any:
        """All nodes behind this one, oldest first, so that none is inside another: no recursion."""
        around = getattr(_listed.get()(), "ids", ())
        if id(self) in around:
            return blank, (self.__class__,), self.__getstate__()
        nodes = topological(self)
        listed = [_Listed({id(v) for v in nodes}), *nodes, _Listed(around)]
        return itemgetter(-2), (listed,)  # the last of the nodes: this one

    def __getstate__(self) -> dict[str, Any]:
        both: Any = object.__getstate__(self)
        state = {**both[1], **(both[0] or {})}  # slots, and what a subclass has beside them
        del state["_stamp"]
        notes = {k: v for k, v in state.pop("_notes", {}).items() if k not in ("twins", "origin")}
        return {**state, "_notes": notes} if notes else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, content in state.items():
            setattr(self, name, content)
        self._stamp = tick()  # operands are restored before their node, and so are older


_listed: ContextVar[Callable[[], Any]] = ContextVar("listed", default=lambda: None)


class _Listed:
    """In a list that is pickled: from here on, these nodes are written in their turn.

    It lives until the pickle is written, or has failed: then no node is listed.
    """

    def __init__(self, ids: Collection[int]) -> None:
        self.ids = ids

    def __reduce__(self) -> Any:
        _listed.set(weakref.ref(self))
        return bool, ()


def _twin(v: Node) -> Any:
    """`v` once more, as old as it is; of a leaf, with arrays of its own."""
    twin = blank(v.__class__)
    twin.__setstate__(v.__getstate__())
    twin._stamp = v._stamp
    if v.op is None:
        twin._data, twin._grad = (a.copy() if hasattr(a, "copy") else a for a in (v._data, v._grad))
    return twin


def _exchange(node: Node, others: dict[Any, Any]) -> None:
    """Put others in the place of operands, found by their id."""
    operands = tuple(others.get(id(a), a) if isinstance(a, Node) else a for a in node.operands)
    node._a, node._b = operands if node.op.pair else (operands[0], operands[1:])


def plain(a: Any) -> Any:
    """The data of an operand; a constant or a setting is its own."""
    return a._data if isinstance(a, Node) else a


def behind(root: Any, ends: Collection[int] = ()) -> list[Any]:
    """`root` and every node behind it, once, up to the nodes whose ids are in `ends`."""
    found = [root]  # no recursion: a graph may be a million deep
    seen = {root}
    for node in found:
        for a in () if ends and node is not root and id(node) in ends else node.operands:
            if isinstance(a, Node) and a not in seen:
                seen.add(a)
                found.append(a)
    return found


def topological(root: Any, ends: Collection[int] = ()) -> list[Any]:
    """`behind`, sorted: leaves first, in order of use, then inner nodes, oldest first."""
    found = behind(root, ends)
    inner = sorted((v for v in found if v.op is not None), key=attrgetter("_stamp"))
    used = (a for v in inner for a in v.operands if isinstance(a, Node) and a.op is None)
    return [*dict.fromkeys(used), *inner] if inner else [root]
