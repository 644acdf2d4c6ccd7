"""Where a model has its units: the activations in its graph, and the weights that lead there.

A unit is a row of weights, and its numbers are followed from there to an activation, through
whatever moves them (`flow.marks`). A feature map of a convolution is one unit over all its places.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.affine import Affine, affine_step
from tinygrad_relu.flow.marks import Marks, Sources, carry, diagonal
from tinygrad_relu.messages import describe
from tinygrad_relu.node import plain, topological
from tinygrad_relu.rule import margins, on_kink
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

#: Curves that saturate, but are steps of a formula rather than activations.
_STEPS = ("exp", "expm1")


@dataclass(frozen=True, eq=False)
class Activation:
    """An activation applied to the pre-activations of one layer of units.

    Arrays of the layer have the shape (examples, units, places); a layer that is no feature map
    has one place.

    Attributes
    ----------
    node : Value
        The output h.
    slot : int
        Which operand is the pre-activation z.
    order : tuple or ndarray
        How a node's numbers become (examples, units, places): its axes of examples and units, the
        second None for one unit; or an index into all its numbers.
    steps : dict
        The steps W·x that lead into z, with their marks, oldest first; empty if it is not known.
    """

    node: Value
    slot: int
    order: Any
    steps: dict[Affine, Marks] = field(default_factory=dict)

    @property
    def op(self) -> Any:
        """The op of the activation."""
        return self.node.op

    @property
    def before(self) -> Value:
        """The pre-activations z."""
        z: Value = self.node.operands[self.slot]
        return z

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
            axis = self.order[1]
            rest = [
                i for i, s in enumerate(units.strides) if i != axis and s and units.shape[i] > 1
            ]
            if not rest:  # the same along all other axes
                return (
                    np.atleast_1d(
                        units[tuple(slice(None) if i == axis else 0 for i in range(units.ndim))]
                    )
                    - 1
                )
        units = self.arranged(units)
        same = (units == units[:1, :, :1]).all(axis=(0, 2))
        return np.where(same, units[0, :, 0], 0) - 1

    # --- its slope -----------------------------------------------------------------------

    @cached_property
    def _local(self) -> Any:
        op, y, data = self.op, self.node._data, fresh_data(self.node)
        with np.errstate(all="ignore"):
            if op.recorded:
                return op.pull(0)(np.ones_like(y), y, *data)
            return op.local(self.slot, y, data)

    @cached_property
    def local(self) -> Any:
        """The local gradient ∂h/∂z as recorded: (examples, units, places)."""
        return self.arranged(self._local)

    @cached_property
    def _spelled(self) -> bool:
        """Whether it is a ReLU spelled otherwise: its slope is 1 above 0 and 0 below."""
        other = self.op.recorded or self.op.name in ("where", "mul")
        return other and is_step(self._local, self.before._data)

    @property
    def gate(self) -> bool:
        """Whether it has a flat side that cuts the gradient: relu, clip, max(·, 0), …"""
        return self.op.zero in ("shut", "unselected") or self.op.recorded or self._spelled

    @property
    def kinked(self) -> bool:
        """Whether it has a kink, and so an open side."""
        return bool(self._margins(self.node._data, self.before._data)) or self._spelled

    @property
    def kink_at_zero(self) -> bool:
        """Whether a pre-activation of 0 sits on a kink."""
        zero = np.zeros(1, self.node.dtype)
        return self._spelled or any(np.any(m == 0) for m in self._margins(zero, zero))

    @property
    def on_kink(self) -> Any:
        """Where the pre-activation sits exactly on a kink; None if nowhere."""
        hit = on_kink(self.op, self.slot, self.node._data, fresh_data(self.node))
        if self._spelled:
            hit = self.before._data == 0
        return None if hit is None else self.arranged(hit)

    @property
    def fires(self) -> Any:
        """Where a unit is on its open side.

        For a gate: where the local gradient is not 0. For a kink without a flat side, as of
        leaky ReLU: above it. A smooth activation has no sides: where its local gradient is not 0.
        """
        sides = () if self.gate else self._margins(self.node._data, self.before._data)
        return self.arranged(sides[0] > 0) if sides else self.local != 0

    def _margins(self, y: Any, z: Any) -> tuple[Any, ...]:
        data = fresh_data(self.node)
        data[self.slot] = z
        return margins(self.op, y, data)


def is_step(slope: Any, z: Any) -> bool:
    """Whether `slope` is 1 where z > 0 and 0 where z < 0; at 0 either."""
    slope = np.broadcast_to(slope, np.shape(z))
    fits = np.where(z > 0, slope == 1, np.where(z < 0, slope == 0, (slope == 0) | (slope == 1)))
    return bool(np.all(fits | np.isnan(z)))


def slot_of_z(node: Value) -> int | None:
    """Which operand `node` is an activation of; None if it is no activation.

    An activation is an elementwise op of one computed operand, with a kink or a slope that fades;
    a choice or a product by the sign of that operand; or a closure of the learner's own that
    works number by number.
    """
    op = node.op
    if op is None or not node.ndim:
        return None
    if op.recorded:
        return 0 if node.operands[0].op is not None and diagonal(node) else None
    if not op.elementwise or op.name in _STEPS:
        return None
    computed = [
        i
        for i, a in enumerate(node.operands)
        if isinstance(a, Value) and a.op is not None and a.shape == node.shape
    ]
    if len(computed) != 1:
        return None
    (slot,) = computed
    if op.kink is not None or op.zero in ("shut", "tiny"):
        return slot
    if op.name == "where" or (op.name == "mul" and not isinstance(node.operands[1 - slot], Value)):
        local = op.local(slot, node._data, [plain(a) for a in node.operands])
        return slot if is_step(local, node.operands[slot]._data) else None
    return None


# --- the walk --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers of a graph, from input to output.

    Attributes
    ----------
    activations : list of Activation
    steps : list of Affine
        Every step W·x over examples.
    """

    activations: list[Activation]
    steps: list[Affine]


