"""The steps W·x of a graph: which numbers of which leaf are the weights of a unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu.flow.marks import Sources, made_of_a_leaf, places_in_leaf
from tinygrad_relu.node import Node, plain

AFFINE = ("linear", "matmul", "conv2d")


@dataclass(frozen=True, eq=False)
class Affine:
    """A step W·x over examples: linear, convolution, ``x @ W`` or ``W @ x``.

    Attributes
    ----------
    node : Node
        Its output.
    slot : int
        Which operand is the weight; x is the other one.
    axis : int or None
        The axis of `node` that counts units; None for a vector of weights, which is one unit.
    features : dict
        For a computed x: what each layer left of itself in it, see `flow.marks`.
    """

    node: Node
    slot: int
    axis: int | None
    features: Sources = field(default_factory=dict)

    @property
    def x(self) -> Any:
        """The input: a Node or an array."""
        return self.node.operands[1 - self.slot]

    @property
    def units(self) -> int:
        """How many units."""
        return 1 if self.axis is None else self.node.shape[self.axis]

    @property
    def fan_in(self) -> int:
        """How many features a unit joins; of a convolution: channels."""
        return int(np.shape(plain(self.x))[self.feature_axis])

    @property
    def feature_axis(self) -> int:
        """The axis of x that the weights join."""
        if self.node.op.name == "conv2d":
            return 1
        columns = self.node.op.name == "matmul" and self.slot == 0 and np.ndim(plain(self.x)) > 1
        return -2 if columns else -1

    @property
    def kind(self) -> str:
        """What a module of this step is called, with its sizes: ``Linear 2→8``."""
        name = "Conv2d" if self.node.op.name == "conv2d" else "Linear"
        return f"{name} {self.fan_in}→{self.units}"

    @cached_property
    def weight(self) -> Any:
        """The leaf that holds the weights; None if they are computed, or constants."""
        weight = self.node.operands[self.slot]
        return places_in_leaf(weight)[0] if made_of_a_leaf(weight) else None

    @cached_property
    def places(self) -> Any:
        """For each unit and feature, the place of its weight in the leaf, counted from 1."""
        return self.by_unit(places_in_leaf(self.node.operands[self.slot])[1])

    def by_unit(self, weight: Any) -> Any:
        """Numbers like the weight operand, a row a unit."""
        if np.ndim(weight) == 1:
            return weight[None]
        if self.node.op.name == "matmul":
            weight = np.reshape(weight, np.shape(weight)[-2:])
        turned = self.node.op.name == "matmul" and self.slot == 1
        return np.moveaxis(weight, -1, 0) if turned else weight

    def mean_x(self) -> Any:
        """x, averaged over examples and, but for a convolution, over places: float64."""
        x, axis = plain(self.x), self.feature_axis
        if self.node.op.name == "conv2d":
            return x.mean(axis=0, dtype=np.float64)
        other = tuple(i for i in range(x.ndim) if i != axis % x.ndim)
        return x.mean(axis=other, dtype=np.float64)

    def formula(self) -> Callable[[Any, Any], Any]:
        """W·x̄ for a mean x and rows of weights, averaged over places; it holds no graph."""
        op, settings = self.node.op, self.node.operands[3:]
        if op.name != "conv2d":
            return lambda x, rows: rows @ x
        return lambda x, rows: op.forward(x[None], rows, None, *settings).mean(axis=(0, 2, 3))

    @cached_property
    def own_bias(self) -> Any:
        """The bias operand, if it is made of a leaf alone."""
        operands = self.node.operands
        has = self.node.op.name in ("linear", "conv2d") and self.slot == 1
        return operands[2] if has and made_of_a_leaf(operands[2]) else None


def _axes(operand: Any) -> int:
    """How many axes an operand has; a matrix of weights in a stack of one is still a matrix."""
    shape = np.shape(plain(operand))
    if made_of_a_leaf(operand):
        while len(shape) > 2 and shape[0] == 1:
            shape = shape[1:]
    return len(shape)


def affine_step(node: Node, example_axis: int | None, features: Any) -> Affine | None:
    """`node` as a step W·x, if it is one; None where W and x cannot be told apart."""
    op = node.op
    if op is None or op.recorded or op.name not in AFFINE or example_axis is None:
        return None
    a, b = (_axes(operand) for operand in node.operands[:2])
    slot, axis = 1, node.ndim - 1
    if op.name == "conv2d":
        axis = 1
    elif op.name == "linear":
        if example_axis == node.ndim - 1:
            slot, axis = 0, node.ndim - 2
            if a != 2:
                return None
    elif b == 1 or a == 1:
        return Affine(node, 0 if b > 1 else 1, None, features(node.operands[0 if b == 1 else 1]))
    elif example_axis == node.ndim - 1 or (b > 2 and a == 2):
        slot, axis = 0, node.ndim - 2
        if a != 2:
            return None
    elif b != 2:
        return None
    return Affine(node, slot, axis, features(node.operands[1 - slot]))
