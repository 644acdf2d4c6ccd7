"""The network that a model is, over one example or a whole data set.

A tensor network computes a layer at a time; here each unit is taken out as a neuron of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_relu.flow.activations import Activation
from tinygrad_relu.flow.affine import Affine
from tinygrad_relu.flow.names import layer_names
from tinygrad_relu.flow.running import Model, batches, run
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.node import behind, plain
from tinygrad_relu.options import examples
from tinygrad_relu.picture.network import Network, Neuron, Weight, gate
from tinygrad_relu.value import Value


def network_of_model(model: Model, X: Any, max_units: int = 12) -> Network:
    """The neurons of a model, layer by layer: inputs, units of each activation, outputs.

    The first `max_units` of a layer are joined by their weights where a fully connected layer
    takes the outputs of one layer, and nothing else; by lines without a number where more lies
    between.

    Parameters
    ----------
    model : callable
        As for `inspect_units`.
    X : array_like
        The examples along axis 0.
    max_units : int

    Raises
    ------
    TypeError, ValueError
        As `inspect_units` does.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> network = network_of_model(nn.MLP(2, [16, 16, 1], rng=0), np.ones((5, 2)))
    >>> [len(layer) for layer in network.layers]
    [2, 16, 16, 1]
    """
    X = examples("draw_network", "X", plain(X))
    (data,) = batches(X, X.size or 1)
    data = np.asarray(data, np.float64)
    with evaluating(model):
        output, found = run(model, data)
    layers = [[Neuron(f"x{i}", column) for i, column in enumerate(_columns(data, 1), 1)]]
    weights: list[Weight] = []
    operands = (a for node in behind(output) for a in node.operands)
    inputs = [a for a in operands if isinstance(a, np.ndarray) and np.array_equal(a, data)]
    places = {id(a): 0 for a in inputs}  # the layer that an operand or a node of the graph is
    for activation in found.activations:
        layers.append(_layer(activation))
        rows = _rows_into(activation)
        weights += _weights(activation.before, *rows, places, layers, max_units)
        places[id(activation.node)] = len(layers) - 1
    if id(output) not in places:
        last = next((step for step in found.steps if step.node is output), None)
        rows = last, None if last is None else np.arange(last.units, dtype=np.int64)
        columns = _columns(output.data.reshape(len(data), -1), 1)
        layers.append([Neuron(f"y{i}", column) for i, column in enumerate(columns, 1)])
        weights += _weights(output, *rows, places, layers, max_units)
    names = "inputs", *layer_names(found.activations), "outputs"
    return Network(layers, weights, names[: len(layers)])


def _columns(array: Any, axis: int) -> list[Any]:
    """What each unit has, over all examples and places; one number as a float."""
    rows = np.moveaxis(array, axis, 0) if array.ndim > 1 else array[None]
    return [row.item() if row.size == 1 else np.ravel(row) for row in rows]


def _layer(activation: Activation) -> list[Neuron]:
    on = activation.on_kink
    masks = activation.local == 0, np.zeros(activation.h.shape, bool) if on is None else on
    closed, kinks, columns = (_columns(a, 1) for a in (*masks, activation.h))
    zero = "shut" if activation.gate else activation.op.zero
    gates = [gate(zero, *unit) for unit in zip(closed, kinks, strict=True)]
    return [
        Neuron("", h, None, "dead" if told == "shut" else told)  # as `inspect_units` calls it
        for h, told in zip(columns, gates, strict=True)
    ]


def _rows_into(activation: Activation) -> tuple[Affine | None, Any]:
    """The step W·x + b that z is, and which of its rows the units are; None if z is more."""
    steps = list(activation.steps.items())
    if len(steps) == 1 and steps[0][1].exact:
        rows = activation.row_of(steps[0][0])
        if (rows >= 0).all():
            return steps[0][0], rows
    return None, None


def _weights(
    z: Value,
    step: Affine | None,
    rows: Any,
    places: dict[int, int],
    layers: list[list[Neuron]],
    shown: int,
) -> list[Weight]:
    """The lines into the newest layer, whose neurons make `z`."""
    head, units = len(layers) - 1, range(min(len(layers[-1]), shown))
    if step is not None and step.node.op.name != "conv2d":
        k = places.get(id(step.x), 0)
        weight = step.by_unit(plain(step.node.operands[step.slot]))[rows]
        known = id(step.x) in places or not isinstance(step.x, Value)
        if known and weight.shape[1] == len(layers[k]):
            near = weight[: len(units), :shown]
            return [Weight((k, j), (head, i), float(w)) for (i, j), w in np.ndenumerate(near)]
    walk = behind(z, places)
    ends = [a for v in walk for a in (v, *(() if id(v) in places else v.operands))]
    found = sorted({places[id(a)] for a in ends if id(a) in places} or {0})
    return [
        Weight((k, j), (head, i), None)
        for i in units
        for k in found
        for j in range(min(len(layers[k]), shown))
    ]
