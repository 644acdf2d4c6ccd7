"""B9, B16 · Two tricks with the bias against dead units: a positive start, and weight decay.

Claims: a small positive initial bias is a common trick, though it may make little difference (B9).
Can regularising the bias prevent death? (B16: a commenter asked, nobody answered.)

Prediction: a positive bias opens every unit at the start, so fewer are dead before training; a
step that is too large can still shut them. Decay draws the bias back to 0 whatever the gradient,
dead or alive: a unit whose *bias* shut it comes back, one whose *weights* did needs their decay.

Measured: 2-32-32-1 on two moons moved to mean 0, 200 steps of plain gradient descent at learning
rates 0.5 and 2; 20 seeds, each with its own weights and points, the same for every setting, so
differences are in pairs.

Found: neither helps to speak of. At rate 2, 8.4 % of the units are dead with neither. An initial
bias of 0.01 changes that by +0.1 points (95 % interval −0.4 to 0.5), of 0.1 by +3.5 (0.5 to 7.0),
of 0.5 by +30, of 1 by +43: perhaps because units that are open for all the data move alike, and
shut together. At rate 0.5 a bias of 0.1 gains 1.25 points (0.4 to 2.1), one of 1 loses 14. Decay of
the bias gains 0.7 at best (0.1 to 1.3; λ = 0.001, rate 2); from 0.01 on it costs accuracy there.

要約:初期バイアスを小さな正の値にしても、死んだユニットはほとんど減らない。0.5以上にすると、
学習率2ではかえって30〜43ポイント増えた。バイアスへの重み減衰の効果は、よくても0.7ポイントの
減少にとどまる。どちらも予防にはならなかった。
"""

# %% One sweep: every setting has the same 20 networks
from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, spread
from demos._dying import moons
from demos.many import Many, train
from demos.style import band, save, sheet

STARTS = (0.0, 0.01, 0.1, 0.5, 1.0)
DECAYS = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
RATES = (0.5, 2.0)
Tables = dict[str, Any]  #: "born", "dead" and "right", each a row a seed, a column a setting


def measure(
    starts: Sequence[float], decays: Sequence[float], seeds: int, steps: int, lr: float
) -> Tables:
    """Dead share before and after, and accuracy, for each start or for each decay."""
    columns = max(len(starts), len(decays))
    bias = np.tile(np.resize(starts, columns), seeds)
    rate: Any = np.tile(np.resize(decays, columns), seeds)[:, None, None].astype(np.float32)
    each = np.repeat(np.arange(seeds, dtype=np.int64), columns).tolist()
    nets = Many(each, (2, 32, 32, 1), bias=bias, dtype=np.float32)
    x, target = (a.astype(np.float32) for a in moons(rng=each))
    decayed = {id(p) for p in nets.biases[:-1]}
    born = nets.dead(x)
    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr, steps,
          decay=lambda p: rate if id(p) in decayed else 0.0)  # fmt: skip
    found = {"born": born, "dead": nets.dead(x), "right": nets.correct(x, target[:, 0] > 0)}
    return {name: numbers.reshape(seeds, columns) for name, numbers in found.items()}


# %% The picture
def plot(path: Path, found: dict[float, tuple[Tables, Tables]]) -> Path:
    """Dead share and accuracy, by initial bias on the left and by decay on the right."""
    figure, axes = sheet(2, 2, (8, 4.7), sharex="col", sharey="row")
    at = np.arange(len(STARTS), dtype=np.int64)
    for place, (lr, tables) in enumerate(found.items()):
        for (row, what), side in itertools.product(enumerate(("dead", "right")), (0, 1)):
            band(axes[row, side], at, tables[side][what], place, f"learning rate {lr:g}")
    band(axes[0, 0], at, found[RATES[0]][0]["born"], 4, "before training", ls="--")
    axes[0, 0].set(ylabel="dead units", ylim=(0, None))
    axes[0, 0].legend(frameon=False)
    axes[1, 0].set(ylabel="accuracy", xlabel="initial bias of the hidden units")
    axes[1, 1].set(xlabel="decay λ of the biases")
    for ax, settings in zip(axes[1], (STARTS, DECAYS), strict=True):
        ax.set_xticks(at, [f"{value:g}" for value in settings])
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    size = (4, 100) if quick else (20, 200)
    found = {
        lr: (measure(STARTS, (0.0,), *size, lr), measure((0.0,), DECAYS, *size, lr)) for lr in RATES
    }
    gains = {}
    for lr, side in itertools.product(RATES, (0, 1)):
        name, settings = (("initial bias", STARTS), ("decay of the bias", DECAYS))[side]
        for i, setting in enumerate(settings):
            tables = {what: table[:, i] for what, table in found[lr][side].items()}
            told = (f"{what} {spread(column)}" for what, column in tables.items())
            print(f"{name} {setting:g}, rate {lr:g}:", *told, sep="  ")
            if i:
                gain = spread(tables["dead"] - found[lr][side]["dead"][:, 0])
                gains[f"{name} {setting:g}, rate {lr:g}"] = gain
    for key, gain in gains.items():
        print(f"dead share beyond that of 0: {key}: {gain}")
    best, worst = (f(gains.values(), key=lambda gain: gain.mean) for f in (min, max))
    dead = {lr: spread(tables[0]["dead"][:, 0]) for lr, tables in found.items()}
    helps = best.high < 0 and best.mean < -dead[2.0].mean / 4  # a quarter fewer, at least
    figures: dict[str, Any] = {f"dead with neither, rate {lr:g}": dead[lr] for lr in RATES}
    return Finding(
        claim="B9, B16",
        statement="A positive initial bias, or decay of the bias, keeps units alive.",
        verdict=LIMITED if helps else NOT_CONFIRMED,
        note=(
            f"Of {len(gains)} settings the best changes the share of dead units by {best} and the "
            f"worst by {worst}. A small bias makes little difference, a large one kills; decay of "
            "the bias does not prevent death."
        ),
        figures=figures | gains,
        pictures=(plot(gallery / "bias_against_death.png", found),),
    )


if __name__ == "__main__":
    run()
