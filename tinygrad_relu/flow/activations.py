"""Where a model has its units: the activation nodes of its graph, and what leads into them.

Axis 0 is the examples. A unit is a place on the unit axis: the last one behind a fully
connected layer, axis 1 behind a convolution, where a feature map is one unit over all its places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.states import any_of, is_linear, pull
from tinygrad_relu.node import topological
from tinygrad_relu.options import function
from tinygrad_relu.rule import margins, on_kink
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

Model = Callable[[Any], Any]

#: Curves that saturate, but are steps of a formula rather than activations.
_STEPS = ("exp", "expm1")
_FULL = ("linear", "matmul")
_AFFINE = (*_FULL, "conv2d")


@dataclass(frozen=True, eq=False)
class Activation:
    """An activation node: its op applied to the pre-activations of one layer of units.

    Attributes
    ----------
    node : Value
        The output h.
    slot : int
        Which operand is the pre-activation z.
    axis : int
        The unit axis, counted from the front; 1 for a row of one unit, which is seen as a column.
    """

    node: Value
    slot: int
    axis: int

    @property
    def op(self) -> Any:
        """The op of the activation."""
        return self.node.op

    @property
    def before(self) -> Value:
        """The pre-activations z."""
        z: Value = self.node.operands[self.slot]
        return z

    @cached_property
    def h(self) -> Any:
        """The outputs: examples along axis 0, units along `axis`."""
        return self._shaped(self.node._data)

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return int(self.h.shape[self.axis])

    @property
    def places(self) -> tuple[int, ...]:
        """The axes that are neither examples nor units: the places of a feature map."""
        return tuple(i for i in range(1, self.h.ndim) if i != self.axis)

    @cached_property
    def local(self) -> Any:
        """The recorded local gradient ∂h/∂z, in the shape of h."""
        with np.errstate(all="ignore"):
            return self._shaped(self.op.local(self.slot, self.node._data, fresh_data(self.node)))

    @property
    def gate(self) -> bool:
        """Whether the op has a flat side that cuts the gradient: relu, clip, max(·, 0), …"""
        return self.op.zero in ("shut", "unselected")

    @property
    def kinked(self) -> bool:
        """Whether the op has a kink, and so an open side."""
        return bool(self._margins(self.node._data, self.before._data))

    @property
    def kink_at_zero(self) -> bool:
        """Whether a pre-activation of 0 sits on a kink."""
        zero = np.zeros(1, self.node.dtype)
        return any(np.any(margin == 0) for margin in self._margins(zero, zero))

    @property
    def on_kink(self) -> Any:
        """Where the pre-activation sits exactly on a kink; None if nowhere."""
        hit = on_kink(self.op, self.slot, self.node._data, fresh_data(self.node))
        return None if hit is None else self._shaped(hit)

    @property
    def fires(self) -> Any:
        """Where a unit is on its open side.

        For a gate: where the local gradient is not 0. For a kink without a flat side, as of
        leaky ReLU: above it. A smooth activation has no sides: where its local gradient is not 0.
        """
        sides = () if self.gate else self._margins(self.node._data, self.before._data)
        return self._shaped(sides[0] > 0) if sides else self.local != 0

    def _shaped(self, array: Any) -> Any:
        whole = np.broadcast_to(array, self.node.shape)
        return whole if whole.ndim > 1 else whole[:, None]

    def _margins(self, y: Any, z: Any) -> tuple[Any, ...]:
        data = fresh_data(self.node)
        data[self.slot] = z
        return margins(self.op, y, data)


def find_activations(root: Value, examples: int) -> list[Activation]:
    """The activation nodes behind `root` that have `examples` rows, from input to output.

    An activation is an elementwise op with a kink or with a slope that fades, applied to one
    computed operand.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w = tg.Value(np.ones((3, 2)))
    >>> h = tg.linear(np.ones((5, 2)), w).relu()
    >>> [(a.op.name, a.units) for a in find_activations(h.sum(axis=1), 5)]
    [('relu', 3)]
    """
    found = []
    for node in topological(root):
        op = node.op
        if op is None or not op.elementwise or not node.ndim or node.shape[0] != examples:
            continue
        if (op.kink is None and op.zero not in ("shut", "tiny")) or op.name in _STEPS:
            continue
        computed = [
            i
            for i, a in enumerate(node.operands)
            if isinstance(a, Value) and a.op is not None and a.shape == node.shape
        ]
        if len(computed) == 1:
            found.append(Activation(node, computed[0], _unit_axis(node)))
    return found


def _unit_axis(node: Value) -> int:
    """The last axis behind a fully connected layer, else axis 1."""
    if node.ndim <= 2:
        return 1
    behind: Value | None = node
    while behind is not None and behind.op is not None:
        if behind.op.name in _FULL:
            return node.ndim - 1
        if behind.op.name.startswith("conv"):
            break
        behind = next((a for a in behind.parents if a.op is not None), None)
    return 1


def layer_names(activations: list[Activation]) -> list[str]:
    """A name for each layer: ``relu`` and the module it is in, else its place, from 1.

    A label of its own comes first.
    """
    names = [
        a.node.label or f"{a.op.name} {'.'.join(a.node.scope) or number}"
        for number, a in enumerate(activations, 1)
    ]
    return [
        name if names.count(name) == 1 else f"{name} · {number}"
        for number, name in enumerate(names, 1)
    ]


# --- what leads into a unit ------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Affine:
    """The step z = W·x + b in front of an activation, with leaves for weight and bias.

    Attributes
    ----------
    x : Value or ndarray
        Its input.
    weight : Value
    unit_axis : int
        The axis of `weight` that counts units: 0 for linear and convolution, 1 for ``x @ W``.
    bias : Value or None
    exact : bool
        Whether z is this step itself; False if more, such as a normalisation, lies between.
    op : Op
    settings : tuple
    """

    x: Any
    weight: Value
    unit_axis: int
    bias: Value | None
    exact: bool
    op: Any
    settings: tuple[Any, ...] = ()

    def product(self, x: Any, weight: Any) -> Any:
        """W·x for other numbers, without the bias."""
        if self.op.name == "matmul":
            return np.matmul(x, weight)
        return self.op.forward(x, weight, None, *self.settings)


def affine_steps(root: Value) -> list[tuple[Value, Affine]]:
    """Every node W·x behind `root` whose weight is a leaf, from input to output."""
    steps = [(node, _affine(node)) for node in topological(root)]
    return [(node, affine) for node, affine in steps if affine is not None]


def _affine(node: Value) -> Affine | None:
    op, operands = node.op, node.operands
    if op is None or op.name not in _AFFINE:
        return None
    weight = operands[1]
    if not isinstance(weight, Value) or weight.op is not None or weight.ndim < 2:
        return None
    if op.name == "matmul":
        return Affine(operands[0], weight, 1, None, True, op)
    return Affine(operands[0], weight, 0, operands[2], True, op, operands[3:])


def incoming(activation: Activation) -> Affine | None:
    """The affine step in front of `activation`; None if there is none with a weight leaf."""
    behind: Value | None = activation.before
    bias: Value | None = None
    exact = True
    while behind is not None and behind.op is not None:
        affine = _affine(behind)
        if affine is not None:
            return replace(affine, bias=affine.bias if bias is None else bias, exact=exact)
        inner = [a for a in behind.parents if a.op is not None]
        added = [a for a in behind.parents if a.op is None]
        if behind.op.name == "add" and [a.shape for a in added] == [(activation.units,)]:
            exact, bias = exact and bias is None, added[0]
        elif behind.op.name in _AFFINE:
            return None
        else:
            exact = False
        behind = inner[0] if inner else None
    return None


def outgoing(root: Value, activation: Activation) -> list[tuple[Affine, int]]:
    """The affine steps that a layer of units leads into, with the columns a unit has in each.

    Pooling, dropout, flattening and additions may lie between; another activation may not.
    """
    stops = {id(a.node) for a in find_activations(root, root.shape[0])} - {id(activation.node)}
    found = []
    for _, affine in affine_steps(root):
        if not isinstance(affine.x, Value):
            continue
        columns = affine.weight.shape[1 - affine.unit_axis]
        if columns % activation.units == 0 and _leads(affine.x, activation.node, stops):
            found.append((affine, columns // activation.units))
    return found


def _leads(x: Value, h: Value, stops: set[int]) -> bool:
    """Whether `x` comes from `h` without an affine step or an activation between."""
    open_ends, seen = [x], {id(x)}
    while open_ends:
        v = open_ends.pop()
        if v is h:
            return True
        if v.op is None or id(v) in stops or v.op.name in _AFFINE:
            continue
        new = [a for a in v.parents if id(a) not in seen]
        seen.update(map(id, new))
        open_ends += new
    return False


# --- running a model -------------------------------------------------------------------------


def batches(X: Any, size: int) -> Iterator[Any]:
    """`X` in pieces of `size` examples; pieces of a Value are Values."""
    data = X._data if isinstance(X, Value) else np.asarray(X)
    if data.dtype.kind not in "fiub":
        raise TypeError(f"X is an array of examples, real numbers, not {data.dtype} {data!r:.60}")
    if not np.ndim(data) or not len(data):
        raise ValueError(
            f"X has shape {np.shape(data)}: axis 0 counts the examples, and at least one is needed"
        )
    if size < 1:
        raise ValueError(f"a batch has at least 1 example, not {size}")
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        yield Value(piece) if isinstance(X, Value) else piece


def run(model: Model, batch: Any) -> tuple[Value, list[Activation]]:
    """The output of `model` for a batch, and its activations.

    Raises
    ------
    TypeError, ValueError
        If there is no graph to look into, or it has no row for each example.
    """
    function("units of a model", "model", model, "a function of X, such as a Module")
    output = model(batch)
    n = len(batch)
    if not isinstance(output, Value):
        raise TypeError(f"the model returned {type(output).__name__}, not a Value: no graph")
    if output.op is None:
        raise ValueError(
            "the model's output has no graph: nothing in it requires a gradient. Call this outside "
            "no_grad(), and give X as a Value if all parameters are frozen"
        )
    if not output.ndim or output.shape[0] != n:
        raise ValueError(
            f"the model gave shape {output.shape} for {n} examples: units are found in tensor "
            "graphs, with the examples along axis 0. For a graph of scalars ask gradient_flow"
        )
    return output, find_activations(output, n)


def arrivals(root: Value) -> dict[int, Any]:
    """Where the probe from `root` arrives at each inner node, by ``id(node)``.

    As in `gradient_flow`, but without numbers, and never into leaves: about a forward pass.

    Examples
    --------
    >>> x, w = Value([1.0, 2.0, -3.0]), np.array([1.0, 0.0, 1.0])
    >>> z = x * 1
    >>> y = (z.relu() * w).sum()
    >>> arrivals(y)[id(z)]
    array([ True, False, False])
    """
    reach = {id(root): np.ones(root.shape, bool)}
    rng = np.random.default_rng(0)
    for node in reversed(topological(root)):
        op, mask = node.op, reach.get(id(node))
        if op is None or mask is None:
            continue
        y, data = node._data, fresh_data(node)
        for slot, a in enumerate(node.operands):
            if not isinstance(a, Value) or a.op is None:
                continue
            if op.elementwise:
                with np.errstate(all="ignore"):
                    passes = op.local(slot, y, data) != 0
                arrived = any_of(mask & passes, a.shape)
            elif op.recorded and not is_linear(op, slot, mask.astype(node.dtype), y, data):
                arrived = np.full(a.shape, mask.any())
            else:
                arrived = pull(op, slot, mask, y, data, rng)
            reach[id(a)] = reach.get(id(a), False) | arrived
    return reach


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
