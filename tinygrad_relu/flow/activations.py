"""What an activation is: an op, or a spelling of one, on the pre-activations of a layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.affine import Affine
from tinygrad_relu.flow.marks import Marks, diagonal
from tinygrad_relu.kinks import margins, on_kink
from tinygrad_relu.node import plain
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

#: Curves that saturate, but are steps of a formula rather than activations.
_STEPS = ("exp", "expm1")

#: They are an activation if they choose by the sign of what they are applied to.
_BY_SIGN = ("where", "mul")


@dataclass(frozen=True, eq=False)
class Activation:
    """An activation applied to the pre-activations of one layer of units.

    Arrays of the layer have the shape (examples, units, places); a layer that is no feature map
    has one place.

    Attributes
    ----------
    node : Value
        The output h.
    before : Value
        The pre-activations z.
    order : tuple or ndarray
        How a node's numbers become (examples, units, places): its axes of examples and units, the
        second None for one unit; or an index into all its numbers.
    steps : dict
        The steps W·x that lead into z, with their marks, oldest first; empty if it is not known.
    """

    node: Value
    before: Value
    order: Any
    steps: dict[Affine, Marks] = field(default_factory=dict)

    @property
    def op(self) -> Any:
        """The op of the activation."""
        return self.node.op

    def arranged(self, array: Any) -> Any:
        """Numbers of the node as (examples, units, places)."""
        shape = self.node.shape
        whole = array if np.shape(array) == shape else np.broadcast_to(array, shape)
        if isinstance(self.order, np.ndarray):
            return np.ravel(whole)[self.order]
        examples, units = self.order
        first = (examples,) if units is None else (examples, units)
        axes = *first, *(i for i in range(len(shape)) if i not in first)
        return whole.transpose(axes).reshape(
            shape[examples], 1 if units is None else shape[units], -1
        )

    @cached_property
    def h(self) -> Any:
        """The outputs: (examples, units, places)."""
        return self.arranged(self.node._data)

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return int(self.h.shape[1])

    def row_of(self, step: Affine) -> Any:
        """For each unit of the layer, its row in the weights of `step`; -1 if it has none."""
        units = self.steps[step].units
        if isinstance(self.order, tuple):
            along = [
                slice(None) if i == self.order[1] else 0 if stride == 0 or length == 1 else None
                for i, (stride, length) in enumerate(zip(units.strides, units.shape, strict=True))
            ]
            if None not in along:  # the same along all other axes
                return np.atleast_1d(units[tuple(along)]) - 1
        units = self.arranged(units)
        same = (units == units[:1, :, :1]).all(axis=(0, 2))
        return np.where(same, units[0, :, 0], 0) - 1

    # --- its slope -----------------------------------------------------------------------

    @cached_property
    def _slope(self) -> Any:
        return slope(self.node, self.before)

    @cached_property
    def local(self) -> Any:
        """The local gradient ∂h/∂z as recorded: (examples, units, places)."""
        return self.arranged(self._slope)

    @cached_property
    def _sides(self) -> tuple[float, float] | None:
        """Its slopes above and below 0, where it is spelled by the sign of z and is no op."""
        spelled = (
            self.op.recorded or self.op.name in ("where", "mul") or len(_computed(self.node)) > 1
        )
        return sides(self._slope, self.before._data) if spelled else None

    @property
    def gate(self) -> bool:
        """Whether it has a flat side that cuts the gradient: relu, clip, max(·, 0), …"""
        if self._sides is not None:
            return 0 in self._sides
        return self.op.zero in ("shut", "unselected") or self.op.recorded

    @property
    def kinked(self) -> bool:
        """Whether it has a kink, and so an open side."""
        return self._sides is not None or bool(self._margins(self.node._data, self.before._data))

    @property
    def kink_at_zero(self) -> bool:
        """Whether a pre-activation of 0 sits on a kink."""
        zero = np.zeros(1, self.node.dtype)
        return self._sides is not None or any(np.any(m == 0) for m in self._margins(zero, zero))

    @property
    def on_kink(self) -> Any:
        """Where the pre-activation sits exactly on a kink; None if nowhere."""
        if self._sides is not None:
            return self.arranged(self.before._data == 0)
        (slot, *_) = _computed(self.node)
        hit = on_kink(self.op, slot, self.node._data, fresh_data(self.node))
        return None if hit is None else self.arranged(hit)

    @property
    def fires(self) -> Any:
        """Where a unit is on its open side.

        For a gate: where the local gradient is not 0. For a kink without a flat side, as of
        leaky ReLU: above it. A smooth activation has no sides: where its local gradient is not 0.
        """
        if self.gate:
            return self.local != 0
        if self._sides is not None:
            return self.arranged(self.before._data > 0)
        margin = self._margins(self.node._data, self.before._data)
        return self.arranged(margin[0] > 0) if margin else self.local != 0

    def _margins(self, y: Any, z: Any) -> tuple[Any, ...]:
        data = fresh_data(self.node)
        data[_computed(self.node)[0]] = z
        return margins(self.op, y, data)


def _computed(node: Value) -> list[int]:
    """The operands that are computed, and of the shape of the result."""
    return [
        i
        for i, a in enumerate(node.operands)
        if isinstance(a, Value) and a.op is not None and a.shape == node.shape
    ]


def slope(node: Any, z: Value) -> Any:
    """∂node/∂z where elementwise ops lead from one to the other.

    Examples
    --------
    >>> z = Value([2.0, -3.0]) * 1.0
    >>> slope(np.maximum(z, 0.1 * z), z)
    array([1. , 0.1])
    """
    if node is z:
        return np.ones(node.shape, node.dtype)
    y, data = node._data, fresh_data(node)
    with np.errstate(all="ignore"):
        if node.op.recorded:
            return node.op.pull(0)(np.ones_like(y), y, *data)
        slots = [i for i in _computed(node) if _among(z, _stems(node.operands[i]))]
        if len(slots) == 1 and node.operands[slots[0]] is z:
            return node.op.local(slots[0], y, data)
        return sum(node.op.local(i, y, data) * slope(node.operands[i], z) for i in slots)


def _stems(v: Value) -> list[Value]:
    """`v`, and what it is a multiple of, or another plain function, as far as a spelling goes."""
    found = [v]
    for _ in range(3):
        op = v.op
        if op is None or not op.elementwise or op.kink is not None or op.zero == "tiny":
            break
        slots = _computed(v)
        if len(slots) != 1:
            break
        v = v.operands[slots[0]]
        found.append(v)
    return found


def _among(z: Value, several: list[Value]) -> bool:
    return any(v is z for v in several)


def sides(slopes: Any, z: Any) -> tuple[float, float] | None:
    """The slopes above and below z = 0, if there is one on each side and they differ.

    Where only one side occurs, it is taken for a ReLU if it fits one, which is flat at 0: a mask
    of ones over what a ReLU gave does not.

    Examples
    --------
    >>> sides(np.array([1.0, 0.1, 1.0]), np.array([2.0, -1.0, 3.0]))
    (1.0, 0.1)
    >>> sides(np.array([1.0, 0.1, 0.5]), np.array([2.0, -1.0, 3.0])) is None
    True
    """
    slopes = np.broadcast_to(slopes, np.shape(z))
    above, below = slopes[z > 0], slopes[z < 0]
    if any(part.size and (part != part[0]).any() for part in (above, below)):
        return None
    up, low = (float(p[0]) if p.size else other for p, other in ((above, 1.0), (below, 0.0)))
    one_side = not (above.size and below.size)
    if one_side and ((up, low) != (1, 0) or slopes[z == 0].any()):
        return None
    return None if up == low else (up, low)


def pre_activation(node: Value) -> Value | None:
    """What `node` is an activation of; None if it is no activation.

    An activation is an elementwise op with a kink or a slope that fades, of one computed operand or
    of several that are multiples of one, as in ``max(z, 0.1 z)``; a choice or a product by the sign
    of that operand; or a closure of the learner's own that works number by number.
    """
    op = node.op
    if op is None or not node.ndim:
        return None
    if op.recorded:
        (z, *_) = node.operands
        return z if z.op is not None and diagonal(node) else None
    slots = _computed(node) if op.elementwise and op.name not in _STEPS else []
    if not slots:
        return None
    first, *others = (_stems(node.operands[i]) for i in slots)
    z = next((v for v in first if all(_among(v, stems) for stems in others)), None)
    if z is None or z.op is None:
        return None
    chooser = node.operands[2 if op.name == "where" else 1 - slots[0]] if op.name in _BY_SIGN else z
    if not isinstance(chooser, Value):
        if np.shape(chooser) != node.shape:
            return None  # a factor, or a choice for several numbers at once
        chosen = op.local(slots[0], node._data, [plain(a) for a in node.operands])
        by_sign = sides(chosen, z._data)
        return z if by_sign is not None and (op.name == "mul" or {*by_sign} == {0, 1}) else None
    return z if op.kink is not None or op.zero in ("shut", "tiny") else None
