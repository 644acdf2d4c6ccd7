"""B14 · Dead on the training set need not be dead elsewhere; and nearly dead is as good as dead.

Claims: a unit that is dead on the training set may live on test data; new data, as in the further
use of a trained network, may revive it. And a unit need not be 0 on all data to be as good as dead:
if few examples reach it, they cannot move it.

Why: dead is a word about a data set. A line that just misses 400 points will cross some of 4,000
others, and more that are moved or turned. The gradient of a unit is a mean over all examples, of
which only the open ones count: with k of n open it is about k/n of a live unit's.

Setting: 2-32-1, 20 networks, two moons; 15 steps at learning rate 8 kill. Then 300 steps at 0.1 on
the same data, and how far each unit moved; the same on data moved by 1 to the right.

Found: confirmed. Of 155 units dead in training .09 [.05, .15] fire for some of 4,000 test examples,
.19 [.14, .26] on the data moved by 1, .30 [.24, .38] on data turned by 90°; 300 steps on the moved
data train .17 [.12, .23] of them again. The 8 units open for up to 1 % of the examples moved by
2·10⁻⁵ (median), the other 477 by 0.08; a dead unit by exactly 0.

要約:「死んでいる」とは、あるデータに対しての話である。訓練データで死んだ155個のうち、テストデータでは9%、
ずらしたデータでは19%が発火した。逆に、訓練例の1%以下でしか開かないユニットは、ほとんど動かない
(移動量の中央値は2·10⁻⁵、ほかのユニットは0.08)。
"""

# %% One training set, and others to look at
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos._dying import moons
from demos.many import Many, train
from demos.style import BLUE, CUT, FAINT, GREEN, bars, save, sheet


def killed() -> Many:
    """Networks in which large steps have killed some units."""
    nets = Many(20, [2, 32, 1])
    train(nets, *moons(400), tg.binary_cross_entropy_with_logits, lr=8.0, steps=15)
    return nets


def open_shares() -> dict[str, Any]:
    """For what share of each data set every unit is open."""
    nets, new = killed(), moons(4000, rng=99)[0]
    moved, turned = new + np.array([1, 0], np.int64), new @ [[0, 1], [-1, 0]]
    sets = {"training": moons(400)[0], "test": new, "moved": moved, "turned": turned}
    return {name: np.mean(nets.hidden(x)[0] > 0, axis=1).ravel() for name, x in sets.items()}


def way(shift: Any, steps: int) -> Any:
    """How far small steps on the training data, moved by `shift`, take each unit's parameters."""
    nets, (x, target) = killed(), moons(400)
    first = nets.weights[0], nets.biases[0]
    start = np.concatenate([p.data for p in first], axis=1)
    train(nets, x + shift, target, tg.binary_cross_entropy_with_logits, lr=0.1, steps=steps)
    return np.linalg.norm(np.concatenate([p.data for p in first], axis=1) - start, axis=1).ravel()


def kinds(opened: Any) -> dict[str, Any]:
    """Which units are open for no training example, which for up to 1 %, and which for more."""
    return {"dead": opened == 0, "rare": (opened > 0) & (opened <= 0.01), "others": opened > 0.01}


# %% How many dead units fire elsewhere; how far a unit moves by how often it is open
def plot(fires: dict[str, Spread], opened: Any, moved: Any, path: Path) -> Path:
    """Two panels: other data, and training on."""
    figure, (left, right) = sheet(1, 2, (8.1, 3.4), width_ratios=(2, 3))
    bars(left, [f"{name}\ndata" for name in fires], list(fires.values()))
    left.set(ylabel="of the units dead in training,\nthe share that fires", ylim=(0, 0.5))
    nothing, least = 1 / 1600, moved[moved > 0].min() / 3  # where a logarithm has no 0
    looks = ((CUT, "x"), (GREEN, "s"), (BLUE, "o"))
    for (name, who), (color, marker) in zip(kinds(opened).items(), looks, strict=True):
        at, far = np.maximum(opened[who], nothing), np.maximum(moved[who], least)
        right.plot(at, far, marker, color=color, ms=5, alpha=0.6, label=f"{name}: {who.sum()}")
    right.set(xscale="log", yscale="log", ylabel="how far training on moved it")
    right.set_xticks([nothing, 0.01, 0.1, 1], ["0", "1 %", "10 %", "100 %"])
    right.set_xlabel("share of the training examples it is open for")
    right.minorticks_off()
    right.text(1.1 * nothing, 1.5 * least, "exactly 0", color=FAINT, fontsize=9)
    right.legend(frameon=False, loc="lower right")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    steps = 60 if quick else 300
    found, moved = open_shares(), way(0.0, steps)
    opened = found.pop("training")
    dead, rare, others = kinds(opened).values()
    count = int(dead.sum())
    fires = {name: share(int(np.sum(there[dead] > 0)), count) for name, there in found.items()}
    revived = share(int(np.sum(way([1, 0], steps)[dead] > 0)), count)
    for name, part in fires.items():
        print(f"dead in training, firing on {name} data: {part}")
    print(f"dead in training, trained again by the moved data: {revived}")
    for name, who in kinds(opened).items():
        print(f"{who.sum()} {name} moved by {np.median(moved[who]):.2g} (median)")
    few, live = np.median(moved[rare]), np.median(moved[others])
    holds = min(fires["test"].low, fires["moved"].low, revived.low) > 0 < 10 * few < live
    return Finding(
        claim="B14",
        statement="Dead in training need not be dead elsewhere; nearly dead is as good as dead.",
        verdict=CONFIRMED if holds else NOT_CONFIRMED,
        note=f"Of {count} units dead in training {fires['test'].mean:.0%} fire on test data and "
        f"{fires['moved'].mean:.0%} on moved data, which can train {revived.mean:.0%} of them "
        f"again. {rare.sum()} units open for up to 1 % of the examples move {live / few:.0f} "
        "times less than the others.",
        figures={
            **{f"dead in training, firing on {name} data": part for name, part in fires.items()},
            "dead in training, trained again by moved data": revived,
            "way of a rare unit, median": float(few),
            "way of the others, median": float(live),
        },
        pictures=(plot(fires, opened, moved, gallery / "dead_here_alive_there.png"),),
    )


if __name__ == "__main__":
    run()
