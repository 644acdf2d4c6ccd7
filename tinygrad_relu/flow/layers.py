"""Where a model has its units: the layers in its graph, and the weights that lead in and out.

A unit is a row of weights, and its numbers are followed from there to an activation, through
whatever moves them (`flow.marks`). A feature map of a convolution is one unit over all its places.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from tinygrad_relu.flow.activations import Activation, pre_activation
from tinygrad_relu.flow.affine import Affine, affine_step
from tinygrad_relu.flow.marks import Marks, Sources, carry
from tinygrad_relu.messages import describe
from tinygrad_relu.node import topological
from tinygrad_relu.value import Value


@dataclass(frozen=True, eq=False)
class Axes:
    """Of each node of a graph, in topological order: its op, and the axis that counts examples.

    Whether they are `known`, or guessed from shapes: see `running.example_axes`.
    """

    ops: list[str | None]
    examples: list[int | None]
    known: bool = True


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers of a graph, from input to output.

    Attributes
    ----------
    activations : list of Activation
    steps : list of Affine
        Every step W·x over examples.
    axes : Axes
    """

    activations: list[Activation]
    steps: list[Affine]
    axes: Axes


def find_layers(root: Value, examples: int, known: Axes, unit_axis: int | None = None) -> Layers:
    """The activations behind `root`, and the weights that lead from one to the next.

    Parameters
    ----------
    root : Value
    examples : int
    known : Axes
    unit_axis : int, optional
        The axis of the units where it cannot be followed from a product with weights.

    Raises
    ------
    ValueError
        If an axis of units cannot be known, and is not given; or no axis of examples.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w = tg.Value(np.ones((3, 2)))
    >>> h = (w @ np.ones((5, 2)).T).relu()
    >>> axes = Axes([None, "matmul", "relu"], [None, 1, 1])
    >>> [(a.op.name, a.units) for a in find_layers(h, 5, axes).activations]
    [('relu', 3)]
    """
    marked: dict[int, Sources] = {}
    nodes = topological(root)
    axes = {id(node): axis for node, axis in zip(nodes, known.examples, strict=True)}
    found = Layers([], [], known)
    left_out: Value | None = None
    for node in nodes:
        if node.op is None or not node.ndim:
            continue
        step = affine_step(node, axes[id(node)], lambda x: marked.get(id(x), {}))
        if step is not None and axes.get(id(node.operands[step.slot])) is None:
            found.steps.append(step)
            marked[id(node)] = {step: _marked(step, axes[id(node)], examples)}
            continue
        z = pre_activation(node)
        sources = {} if z is None else _of_examples(marked.get(id(z), {}))
        if z is None or (not sources and axes[id(node)] is None):
            marked[id(node)] = carry(node, marked)
            left_out = left_out if z is None else node
            continue
        activation = _activation(node, z, sources, axes[id(node)], unit_axis)
        found.activations.append(activation)
        marked[id(node)] = {activation: _marks_of(activation)}
    if left_out is not None and not found.activations and not known.known:
        raise ValueError(
            f"{describe(left_out)}: which axis counts the examples cannot be known, since the "
            "model makes another graph, or none, for another number of them. Write it for a batch"
        )
    if unit_axis is not None:
        shapes = [a.node.shape for a in found.activations]
        if shapes and not any(-len(shape) <= unit_axis < len(shape) for shape in shapes):
            raise ValueError(f"unit_axis is {unit_axis}: no activation has it, of shapes {shapes}")
    return found


def _of_examples(sources: Sources) -> Sources:
    """Those that still tell the examples apart."""
    return {source: marks for source, marks in sources.items() if marks.examples.any()}


@lru_cache(64)  # asked for again at every batch; a view takes no room
def _counted(shape: tuple[int, ...], axis: int | None, most: int | None = None) -> Any:
    """1, 2, … along an axis, up to `most` in equal runs; the same along all others."""
    if axis is None:
        return np.broadcast_to(np.int64(1), shape)
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
    marks = np.zeros((2, activation.node.size), np.int64)
    examples, units, _ = order.shape
    marks[0, order] = np.arange(1, units + 1, dtype=np.int64)[:, None]
    marks[1, order] = np.arange(1, examples + 1, dtype=np.int64)[:, None, None]
    return Marks(*marks.reshape(2, *shape))


def _activation(
    node: Value, z: Value, sources: Sources, example_axis: int | None, unit_axis: int | None
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
    return Activation(node, z, order, steps)


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
    rank = np.empty(len(values), np.int64)
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
    if marks.size and marks.size in marks.shape:  # a line, and mostly 1, 2, 3, …
        line = marks.ravel()
        if len(line) > 1 and line[0] and (line[1:] > line[:-1]).all():
            return marks.shape.index(len(line)), True
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
