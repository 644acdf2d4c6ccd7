"""What a flow costs, and its answers: in seconds, in multiples of backward, and how it grows."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

import tinygrad_relu as tg
from tests.benchmarks.engine import Row, Work
from tinygrad_relu import Value
from tinygrad_relu.picture.flow import GradientFlow


def seconds(work: Work, rounds: int = 3) -> float:
    """The least of some runs, of the processor's time: what else runs does not count."""
    took = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def exponent(make: Callable[[int], Work], sizes: tuple[int, ...], rounds: int = 3) -> float:
    """The slope of time over size, both as logarithms: 1 is linear, 2 quadratic."""
    took = [seconds(make(n), rounds) for n in sizes]
    return float(np.polyfit(np.log(sizes), np.log(took), 1)[0])


def in_seconds(what: str, took: float, bar: float) -> Row:
    """A row of seconds against a bar."""
    return Row(what, f"{took:.2f} s", "", took, bar)


def grows(what: str, power: float) -> Row:
    """A row of an exponent: near linear."""
    return Row(what, f"n^{power:.2f}", "n", power, 1.25)


# --- graphs ----------------------------------------------------------------------------------


def scalar_mlp(nodes: int, sizes: tuple[int, ...] = (3, 16, 16, 1)) -> Value:
    """The loss of a network of scalars, on as many points as give so many nodes."""
    rng = np.random.default_rng(0)
    pairs = list(pairwise(sizes))
    layers = [[[Value(w) for w in row] for row in rng.normal(size=(o, i + 1))] for i, o in pairs]
    points = max(nodes // sum(o * (2 * i + 1) for i, o in pairs), 1)
    total = Value(0.0)
    for point in rng.normal(size=(points, sizes[0])):
        h = [Value(x, requires_grad=False) for x in point]
        for layer in layers:
            h = [
                sum((w * x for w, x in zip(row, h, strict=False)), row[-1]).relu() for row in layer
            ]
        total = total + h[0]
    return total


def gates(n: int) -> tuple[GradientFlow, Value]:
    """One bias behind so many shut gates, side by side."""
    b = Value(-1.0)
    return tg.gradient_flow(sum((b * (i + 1.0)).relu() for i in range(n))), b


def chain(n: int) -> tuple[GradientFlow, Value]:
    """So many links, with a zero at every hundredth."""
    x = y = Value(1.0)
    for i in range(n):
        y = y * (1.0 if i % 100 else 0.0)
    return tg.gradient_flow(y), x


def network() -> Value:
    """The loss of 784-256-128-10 on a batch of 64."""
    rng = np.random.default_rng(0)
    nn = tg.nn
    first, second = nn.Linear(784, 256, rng=rng), nn.Linear(256, 128, rng=rng)
    net = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Linear(128, 10, rng=rng))
    return tg.cross_entropy(net(rng.normal(size=(64, 784))), rng.integers(0, 10, 64))


# --- what is measured ------------------------------------------------------------------------


def of_backward(what: str, root: Value, bar: float, rounds: int, read: bool = False) -> Row:
    """A row of gradient_flow / backward."""

    def flow() -> None:
        made = tg.gradient_flow(root)
        for edge in made.edges if read else ():
            _ = edge.state, edge.upstream, edge.local, edge.contribution

    a, b = seconds(flow, rounds), seconds(root.backward, rounds)
    return Row(what, f"{a * 1e3:.0f} ms", f"{b * 1e3:.1f} ms", a / b, bar)


def asked(make: Callable[[int], tuple[GradientFlow, Value]]) -> Callable[[int], Work]:
    """The work of a first question, of a flow of a size."""

    def prepare(n: int) -> Work:
        flow, leaf = make(n)
        return lambda: GradientFlow(flow.trace).why_zero(leaf)

    return prepare


def one_by_one(flow: GradientFlow) -> None:
    """Ask for every leaf by itself."""
    for node in flow.nodes:
        if node.value.op is None and node.value.requires_grad:
            flow.why_zero(node.value)


def costs() -> Iterator[Row]:
    """Flows against backward, questions and pictures against a bar, and how they grow."""
    root = scalar_mlp(1_000_000)
    size = f"of {len(tg.gradient_flow(root).nodes) / 1e6:.1f} million scalars"
    yield of_backward(f"gradient_flow {size} / backward", root, 10, 1)
    yield of_backward(f"gradient_flow {size}, every edge read", root, 20, 1, read=True)
    gc.collect()
    tracemalloc.start()
    flow = tg.gradient_flow(root)
    held = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    yield Row(f"memory of gradient_flow {size}", f"{held:.0f} MB", "", held, 450)
    yield in_seconds(f"to_text {size}", seconds(flow.to_text, 1), 60)
    yield in_seconds(f"to_dot {size}, folded", seconds(flow.to_dot, 1), 60)
    del flow, root
    yield of_backward("gradient_flow of 784-256-128-10, 64 examples", network(), 3, 30)
    yield in_seconds("why_zero behind 4,000 gates", seconds(asked(gates)(4000)), 0.5)
    yield in_seconds("why_zero behind a chain of 100,000", seconds(asked(chain)(100_000)), 2)
    trace = tg.gradient_flow(scalar_mlp(13_000)).trace
    fresh = [GradientFlow(trace) for _ in range(6)]
    what = f"why_zero of every leaf of {len(trace.values):,} nodes"
    yield in_seconds(f"{what}, at once", seconds(lambda: fresh.pop().why_zeros()), 1)
    yield in_seconds(f"{what}, one by one", seconds(lambda: one_by_one(fresh.pop())), 1)
    sizes = (1000, 4000, 16000)
    yield grows("why_zero, in gates side by side", exponent(asked(gates), sizes))
    yield grows("why_zero, in links of a chain", exponent(asked(chain), sizes))

    def all_leaves(n: int) -> Work:
        trace = tg.gradient_flow(scalar_mlp(n)).trace
        return lambda: GradientFlow(trace).why_zeros()

    def whole(n: int) -> Work:
        root = scalar_mlp(n)
        return lambda: tg.gradient_flow(root)

    yield grows("why_zeros, in nodes of a network", exponent(all_leaves, (8000, 24000, 72000)))
    yield grows("gradient_flow, in nodes of a network", exponent(whole, (8000, 24000, 72000)))


#: Name of the group → what it needs, and how it is measured.
GROUPS = {"flow": ("", costs)}
