"""A7 · A small slope for negatives prevents dead units; accuracy hardly needs it.

Claim: leaky ReLU keeps a small slope for negative inputs, so units do not die; but α is one more
thing to tune, and in practice cutting negatives rarely hurts.

Prediction: a leaky unit's local gradient is never 0, so none can be dead at any learning rate.
What is measured as accuracy should differ little at a usual learning rate, where few ReLU units
die anyway, and not change much with α.

Measured: digits, 64-24-24-10, the same initial weights for every activation, 80 steps of plain
gradient descent on 250 digits; accuracy on 449 others. PReLU learns an α for each layer.

Found, over 12 seeds: at learning rate 1, 54 % of the ReLU units are dead (95 % interval 47 to 62),
and not one leaky unit at any rate. But a slope lets large steps through: there 1 of 12 nets with
α = 0.1 diverged, 10 with 0.3, and all 12 that learn α; the best slope is neither the smallest nor
the largest (accuracy .32 for ReLU, .31 for α = 0.01, .67 for 0.1, .25 for 0.3). At rate 0.5 ReLU
has .931, and 0.01, 0.1, 0.3 differ from it by −.002, .000 and .003, all within their intervals:
cutting negatives did not hurt. At 0.1, learnt slopes are ahead by .03: .876 and .842.

要約:Leaky ReLUの小さな傾きは、死んだユニットを防ぐ(学習率1ではReLUの54%が死に、Leakyは0%)。
ただし学習率1では、α=0.3は12回中10回、αを学習するPReLUは12回とも発散した。αの調整は確かに
必要である。学習率0.5では、ReLUと固定の傾きで精度に差はなかった(差は0.004未満)。
"""

# %% The same nets with other activations
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, spread
from demos.many import Many, train
from demos.style import COLORS, MARKERS, save, sheet
from tinygrad_relu import Value

SIZES = (64, 24, 24, 10)
KINDS = ("ReLU", "leaky 0.01", "leaky 0.1", "leaky 0.3", "PReLU")
RATES = (0.1, 0.5, 1.0)


def networks(kind: str, seeds: list[int]) -> Many:
    """Networks with this activation; PReLU learns an α for each layer."""
    if kind == "ReLU":
        return Many(seeds, SIZES, dtype=np.float32)
    if kind == "PReLU":
        start = np.full((len(seeds), 1, 1), 0.25, np.float32)
        slopes = [Value(start, label="α1"), Value(start, label="α2")]
        acts = [partial(tg.prelu, alpha=alpha) for alpha in slopes]
        return Many(seeds, SIZES, acts, learnt=slopes, dtype=np.float32)
    return Many(seeds, SIZES, partial(tg.leaky_relu, alpha=float(kind[6:])), dtype=np.float32)


def flat(nets: Many, x: Any) -> Any:
    """Share of hidden units whose local gradient is 0 for every example, by network.

    A network that diverged has no units left to judge: NaN.
    """
    z = [Value(layer) for layer in nets.hidden(x)]
    acts = [act(one) for one, act in zip(z, nets.activations, strict=True)]
    shut = np.concatenate([np.all(h.local_grads[0] == 0, axis=1) for h in acts], axis=1)
    finite = np.isfinite(acts[-1].data).all(axis=(1, 2))
    return np.where(finite, shut.mean(axis=1), np.nan)


def measure(kind: str, seeds: int, steps: int) -> dict[str, Any]:
    """Accuracy and dead share: a row a seed, a column a learning rate; and the α at the end."""
    (x, y), (x_test, y_test) = tg.lab.digits(rng=0)
    x, y, x_test = x[:250].astype(np.float32), y[:250], x_test.astype(np.float32)
    nets = networks(kind, [seed for seed in range(seeds) for _ in RATES])
    train(nets, x, y, tg.cross_entropy, np.tile(RATES, seeds), steps)
    with np.errstate(all="ignore"):
        found = {"accuracy": nets.correct(x_test, y_test), "dead": flat(nets, x)}
    found |= {f"α{i}": alpha.data for i, alpha in enumerate(nets.learnt, 1)}
    return {name: numbers.reshape(seeds, len(RATES)) for name, numbers in found.items()}


