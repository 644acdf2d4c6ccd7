"""A4 · Training can find such weights, but its own outer ReLU often shuts on the way.

Claim: the weights of the four-ReLU sigmoid were found by lowering the error again and again.

Prediction: nets of the same shape, four ReLU units, a skip term and an outer ReLU, trained from
random weights, come as close as the text's own weights, or closer, if no unit dies. The outer ReLU
is a single gate before everything: once it is shut for every x, nothing can be learnt any more.

Measured: 100 random starts, 2,000 steps of Adam at learning rate 0.02, 101 points on [−6, 6],
mean squared error.

Found: 19 of 100 end closer than the text's weights (95 % interval 13 to 28 %), the best with a root
mean square error of 0.0108 against 0.0190. 67 have lost at least one unit. In 35 the outer ReLU is
shut for every x; in 13 it was so before the first step, so 22 shut it by training. At rate 0.1,
64 end so. At that rate 4 of 100 end closer than by hand, and without the outer ReLU 62.

要約:誤差を繰り返し下げることで、このような重みは確かに見つかるが、いつもではない。100回の
うち、文中の重みより近づいたのは19回。35回は出力側のReLUがすべてのxで閉じ、学習が止まった
(13回は最初から)。出力側のReLUを外し、学習率0.1にすると、62回が文中の重みより近づいた。
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

X = np.linspace(-6, 6, 101)[:, None]
TARGET = tg.sigmoid(X)
HIDDEN = 4


@dataclass(frozen=True)
class Trained:
    """What became of each seed: the curve, root mean square error, units that still fire."""

    y: Any
    error: Any
    firing: Any
    shut: Any  #: whether the outer ReLU is shut for every x


def train(seeds: int, steps: int, outer: bool = True, lr: float = 0.02) -> Trained:
    """Train `seeds` nets from standard normal weights, side by side; `outer` is the last ReLU."""
    rng = np.random.default_rng(0)
    shapes = {"w": (1, HIDDEN), "b": (1, HIDDEN), "v": (HIDDEN, 1), "skip": (1, 1), "c": (1, 1)}
    p = {k: Value(rng.normal(size=(seeds, *shape)), label=k) for k, shape in shapes.items()}

    def forward() -> tuple[Value, Value, Value]:
        z = X @ p["w"] + p["b"]
        total = z.relu() @ p["v"] + X @ p["skip"] + p["c"]
        return total.relu() if outer else total, total, z

    adam = tg.optim.Adam(p.values(), lr=lr)
    for _ in range(steps):
        adam.zero_grad()
        (tg.square(forward()[0] - TARGET).mean(axis=(1, 2)).sum()).backward()
        adam.step()
    y, total, z = (one.data for one in forward())
    error = np.sqrt(np.mean((y - TARGET) ** 2, axis=(1, 2)))
    shut = outer & np.all(total <= 0, axis=(1, 2))
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
    right.legend(frameon=False, fontsize=9, loc=(0.14, 0.7))
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    size = (20, 400) if quick else (100, 2000)
    found, fast = train(*size), train(*size, lr=0.1)
    born, open_end = train(size[0], 0), train(*size, outer=False, lr=0.1)
    by_hand, seeds = hand_set()[1], len(found.error)
    better = share(int(np.sum(found.error <= by_hand)), seeds)
    lost = share(int(np.sum(found.firing < HIDDEN)), seeds)
    stuck = share(int(np.sum(found.shut)), seeds)
    print(f"by hand {by_hand:.4f}; trained: best {found.error.min():.4f}, "
          f"median {np.median(found.error):.4f}, worst {found.error.max():.4f}")  # fmt: skip
    print(f"closer than by hand: {better}; lost a unit: {lost}; outer ReLU shut for all x: {stuck}")
    without = share(int(np.sum(open_end.error <= by_hand)), seeds)
    shut_fast, shut_born = (share(int(np.sum(t.shut)), seeds) for t in (fast, born))
    print(f"outer ReLU shut at the start: {shut_born}; at the end with rate 0.1: {shut_fast}")
    print(f"rate 0.1: closer than by hand: {np.mean(fast.error <= by_hand)}, "
          f"without the outer ReLU: {without}")  # fmt: skip
    for units in range(HIDDEN + 1):
        group = found.error[found.firing == units]
        if len(group):
            print(f"{units} units left: {len(group)} nets, median error {np.median(group):.4f}")
    return Finding(
        claim="A4",
        statement="Such weights are found by training.",
        verdict=(CONFIRMED if better.low > 0.5 else LIMITED) if better.low > 0 else NOT_CONFIRMED,
        note=(
            f"{better.mean:.0%} of {seeds} random starts end closer to the sigmoid than the text's "
            f"weights (root mean square error {number(by_hand, 3)}). {stuck.mean:.0%} learn "
            f"nothing more: their outer ReLU is shut for every x, in {shut_born.mean:.0%} before "
            f"the first step. At learning rate 0.1 {shut_fast.mean:.0%} end so; without that ReLU, "
            f"{without.mean:.0%} end closer."
        ),
        figures={
            "error by hand": by_hand,
            "error trained, best": float(found.error.min()),
            "error trained, median": float(np.median(found.error)),
            "closer than by hand": better,
            "lost a unit": lost,
            "outer ReLU shut for every x": stuck,
            "outer ReLU shut at the start": shut_born,
            "outer ReLU shut, rate 0.1": shut_fast,
            "closer, rate 0.1, no outer ReLU": without,
        },
        pictures=(plot(gallery / "training_finds_the_weights.png", found, by_hand),),
    )


if __name__ == "__main__":
    run()
