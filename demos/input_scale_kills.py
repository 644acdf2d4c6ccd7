"""B15 · Inputs that all look alike make a big step a deadly one; large inputs alone do not.

Claim: inputs of the same scale and a big step can leave all pre-activations negative.

Prediction: a step moves z by −lr·δ·(x·x′ + 1) for a pair of inputs: by the square of their scale.
Centred inputs point every way, so that what lowers z for some raises it for others. Inputs that are
all positive share a direction: one step lowers z for all of them at once.

Setting: 2-32-1, two moons times a scale, centred on 0 or moved by 3 in both coordinates before
scaling; learning rate 0.5, 60 steps, 20 seeds, each with its own He's weights and points.

Found: confirmed, with a limit. With positive inputs .38 [.34, .43] of the units are dead at birth;
one step makes it .40 at scale 1 and .61 at scale 10, and training .41 at scale 0.3, .95 at 3 and
.997 at 10. With centred inputs scale does not kill: .005 are dead at scale 10 and 0 at 30. (It is
the *small* scale that costs units there, .15 at 0.1: the bias is then larger than all inputs.)

要約:すべての入力が正で互いに似ていると、大きな一歩で全ユニットのzがまとめて負になる。スケール10では
学習後に99.7%が死ぬ。ただしスケールそのものが原因ではない:平均を0にそろえた入力なら、スケール10でも
0.5%しか死なない。
"""

# %% All scales, both places and all seeds are one array of networks
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, spread
from demos._dying import dead, moons
from demos.many import Many, train
from demos.style import band, legend, rates, save, sheet

SCALES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
MOVED = {"centred": 0.0, "all positive": 3.0}


class Result(NamedTuple):
    """By place, each (seeds, scales): the dead share at birth, after one step, and after all."""

    birth: dict[str, Any]
    first: dict[str, Any]
    last: dict[str, Any]

    def at(self, place: str, scale: float) -> Spread:
        """The dead share after training, over seeds."""
        return spread(self.last[place][:, SCALES.index(scale)])


def measure(seeds: int, steps: int = 60, lr: float = 0.5) -> Result:
    """Train on scaled inputs; every scale and place from the same weights."""
    found = Result({}, {}, {})
    for place, by in MOVED.items():
        nets = Many([*range(seeds)] * len(SCALES), [2, 32, 1])
        points, target = moons(100, rng=nets.seeds)
        x = (points + by) * np.repeat(SCALES, seeds)[:, None, None]
        for table, more in zip(found, (0, 1, steps - 1), strict=True):
            train(nets, x, target, tg.binary_cross_entropy_with_logits, lr, more)
            with np.errstate(all="ignore"):
                nets.quiet(x)
            table[place] = dead(nets)[0].mean(axis=1).reshape(len(SCALES), seeds).T
    return found


def plot(found: Result, path: Path) -> Path:
    """Dead share by scale, after one step and after all."""
    figure, (left, right) = sheet(1, 2, (8.1, 3.3), sharey=True)
    for i, place in enumerate(MOVED):
        band(left, SCALES, found.first[place], i, place)
        band(left, SCALES, found.birth[place], i, f"{place}, at birth", ls=":", mfc="white")
        band(right, SCALES, found.last[place], i)
    for axes, title in ((left, "after one step"), (right, "after training")):
        rates(axes, SCALES, "scale of the inputs")
        axes.set(title=title, ylim=(-0.03, 1.03))
    left.set_ylabel("share of dead units")
    legend(figure, left, 4)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = measure(seeds=6 if quick else 20, steps=20 if quick else 60)
    for place in MOVED:
        for i, scale in enumerate(SCALES):
            birth, first, last = (spread(table[place][:, i]) for table in found)
            print(
                f"{place:12} × {scale:4g}: {birth} at birth, {first} after one step, {last} after"
            )
    small, large = found.at("all positive", 0.3), found.at("all positive", 10.0)
    centred = found.at("centred", 10.0)
    figures: dict[str, Any] = {
        f"{place}, scale {s:g}": found.at(place, s)
        for place in MOVED
        for s in (0.3, 1.0, 3.0, 10.0)
    }
    figures["all positive, at birth"] = spread(found.birth["all positive"][:, 2])
    return Finding(
        claim="B15",
        statement="Inputs of the same scale and a big step leave all pre-activations negative.",
        verdict=LIMITED if large.low > small.high + 0.2 and centred.high < 0.1 else NOT_CONFIRMED,
        note=(
            f"Where all inputs are positive the dead share after training grows from "
            f"{small.mean:.0%} at scale 0.3 to {large.mean:.1%} at scale 10. Where they are "
            f"centred it is {centred.mean:.1%} at scale 10: it is the common direction that kills, "
            "and scale makes its steps big."
        ),
        figures=figures,
        pictures=(plot(found, gallery / "input_scale_kills.png"),),
    )


if __name__ == "__main__":
    run()