def find_layers(
    root: Value, examples: int, example_axes: list[int | None], unit_axis: int | None = None
) -> Layers:
    """The activations behind `root`, and the weights that lead from one to the next.

    Parameters
    ----------
    root : Value
    examples : int
    example_axes : list
        The axis that counts them in every node, in topological order; see `running.example_axes`.
    unit_axis : int, optional
        The axis of the units where it cannot be followed from a product with weights.

    Raises
    ------
    ValueError
        If an axis of units cannot be known, and is not given.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w = tg.Value(np.ones((3, 2)))
    >>> h = (w @ np.ones((5, 2)).T).relu()
    >>> [(a.op.name, a.units) for a in find_layers(h, 5, [None, 1, 1]).activations]
    [('relu', 3)]
    """
    known: dict[int, Sources] = {}
    nodes = topological(root)
    axes = {id(node): axis for node, axis in zip(nodes, example_axes, strict=True)}
    found = Layers([], [])
    for node in nodes:
        if node.op is None or not node.ndim:
            continue
        step = affine_step(node, axes[id(node)], lambda x: known.get(id(x), {}))
        if step is not None and axes.get(id(node.operands[step.slot])) is None:
            found.steps.append(step)
            known[id(node)] = {step: _marked(step, axes[id(node)], examples)}
            continue
        slot = slot_of_z(node)
        sources = {} if slot is None else _of_examples(known.get(id(node.operands[slot]), {}))
        if slot is None or (not sources and axes[id(node)] is None):
            known[id(node)] = carry(node, known)
            continue
        activation = _activation(node, slot, sources, axes[id(node)], unit_axis)
        found.activations.append(activation)
        known[id(node)] = {activation: _marks_of(activation)}
    return found


def _of_examples(sources: Sources) -> Sources:
    """Those that still tell the examples apart."""
    return {source: marks for source, marks in sources.items() if marks.examples.any()}


def _counted(shape: tuple[int, ...], axis: int | None, most: int | None = None) -> Any:
    """1, 2, … along an axis, up to `most` in equal runs; the same along all others."""
    if axis is None:
        return np.broadcast_to(np.intp(1), shape)
    length = shape[axis]
    along = np.arange(1, length + 1, dtype=np.int64)
    if most is not None and most != length:
        along = 1 + (along - 1) // (length // most)
    return np.broadcast_to(
        along.reshape([length if i == axis else 1 for i in range(len(shape))]), shape
    )


def _marked(step: Affine, example_axis: int | None, examples: int) -> Marks:
    shape = step.node.shape
    axis = None if step.axis is None else step.axis % len(shape)
    units = _counted(shape, axis)
    bias = (
        None
        if step.own_bias is None
        else (step.own_bias, np.arange(1, step.units + 1, dtype=np.int64))
    )
    return Marks(units, _counted(shape, example_axis, examples), bias=bias)