def some(column: Any) -> str:
    """Mean and interval over the networks that did not diverge."""
    kept = column[np.isfinite(column)]
    lost = len(column) - len(kept)
    told = str(spread(kept)) if len(kept) else "–"
    return told + (f" ({lost} of {len(column)} diverged)" if lost else "")


# %% The picture
def plot(path: Path, found: dict[str, dict[str, Any]]) -> Path:
    """Dead share and accuracy by learning rate, activations side by side."""
    figure, axes = sheet(2, 1, (8, 5.6), sharex=True)
    for place, (kind, numbers) in enumerate(found.items()):
        for ax, name in zip(axes, ("dead", "accuracy"), strict=True):
            kept = [column[np.isfinite(column)] for column in numbers[name].T]
            at = np.array([i for i, column in enumerate(kept) if len(column)])
            s = [spread(column) for column in kept if len(column)]
            mean = np.array([one.mean for one in s])
            bars = [mean - [one.low for one in s], [one.high for one in s] - mean]
            look = {"fmt": MARKERS[place], "color": COLORS[place], "label": kind}
            ax.errorbar(at + (place - 2) * 0.12, mean, bars, **look)
        lost = np.sum(np.isnan(numbers["dead"][:, -1]))
        if lost:
            told = f"{lost} of {len(numbers['dead'])} diverged"
            spot = (len(RATES) - 1 + (place - 2) * 0.12, 0.08)
            axes[0].annotate(told, spot, rotation=90, ha="center", color=COLORS[place], fontsize=9)
    axes[0].set(ylabel="dead units", ylim=(-0.03, None))
    axes[0].legend(frameon=False, loc="upper left")
    axes[1].set(ylabel="accuracy on new digits", xlabel="learning rate")
    axes[1].set_xticks(range(len(RATES)), [str(rate) for rate in RATES])
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds, steps = (3, 60) if quick else (12, 80)
    found = {kind: measure(kind, seeds, steps) for kind in KINDS}
    for kind, numbers in found.items():
        for name, table in numbers.items():
            told = (f"rate {r}: {some(c)}" for r, c in zip(RATES, table.T, strict=True))
            print(f"{kind:10} {name:8}", *told, sep="  ")
    dead = spread(found["ReLU"]["dead"][:, -1])
    leaky = max(float(np.nanmax(found[kind]["dead"])) for kind in KINDS[1:])
    gains = {k: spread((found[k]["accuracy"] - found["ReLU"]["accuracy"])[:, 1]) for k in KINDS[1:]}
    print("accuracy beyond ReLU's at 0.5:", *(f"{k}: {gain};" for k, gain in gains.items()))
    diverged = {k: int(np.sum(np.isnan(found[k]["dead"][:, -1]))) for k in KINDS}
    print(f"diverged at rate {RATES[-1]:g}, of {seeds}: {diverged}")
    return Finding(
        claim="A7",
        statement="Leaky ReLU's small slope for negatives prevents dead units.",
        verdict=LIMITED if leaky == 0 < dead.low else NOT_CONFIRMED,
        note=(
            f"At learning rate {RATES[-1]:g}, {dead.mean:.0%} of the ReLU units are dead, and no "
            f"leaky unit is, at any rate. But there {diverged['leaky 0.3']} of {seeds} nets with "
            f"α = 0.3 diverged, and {diverged['PReLU']} with a learnt α. At rate "
            f"{RATES[1]:g}, ReLU and fixed slopes are equally accurate."
        ),
        figures={
            f"dead, ReLU, rate {RATES[-1]:g}": dead,
            "dead, all leaky kinds, at most": leaky,
            **{f"{k} − ReLU, accuracy, rate {RATES[1]:g}": gain for k, gain in gains.items()},
            **{
                f"diverged, {k}, rate {RATES[-1]:g}": f"{n} of {seeds}" for k, n in diverged.items()
            },
        },
        pictures=(plot(gallery / "leaky_against_death.png", found),),
    )


if __name__ == "__main__":
    run()
