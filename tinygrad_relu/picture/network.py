"""A network as it is drawn: neurons in layers, and the weights between them.

This room makes one of Values; `model` makes one of a model, and `circles` draws either.
The weights are found in the graph: what an earlier neuron is multiplied with on its linear
way into a later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.kinks import on_kink
from tinygrad_relu.node import behind, plain
from tinygrad_relu.options import instance
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

Place = tuple[int, int]  #: layer, and place in it


@dataclass(frozen=True)
class Neuron:
    """A circle.

    Attributes
    ----------
    label : str
        Its name; empty for one that is named by its place.
    data, grad : float or ndarray
        What it gave, and what came back to it: one number, or one an example. `grad` is None
        before a pass.
    gate : str
        What keeps the gradient out, see `gate`; empty for an open neuron. A unit of a model
        that is shut for all of X is ``"dead"``.
    """

    label: str
    data: Any
    grad: Any = None
    gate: str = ""


@dataclass(frozen=True)
class Weight:
    """A line: what `tail` is multiplied with on its way into `head`; None if not linear."""

    tail: Place
    head: Place
    number: float | None


@dataclass(frozen=True)
class Network:
    """Neurons, layer by layer from input to output, and the lines between them.

    A layer without a name is called by its place; layer 0 are the inputs.
    """

    layers: list[list[Neuron]]
    weights: list[Weight]
    names: tuple[str, ...] = ()

    def layer_name(self, k: int) -> str:
        """What a layer is called in words."""
        return self.names[k] if self.names else f"layer {k}"


def network_of_values(layers: Sequence[Sequence[Value]]) -> Network:
    """The network whose neurons are these Values.

    Raises
    ------
    TypeError
        If a neuron is not a Value.
    ValueError
        If there is no layer, or an empty one.
    StaleDataError
        If a weight was assigned since the forward pass that made the neurons.
    """
    wanted = "a list of lists of Values, or a model to be drawn with its inputs X"
    for layer in instance("draw_network", "network", layers, list | tuple, wanted):
        instance("draw_network", "a layer", layer, list | tuple, "a list of Values")
    if not layers or not all(layers):
        raise ValueError("draw_network takes layers of neurons: at least one layer, none empty")
    for k, layer in enumerate(layers):
        for i, v in enumerate(layer):
            instance("draw_network", f"neuron {i} of layer {k}", v, Value, "a Value")
    neurons = [[Neuron(v.label, v.data, v.grad, gate_of(v)) for v in layer] for layer in layers]
    return Network(neurons, find_weights(layers))


# --- gates -------------------------------------------------------------------------------


def gate(zero: str, closed: Any, kinks: Any) -> str:
    """What keeps the gradient out of a neuron.

    Parameters
    ----------
    zero : str
        What a zero local gradient of its op means, see `Op`.
    closed : array_like of bool
        Where the local gradient is 0, over all examples.
    kinks : array_like of bool or None
        Where the input sits on a kink.

    Returns
    -------
    str
        ``"shut"``, ``"kink"``, ``"3 of 8 shut"``; ``"rounded to 0"`` for a curve that only
        fades; empty for an open neuron.
    """
    closed = np.asarray(closed)
    if zero not in ("shut", "unselected", "tiny") or not closed.any():
        return ""
    if zero == "tiny":
        return "rounded to 0" if closed.all() else ""
    if closed.all():
        return "kink" if kinks is not None and np.all(kinks) else "shut"
    return f"{int(closed.sum())} of {closed.size} shut"


def gate_of(unit: Value) -> str:
    """The gate of a neuron that an elementwise op of one operand made.

    Examples
    --------
    >>> [gate_of(Value(x).relu()) for x in (-1.0, 0.0, 2.0)]
    ['shut', 'kink', '']
    """
    op = unit.op
    slots = [i for i, a in enumerate(unit.operands) if isinstance(a, Value)]
    if op is None or not op.elementwise or len(slots) != 1:
        return ""
    data = fresh_data(unit)
    closed = np.asarray(op.local(slots[0], unit.data, data)) == 0
    return gate(op.zero, closed, on_kink(op, slots[0], unit.data, data))


# --- weights -----------------------------------------------------------------------------


def find_weights(layers: Sequence[Sequence[Value]]) -> list[Weight]:
    """What each neuron is multiplied with on its way into each later one.

    Examples
    --------
    >>> a, b, w = Value(1.0), Value(2.0), Value(0.5)
    >>> y = (w * a - 3 * b + 1).relu()
    >>> [(one.tail, one.number) for one in find_weights([[a, b], [y]])]
    [((0, 0), 0.5), ((0, 1), -3.0)]
    """
    places = {id(v): (k, i) for k, layer in enumerate(layers) for i, v in enumerate(layer)}
    found = []
    for k, layer in enumerate(layers):
        earlier = {one for one, place in places.items() if place[0] < k}
        for i, unit in enumerate(layer):
            factors = _factors(unit, earlier)
            for one in sorted(earlier & factors.keys(), key=places.__getitem__):
                found.append(Weight(places[one], (k, i), factors[one]))
    return found


def _factors(unit: Value, earlier: set[int]) -> dict[int, float | None]:
    """From a neuron back to earlier ones, newest node first, multiplying coefficients."""
    factors: dict[int, float | None] = {id(unit): 1.0}
    between = [v for v in behind(unit, earlier) if v.op is not None and id(v) not in earlier]
    for value in sorted(between, key=lambda v: -v._stamp):
        factor = factors[id(value)]
        for slot, a in enumerate(value.operands):
            if isinstance(a, Value):
                ratio = _coefficient(value, slot, activation=value is unit)
                share = None if factor is None or ratio is None else factor * ratio
                before = factors.get(id(a), 0.0)
                factors[id(a)] = None if before is None or share is None else before + share
    return factors


def _coefficient(value: Value, slot: int, activation: bool) -> float | None:
    """What a linear op multiplies its operand with; None for another op."""
    op = value.op
    assert op is not None
    data = [plain(a) for a in value.operands]
    if op.name in ("add", "identity"):
        return 1.0
    if op.name == "sub":
        return -1.0 if slot else 1.0
    if op.name == "neg":
        return -1.0
    if op.name == "mul" and np.size(data[1 - slot]) == 1:
        return float(np.ravel(data[1 - slot])[0])
    if op.name == "div" and slot == 0 and np.size(data[1]) == 1:
        return 1 / float(np.ravel(data[1])[0])
    return 1.0 if activation and op.elementwise and len(value.parents) == 1 else None
