"""B9, B16 · Two tricks with the bias against dead units: a positive start, and weight decay.

Claims: a small positive initial bias is a common trick, though it may make little difference (B9).
Can regularising the bias prevent death? (B16: a commenter asked, nobody answered.)

Prediction: a positive bias opens every unit at the start, so fewer are dead before training; a
step that is too large can still shut them. Decay draws the bias back to 0 whatever the gradient,
dead or alive: a unit whose *bias* shut it comes back, one whose *weights* did needs their decay.

Measured: 2-32-32-1 on two moons moved to mean 0, 200 steps of plain gradient descent at learning
rates 0.5 and 2; 20 seeds, the same for every setting, so differences are in pairs.

Found: neither helps to speak of. At rate 2, 8.0 % of the units are dead with neither. An initial
bias of 0.01 changes that by +0.4 points (95 % interval −0.3 to 1.3), of 0.1 by +3.0 (0.4 to 5.9),
of 0.5 by +31, of 1 by +39: perhaps because units that are open for all the data move alike, and
shut together. At rate 0.5 only a bias of 1 differs: +14 points. Decay of the bias gains 0.7 points
at best (0.1 to 1.4; λ = 0.001, rate 2); from λ = 0.01 on it costs accuracy at rate 2.

要約:初期バイアスを小さな正の値にしても、死んだユニットはほとんど減らない。0.5以上にすると、
学習率2ではかえって31〜39ポイント増えた。バイアスへの重み減衰の効果は、よくても0.7ポイントの
減少にとどまる。どちらも予防にはならなかった。
"""

# %% One sweep: every setting has the same 20 networks
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, spread
from demos.many import Many, train
from demos.style import band, save, sheet

SIZES = (2, 32, 32, 1)
STARTS = (0.0, 0.01, 0.1, 0.5, 1.0)
DECAYS = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
RATES = (0.5, 2.0)
NAMES = ("initial bias", "decay of the bias")


def measure(
    starts: tuple[float, ...],
    decays: tuple[float, ...],
    seeds: int,
    steps: int,
    lr: float,
) -> dict[str, Any]:
    """Dead share before and after, and accuracy: a row a seed, a column a start or a decay."""
    x, y = tg.lab.two_moons(200, rng=0)
    x = np.float32(x - x.mean(axis=0))
    columns = max(len(starts), len(decays))
    bias = np.tile(np.resize(starts, columns), seeds)
    rate = np.tile(np.resize(decays, columns), seeds)[:, None, None].astype(np.float32)
    nets = Many(
        [seed for seed in range(seeds) for _ in range(columns)], SIZES, bias=bias, dtype=np.float32
    )
    decayed = {id(p) for p in nets.biases[:-1]}
    born = nets.dead(x)
    train(
        nets, x, y[:, None].astype(np.float32), tg.binary_cross_entropy_with_logits, lr, steps,
        decay=lambda p: rate if id(p) in decayed else 0.0,
    )  # fmt: skip
    found = {"born": born, "dead": nets.dead(x), "right": nets.correct(x, y)}
    return {name: numbers.reshape(seeds, columns) for name, numbers in found.items()}


# %% The picture
def plot(path: Path, found: dict[float, tuple[dict[str, Any], ...]]) -> Path:
    """Dead share and accuracy, by initial bias on the left and by decay on the right."""
    figure, axes = sheet(2, 2, (9.5, 5.6), sharex="col", sharey="row")
    at = np.arange(len(STARTS))
    for place, (lr, (start, decay)) in enumerate(found.items()):
        for row, what in enumerate(("dead", "right")):
            band(axes[row, 0], at, start[what], place, f"learning rate {lr:g}")
            band(axes[row, 1], at, decay[what], place)
    band(axes[0, 0], at, start["born"], 4, "before training", ls="--")
    axes[0, 0].set(ylabel="dead units", ylim=(0, None))
    axes[1, 0].set(ylabel="accuracy", xlabel="initial bias of the hidden units")
    axes[1, 1].set(xlabel="decay λ of the biases")
    axes[1, 0].set_xticks(at, [f"{v:g}" for v in STARTS])
    axes[1, 1].set_xticks(at, [f"{v:g}" for v in DECAYS])
    axes[0, 0].legend(frameon=False)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    size = (4, 100) if quick else (20, 200)
    found = {
        lr: (measure(STARTS, (0.0,), *size, lr), measure((0.0,), DECAYS, *size, lr)) for lr in RATES
    }
    gains = {}
    for lr, pair in found.items():
        for name, table, settings in zip(NAMES, pair, (STARTS, DECAYS), strict=True):
            for what in ("born", "dead", "right"):
                told = (f"{s:g}: {spread(c)}" for s, c in zip(settings, table[what].T, strict=True))
                print(f"rate {lr:g}, {name}, {what:5}", *told, sep="  ")
            for i, setting in enumerate(settings[1:], 1):
                key = f"{name} {setting:g}, rate {lr:g}"
                gains[key] = spread(table["dead"][:, i] - table["dead"][:, 0])
    for key, gain in gains.items():
        print(f"dead share beyond that of 0: {key}: {gain}")
    best, worst = (f(gains.values(), key=lambda gain: gain.mean) for f in (min, max))
    dead = {lr: spread(start["dead"][:, 0]) for lr, (start, _) in found.items()}
    helps = best.high < 0 and best.mean < -dead[RATES[-1]].mean / 4  # a quarter fewer, at least
    return Finding(
        claim="B9, B16",
        statement="A positive initial bias, or decay of the bias, keeps units alive.",
        verdict=LIMITED if helps else NOT_CONFIRMED,
        note=(
            f"Of {len(gains)} settings the best changes the share of dead units by {best} and the "
            f"worst by {worst}. A small bias makes no difference, a large one kills; decay of the "
            "bias does not prevent death."
        ),
        figures={f"dead with neither, rate {lr:g}": one for lr, one in dead.items()} | gains,
        pictures=(plot(gallery / "bias_against_death.png", found),),
    )


if __name__ == "__main__":
    run()
