"""Value: a number or an array with a place in the graph.

A node is light: an op, its operands, its data. It closes over its operands and
nothing points back, so a graph dies with its last reference.
"""

from __future__ import annotations

import itertools
import operator
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu import modes, ops
from tinygrad_relu.messages import describe, explain, leaves, stale, written
from tinygrad_relu.methods import Methods
from tinygrad_relu.op import USUAL, Op, constant, fit, unbroadcast

Operand = Any  #: a Value, a number, or anything np.asarray takes

_tick = itertools.count(1).__next__
_blank = object.__new__


def own(data: Any, label: str) -> Any:
    """A private copy of `data`: a Python float, or a float32 or float64 array."""
    if type(data) is float or type(data) is int:
        return float(data)
    name = f"Value {label!r}" if label else "Value"
    if isinstance(data, Value):
        raise TypeError(
            f"{name} of a Value: take v.data for its numbers, v.detach() to cut the graph"
        )
    try:
        array = np.array(data)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name}: data must be real numbers, not {array.dtype} ({data!r:.60})")
    if not array.ndim:
        return float(array)
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def fresh_data(node: Value) -> list[Any]:
    """The plain operands and settings of `node`, all unchanged since its forward pass."""
    for a in node.operands:
        seen = a if isinstance(a, Value) else None
        while seen is not None:
            if seen._stamp > node._stamp:
                raise stale(node, seen)
            seen = _seen_through(seen)
    if node._note("print", None) not in (None, modes.fingerprint(node)):
        raise written(node)
    return [a._data if isinstance(a, Value) else a for a in node.operands]


def _seen_through(view: Value) -> Value | None:
    """The operand whose array `view` shows: what is written there, as by ``-=``, changes both."""
    if view._data.__class__ is float or view._data.base is None:
        return None
    shown = (a for a in view.parents if np.may_share_memory(a._data, view._data))
    return next(shown, None)


def _node(op: Op[Any], a: Any, b: Any, y: Any) -> Value:
    node = _blank(Value)
    node._data = y
    node._inflow = None
    node.op = op
    node._a = a
    node._b = b
    node._stamp = _tick()
    return node


def _applied(op: Op[Any], args: tuple[Any, ...], y: Any) -> Value:
    """A node that keeps its operands as the op's layout says."""
    if op.layout == "one":
        return _node(op, args[0], args[1:], y)
    return _node(op, args[0], args[1], y) if op.layout == "pair" else _node(op, args, None, y)


def _from_float(op: Op[Any], args: tuple[Any, ...]) -> Value | None:
    """A node of one scalar operand and plain settings, made at once; None for anything else."""
    a, rest = args[0], args[1:]
    if a.op is None and not a._requires_grad:
        return None
    for setting in rest:
        if isinstance(setting, Value):
            return None
    try:
        y = op.forward(a._data, *rest)
    except Exception:  # the long way answers as NumPy does, or says what is wrong
        return None
    if y.__class__ is not float:
        if np.ndim(y) or isinstance(y, complex):
            return None
        y = float(y)
    return _node(op, a, op.defaults if rest == op.defaults else rest, y)  # one tuple for all


def _unshared(y: Any) -> Any:
    """`y`, or a copy if it is a view: who leaves the graph must not see a leaf change."""
    return y if y.__class__ is float or y.base is None else y.copy()


def _constant(y: Any) -> Value:
    """A leaf that wants no gradient, around data that ops made."""
    leaf = _blank(Value)
    leaf._data = _unshared(y)
    leaf.op = leaf._b = leaf._inflow = leaf._grad = None
    leaf._a = ()
    leaf._requires_grad = False
    leaf._stamp = _tick()
    return leaf


def _plain(a: Any) -> Any:
    return a._data if isinstance(a, Value) else a


def _operator(
    op: Op[Any], on_floats: Callable[[Any, Any], Any]
) -> Callable[[Value, Operand], Value]:
    """A binary operator: two plain floats become a node at once, all else takes the long way."""

    def method(self: Value, other: Operand) -> Value:
        a = self._data
        b = other._data if isinstance(other, Value) else other
        if (
            a.__class__ is float
            and (b.__class__ is float or b.__class__ is int)
            and (self.op is not None or self._requires_grad)
            and not modes.active
        ):
            try:
                y = on_floats(a, b)
            except (ArithmeticError, TypeError):  # the long way answers as NumPy does
                return Value.__apply__(op, (self, other))
            if y.__class__ is not float:
                return Value.__apply__(op, (self, other))
            node = _blank(Value)
            node._data = y
            node._inflow = None
            node.op = op
            node._a = self
            node._b = other
            node._stamp = _tick()
            return node
        return Value.__apply__(op, (self, other))

    return method


