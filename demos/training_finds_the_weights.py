"""A4 · Training can find such weights, but its own outer ReLU often shuts on the way.

Claim: the weights of the four-ReLU sigmoid were found by lowering the error again and again.

Prediction: nets of its shape come as close from random weights, or closer, if no unit dies. The
outer ReLU is a gate before everything: once shut for every x, nothing is learnt any more.

Found, from 100 random starts, by 2,000 steps of Adam at rate 0.02 on 101 points of [−6, 6]: 19 end
closer than the text's weights (95 % interval 13 to 28 %), the best with a root mean square error of
0.0108 against 0.0190. 67 have lost a unit or more. In 35 the outer ReLU is shut for every x, in 13
of them before the first step. At rate 0.1 64 end so, and 4 closer than by hand; without the outer
ReLU 62 do.

要約:誤差を繰り返し下げることで、このような重みは確かに見つかるが、いつもではない。100回の
うち、文中の重みより近づいたのは19回。35回は出力側のReLUがすべてのxで閉じ、学習が止まった
(13回は最初から)。出力側のReLUを外し、学習率0.1にすると、62回が文中の重みより近づいた。
"""

# %% The text's shape, once for each seed, in one graph
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, share
from demos.sigmoid_from_four_relus import network
from demos.style import BLUE, FAINT, ORANGE, PALE, save, sheet
from tinygrad_relu import Value

X = np.linspace(-6, 6, 101)[:, None]
TARGET = tg.sigmoid(X)
HIDDEN = 4
BY_HAND = float(np.sqrt(np.mean((network(X)[0].data - TARGET) ** 2)))  #: error of the text's net


class Trained(NamedTuple):
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

    def forward() -> tuple[Any, Any, Any]:
        z: Any = X @ p["w"] + p["b"]
        total = z.relu() @ p["v"] + X @ p["skip"] + p["c"]
        return total.relu() if outer else total, total, z

    adam = tg.optim.Adam(p.values(), lr=lr)
    for _ in range(steps):
        adam.zero_grad()
        tg.square(forward()[0] - TARGET).mean(axis=(1, 2)).sum().backward()
        adam.step()
    y, total, z = (one.data for one in forward())
    error = np.sqrt(np.mean((y - TARGET) ** 2, axis=(1, 2)))
    shut = outer & np.all(total <= 0, axis=(1, 2))
    firing = np.where(shut, 0, np.any(z > 0, axis=1).sum(axis=1))
    return Trained(y[..., 0], error, firing, shut)


# %% The picture: every curve, and the error of each by the units that are left
def plot(path: Path, found: Trained) -> Path:
    """Left: all the fits. Right: each net's error against the units that still fire."""
    figure, (left, right) = sheet(1, 2, (8.4, 3.5))
    good = found.error <= BY_HAND
    units = found.firing + np.random.default_rng(0).uniform(-0.18, 0.18, len(good))
    for chosen, color, mark, name in ((~good, ORANGE, "s", "worse"), (good, BLUE, "o", "closer")):
        left.plot(X[:, 0], found.y[chosen].T, color=color, lw=0.8, alpha=0.5)
        right.plot(units[chosen], found.error[chosen], mark, color=color, ms=4, alpha=0.7,
                   label=f"{name}: {chosen.sum()} of {len(good)}")  # fmt: skip
    left.plot(X[:, 0], TARGET[:, 0], color=PALE, lw=5, zorder=0)
    left.set(xlabel="x", ylabel="y of every net; the sigmoid in grey")
    right.axhline(BY_HAND, color=FAINT, ls="--", lw=1, label=f"by hand: {BY_HAND:.4f}")
    right.set(xlabel="hidden units that still fire on [−6, 6]", yscale="log",
              ylabel="root mean square error", xticks=range(HIDDEN + 1))  # fmt: skip
    right.legend(frameon=False, fontsize=9, loc=(0.14, 0.7))
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds, steps = (20, 400) if quick else (100, 2000)
    found, fast = train(seeds, steps), train(seeds, steps, lr=0.1)
    which = {
        "closer than by hand": found.error <= BY_HAND,
        "lost a unit": found.firing < HIDDEN,
        "outer ReLU shut for every x": found.shut,
        "outer ReLU shut at the start": train(seeds, 0).shut,
        "outer ReLU shut, rate 0.1": fast.shut,
        "closer, rate 0.1": fast.error <= BY_HAND,
        "closer, rate 0.1, no outer ReLU": train(seeds, steps, False, 0.1).error <= BY_HAND,
    }
    shares = {name: share(int(np.sum(chosen)), seeds) for name, chosen in which.items()}
    figures: dict[str, Any] = {"error by hand": BY_HAND, "least error": found.error.min(), **shares}
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    better, _, stuck, born, _, _, free = (f"{one.mean:.0%}" for one in shares.values())
    return Finding(
        claim="A4",
        statement="Such weights are found by training.",
        verdict=LIMITED if shares["closer than by hand"].low > 0 else NOT_CONFIRMED,
        note=(
            f"{better} of {seeds} random starts end closer to the sigmoid than the text's weights. "
            f"{stuck} learn nothing more: their outer ReLU is shut for every x, in {born} before "
            f"the first step. Without it, and at learning rate 0.1, {free} end closer."
        ),
        figures=figures,
        pictures=(plot(gallery / "training_finds_the_weights.png", found),),
    )


if __name__ == "__main__":
    run()
