"""B3 · The higher the learning rate, the larger the share of the network that is dead.

Claim: with too high a learning rate a large share of a network can be dead. (The number is
missing in the text; the course notes it quotes, CS231n, say "as much as 40 %".)

Prediction: a step moves z by lr times a gradient, so deaths should be rare at lr 0.1 and common
where a step is as long as z itself; layer 2, whose inputs grow too, should die first.

Setting: 2-32-32-1, two moons (100 points, mean 0), He's weights, biases 0, plain gradient descent
on all points, 200 steps; each learning rate with its own networks from the same seeds.

Found: the claim holds. Dead share of all hidden units over 20 seeds: 0.045 [0.035, 0.055] at lr
0.1, 0.090 [0.066, 0.120] at 2, 0.53 [0.41, 0.64] at 4 and 0.87 [0.84, 0.90] at 8 (layer 2 alone:
0.95). Up to lr 2 the dead units cost nothing: accuracy is 1.000 with 0.16 of layer 2 dead. At
lr 8 it is 0.62 [0.56, 0.68].

要約:学習率を上げるほど、死んだユニットの割合は増える。20個のシードの平均で、学習率0.1では4.5%、
4では53%、8では87%(第2層だけなら95%)。学習率2までは、死んだユニットがあっても正解率は1.000のまま。
"""

# %% All learning rates and all seeds are one array of networks
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, spread
from demos._dying import accuracy, diverged, lives, moons
from demos.many import Many
from demos.style import CUT, INK, ORANGE, band, save, sheet

RATES = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
SHOWN = 4.0  # the learning rate of the timeline


@dataclass(frozen=True)
class Result:
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


def measure(seeds: int, steps: int = 200, n: int = 100) -> Result:
    """Train `seeds` networks at every learning rate."""
    x, target = moons(n)
    nets = Many([*range(seeds)] * len(RATES), [2, 32, 32, 1])
    found = lives(nets, x, target, np.repeat(RATES, seeds), steps)

    def table(by_net: Any) -> Any:
        return by_net.reshape(len(RATES), seeds).T

    first, second = (table(layer[-1].mean(axis=1)) for layer in found)
    return Result(
        (first, second), table(accuracy(nets, x, target)), int(diverged(nets).sum()), found
    )


# %% The share by learning rate, and the life of a layer
def timeline(axes: Any, alive_or_dead: Any, color: str = CUT) -> None:
    """Units from top to bottom, those that died first on top; dark while dead."""
    from matplotlib.colors import ListedColormap

    dead = alive_or_dead.T
    when = np.where(dead.any(axis=1), dead.argmax(axis=1), dead.shape[1])
    axes.imshow(dead[np.argsort(when, kind="stable")], aspect="auto", interpolation="nearest",
                cmap=ListedColormap(["#dcebf5", color]), vmin=0, vmax=1)  # fmt: skip
    axes.grid(False)
    axes.set(xlabel="step", ylabel="unit, first to die on top")


def plot(found: Result, path: Path) -> Path:
    """Dead share by learning rate, and one network's second layer through time."""
    figure, (curve, life) = sheet(1, 2, (9.6, 4), width_ratios=(3, 2))
    for layer in (0, 1):
        band(curve, RATES, found.layers[layer], layer, f"dead in layer {layer + 1}")
    band(curve, RATES, found.accuracy, 2, "accuracy", ls=":", color=INK)
    curve.set_xscale("log", base=2)
    curve.set_xticks(RATES, [f"{rate:g}" for rate in RATES])
    curve.set(xlabel="learning rate", ylabel="share", ylim=(-0.03, 1.03))
    curve.axhline(0.4, color=ORANGE, lw=1, ls="--")
    curve.text(RATES[0], 0.415, "“as much as 40 %”", color="#a34700", fontsize=9)
    curve.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.92), fontsize=9)
    seeds = len(found.accuracy)
    timeline(life, found.lives[1][:, RATES.index(SHOWN) * seeds])
    life.set_title(f"layer 2 at lr {SHOWN:g}, seed 0: dark = dead")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = measure(seeds=4 if quick else 20, steps=80 if quick else 200)
    for i, rate in enumerate(RATES):
        print(f"lr {rate:5g}: layer 1 {found.at(rate, 0)}, layer 2 {found.at(rate, 1)}, "
              f"both {found.whole(rate)}, accuracy {spread(found.accuracy[:, i])}")  # fmt: skip
    print(f"networks that diverged: {found.diverged}")
    low, high = found.whole(RATES[0]), found.whole(8.0)
    return Finding(
        claim="B3",
        statement="With too high a learning rate a large share of the network is dead.",
        verdict=CONFIRMED if high.low > 0.4 > low.high else NOT_CONFIRMED,
        note=(
            f"At lr 0.1 {low.mean:.0%} of all units are dead after training, at lr 4 "
            f"{found.whole(4.0).mean:.0%}, at lr 8 {high.mean:.0%}, beyond the notes’ 40 %."
        ),
        figures={f"dead at lr {rate:g}": found.whole(rate) for rate in RATES}
        | {f"layer {i + 1} at lr 4": found.at(4.0, i) for i in (0, 1)},
        pictures=(plot(found, gallery / "dead_share_by_learning_rate.png"),),
    )


if __name__ == "__main__":
    run()
