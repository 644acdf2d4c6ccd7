"""The engine against micrograd and PyTorch."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value

Work = Callable[[], object]


@dataclass
class Row:
    """One line of the table."""

    what: str
    ours: str
    peer: str
    ratio: float
    bar: float
    at_least: bool = False

    def __str__(self) -> str:
        met = self.ratio >= self.bar if self.at_least else self.ratio <= self.bar
        sign = "≥" if self.at_least else "≤"
        return (
            f"{self.what:<46} {self.ours:>12} {self.peer:>12} {self.ratio:>8.2f} "
            f"{sign} {self.bar:<6g} {'met' if met else 'MISSED'}"
        )


def report(groups: list[str]) -> None:
    """Measure the named groups, or all, and print a line for each comparison."""
    print(f"{'':<46} {'ours':>12} {'peer':>12} {'ratio':>8}   bar")
    for name in groups or GROUPS:
        needs, measure = GROUPS[name]
        if needs and importlib.util.find_spec(needs) is None:
            print(f"{name}: {needs} is not installed, so there is nothing to compare with")
            continue
        for row in measure():
            print(row, flush=True)


def interleaved(ours: Work, peer: Work, calls: int, rounds: int = 15) -> tuple[float, float]:
    """Median seconds a call of each, in rounds by turns so that both meet the same machine."""
    works = (ours, peer)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(2):
        for work in works:
            work()
    for _ in range(rounds):
        for work, seconds in zip(works, times, strict=True):
            start = time.perf_counter()
            for _ in range(calls):
                work()
            seconds.append((time.perf_counter() - start) / calls)
    return median(times[0]), median(times[1])


def against_torch(what: str, bar: float, ours: Work, peer: Work, calls: int) -> Row:
    """A row of ours / PyTorch, in microseconds."""
    a, b = interleaved(ours, peer, calls)
    return Row(what, f"{a * 1e6:.0f} µs", f"{b * 1e6:.0f} µs", a / b, bar)


# --- scalars: a 2-16-16-1 network on two moons, as in micrograd's demo ------------------------


def two_moons(n: int = 100) -> tuple[list[list[float]], list[int]]:
    """Points on two interleaved half circles, with labels ±1."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi, n)
    upper = np.arange(n, dtype=np.int64) % 2 == 0
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    points = np.stack([x, y], axis=1) + rng.normal(0, 0.1, (n, 2))
    return points.tolist(), np.where(upper, -1, 1).tolist()


