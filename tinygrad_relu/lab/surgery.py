"""Units to operate on: which numbers of which parameters are theirs, and writing there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_relu.flow.activations import Activation
from tinygrad_relu.flow.affine import Affine
from tinygrad_relu.flow.layers import outgoing
from tinygrad_relu.flow.marks import by_unit, made_of_a_leaf, places_in_leaf
from tinygrad_relu.flow.names import layer_names
from tinygrad_relu.flow.probe import arrivals
from tinygrad_relu.flow.running import Model, batches, leaves, run
from tinygrad_relu.flow.units import UnitLayer, judge
from tinygrad_relu.messages import describe
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.node import Node, topological
from tinygrad_relu.value import Value

Places = dict[int, tuple[Value, Any]]  #: by id of a leaf: the leaf, and which of its numbers


class OutOfReach(Exception):
    """Why the parameters of a unit cannot be told, or not be changed without changing more."""


class Site:
    """A model's layers over some data, the units chosen there, and where their parameters are.

    Attributes
    ----------
    report : tuple of UnitLayer
    output : Value
        Of the first examples: its parameters are those of any.
    chosen : list of ndarray
        The indices of the units of each layer, set by whoever operates.
    """

    def __init__(self, model: Model, X: Any, unit_axis: int | None = None) -> None:
        self.model, self.X, self.unit_axis = model, X, unit_axis
        with evaluating(model):
            self.report: tuple[UnitLayer, ...] = judge(model, X, unit_axis=unit_axis)[0]
            self.output, self.layers = run(model, next(batches(X, 256)), unit_axis)
        self.names = layer_names(self.layers.activations)
        self.chosen = [np.zeros(0, np.int64) for _ in self.names]
        self._uses: dict[int, list[tuple[Node, int, Any]]] = {}
        for node in topological(self.output):
            for slot, a in enumerate(node.operands):
                if made_of_a_leaf(a) and not made_of_a_leaf(node):
                    leaf, places = places_in_leaf(a)
                    self._uses.setdefault(id(leaf), []).append((node, slot, places))

    def activations(self) -> Iterator[tuple[int, Activation, Any]]:
        """The layers with chosen units: number, activation, and which units."""
        for number, activation in enumerate(self.layers.activations):
            if len(self.chosen[number]):
                yield number, activation, self.chosen[number]

    # --- whose numbers ---------------------------------------------------------------------

    def into(self, activation: Activation, units: Any) -> list[tuple[Affine, Any]]:
        """The steps whose rows are the weights of `units` and of no other unit, with the rows."""
        why = "no product with weights leads into it"
        found = []
        for step in activation.steps:
            rows = activation.row_of(step)[units]
            if step.weight is None:
                why = f"the weights of {describe(step.node)} are computed, or constants"
            elif (rows < 0).any():
                why = f"its units are no rows of the weights {describe(step.weight)}"
            elif other := self._used_by_others(step, rows):
                why = other
            else:
                found.append((step, rows))
        if not found:
            raise OutOfReach(why)
        return found

    def _used_by_others(self, step: Affine, rows: Any) -> str:
        """Who else uses rows of weights; empty if no one does but chosen units."""
        mine = step.places[rows]
        steps = {id(s.node): s for s in self.layers.steps}
        for node, slot, places in self._uses[id(step.weight)]:
            if not np.isin(mine, places).any():
                continue
            other = steps.get(id(node))
            if other is None or slot != other.slot:
                return f"{describe(step.weight)} is used by {describe(node)} too"
            shared = np.isin(other.places, mine).reshape(other.units, -1).any(axis=1)
            fed = [(k, a) for k, a in enumerate(self.layers.activations) if other in a.steps]
            if not fed:
                return f"{describe(step.weight)} is used by {describe(node)} too"
            for k, a in fed:
                theirs = np.flatnonzero(np.isin(a.row_of(other), np.flatnonzero(shared)))
                if not np.isin(theirs, self.chosen[k]).all():
                    return f"{self.names[k]} uses the same weights {describe(step.weight)}"
        return ""

    def bias_of(self, activation: Activation, step: Affine, rows: Any) -> tuple[Value, Any] | None:
        """The leaf with the biases of rows, and their places in it; None without their own."""
        bias = activation.steps[step].bias
        if bias is None:
            return None
        operand, units = bias
        leaf, places = places_in_leaf(operand)
        of_row = by_unit(places, units, step.units)
        mine, uses = of_row[rows], len(self._uses[id(leaf)])
        shared = np.isin(np.delete(of_row, rows), mine).any()
        if shared or uses > max(1, len(self._uses.get(id(step.weight), ()))):
            return None
        return leaf, mine

    def out_of(self, activation: Activation, units: Any) -> Places:
        """The weights that multiply what `units` give, by leaf; they multiply nothing else."""
        found: Places = {}
        allowed: dict[int, Any] = {}
        for step, features in outgoing(self.layers, activation):
            if (features < 0).any():
                raise OutOfReach(f"what it gives is mixed with more in {describe(step.x)}")
            columns = np.isin(features, units + 1)
            if not columns.any():
                continue
            if step.weight is None:
                raise OutOfReach(f"the weights of {describe(step.node)} are computed, or constants")
            allowed[id(step.node)] = places = np.unique(step.places[:, columns])
            leaf, before = found.get(id(step.weight), (step.weight, places))
            found[id(leaf)] = leaf, np.union1d(before, places)
        for leaf, places in found.values():
            for node, _, theirs in self._uses[id(leaf)]:
                if np.setdiff1d(np.intersect1d(theirs, places), allowed.get(id(node), ())).size:
                    raise OutOfReach(f"{describe(leaf)} is used by {describe(node)} too")
        return found

    def mean_inputs(self) -> list[Any]:
        """The mean pre-activation of every unit over all of X, layer by layer."""
        sums: list[Any] = [0.0] * len(self.names)
        count = 0
        with evaluating(self.model):
            for batch in batches(self.X, 256):
                _, layers = run(self.model, batch, self.unit_axis)
                for k, a in enumerate(layers.activations):
                    z = a.arranged(a.before.data).mean(axis=2, dtype=np.float64)
                    sums[k] = sums[k] + z.sum(axis=0)
                count += len(batch)
        return [s / count for s in sums]

    # --- what a change did -----------------------------------------------------------------

    def now(self, number: int, units: Any) -> tuple[Any, bool]:
        """The output over all of X as the model is now, and whether the probe reaches `units`."""
        outputs, reached = [], False
        with evaluating(self.model):
            for batch in batches(self.X, 256):
                output, layers = run(self.model, batch, self.unit_axis)
                activation = layers.activations[number]
                reach = activation.arranged(arrivals(output)[id(activation.node)])
                reached |= bool(reach[:, units].any())
                outputs.append(output._data)
        return outputs, reached


def alike(one: list[Any], two: list[Any]) -> bool:
    """Whether outputs are equal up to rounding."""
    top = max(float(np.nanmax(np.abs(y), initial=0.0)) for y in one)
    return all(
        np.allclose(a, b, rtol=0, atol=2**12 * np.finfo(a.dtype).eps * top, equal_nan=True)
        for a, b in zip(one, two, strict=True)
    )


class Book:
    """Writes into parameters, and keeps book of which of their numbers were written."""

    def __init__(self, output: Value) -> None:
        frozen = (v for v in topological(output) if v.op is None and not v.requires_grad)
        self._names = {id(v): name for name, v in leaves(output).items()}
        self._names |= {id(v): v.label or "a frozen parameter" for v in frozen}
        self._written: dict[int, tuple[Value, Any, Any]] = {}  # leaf, which, numbers before

    def write(self, leaf: Value, places: Any, new: Any) -> None:
        """Assign `new` at `places`, counted from 1."""
        if not np.size(places):
            return
        data, at = leaf.data.copy(), np.asarray(places) - 1
        _, mask, before = self._written.get(id(leaf), (leaf, np.zeros(leaf.size, bool), leaf.data))
        data.flat[at.ravel()] = np.ravel(np.broadcast_to(new, at.shape))
        mask = mask.copy()
        mask[at.ravel()] = True
        leaf.data = data
        self._written[id(leaf)] = leaf, mask, before

    def undo(self) -> None:
        """Everything as it was before the first writing."""
        for leaf, _, before in self._written.values():
            leaf.data = before
        self._written = {}

    def take(self, other: Book) -> None:
        """What was written by `other`, later, was written here."""
        for key, (leaf, mask, before) in other._written.items():
            _, mine, first = self._written.get(key, (leaf, False, before))
            self._written[key] = leaf, mine | mask, first

    @property
    def numbers(self) -> dict[str, int]:
        """How many numbers of each parameter were written, each counted once, in order of use."""
        order = sorted(self._written, key=list(self._names).index)
        return {self._names[key]: int(np.count_nonzero(self._written[key][1])) for key in order}

    def forget(self, optimiser: Any) -> int:
        """Set to 0 what an optimiser remembers of the numbers written; returns how many."""
        count = 0
        for p, memory in zip(optimiser.parameters, optimiser.state, strict=True):
            _, mask, _ = self._written.get(id(p), (p, np.zeros(p.size, bool), None))
            for key, content in memory.items():
                if mask.any() and key[0] != "_" and np.shape(content) == p.shape:
                    content[mask.reshape(p.shape)] = 0.0
                    count += int(np.count_nonzero(mask))
        return count
