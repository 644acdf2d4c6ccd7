"""Graphs to draw."""

from __future__ import annotations

import random
from contextlib import nullcontext
from itertools import pairwise
from typing import NamedTuple

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value


def neuron() -> Value:
    x, w, b = Value(0.7, "x"), Value(1.0, "w"), Value(-2.0, "b")
    h = (w * x + b).relu()
    h.label = "h"
    return h


def perceptron(sizes: list[int], scopes: bool = False, seed: int = 0) -> Value:
    """A net of scalars, one example."""
    rng = random.Random(seed)
    layer = [Value(rng.gauss(0, 1)) for _ in range(sizes[0])]
    for k, width in enumerate(sizes[1:], 1):
        with tg.scope(f"layer{k}") if scopes else nullcontext():
            out = []
            for _ in range(width):
                total = Value(rng.uniform(-1, 0.2))
                for x in layer:
                    total = total + Value(rng.uniform(-1, 1)) * x
                out.append(total.relu() if k < len(sizes) - 1 else total)
            layer = out
    return layer[0]


def chain(links: int) -> Value:
    x = Value(0.5, "start")
    for i in range(links):
        x = (x * 1.001 + (0.001 if i % 3 else -0.001)).relu()
    return x


HOSTILE = "</script><img src=x onerror=alert(1)>&<!--\u2028\"'"


class Net(NamedTuple):
    y: Value
    leaves: dict


def network(x):
    """Four ReLUs and a skip term that make a sigmoid; below −6.3 the last one is shut."""
    leaves = {"x": Value(x, label="x")}

    def leaf(name, number):
        leaves[name] = Value(number, label=name)
        return leaves[name]

    total = leaf("v0", 0.00776) * leaves["x"]
    units = ((4.0, 0.0429), (2.0, 0.1398), (-2.0, -0.1398), (-4.0, -0.0429))
    for i, (bias, outgoing) in enumerate(units, 1):
        h = (leaf(f"w{i}", 1.0) * leaves["x"] + leaf(f"b{i}", bias)).relu()
        h.label = f"h{i}"
        total = total + leaf(f"v{i}", outgoing) * h
    y = (total + leaf("c", 0.0490)).relu()
    y.label = "y"
    return Net(y, leaves)


def scalar_net(sizes, seed=0):
    """A fully connected ReLU network of scalars, one scope a layer."""
    rng = np.random.default_rng(seed)
    xs = [Value(float(x), requires_grad=False) for x in rng.normal(size=sizes[0])]
    for layer, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        with tg.scope(f"layer{layer}"):
            out = []
            for j in range(n_out):
                total = Value(0.1, label=f"b{j}")
                for i in range(n_in):
                    total = total + Value(float(rng.normal()), label=f"w{j}{i}") * xs[i]
                out.append(total.relu())
        xs = out
    return xs[0]


def tensor_net(batch=8, wide=6):
    rng = np.random.default_rng(1)
    w = Value(rng.normal(size=(wide, 4)), label="w")
    b = Value(rng.normal(size=wide) - 1, label="b")
    h = tg.relu(tg.linear(rng.normal(size=(batch, 4)), w, b))
    return tg.mean(h), w, b


def hostile_flow():
    def back(g):
        """</script><script>alert(1)</script>"""
        return g

    with tg.scope(HOSTILE):
        x = Value(np.ones(3), label=HOSTILE)
        y = tg.sum(tg.record(x.data, [x], back, op=HOSTILE))
    y.label = HOSTILE
    return tg.gradient_flow(y)


def frames_of(*activations):
    def flow(activation):
        x = Value(-3.0, label="x")
        return tg.gradient_flow(activation(Value(2.0, label="w") * x + 1.0))

    return {a.name: flow(a) for a in activations}


def nested_flow():
    x = Value(2.0, label="x")
    with tg.scope("outer"):
        y = x * Value(3.0, label="a")
        with tg.scope("inner"):
            y = (y * Value(-1.0, label="b")).relu()
    return tg.gradient_flow(y + x)
