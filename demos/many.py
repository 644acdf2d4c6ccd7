"""Many networks of one shape, each from its own seed, trained side by side in one graph.

Every weight has one more axis, in front: the networks. They share nothing, so the gradient of the
sum of their losses is the gradient of each. A whole sweep over seeds costs little more than a run.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value

Rule = Callable[[tuple[int, int], np.random.Generator], Any]


class Many:
    """Networks of Linear layers with an activation between them.

    Parameters
    ----------
    seeds : int or sequence of int
        One a network: its weights are drawn from it. A number n means 0 … n − 1.
    sizes : sequence of int
        Inputs, units of each layer, outputs.
    activation : callable or sequence of callable
        An op, as `tg.relu`, or one for each hidden layer.
    rule : callable, optional
        ``rule(shape, rng)``, one of `tg.nn.init`; the shape is (outputs, inputs). By default He's.
    bias : float or array
        Of every hidden unit at the start; an array (networks,) gives each network its own.
    learnt : sequence of Value
        What the activations learn, if they do.
    dtype : dtype
        float32 is twice as quick.

    Attributes
    ----------
    seeds : list of int
    weights, biases : list of Value
        Of shape (networks, inputs, outputs) and (networks, 1, outputs).
    before : list of Value
        The pre-activations of each hidden layer, from the last call: (networks, examples, units).
    """

    def __init__(
        self,
        seeds: int | Sequence[int],
        sizes: Sequence[int],
        activation: Callable[[Any], Any] | Sequence[Callable[[Any], Any]] = tg.relu,
        rule: Rule = tg.nn.init.he_normal,
        bias: Any = 0.0,
        learnt: Sequence[Value] = (),
        dtype: Any = np.float64,
    ) -> None:
        self.seeds = [*range(seeds)] if isinstance(seeds, int) else [*seeds]
        rngs = [np.random.default_rng(seed) for seed in self.seeds]
        pairs = list(itertools.pairwise(sizes))
        hidden = len(pairs) - 1
        self.activations = [activation] * hidden if callable(activation) else list(activation)
        self.learnt = list(learnt)
        self.before: list[Any] = []
        self.weights = [
            Value(
                np.stack([rule((fan_out, fan_in), rng).T for rng in rngs]).astype(dtype),
                label=f"W{i}",
            )
            for i, (fan_in, fan_out) in enumerate(pairs, 1)
        ]
        start = np.broadcast_to(np.asarray(bias, dtype), (len(rngs),))[:, None, None]
        self.biases = [
            Value(np.repeat(start * (i <= hidden), fan_out, axis=2), label=f"b{i}")
            for i, (_, fan_out) in enumerate(pairs, 1)
        ]

    @property
    def count(self) -> int:
        """How many networks."""
        return len(self.weights[0].data)

    @property
    def parameters(self) -> list[Value]:
        """Weights and biases, layer by layer, and what the activations learn."""
        pairs = zip(self.weights, self.biases, strict=True)
        return [p for pair in pairs for p in pair] + self.learnt

    def __call__(self, x: Any) -> Any:
        """The outputs of every network: (networks, examples, outputs)."""
        self.before = []
        for weight, bias, act in zip(self.weights, self.biases, self.activations, strict=False):
            self.before.append(x @ weight + bias)
            x = act(self.before[-1])
        return x @ self.weights[-1] + self.biases[-1]

    def quiet(self, x: Any) -> Any:
        """The outputs as an array; no graph is kept."""
        with tg.no_grad():
            return np.asarray(getattr(y := self(x), "data", y))

    def hidden(self, x: Any) -> list[Any]:
        """The pre-activations of each hidden layer as arrays."""
        self.quiet(x)
        return [np.asarray(getattr(z, "data", z)) for z in self.before]

    def dead(self, x: Any) -> Any:
        """Share of hidden units whose input is ≤ 0 for every row of `x`, by network."""
        shut = [np.all(z <= 0, axis=1) for z in self.hidden(x)]
        return np.concatenate(shut, axis=1).mean(axis=1)

    def correct(self, x: Any, classes: Any) -> Any:
        """Share of the rows classified rightly, by network; one output means "above 0"."""
        y = self.quiet(x)
        chosen = y[..., 0] > 0 if y.shape[-1] == 1 else y.argmax(axis=-1)
        return np.mean(chosen == classes, axis=1)


def train(
    nets: Many,
    x: Any,
    target: Any,
    loss: Callable[[Any, Any], Value],
    lr: Any,
    steps: int,
    frozen: Sequence[Value] = (),
    decay: Callable[[Value], Any] = lambda p: 0.0,
    watch: Callable[[int], Any] = lambda step: None,
) -> None:
    """Plain gradient descent on all of `x` at every step.

    Parameters
    ----------
    nets : Many
    x, target : array
        One set for all networks, ``(examples, …)``; `x` may also give each its own,
        ``(networks, examples, …)``.
    loss : callable
        A mean over everything, as `tg.mse_loss`.
    lr : float or array
        An array (nets,) gives each network its own.
    steps : int
    frozen : sequence of Value
        Parameters to leave alone.
    decay : callable
        The weight decay of a parameter: λ in p ← p − lr (g + λ p); one for all, or one a network.
    watch : callable
        Called with the number of steps done, 0 included.
    """
    count = nets.count
    rate = np.broadcast_to(np.asarray(lr, dtype=float), (count,))[:, None, None]
    held = {id(p) for p in frozen}
    targets = np.broadcast_to(target, (count, *np.shape(target)))
    params = [p for p in nets.parameters if id(p) not in held]
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps):
            watch(step)
            output = nets(x)
            total = loss(output, targets) * count  # the sum of each network's own loss
            total.backward()
            for p in params:
                p.data = p.data - rate.astype(p.dtype) * (p.grad + decay(p) * p.data)
            for p in nets.parameters:
                p.grad = None
    watch(steps)