def _marks_of(activation: Activation) -> Marks:
    """What an activation leaves of itself in its output."""
    shape, order = activation.node.shape, activation.order
    if isinstance(order, tuple):
        return Marks(_counted(shape, order[1]), _counted(shape, order[0]))
    marks = np.zeros((2, activation.node.size), np.intp)
    examples, units, _ = order.shape
    marks[0, order] = np.arange(1, units + 1, dtype=np.int64)[:, None]
    marks[1, order] = np.arange(1, examples + 1, dtype=np.int64)[:, None, None]
    return Marks(*marks.reshape(2, *shape))


def _activation(
    node: Value, slot: int, sources: Sources, example_axis: int | None, unit_axis: int | None
) -> Activation:
    steps = {s: marks for s, marks in sources.items() if isinstance(s, Affine)}
    chosen = list((steps or sources).values())
    order = _order(chosen) if chosen else None
    if order is None and unit_axis is not None:
        fits = -node.ndim <= unit_axis < node.ndim and unit_axis % node.ndim != example_axis
        order = (example_axis, unit_axis % node.ndim) if fits else None
    elif not chosen and node.ndim <= 2:
        order = (example_axis, 1 - (example_axis or 0) if node.ndim == 2 else None)
    if order is None or order[0] is None:
        raise ValueError(
            f"{describe(node)}: which axis holds the units cannot be followed from a product with "
            "weights. Give unit_axis=, the axis of this node that counts them"
        )
    return Activation(node, slot, order, steps)


def _order(several: list[Marks]) -> Any:
    """How numbers with these marks become (examples, units, places); None if they are uneven."""
    units, examples = several[-1].units, several[-1].examples
    if len(several) > 1:  # the latest layer that a number comes from tells its unit
        units, start = np.zeros_like(units), 0
        for marks in several:
            units = np.where(marks.units > 0, marks.units + start, units)
            examples = np.where(marks.units > 0, marks.examples, examples)
            start += int(marks.units.max(initial=0))
    axes = [_runs_along(marks) for marks in (examples, units)]
    (e, example_runs), (u, unit_runs) = axes
    if example_runs and unit_runs and e is not None and e != u:
        return e, u
    taken = np.flatnonzero((units > 0) & (examples > 0))
    _, example = np.unique(np.ravel(examples)[taken], return_inverse=True)
    values, first, unit = np.unique(np.ravel(units)[taken], return_index=True, return_inverse=True)
    rank = np.empty(len(values), np.intp)
    rank[np.argsort(first)] = np.arange(len(values), dtype=np.int64)  # as they stand in the node
    unit = rank[unit]
    n, k = example.max(initial=-1) + 1, len(values)
    counts = np.bincount(example * k + unit, minlength=n * k)
    if not counts.size or (counts != counts[0]).any():
        return None
    return taken[np.lexsort((unit, example))].reshape(n, k, counts[0])


def _runs_along(marks: Any) -> tuple[int | None, bool]:
    """The one axis along which marks differ, and whether they differ there from each other."""
    marks = marks[tuple(slice(None if stride else 1) for stride in marks.strides)]  # as `by_unit`
    moving = [
        i
        for i, (length, stride) in enumerate(zip(marks.shape, marks.strides, strict=True))
        if length > 1 and stride and (marks != marks.take([0], axis=i)).any()
    ]
    if len(moving) > 1 or not marks.size:
        return None, False
    if not moving:
        return None, bool(marks.flat[0])
    at = marks[tuple(slice(None) if i == moving[0] else 0 for i in range(marks.ndim))]
    differ = (at[1:] > at[:-1]).all() or len(np.unique(at)) == len(at)
    return moving[0], bool(differ and at.all())


# --- what leads into a layer, and out of it ---------------------------------------------------


def outgoing(layers: Layers, activation: Activation) -> list[tuple[Affine, Any]]:
    """The steps that a layer of units leads into, and for each its features by unit.

    A feature is 1 + the unit that it is, 0 if of no unit of this layer, and -1 where more is
    mixed in.
    """
    found = []
    for step in layers.steps:
        if activation in step.features:
            by_source = {s: _by_feature(step, marks.units) for s, marks in step.features.items()}
            mine = by_source.pop(activation)
            others = sum((m != 0 for m in by_source.values()), np.zeros(len(mine), np.int64))
            found.append((step, np.where((mine != 0) & (others > 0), -1, mine)))
    return found


def _by_feature(step: Affine, units: Any) -> Any:
    rows = np.moveaxis(units, step.feature_axis, 0).reshape(step.fan_in, -1)
    return np.where((rows == rows[:, :1]).all(axis=1), rows[:, 0], -1)
