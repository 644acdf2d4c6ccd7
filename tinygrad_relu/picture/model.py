"""A model as a network of neurons, over one example or a whole data set.

A tensor network computes a layer at a time; here each neuron is taken out as a Value of its
own, an activation of a weighted sum, for `draw_network` to draw.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.closure import record
from tinygrad_relu.flow.activations import (
    Activation,
    Affine,
    Model,
    affine_steps,
    batches,
    incoming,
    run,
)
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.node import plain
from tinygrad_relu.picture.network import draw_network
from tinygrad_relu.picture.output import Drawing
from tinygrad_relu.value import Value


def draw_model(
    model: Model,
    X: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    max_units: int = 12,
    **options: Any,
) -> Drawing | Path:
    """Draw the units of a model; those that are shut for all of X, the dead ones, crossed out.

    Parameters
    ----------
    model : callable
        As for `inspect_units`.
    X : array_like
        The examples along axis 0; for a single example ``X[:1]``. A neuron of
        many shows its range.
    path : str or path, optional
        Save there, by suffix: svg, png, pdf, dot, html or txt.
    max_units : int
        A layer of more neurons is folded.
    **options
        As for `draw_network`.

    Returns
    -------
    Drawing or Path

    Raises
    ------
    TypeError, ValueError
        As `inspect_units` does.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b, v = tg.Value([[2.0], [1.0]]), tg.Value([0.0, -9.0]), tg.Value([[1.0, -1.0]])
    >>> model = lambda x: tg.linear(tg.linear(x, w, b).relu(), v)
    >>> print(draw_model(model, [[1.5]]))
    layer 0: x1 = 1.5 (∂ –)
    layer 1: 1.1 = 3 (∂ –), 1.2 = 0 (∂ –) ✕ shut
    layer 2: y1 = 3 (∂ –)
    """
    return draw_network(model_layers(model, X, max_units), path, max_units=max_units, **options)


def model_layers(model: Model, X: Any, max_units: int = 12) -> list[list[Value]]:
    """The neurons of a model, layer by layer: inputs, units of each activation, outputs.

    The first `max_units` of a layer are joined by their weights where a fully connected layer
    takes the outputs of one layer, and nothing else; in other ways where more lies between.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> [len(layer) for layer in model_layers(nn.MLP(2, [16, 16, 1], rng=0), np.ones((5, 2)))]
    [2, 16, 16, 1]
    """
    (data,) = batches(np.asarray(plain(X)), np.size(plain(X)) or 1)
    data = np.asarray(data, np.float64)
    with evaluating(model):
        output, activations = run(model, data)
    inputs = [Value(column, f"x{i}") for i, column in enumerate(_columns(data, 1), 1)]
    layers = [inputs]
    places = {id(data): 0}  # the layer that a node of the graph is
    for number, activation in enumerate(activations, 1):
        before = _before(activation.before, incoming(activation), places, layers)
        z = activation.before.data.reshape(activation.h.shape)
        sums = _sums(_columns(z, activation.axis), before, max_units)
        layers.append([_fire(activation, i, one) for i, one in enumerate(sums)])
        places[id(activation.node)] = number
    if id(output) not in places:
        last = {id(node): affine for node, affine in affine_steps(output)}.get(id(output))
        columns = _columns(output.data.reshape(len(data), -1), 1)
        outputs = _sums(columns, _before(output, last, places, layers), max_units)
        for i, one in enumerate(outputs, 1):
            one.label = f"y{i}"
        layers.append(outputs)
    return layers


def _columns(array: Any, axis: int) -> list[Any]:
    """What each unit gave, over all examples and places; one number as a float."""
    rows = np.moveaxis(array, axis, 0) if array.ndim > 1 else array[None]
    return [float(row.item()) if row.size == 1 else np.ravel(row) for row in rows]


def _before(
    z: Value, affine: Affine | None, places: dict[int, int], layers: list[list[Value]]
) -> list[tuple[list[Value], Any]]:
    """The layers that lead into `z`, with the weights, a row a unit; None if more lies between."""
    if affine is not None and affine.exact and affine.op.name != "conv2d":
        source = layers[places.get(id(affine.x), 0)]
        weight = np.moveaxis(affine.weight.data, affine.unit_axis, 0)
        known = id(affine.x) in places or not isinstance(affine.x, Value)
        if known and weight.shape[1] == len(source):
            return [(source, weight)]
    found, seen, open_ends = set(), set(), [z]
    while open_ends:
        a = open_ends.pop()
        if id(a) in places:
            found.add(places[id(a)])
        elif isinstance(a, Value) and id(a) not in seen:
            seen.add(id(a))
            open_ends += a.operands if a.op is not None else ()
    return [(layers[k], None) for k in sorted(found or {0})]


def _sums(columns: list[Any], before: list[tuple[list[Value], Any]], shown: int) -> list[Value]:
    """Each pre-activation as a sum over the shown inputs, and all the rest as one number."""
    sums = []
    for i, column in enumerate(columns):
        terms = []
        for source, weight in before if i < shown else ():
            if weight is None:
                terms.append(record(0.0, source[:shown], lambda g: (), op="what lies between"))
            else:
                terms += [float(weight[i, j]) * a for j, a in enumerate(source[:shown])]
        total = sum(terms[1:], terms[0]) if terms else Value(0.0)
        sums.append(total + (column - total.data))
    return sums


def _fire(activation: Activation, unit: int, z: Value) -> Value:
    """One unit of a layer: the same op with the same settings, on its own pre-activation."""
    op: Any = activation.op
    operands = list(activation.node.operands)
    for slot in range(len(operands) - op.settings):
        if slot == activation.slot:
            operands[slot] = z
        else:  # a slope a channel, or a bound that all share
            other = operands[slot]
            flat = np.ravel(other.data if isinstance(other, Value) else other)
            operands[slot] = float(flat[unit if flat.size == activation.units else 0])
    fired: Value = op(*operands)
    return fired
