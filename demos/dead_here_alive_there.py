"""B14 · Dead on the training set need not be dead elsewhere; and nearly dead is as good as dead.

Claims: a unit that is dead on the training set may live on test data; new data, as in the further
use of a trained network, may revive it. And a unit need not be 0 on all data to be as good as dead:
if few examples reach it, they cannot move it.

Why: dead is a word about a data set. A line that just misses 400 points will cross some of
4,000 others, and more that are moved or turned. The gradient of a unit is a mean over all examples,
of which only the open ones count: with k of n open it is about k/n of a live unit's.

Setting: 2-32-1, 20 networks, two moons; 15 steps at learning rate 8 kill. Then the share of
examples for which each unit is open, on other data; 300 steps at 0.1 on the same data, and how far
each unit moved; the same on data moved by 1 to the right.

Found: confirmed. Of 155 units dead in training .09 [.05, .15] fire for some of 4,000 test
examples, .19 [.14, .26] on the data moved by 1, .30 [.24, .38] on data turned by 90°; 300 steps on
the moved data train .17 [.12, .23] of them again. The 8 units open for up to 1 % of the examples
moved by 2·10⁻⁵ (median), the other 477 by 0.08; a dead unit by exactly 0.

要約:「死んでいる」とは、あるデータに対しての話である。訓練データで死んだ155個のうち、テストデータでは9%、
ずらしたデータでは19%が発火した。逆に、訓練例の1%以下でしか開かないユニットは、ほとんど動かない
(移動量の中央値は2·10⁻⁵、ほかのユニットは0.08)。
"""

# %% One training set, and others to look at
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos._dying import moons
from demos.many import Many, train
from demos.style import BLUE, CUT, FAINT, GREEN, ORANGE, save, sheet

RIGHT = np.array([1.0, 0.0])
RARE = 0.01  # up to this open share a unit that fires is "rare"


@dataclass(frozen=True)
class Result:
    """Flat arrays over units: open share by data set, and the way each moved in training on."""

    open: dict[str, Any]
    moved: Any
    moved_on_new: Any

    @property
    def dead(self) -> Any:
        """Open for no training example."""
        return self.open["training"] == 0

    @property
    def rare(self) -> Any:
        """Open for a few."""
        return ~self.dead & (self.open["training"] <= RARE)

    def alive_on(self, data: str) -> Spread:
        """How many of the dead fire for some example of another set."""
        return share(int(np.sum(self.open[data][self.dead] > 0)), int(self.dead.sum()))


def killed(seeds: int) -> tuple[Many, Any, Any]:
    """Networks in which large steps have killed some units, and their data."""
    x, target = moons(400)
    nets = Many(seeds, [2, 32, 1])
    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr=8.0, steps=15)
    return nets, x, target


def way(nets: Many, x: Any, target: Any, steps: int) -> Any:
    """Train on; how far each unit's weights and bias moved."""

    def numbers() -> Any:
        return np.concatenate([nets.weights[0].data, nets.biases[0].data], axis=1)

    start = numbers()
    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr=0.1, steps=steps)
    return np.linalg.norm(numbers() - start, axis=1).ravel()


def measure(seeds: int, steps: int = 300) -> Result:
    """Open shares on four data sets, and movement on two."""
    nets, x, target = killed(seeds)
    fresh = moons(4000, rng=99)[0]
    sets = {
        "training": x,
        "test": fresh,
        "moved": fresh + RIGHT,
        "turned": fresh @ [[0, 1], [-1, 0]],
    }
    shares = {n: np.mean(nets.hidden(data)[0] > 0, axis=1).ravel() for n, data in sets.items()}
    moved = way(nets, x, target, steps)
    again, *_ = killed(seeds)
    return Result(shares, moved, way(again, x + RIGHT, target, steps))


def plot(found: Result, path: Path) -> Path:
    """How many dead units fire elsewhere; how far a unit moves by how often it is open."""
    figure, (left, right) = sheet(1, 2, (9.6, 4), width_ratios=(2, 3))
    names = [name for name in found.open if name != "training"]
    got = [found.alive_on(name) for name in names]
    mean = np.array([one.mean for one in got])
    bars = [mean - [one.low for one in got], [one.high for one in got] - mean]
    left.bar(range(3), mean, 0.6, color=GREEN, yerr=bars, capsize=3)
    left.set_xticks(range(3), [f"{name}\ndata" for name in names])
    left.set(ylabel="of the units dead in training,\nthe share that fires", ylim=(0, 0.5))
    smallest = found.moved[found.moved > 0].min() / 3
    kinds = (("dead", found.dead, CUT, "x"), ("rare", found.rare, ORANGE, "s"),
             ("others", ~found.dead & ~found.rare, BLUE, "o"))  # fmt: skip
    for name, mask, color, marker in kinds:
        at = np.maximum(found.open["training"][mask], 1 / 1600)
        right.plot(at, np.maximum(found.moved[mask], smallest), marker, color=color, ms=5,
                   alpha=0.6, label=f"{name}: {mask.sum()}")  # fmt: skip
    right.set(xscale="log", yscale="log", xlabel="share of the training examples it is open for",
              ylabel="how far 300 steps moved it")  # fmt: skip
    right.set_xticks([1 / 1600, 0.01, 0.1, 1], ["0", "1 %", "10 %", "100 %"])
    right.minorticks_off()
    right.text(1 / 1450, smallest * 1.5, "exactly 0", color=FAINT, fontsize=9)
    right.legend(frameon=False, loc="lower right")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = measure(seeds=20, steps=60 if quick else 300)
    others = ~found.dead & ~found.rare
    revived = share(int(np.sum(found.moved_on_new[found.dead] > 0)), int(found.dead.sum()))
    rare, live = np.median(found.moved[found.rare]), np.median(found.moved[others])
    for name in ("test", "moved", "turned"):
        print(
            f"of {found.dead.sum()} dead in training, firing on {name} data: {found.alive_on(name)}"
        )
    print(f"moved by training on the moved data: {revived}")
    print(f"median way: dead {np.median(found.moved[found.dead]):g}, "
          f"{found.rare.sum()} rare {rare:.2g}, {others.sum()} others {live:.2g}")  # fmt: skip
    elsewhere = min(found.alive_on(name).low for name in ("test", "moved"))
    return Finding(
        claim="B14",
        statement="Dead in training need not be dead elsewhere; nearly dead is as good as dead.",
        verdict=CONFIRMED if min(elsewhere, revived.low) > 0 < 10 * rare < live else NOT_CONFIRMED,
        note=(
            f"Of {found.dead.sum()} units dead in training {found.alive_on('test').mean:.0%} fire "
            f"on test data and {found.alive_on('moved').mean:.0%} on moved data, which can train "
            f"{revived.mean:.0%} of them again. {found.rare.sum()} units open for up to 1 % of the "
            f"examples move {live / rare:.0f} times less than the others."
        ),
        figures={f"dead in training, firing on {n} data": found.alive_on(n)
                 for n in ("test", "moved", "turned")}
        | {"dead in training, trained again by moved data": revived,
           "way of a rare unit, median": float(rare), "way of the others, median": float(live)},
        pictures=(plot(found, gallery / "dead_here_alive_there.png"),),
    )  # fmt: skip


if __name__ == "__main__":
    run()
