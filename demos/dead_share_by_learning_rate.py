"""B3 · The higher the learning rate, the larger the share of the network that is dead.

Claim: with too high a learning rate a large share of a network can be dead. (The number is
missing in the text; the course notes it quotes, CS231n, say "as much as 40 %".)

Prediction: a step moves z by lr times a gradient, so deaths should be rare at lr 0.1 and common
where a step is as long as z itself; layer 2, whose inputs grow too, should die first.

Setting: 2-32-32-1, two moons (100 points, mean 0), He's weights, biases 0, plain gradient descent
on all points, 200 steps; 20 seeds, each with its own weights and points, the same at every rate.

Found: the claim holds. Dead share of all hidden units: 0.051 [0.041, 0.061] at lr 0.1, 0.086
[0.064, 0.113] at 2, 0.525 [0.409, 0.641] at 4 and 0.92 [0.89, 0.95] at 8 (layer 2 alone: 0.98). At
lr 2 the dead units cost nothing yet: accuracy is 1.000 with 0.15 of layer 2 dead. At lr 8 it is
0.57 [0.53, 0.62].

要約:学習率を上げるほど、死んだユニットの割合は増える。20個のシードの平均で、学習率0.1では5.1%、
4では52.5%、8では92%(第2層だけなら98%)。学習率2では、第2層の15%が死んでも正解率は1.000のまま。
"""

# %% All learning rates and all seeds are one array of networks
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, spread
from demos._dying import accuracy, diverged, lives, moons
from demos.many import Many
from demos.style import CUT, CUT_TEXT, INK, band, rates, save, sheet, timeline

RATES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
SHOWN = 4.0  # the learning rate of the timeline


class Result(NamedTuple):
    """Dead shares of layer 1 and 2 and accuracies, (seeds, rates); who is dead, by step."""

    layers: tuple[Any, Any]
    accuracy: Any
    diverged: int  # networks that hold a number that is not finite: their units count as alive
    lives: list[Any]  # of all networks, rate by rate: (steps + 1, nets, units)

    def at(self, lr: float, layer: int) -> Spread:
        """The dead share at one learning rate, over seeds."""
        return spread(self.layers[layer][:, RATES.index(lr)])

    def whole(self, lr: float) -> Spread:
        """The dead share of both layers together; they are of the same width."""
        return spread(np.mean(self.layers, axis=0)[:, RATES.index(lr)])


def measure(seeds: int, steps: int = 200) -> Result:
    """Train `seeds` networks at every learning rate."""
    nets = Many([*range(seeds)] * len(RATES), [2, 32, 32, 1])
    x, target = moons(100, rng=nets.seeds)
    found = lives(nets, x, target, np.repeat(RATES, seeds), steps)
    by_net = [layer[-1].mean(axis=1) for layer in found] + [accuracy(nets, x, target)]
    first, second, right = (one.reshape(len(RATES), seeds).T for one in by_net)
    return Result((first, second), right, int(diverged(nets).sum()), found)


# %% The share by learning rate, and the life of a layer
def plot(found: Result, path: Path) -> Path:
    """Dead share by learning rate, and one network's second layer through time."""
    figure, (curve, life) = sheet(1, 2, (8.1, 3.4), width_ratios=(3, 2))
    for layer in (0, 1):
        band(curve, RATES, found.layers[layer], layer, f"dead in layer {layer + 1}")
    band(curve, RATES, found.accuracy, 2, "accuracy", ls=":", color=INK)
    rates(curve, RATES)
    curve.set(ylabel="share", ylim=(-0.03, 1.03))
    curve.axhline(0.4, color=CUT, lw=1, ls="--")
    curve.text(RATES[0], 0.415, "“as much as 40 %”", color=CUT_TEXT, fontsize=9)
    curve.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.92), fontsize=9)
    timeline(life, found.lives[1][:, RATES.index(SHOWN) * len(found.accuracy)])
    life.set_title(f"layer 2 at lr {SHOWN:g}, seed 0; dark: dead")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = measure(seeds=4 if quick else 20, steps=80 if quick else 200)
    for i, rate in enumerate(RATES):
        print(f"lr {rate:5g}: layer 1 {found.at(rate, 0)}, layer 2 {found.at(rate, 1)}, "
              f"both {found.whole(rate)}, accuracy {spread(found.accuracy[:, i])}")  # fmt: skip
    print(f"networks that diverged: {found.diverged}")
    figures: dict[str, Any] = {f"dead at lr {rate:g}": found.whole(rate) for rate in RATES}
    figures |= {f"layer {i + 1} at lr 4": found.at(4.0, i) for i in (0, 1)}
    low, high = found.whole(RATES[0]), found.whole(8.0)
    return Finding(
        claim="B3",
        statement="With too high a learning rate a large share of the network is dead.",
        verdict=CONFIRMED if high.low > 0.4 > low.high else NOT_CONFIRMED,
        note=(
            f"At lr 0.1, {low.mean:.0%} of all units are dead after training, at lr 4 "
            f"{found.whole(4.0).mean:.0%}, at lr 8 {high.mean:.0%}, beyond the notes’ 40 %."
        ),
        figures=figures,
        pictures=(plot(found, gallery / "dead_share_by_learning_rate.png"),),
    )


if __name__ == "__main__":
    run()
