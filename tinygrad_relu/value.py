"""Value: a number or an array with a place in the graph. What a learner holds in the hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu import modes, ops, stale
from tinygrad_relu.anomaly import check_made
from tinygrad_relu.arrays import constant, kept, own, unshared
from tinygrad_relu.backward import backward
from tinygrad_relu.messages import describe, refused
from tinygrad_relu.methods import Methods
from tinygrad_relu.node import NODES, blank
from tinygrad_relu.op import Op
from tinygrad_relu.rule import backward_closure, local_grad, local_grads


def apply(op: Op[Any], operands: tuple[Any, ...], settings: tuple[Any, ...] = ()) -> Value:
    """Compute `op`; record a node if a gradient may be asked for."""
    data: list[Any] = []  # one loop, not three comprehensions: those cost a quarter of a small op
    recording = borrowed = False  # does a gradient flow here, may data be the caller's memory
    try:
        for a in operands:
            if a.__class__ in NODES:
                data.append(a._data)
                recording = recording or a.op is not None or a._requires_grad
            else:
                data.append(constant(a))
                borrowed = borrowed or a.__class__ is not float
        if borrowed:
            pairs = zip(operands, data, strict=True)
            operands = tuple([a if a.__class__ in NODES else kept(d) for a, d in pairs])
        y = op.evaluate((*data, *settings) if settings else data)
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise refused(op, operands, settings, error) from None
    if settings is not op.usual:  # the defaults, which nobody writes into
        settings = kept(settings)
    if y.__class__ is not float:
        for d in data:
            if y is d:  # what an operand holds is not locked with y
                y = y.view()
        y.setflags(False)  # not to be written; quicker without the name
    if modes.active:
        mode = modes.current()
        recording = recording and mode.recording
        if recording or mode.anomaly:
            node = _remember(made(op, operands, settings, y), mode)
            return node if recording else leaf(unshared(y))
    return made(op, operands, settings, y) if recording else leaf(unshared(y))


def made(op: Op[Any], operands: tuple[Any, ...], settings: tuple[Any, ...], y: Any) -> Value:
    """The node of `y`, which `op` computed."""
    return blank(Value)._as_made(op, operands, settings, y)  # type: ignore[no-any-return]


def _remember(node: Value, mode: modes.Mode) -> Value:
    """Note on a fresh node what the modes ask for; under `detect_anomaly`, check it."""
    if mode.scope:
        node.annotate(scope=mode.scope)
    if mode.source:
        node.annotate(source=modes.user_line())
    if mode.anomaly:
        node.annotate(fingerprint=stale.fingerprint(node))
        check_made(node)
    return node


def leaf(data: Any) -> Value:
    """A leaf that wants no gradient, around data that ops made."""
    return blank(Value)._as_leaf(data, False)  # type: ignore[no-any-return]


def _operator(op: Op[Any]) -> tuple[Callable[..., Value], Callable[..., Value]]:
    """`op` as an operator: asked of a Value on the left, and of one on the right only."""
    return lambda a, b: apply(op, (a, b)), lambda b, a: apply(op, (a, b))


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

    __slots__ = ()

    op: Op[Any] | None  #: None on a leaf

    backward = backward
    local_grads, local_grad = property(local_grads), property(local_grad)
    backward_closure = property(backward_closure)

    def __init__(self, data: Any, label: str = "", requires_grad: bool = True) -> None:
        if label.__class__ is not str and label is not None:
            self.label = label  # which takes a text
        self._as_leaf(own(data, label), requires_grad)
        if label:
            self.label = label

    # --- data and gradient ---------------------------------------------------------------

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
            self._data = self._fitting(own(new, self.label), "data", "the shape of a leaf stays")
        stale.stamp(self)

    @property
    def grad(self) -> Any:
        """∂root/∂self: a float or array; None until a pass has reached this node.

        A leaf adds up what its passes bring; an inner node shows its last pass, read-only.
        """
        return self._grad if self.op is None else self._inflow

    @grad.setter
    def grad(self, new: Any) -> None:
        if new is not None:
            new = self._fitting(own(new), "a gradient", "a gradient has the shape of its Value")
            if self.op is not None and self.ndim:
                new.setflags(write=False)
        if self.op is None:
            self._grad = new
        else:
            self._inflow = new

    def _fitting(self, new: Any, what: str, law: str) -> Any:
        if np.shape(new) != self.shape:
            raise ValueError(
                f"{describe(self)} cannot take {what} of shape {np.shape(new)}: {law}. "
                "Make a new Value instead"
            )
        return new if new.__class__ is float else new.astype(self.dtype, copy=False)

    def zero_grad(self) -> None:
        """Forget the gradient: `grad` is None again."""
        self.grad = None

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
        twin = leaf(self._data if self.op is None else unshared(self._data))
        if self.op is None:
            twin._stamp = self._stamp
        twin.label = self.label
        stale.join(self, twin)
        return twin

    # --- operators -----------------------------------------------------------------------

    __apply__ = staticmethod(apply)  # what a row that is called looks for: relu(v), v.relu()

    __add__, __radd__ = _operator(ops.add)
    __sub__, __rsub__ = _operator(ops.sub)
    __mul__, __rmul__ = _operator(ops.mul)
    __truediv__, __rtruediv__ = _operator(ops.div)
    __floordiv__, __rfloordiv__ = _operator(ops.floor_divide)
    __mod__, __rmod__ = _operator(ops.mod)
    __pow__, __rpow__ = _operator(ops.pow)
    __matmul__, __rmatmul__ = _operator(ops.matmul)

    def __pos__(self) -> Value:
        return self

    def __repr__(self) -> str:
        number = (
            repr(self._data)
            if self._data.__class__ is float
            else np.array2string(self._data, separator=", ", threshold=20, prefix="Value(")
        )
        parts = [
            number,
            self.label and f"label={self.label!r}",
            f"dtype={self.dtype}" if self.dtype != np.float64 else "",
            f"grad={self.grad!r}".replace("\n", "\n     ") if self.grad is not None else "",
            f"op={self.op.name}" if self.op else "",
            "" if self.requires_grad else "requires_grad=False",
        ]
        return f"Value({', '.join(filter(None, parts))})"