class Value(Methods):
    """A scalar or tensor that remembers how it was made.

    Parameters
    ----------
    data : float or array_like of real numbers
        A scalar becomes a Python float. An array is copied; float32 and float64
        are kept, every other real dtype, integers and booleans too, becomes float64.
    label : str
        A name for pictures and messages.
    requires_grad : bool
        Whether gradients flow into this leaf.

    Raises
    ------
    TypeError
        If `data` is a Value or not made of real numbers.

    Examples
    --------
    >>> x = Value(3.0, label="x")
    >>> y = x * x + x
    >>> y.backward()
    >>> x.grad
    7.0
    >>> x
    Value(3.0, label='x', grad=7.0)
    """

    # _a and _b hold the operands as `Op.layout` says.
    # _stamp is the tick of creation, for a leaf of the last assignment of its data.
    # _inflow gathers what arrives in a pass; _notes holds what few nodes have.
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

    op: Op[Any] | None
    _a: Any
    _b: Any
    _data: Any
    _inflow: Any
    _grad: Any
    _stamp: int
    _requires_grad: bool

    def __init__(self, data: Any, label: str = "", requires_grad: bool = True) -> None:
        self._data = own(data, label)
        self.op = None
        self._a = ()
        self._b = None
        self._inflow = self._grad = None
        self._requires_grad = requires_grad
        self._stamp = _tick()
        if label:
            self.label = label

    # --- what a node holds ---------------------------------------------------------------

    @property
    def data(self) -> Any:
        """The number, or the array. Arrays made by ops are read-only.

        Assigning is for leaves, and is seen by every graph that used the old data: its
        backward raises StaleDataError. Writing into a leaf's array element by element
        is only seen under `detect_anomaly`.
        """
        return self._data

    @data.setter
    def data(self, new: Any) -> None:
        if self.op is not None:
            raise AttributeError(
                f"{describe(self)} was computed: its data cannot be assigned. "
                "Make a new Value, or assign the leaves it was computed from"
            )
        if new.__class__ is float and self._data.__class__ is float:
            self._data = new
        elif new is not self._data:
            data = own(new, self.label)
            if np.shape(data) != np.shape(self._data):
                raise ValueError(
                    f"{describe(self)} cannot take data of shape {np.shape(data)}: "
                    "the shape of a leaf stays. Make a new Value instead"
                )
            self._data = data if type(data) is float else data.astype(self.dtype, copy=False)
        now = _tick()
        self._stamp = now
        for twin in self._note("twins", ()):  # whoever shares this data through detach()
            value = twin()
            if value is not None and value.op is None:
                value._stamp = now

    @property
    def grad(self) -> Any:
        """∂root/∂self: a float or array; None until a pass has reached this node.

        A leaf adds up what its passes bring; an inner node shows its last pass, read-only.
        """
        return self._grad if self.op is None else self._inflow

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not None:
            new = own(new, "")
            if np.shape(new) != self.shape:
                raise ValueError(
                    f"{describe(self)} cannot take a gradient of shape {np.shape(new)}: "
                    "a gradient has the shape of its Value"
                )
            if self.ndim:
                new = new.astype(self.dtype, copy=False)
                new.setflags(write=self.op is None)
        if self.op is None:
            self._grad = new
        else:
            self._inflow = new

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None again."""
        self.grad = None

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
    def operands(self) -> tuple[Any, ...]:
        """What the op was applied to, in order: Values, constants and settings."""
        layout = "many" if self.op is None else self.op.layout
        if layout == "pair":
            return (self._a, self._b)
        return (self._a, *self._b) if layout == "one" else self._a

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values among the operands, in order; twice if used twice."""
        return tuple(a for a in self.operands if isinstance(a, Value))

    @property
    def label(self) -> str:
        """A name for pictures and messages."""
        return str(self._note("label", ""))

    @label.setter
    def label(self, label: str) -> None:
        self._annotate(label=str(label))

    @property
    def source(self) -> tuple[str, int] | None:
        """File and line that made this node, under `track_source` or `detect_anomaly`."""
        source: tuple[str, int] | None = self._note("source", None)
        return source

    @property
    def scope(self) -> tuple[str, ...]:
        """The `scope` names around the making of this node, outermost first."""
        scope: tuple[str, ...] = self._note("scope", ())
        return scope

    @property
    def detached_from(self) -> Value | None:
        """The Value this was detached from, while it lives."""
        origin = self._note("origin", None)
        return None if origin is None else origin()

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in Value.__slots__ if hasattr(self, name)}
        del state["__weakref__"], state["_stamp"]
        notes = {k: v for k, v in state.pop("_notes", {}).items() if k not in ("twins", "origin")}
        return {**state, "_notes": notes} if notes else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, content in state.items():
            setattr(self, name, content)
        self._stamp = _tick()  # operands are restored before their node, and so are older

    def _note(self, key: str, default: Any) -> Any:
        notes = getattr(self, "_notes", None)  # most nodes have none
        return default if notes is None else notes.get(key, default)

    def _annotate(self, **notes: Any) -> None:
        self._notes: dict[str, Any] = {**getattr(self, "_notes", {}), **notes}

    # --- shape ---------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes; () for a scalar."""
        return () if type(self._data) is float else self._data.shape

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
        return np.dtype(np.float64) if type(self._data) is float else self._data.dtype

    def item(self) -> float:
        """The only element, as a float. Leaves the graph on purpose."""
        return self._data if type(self._data) is float else float(self._data.item())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{describe(self)} is a scalar: it has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        number = (
            repr(self._data)
            if type(self._data) is float
            else np.array2string(self._data, separator=", ", threshold=20, prefix="Value(")
        )
        parts = [number]
        if self.label:
            parts.append(f"label={self.label!r}")
        if self.dtype != np.float64:
            parts.append(f"dtype={self.dtype}")
        if self.grad is not None:
            parts.append(f"grad={self.grad!r}".replace("\n", "\n     "))
        if self.op is not None:
            parts.append(f"op={self.op.name}")
        if not self.requires_grad:
            parts.append("requires_grad=False")
        return f"Value({', '.join(parts)})"

    # --- gradients -----------------------------------------------------------------------

    def backward(self, gradient: Any = None) -> None:
        """Send `gradient` back through the graph and add what arrives to each leaf's `grad`.

        Parameters
        ----------
        gradient : float or array_like, optional
            ∂L/∂self, in the shape of self. Left out for a scalar: 1.

        Raises
        ------
        ValueError
            If self is not a scalar and no gradient is given, or its shape does not fit.
        RuntimeError
            If self does not require a gradient.
        StaleDataError
            If data used in the graph was assigned since. No gradient is changed then.

        Examples
        --------
        >>> x = Value(3.0)
        >>> y = x**3
        >>> y.backward(); x.grad
        27.0
        >>> y.backward(); x.grad
        54.0
        """
        backward(self, gradient)

    def detach(self) -> Value:
        """The same data outside the graph: no gradient flows back through it.

        Shares the data and keeps a weak link to self, so that assigning the data of one
        is seen as a change of both.

        Examples
        --------
        >>> x = Value(3.0)
        >>> (x * x.detach()).backward(); x
        Value(3.0, grad=3.0)
        """
        twin = _blank(Value)
        twin._data = self._data if self.op is None else _unshared(self._data)
        twin.op = None
        twin._a, twin._b, twin._inflow, twin._grad = (), None, None, None
        twin._requires_grad = False
        twin._stamp = _tick() if self.op is not None else self._stamp
        twins = self._note("twins", None)
        if twins is None:
            twins = [weakref.ref(self)]
            self._annotate(twins=twins)
        twins[:] = [t for t in twins if t() is not None] + [weakref.ref(twin)]
        twin._annotate(label=self.label, twins=twins, origin=weakref.ref(self))
        return twin

    @property
    def local_grads(self) -> tuple[Any, ...] | None:
        """The local gradients of an elementwise op, aligned with `parents`; else None.

        Floats for a scalar, arrays in the shape of the output for a tensor.

        Raises
        ------
        StaleDataError
            If an operand's data was assigned since the forward pass.

        Examples
        --------
        >>> a, b = Value(2.0), Value(3.0)
        >>> (a * b).local_grads
        (3.0, 2.0)
        """
        op = self.op
        if op is None or not op.elementwise:
            return None
        data = fresh_data(self)
        slots = [i for i, a in enumerate(self.operands) if isinstance(a, Value)]
        locals = [op.local(i, self._data, data) for i in slots]
        if type(self._data) is float:
            return tuple(float(local) for local in locals)
        return tuple(np.broadcast_to(local, self.shape).astype(self.dtype) for local in locals)

    @property
    def local_grad(self) -> Any:
        """The local gradient of a one-parent elementwise op: 1 or 0 for relu; else None."""
        locals = self.local_grads
        return locals[0] if locals is not None and len(locals) == 1 else None

    @property
    def backward_closure(self) -> Callable[[Any], tuple[Any, ...]] | None:
        """The op's rule bound to this node: upstream gradient in, contributions out.

        The contributions are aligned with `parents`, None for one that needs no gradient,
        and are what the pass adds. Given a Value, they are Values: the gradient of a
        gradient. None on a leaf.

        Examples
        --------
        >>> a, b = Value(2.0), Value(3.0)
        >>> (a * b).backward_closure(10.0)
        (30.0, 20.0)
        """
        op = self.op
        if op is None:
            return None

        def closure(upstream: Any) -> tuple[Any, ...]:
            data = fresh_data(self)
            y, again = self._data, isinstance(upstream, Value)
            if again:
                y, data = self, list(self.operands)
            else:
                upstream = constant(upstream, op.name)
            if np.shape(upstream) != self.shape:
                raise ValueError(
                    f"{describe(self)} needs an upstream gradient of its own shape, "
                    f"not {np.shape(upstream)}"
                )
            out: list[Any] = []
            for slot, parent in enumerate(self.operands):
                if not isinstance(parent, Value):
                    continue
                if not parent.requires_grad:
                    out.append(None)
                    continue
                c = op.contribution(slot, upstream, y, data)
                out.append(unbroadcast(c, parent.shape) if again else fit(c, parent._data))
            return tuple(out)

        return closure

    # --- how ops and NumPy reach a Value -------------------------------------------------

    @staticmethod
    def __apply__(op: Op[Any], args: tuple[Any, ...]) -> Value:
        """Apply `op`: compute the data, and record a node if a gradient may be asked for."""
        if op.single and getattr(args[0], "_data", None).__class__ is float and not modes.active:
            node = _from_float(op, args)
            if node is not None:
                return node
        data: list[Any] = []
        recording = raw = False
        settings = args[len(args) - op.settings :] if op.settings else ()
        for a in args[: len(args) - op.settings] if settings else args:
            if isinstance(a, Value):
                data.append(a._data)
                if not recording and (a.op is not None or a._requires_grad):
                    recording = True
            elif a.__class__ is float or (
                a.__class__ is np.ndarray and a.ndim and a.dtype.char in USUAL
            ):
                data.append(a)
            else:
                data.append(constant(a, op.name))
                raw = True
        for a in settings:
            if isinstance(a, Value):
                raise TypeError(f"{op.name}: a setting is a plain number, not {describe(a)}")
            data.append(a)
        if raw:
            args = tuple(a if isinstance(a, Value) else d for a, d in zip(args, data, strict=True))
        try:
            y = op.evaluate(data)
        except (TypeError, ValueError, IndexError) as error:
            raise type(error)(explain(op, args[: len(args) - op.settings], error)) from None
        if y.__class__ is not float:
            for d in data:
                if y is d:
                    y = y.view()
            y.setflags(False)  # not to be written; quicker without the name
        if modes.active:
            mode = modes.current()
            recording = recording and mode.recording
            if recording or mode.anomaly:
                node = modes.remember(_applied(op, args, y), mode)
                return node if recording else _constant(y)
        return _applied(op, args, y) if recording else _constant(y)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self.requires_grad:
            raise TypeError(leaves("a plain array", self))
        return np.array(self._data, dtype=dtype)

    def __float__(self) -> float:
        if self.requires_grad:
            raise TypeError(leaves("a plain float", self))
        return self.item()

    def __bool__(self) -> bool:
        return bool(self._data)

    def __iter__(self) -> Any:
        if not self.ndim:
            raise TypeError(f"{describe(self)} is a scalar: it has no elements to go through")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Value:
        return ops.getitem(self, index)  # type: ignore[no-any-return]

    # --- operators -----------------------------------------------------------------------

    def __neg__(self) -> Value:
        return ops.neg(self)  # type: ignore[no-any-return]

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return ops.abs(self)  # type: ignore[no-any-return]

    __add__ = _operator(ops.add, operator.add)
    __sub__ = _operator(ops.sub, operator.sub)
    __mul__ = _operator(ops.mul, operator.mul)
    __truediv__ = _operator(ops.div, operator.truediv)
    __pow__ = _operator(ops.pow, operator.pow)
    __matmul__ = _operator(ops.matmul, operator.matmul)

    def __radd__(self, other: Operand) -> Value:
        return Value.__apply__(ops.add, (other, self))

    def __rsub__(self, other: Operand) -> Value:
        return Value.__apply__(ops.sub, (other, self))

    def __rmul__(self, other: Operand) -> Value:
        return Value.__apply__(ops.mul, (other, self))

    def __rtruediv__(self, other: Operand) -> Value:
        return Value.__apply__(ops.div, (other, self))

    def __rpow__(self, other: Operand) -> Value:
        return Value.__apply__(ops.pow, (other, self))

    def __rmatmul__(self, other: Operand) -> Value:
        return Value.__apply__(ops.matmul, (other, self))

    # --- comparisons give plain bools and arrays; a Value is itself, whatever it holds ---

    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        return self._data == _plain(other)

    def __ne__(self, other: Any) -> Any:
        return self._data != _plain(other)

    def __lt__(self, other: Operand) -> Any:
        return self._data < _plain(other)

    def __le__(self, other: Operand) -> Any:
        return self._data <= _plain(other)

    def __gt__(self, other: Operand) -> Any:
        return self._data > _plain(other)

    def __ge__(self, other: Operand) -> Any:
        return self._data >= _plain(other)


# The pass is written in terms of Value, so it can only be met here.
from tinygrad_relu.backward import backward  # noqa: E402
