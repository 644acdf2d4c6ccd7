"""A4 · Training finds such weights, mostly: some runs lose units on the way.

Claim: the weights of the four-ReLU sigmoid were found by lowering the error again and again.

Prediction: nets of the same shape, four ReLU units, a skip term and an outer ReLU, trained from
random weights, come as close as the text's own weights, or closer, if no unit dies. The outer ReLU
is a single gate before everything: where it starts shut for every x, nothing can ever be learnt.

Measured: 100 seeds, Adam with learning rate 0.02, 201 points on [−6, 6], mean squared error.

Found: FOUND

要約:JAPANESE
"""

# %% The text's shape, once for each seed, in one graph
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, LIMITED, NOT_CONFIRMED, Finding, number, share
from demos.sigmoid_from_four_relus import network
from demos.style import BLUE, ORANGE, PALE, save, sheet
from tinygrad_relu import Value

X = np.linspace(-6, 6, 201)[:, None]
TARGET = tg.sigmoid(X)
HIDDEN = 4


@dataclass(frozen=True)
class Trained:
    """What became of each seed: the curve, root mean square error, units that still fire."""

    y: Any
    error: Any
    firing: Any
    shut: Any  #: whether the outer ReLU is shut for every x


def train(seeds: int, steps: int, lr: float = 0.02) -> Trained:
    """Train `seeds` nets from standard normal weights, side by side; they share nothing."""
    rng = np.random.default_rng(0)
    shapes = {"w": (1, HIDDEN), "b": (1, HIDDEN), "v": (HIDDEN, 1), "skip": (1, 1), "c": (1, 1)}
    p = {name: Value(rng.normal(size=(seeds, *shape)), label=name) for name, shape in shapes.items()}

    def forward() -> tuple[Value, Value, Value]:
        z = X @ p["w"] + p["b"]
        total = z.relu() @ p["v"] + X @ p["skip"] + p["c"]
        return total.relu(), total, z

    adam = tg.optim.Adam(p.values(), lr=lr)
    for _ in range(steps):
        adam.zero_grad()
        (tg.square(forward()[0] - TARGET).mean(axis=(1, 2)).sum()).backward()
        adam.step()
    y, total, z = (one.data for one in forward())
    error = np.sqrt(np.mean((y - TARGET) ** 2, axis=(1, 2)))
    shut = np.all(total <= 0, axis=(1, 2))
    firing = np.where(shut, 0, np.any(z > 0, axis=1).sum(axis=1))
    return Trained(y[..., 0], error, firing, shut)


def hand_set() -> tuple[Any, float]:
    """The text's own net: its curve and its root mean square error."""
    y = network(X).y.data
    return y[:, 0], float(np.sqrt(np.mean((y - TARGET) ** 2)))


# %% The picture: every curve, and the error of each by the units that are left
def plot(path: Path, found: Trained, by_hand: float) -> Path:
    """Left: all the fits. Right: each net's error against the units that still fire."""
    figure, (left, right) = sheet(1, 2, (10, 4.2))
    good = found.error <= by_hand
    for chosen, color in ((~good, ORANGE), (good, BLUE)):
        left.plot(X[:, 0], found.y[chosen].T, color=color, lw=0.8, alpha=0.5)
    left.plot(X[:, 0], TARGET[:, 0], color=PALE, lw=5, zorder=0)
    left.set(xlabel="x", ylabel="y of every net; the sigmoid in grey")
    jitter = np.random.default_rng(0).uniform(-0.18, 0.18, len(good))
    for chosen, color, mark, name in (
        (good, BLUE, "o", "closer than by hand"), (~good, ORANGE, "s", "not as close")
    ):  # fmt: skip
        told = f"{name}: {chosen.sum()} of {len(good)}"
        right.plot((found.firing + jitter)[chosen], found.error[chosen], mark, color=color, ms=4,
                   alpha=0.7, label=told)  # fmt: skip
    right.axhline(by_hand, color="#6e7781", ls="--", lw=1, label=f"by hand: {by_hand:.4f}")
    right.set(xlabel="hidden units that still fire on [−6, 6]", yscale="log",
              ylabel="root mean square error", xticks=range(HIDDEN + 1))  # fmt: skip
    right.legend(frameon=False, fontsize=9)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = train(20 if quick else 100, 600 if quick else 3000)
    by_hand, seeds = hand_set()[1], len(found.error)
    better = share(int(np.sum(found.error <= by_hand)), seeds)
    lost = share(int(np.sum(found.firing < HIDDEN)), seeds)
    stuck = share(int(np.sum(found.shut)), seeds)
    print(f"by hand {by_hand:.4f}; trained: best {found.error.min():.4f}, "
          f"median {np.median(found.error):.4f}, worst {found.error.max():.4f}")  # fmt: skip
    print(f"closer than by hand: {better}; lost a unit: {lost}; outer ReLU shut for all x: {stuck}")
    for units in range(HIDDEN + 1):
        group = found.error[found.firing == units]
        if len(group):
            print(f"{units} units left: {len(group)} nets, median error {np.median(group):.4f}")
    return Finding(
        claim="A4",
        statement="Such weights are found by training.",
        verdict=(LIMITED if lost.mean else CONFIRMED) if better.mean > 0.5 else NOT_CONFIRMED,
        note=(
            f"{better.mean:.0%} of {seeds} random starts end closer to the sigmoid than the text's "
            f"weights (root mean square error {number(by_hand, 3)}), the median at "
            f"{number(np.median(found.error), 2)}. But {lost.mean:.0%} lose at least one of the "
            f"four units, and in {stuck.mean:.0%} the outer ReLU is shut for every x."
        ),
        figures={
            "error by hand": by_hand, "error trained, median": float(np.median(found.error)),
            "closer than by hand": better, "lost a unit": lost, "outer ReLU shut": stuck,
        },
        pictures=(plot(gallery / "training_finds_the_weights.png", found, by_hand),),
    )  # fmt: skip


if __name__ == "__main__":
    run()
