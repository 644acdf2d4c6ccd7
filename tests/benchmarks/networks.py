"""Networks: a training step and a convolution against PyTorch, and how well digits are read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

import tinygrad_relu as tg
from tests.benchmarks.engine import Row, Work, against_torch
from tinygrad_relu import lab, nn, optim


def training() -> Iterator[Row]:
    """A whole step through nn and optim: forward, loss, backward, SGD."""
    import torch

    rng = np.random.default_rng(0)

    def pair(sizes: list[int], batch: int, loss: str, target: Any) -> tuple[Work, Work]:
        model = nn.MLP(sizes[0], sizes[1:], rng=0)
        layers: list[torch.nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        peer = torch.nn.Sequential(*layers[:-1]).double()
        peer.load_state_dict({k: torch.tensor(v) for k, v in model.state_dict().items()})
        optimiser = optim.SGD(model.named_parameters(), lr=1e-3)
        their_optimiser = torch.optim.SGD(peer.parameters(), lr=1e-3)
        x = rng.normal(size=(batch, sizes[0]))
        their_x, their_target = torch.tensor(x), torch.tensor(target)
        our_loss, their_loss = getattr(tg, loss), getattr(torch.nn.functional, loss)

        def ours() -> None:
            optimiser.zero_grad()
            our_loss(model(x), target).backward()
            optimiser.step()

        def theirs() -> None:
            their_optimiser.zero_grad()
            their_loss(peer(their_x), their_target).backward()
            their_optimiser.step()

        for _ in range(5):
            ours(), theirs()
        for p, q in zip(model.parameters(), peer.parameters(), strict=True):
            np.testing.assert_allclose(p.data, q.detach().numpy(), rtol=1e-9, atol=1e-12)
        return ours, theirs

    small = pair([2, 16, 16, 1], 100, "mse_loss", rng.normal(size=(100, 1)))
    yield against_torch("a step of 2-16-16-1, batch 100", 0.35, *small, calls=200)
    middle = pair([784, 256, 128, 10], 64, "cross_entropy", rng.integers(0, 10, 64))
    yield against_torch("a step of 784-256-128-10, batch 64", 0.75, *middle, calls=20)


def convolution() -> Iterator[Row]:
    """1 → 8 channels, 3 × 3, 32 images of 28 × 28, ReLU, mean."""
    import torch

    rng = np.random.default_rng(0)
    data = [rng.normal(size=shape) for shape in ((8, 1, 3, 3), (8,))]
    x = rng.normal(size=(32, 1, 28, 28))
    weight, bias = map(tg.Value, data)
    their_x, (w, b) = torch.tensor(x), (torch.tensor(a, requires_grad=True) for a in data)

    def ours() -> None:
        weight.grad = bias.grad = None
        tg.conv2d(x, weight, bias).relu().mean().backward()

    def theirs() -> None:
        w.grad = b.grad = None
        torch.nn.functional.conv2d(their_x, w, b).relu().mean().backward()

    ours(), theirs()
    np.testing.assert_allclose(weight.grad, w.grad.numpy(), rtol=1e-9)
    yield against_torch("convolution 1→8, 3×3, 32 images of 28×28", 1.0, ours, theirs, calls=20)


def watching() -> Iterator[Row]:
    """What `Monitor` costs at its default interval, beside a training on 784-256-128-10."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(1000, 784)), rng.integers(0, 10, 1000)
    model = nn.MLP(784, [256, 128, 10], rng=0)
    monitor, optimiser = lab.Monitor(model, X), optim.SGD(model.parameters(), lr=0.01)
    trained: list[float] = []
    watched: list[float] = []
    for _ in range(5):
        training = watch = 0.0
        for _ in range(monitor.every):
            start = time.perf_counter()
            i = rng.integers(0, len(X), 64)
            optimiser.zero_grad()
            tg.cross_entropy(model(X[i]), y[i]).backward()
            optimiser.step()
            middle = time.perf_counter()
            monitor()
            training += middle - start
            watch += time.perf_counter() - middle
        trained.append(training)
        watched.append(watch)
    a, b = median(watched), median(trained)
    what = f"Monitor every {monitor.every} steps of 784-256-128-10"
    yield Row(what, f"{a * 1e3:.0f} ms", f"{b * 1e3:.0f} ms", a / b, 0.25)


def small_cnn(rng: np.random.Generator) -> nn.Module:
    """Two convolutions and two layers, for images of 8 × 8."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, rng=rng),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.25, rng=rng),
        nn.Linear(128, 64, rng=rng),
        nn.ReLU(),
        nn.Linear(64, 10, rng=rng),
    )


def digits() -> Iterator[Row]:
    """Accuracy on held-out digits, in percent, for the worst of three seeds; and the time."""
    networks = {
        "MLP": (lambda rng: nn.MLP(64, [128, 64, 10], rng=rng), False, 97),
        "CNN": (small_cnn, True, 98),
    }
    for name, (make, images, bar) in networks.items():
        worst, slowest = 100.0, 0.0
        for seed in range(3):
            start = time.perf_counter()
            train, test = lab.digits(images=images, rng=0)
            model = make(np.random.default_rng(seed))
            optimiser = optim.Adam(model.named_parameters(), lr=2e-3)
            settings = {"epochs": 40, "progress": False, "rng": seed}
            tg.fit(model, train, tg.cross_entropy, optimiser, **settings)
            slowest = max(slowest, time.perf_counter() - start)
            worst = min(worst, 100 * lab.accuracy(model, *test))
        yield Row(f"digits, {name}, percent right", f"{worst:.1f}", "", worst, bar, at_least=True)
        yield Row(f"digits, {name}, seconds", f"{slowest:.0f} s", "", slowest, 120)


#: Name of the group → the peer it needs, and how it is measured.
GROUPS = {
    "training": ("torch", training),
    "convolution": ("torch", convolution),
    "watching": (None, watching),
    "digits": ("sklearn", digits),
}