def train_scalars(engine: str, collector: bool, steps: int) -> float:
    """Mean seconds a step, after the first, of forward, backward and update."""
    nn = importlib.import_module("micrograd.nn")
    number = importlib.import_module(engine).Value
    nn.Value = number  # type: ignore[attr-defined]
    random.seed(0)
    model = nn.MLP(2, [16, 16, 1])
    points, labels = two_moons()
    if not collector:
        gc.disable()
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        scores = [model([number(c) for c in point]) for point in points]
        margins = [(1 + -label * score).relu() for label, score in zip(labels, scores, strict=True)]
        loss = sum(margins) * (1.0 / len(margins)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        seconds.append(time.perf_counter() - start)
    return mean(seconds[1:])


def scalars() -> Iterator[Row]:
    """A fresh process a run: what one engine leaves to the collector must not slow the other."""
    for state, bar, steps in (("on", 12.0, 16), ("off", 1.4, 4)):
        times: dict[str, list[float]] = {"tinygrad_relu": [], "micrograd.engine": []}
        for _ in range(3):
            for engine, seconds in times.items():
                call = f"train_scalars({engine!r}, {state == 'on'}, {steps})"
                code = f"from tests.benchmarks.engine import *; print({call})"
                seconds.append(float(subprocess.check_output([sys.executable, "-c", code])))
        a, b = map(median, times.values())
        what = f"scalar network against micrograd, collector {state}"
        yield Row(what, f"{a * 1e3:.0f} ms", f"{b * 1e3:.0f} ms", b / a, bar, at_least=True)


# --- a long chain of scalars ------------------------------------------------------------------

LINKS = 100_000


def _chain(links: int) -> Value:
    y = Value(1.0)
    for _ in range(links):
        y = (y * 1.0001 + 0.001).relu()
    return y


def chain() -> Iterator[Row]:
    """Time against PyTorch's scalar tensors."""
    import torch

    def theirs() -> None:
        y = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        for _ in range(LINKS):
            y = (y * 1.0001 + 0.001).relu()
        y.backward()

    a, b = interleaved(lambda: _chain(LINKS).backward(), theirs, calls=1, rounds=3)
    what = "100,000 links, against PyTorch's scalars"
    yield Row(what, f"{a * 1e3:.0f} ms", f"{b * 1e3:.0f} ms", b / a, 3, at_least=True)


def memory() -> Iterator[Row]:
    """Bytes a node, with its gradient, and a chain of a million links."""
    tracemalloc.start()
    y = _chain(LINKS)
    y.backward()
    size = tracemalloc.get_traced_memory()[0] / (3 * LINKS)
    tracemalloc.stop()
    del y
    yield Row("100,000 links, bytes a node", f"{size:.0f} B", "", size, 350)
    start = time.perf_counter()
    _chain(10 * LINKS).backward()
    seconds = time.perf_counter() - start
    yield Row("1,000,000 links work, seconds", f"{seconds:.1f} s", "", seconds, float("inf"))


# --- tensors ----------------------------------------------------------------------------------


def large() -> Iterator[Row]:
    """A million elements through two activations."""
    import torch
    from torch.nn import functional

    data = np.random.default_rng(0).normal(size=1_000_000)
    x = Value(data)
    z = torch.tensor(data, requires_grad=True)

    def ours() -> None:
        x.grad = None
        (x.leaky_relu() * x + x.relu()).sum().backward()

    def theirs() -> None:
        z.grad = None
        (functional.leaky_relu(z) * z + functional.relu(z)).sum().backward()

    yield against_torch("1e6 elements, leaky_relu(x)·x + relu(x)", 1.0, ours, theirs, calls=3)


def nets() -> Iterator[Row]:
    """Forward and backward of fully connected networks."""
    import torch
    from torch.nn import functional

    rng = np.random.default_rng(0)

    def pair(sizes: list[int], batch: int, ours_loss: str, target: np.ndarray) -> tuple[Work, Work]:
        data = [(rng.normal(size=(o, i)) / i**0.5, np.zeros(o)) for i, o in pairwise(sizes)]
        x = rng.normal(size=(batch, sizes[0]))
        layers = [(Value(w), Value(b)) for w, b in data]
        loss = getattr(tg, ours_loss)
        their_x, their_target = torch.tensor(x), torch.tensor(target)
        their_layers = [[torch.tensor(p, requires_grad=True) for p in wb] for wb in data]
        their_loss = getattr(functional, ours_loss)

        def ours() -> None:
            h = x
            for k, (w, b) in enumerate(layers):
                h = tg.linear(h, w, b)
                if k < len(layers) - 1:
                    h = tg.relu(h)
                w.grad = b.grad = None
            loss(h, target).backward()

        def theirs() -> None:
            h = their_x
            for k, (w, b) in enumerate(their_layers):
                h = functional.linear(h, w, b)
                if k < len(their_layers) - 1:
                    h = functional.relu(h)
                w.grad = b.grad = None
            their_loss(h, their_target).backward()

        ours(), theirs()
        for wb, their_wb in zip(layers, their_layers, strict=True):
            for p, q in zip(wb, their_wb, strict=True):
                np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-12)
        return ours, theirs

    small = pair([2, 16, 16, 1], 100, "mse_loss", rng.normal(size=(100, 1)))
    yield against_torch("2-16-16-1, batch 100, mse", 0.35, *small, calls=200)
    middle = pair([784, 256, 128, 10], 64, "cross_entropy", rng.integers(0, 10, 64))
    yield against_torch("784-256-128-10, batch 64, cross-entropy", 0.8, *middle, calls=20)


# --- import -----------------------------------------------------------------------------------


def importing() -> Iterator[Row]:
    """What importing the package takes once NumPy is there, in fresh processes."""
    code = (
        "import numpy, time; start = time.perf_counter(); import tinygrad_relu; "
        "print(time.perf_counter() - start)"
    )
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(15)]
    ms = median(times) * 1e3
    yield Row("import over NumPy, milliseconds", f"{ms:.1f} ms", "", ms, 10)


#: Name of the group → the peer it needs, and how it is measured.
GROUPS: dict[str, tuple[str | None, Callable[[], Iterator[Row]]]] = {
    "scalars": ("micrograd", scalars),
    "chain": ("torch", chain),
    "memory": (None, memory),
    "large": ("torch", large),
    "nets": ("torch", nets),
    "importing": (None, importing),
}
