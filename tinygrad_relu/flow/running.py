"""A model run over examples, for its graph: in batches, and with the axis that counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_relu.flow.layers import Axes, Layers, find_layers
from tinygrad_relu.node import topological
from tinygrad_relu.options import axis, examples, function, whole
from tinygrad_relu.value import Value

Model = Callable[[Any], Any]


def batches(X: Any, size: int) -> Iterator[Any]:
    """`X` in pieces of `size` examples; pieces of a Value are Values."""
    data = X._data if isinstance(X, Value) else examples("units of a model", "X", X)
    if not np.ndim(data) or not len(data):
        raise ValueError(
            f"X has shape {np.shape(data)}: axis 0 counts the examples, and at least one is needed"
        )
    whole("units of a model", "batch_size", size)
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        yield Value(piece) if isinstance(X, Value) else piece


def run(
    model: Model, batch: Any, unit_axis: int | None = None, known: Axes | None = None
) -> tuple[Value, Layers]:
    """The output of `model` for a batch, with its graph, and the layers of units in it.

    What was found for the batch before, ``layers.axes``, is `known` and holds for the same graph.

    Raises
    ------
    TypeError, ValueError
        If there is no graph to look into, or no axis of the output counts the examples, or the
        axis of a layer's units cannot be known.
    """
    function("units of a model", "model", model, "a function of X, such as a Module")
    unit_axis = axis("units of a model", "unit_axis", unit_axis)
    output = model(batch)
    n = len(batch)
    if not isinstance(output, Value):
        raise TypeError(f"the model returned {type(output).__name__}, not a Value: no graph")
    if output.op is None:
        raise ValueError(
            "the model's output has no graph: nothing in it requires a gradient. Call this outside "
            "no_grad(), and give X as a Value if all parameters are frozen"
        )
    ops = [node.op and node.op.name for node in topological(output)]
    if known is None or known.ops != ops:
        known = example_axes(model, batch, output)
    if known.examples[-1] is None:
        raise ValueError(
            f"the model gave shape {output.shape} for {n} examples: units are found in tensor "
            "graphs, where an axis counts the examples. For a graph of scalars ask gradient_flow"
        )
    return output, find_layers(output, n, known, unit_axis)


def example_axes(model: Model, batch: Any, output: Value) -> Axes:
    """For each node behind `output`, in topological order, the axis that counts the examples.

    Found by running the model on another number of examples: the axis whose length follows.
    None where there is no such axis, as at whatever is made of parameters alone.

    Examples
    --------
    >>> w = Value(np.ones((3, 3)))
    >>> model = lambda x: x @ w.relu() + (w @ x.T).T
    >>> example_axes(model, x := np.ones((3, 3)), model(x)).examples
    [None, None, 0, 1, 0, 0]
    """
    n = len(batch)
    nodes = topological(output)
    data = batch._data if isinstance(batch, Value) else batch
    other_n = 3 if n == 2 else 2  # of 1 an axis could be stretched to any length
    some = np.resize(data, (other_n, *np.shape(data)[1:]))
    try:
        other = topological(model(Value(some) if isinstance(batch, Value) else some))
    except Exception:  # a model of so many examples and no other
        other = []
    ops = [a.op and a.op.name for a in nodes]
    if ops != [b.op and b.op.name for b in other]:
        guessed = [next((i for i, k in enumerate(a.shape) if k == n), None) for a in nodes]
        return Axes(ops, guessed, known=False)
    pairs = zip(nodes, other, strict=True)
    return Axes(ops, [_follows(a.shape, b.shape, n, other_n) for a, b in pairs])


def _follows(one: tuple[int, ...], two: tuple[int, ...], n: int, m: int) -> int | None:
    if len(one) != len(two):
        return None
    moved = [i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
    fits = len(moved) == 1 and one[moved[0]] * m == two[moved[0]] * n
    return moved[0] if fits else None


def leaves(root: Value) -> dict[str, Value]:
    """The leaves behind `root` that want a gradient, in order of use: by label, else ``leaf 1``, …

    Examples
    --------
    >>> x, w = Value(2.0), Value(3.0, label="w")
    >>> list(leaves(x * w))
    ['leaf 1', 'w']
    """
    found = [v for v in topological(root) if v.op is None and v.requires_grad]
    labels = [v.label for v in found]
    return {
        v.label if v.label and labels.count(v.label) == 1 else f"{v.label or 'leaf'} {i}": v
        for i, v in enumerate(found, 1)
    }
