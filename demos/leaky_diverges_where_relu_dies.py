"""T leaky · Where ReLU units die of the learning rate, leaky ones blow up.

Point: leaky ReLU is offered as the cure for dying units. But what kills them is a step that is too
large, and a leaky network has to take the next such step, too. Dying is also a brake.

Why: at learning rates where a large share of ReLU units dies, leaky networks diverge: some
number is no longer finite. The larger α, the lower the learning rate at which they do.

Setting: 2-32-32-1, two moons, He's weights, 120 steps of plain gradient descent; 20 seeds, each
with its own weights and points, the same for every activation and learning rate.

Found: confirmed. At lr 8 0.92 of the ReLU units are dead and no network diverges; of the leaky ones
all do. At lr 4 0.10 of the networks with α = 0.01 diverge, 0.50 with 0.1 and 0.95 with 0.3, where
ReLU has 0.53 dead and still 0.96 accuracy. Up to lr 2 all four are right on 0.98 of the points or
more. Cross-entropy bounds what the loss sends back; with a squared error ReLU nets diverge, too.

要約:Leaky ReLUは「死なない」が、ReLUが死ぬほどの学習率では代わりに発散する。学習率8では
ReLUのユニットの92%が死に、Leakyのネットワークはすべて発散した(α = 0.01、0.1、0.3とも)。
薬はステップを小さくすることである。
"""

# %% The same networks with four activations
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share, spread
from demos._dying import accuracy, dead, diverged, moons
from demos.many import Many, train
from demos.style import band, legend, rates, save, sheet

RATES = (0.5, 1.0, 2.0, 4.0, 8.0)
ACTIVATIONS: dict[str, Any] = {"ReLU": tg.relu}
ACTIVATIONS |= {f"leaky {alpha}": partial(tg.leaky_relu, alpha=alpha) for alpha in (0.01, 0.1, 0.3)}


class Result(NamedTuple):
    """By activation, each (seeds, rates): diverged or not, dead share, accuracy."""

    diverged: dict[str, Any]
    dead: dict[str, Any]
    accuracy: dict[str, Any]

    def blown_up(self, name: str, lr: float) -> Spread:
        """The share of networks that diverged."""
        runs = self.diverged[name][:, RATES.index(lr)]
        return share(int(runs.sum()), len(runs))


def measure(seeds: int, steps: int = 120) -> Result:
    """Train every activation at every learning rate from the same seeds."""
    found = Result({}, {}, {})
    for name, act in ACTIVATIONS.items():
        nets = Many([*range(seeds)] * len(RATES), [2, 32, 32, 1], act)
        x, target = moons(100, rng=nets.seeds)
        train(nets, x, target, tg.binary_cross_entropy_with_logits, np.repeat(RATES, seeds), steps)
        right = accuracy(nets, x, target)
        lost = np.concatenate(dead(nets), axis=1).mean(axis=1)
        for table, by_net in zip(found, (diverged(nets), lost, right), strict=True):
            table[name] = by_net.reshape(len(RATES), seeds).T
    return found


def plot(found: Result, path: Path) -> Path:
    """Diverged and accuracy by learning rate; for ReLU the dead share beside it."""
    figure, (left, right) = sheet(1, 2, (8.1, 3.5), sharey=True)
    for i, name in enumerate(ACTIVATIONS):
        band(left, RATES, found.diverged[name].astype(float), i, f"{name}: diverged")
        band(right, RATES, found.accuracy[name], i, name)
    band(left, RATES, found.dead["ReLU"], 0, "ReLU: share of dead units", ls="--", mfc="white")
    for axes in (left, right):
        rates(axes, RATES)
        axes.set(ylim=(-0.03, 1.03))
    left.set_title("share of the networks, or of the units")
    right.set_title("accuracy (0.5 is chance)")
    legend(figure, left, 3)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = measure(seeds=5 if quick else 20, steps=60 if quick else 120)
    for name in ACTIVATIONS:
        for table, what in zip(found, ("diverged", "dead", "accuracy"), strict=True):
            at = (f"{mean:.3f}" for mean in table[name].mean(axis=0))
            print(f"{name:10} {what:8} at lr 0.5, 1, 2, 4, 8:", *at)
    relu, small, usual = (found.blown_up(n, 8.0) for n in ("ReLU", "leaky 0.01", "leaky 0.1"))
    lost = spread(found.dead["ReLU"][:, RATES.index(8.0)])
    figures: dict[str, Any] = {
        f"{n} diverged at lr {r:g}": found.blown_up(n, r) for r in (4.0, 8.0) for n in ACTIVATIONS
    }
    return Finding(
        claim="T leaky",
        statement="Where ReLU units die of the learning rate, leaky networks diverge.",
        verdict=CONFIRMED if usual.low > 0.5 > relu.high and lost.low > 0.5 else NOT_CONFIRMED,
        note=(
            f"At learning rate 8, {lost.mean:.0%} of the ReLU units are dead and {relu.mean:.0%} "
            f"of the networks diverge; of the leaky ones {small.mean:.0%} diverge with α = 0.01 "
            f"and {usual.mean:.0%} with 0.1. Neither learns: the cure is a smaller step."
        ),
        figures=figures | {"ReLU units dead at lr 8": lost},
        pictures=(plot(found, gallery / "leaky_diverges_where_relu_dies.png"),),
    )


if __name__ == "__main__":
    run()
