"""B13 · Redrawing dead units revives them; redrawing every weight ≤ 0 does not help.

Claim: drawing every weight ≤ 0 anew from a normal distribution, each epoch, revived dead units and
allowed a higher learning rate (one commenter, for linear regression only).

Why: dead units get new weights, but so do all healthy ones: half of each layer is thrown
away, epoch by epoch, and the drift to positive weights makes h large and every step larger.
Drawing only the dead units anew should keep what is learnt; ReDo (Sokar, Agarwal, Castro and Evci
2023, arXiv 2302.12902), which sets their outgoing weights to 0 as well, even the output.

Setting: y = w·x + noise in 4 dimensions, 256 examples, 4-16-16-1, plain gradient descent in batches
of 32, 30 epochs, He's weights; before each epoch but the first one way of redrawing. The text does
not say from which normal distribution: He's, and one of 0.05. 8 seeds; a run has learnt if its
error on new data is below a tenth of the variance, diverged runs have not.

Found: not confirmed. At lr 0.1 .125 [.02, .25] of the units are dead without redrawing, .64
[.56, .71] with the commenter's way and He's width, .30 [.13, .50] with width 0.05; 7 of 8 runs
learn without, 0 and 5 with it, and at lr 0.2 it is 4 against 0 and 0. Redrawing only the dead
units, or ReDo, leaves at most .006 dead at every rate. Neither clearly allows a higher one: at lr
0.2 3 and 5 runs learn, and 4 without.

要約:「0以下の重みをエポックごとにすべて引き直すと死んだユニットが生き返る」という主張は、ここでは
確かめられなかった。学習率0.1で死んだユニットは12.5%から64%に増え、学習できた試行は8回中7回から0回に
減った。死んだユニットだけを引き直す方法(とReDo)なら、ほぼ0%になる。
"""

# %% The task, and five ways
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, share, spread
from demos.style import COLORS, MARKERS, save, sheet
from tinygrad_relu.flow import rescue

RATES = (0.03, 0.1, 0.15, 0.2)
WAYS: dict[str, Callable[..., Any]] = {
    "nothing": lambda model, X, sgd, rng: None,
    "all weights ≤ 0, He": lambda model, X, sgd, rng: rescue.redraw_nonpositive(model, X, rng=rng),
    "all weights ≤ 0, 0.05": lambda model, X, sgd, rng: rescue.redraw_nonpositive(
        model, X, std=0.05, rng=rng
    ),
    "dead units": lambda model, X, sgd, rng: rescue.redraw_dead(model, X, rng=rng),
    "ReDo": lambda model, X, sgd, rng: rescue.redo(model, X, sgd, rng=rng),
}


@dataclass(frozen=True)
class Result:
    """By way, each (seeds, rates): dead share and relative error on new data; NaN if diverged."""

    dead: dict[str, Any]
    error: dict[str, Any]

    def learnt(self, way: str, lr: float) -> Spread:
        """How many runs learnt."""
        runs = self.error[way][:, RATES.index(lr)]
        return share(int(np.sum(runs < 0.1)), len(runs))

    def dead_share(self, way: str, lr: float) -> Spread:
        """Of the runs that did not diverge."""
        runs = self.dead[way][:, RATES.index(lr)]
        return spread(runs[~np.isnan(runs)] if np.isfinite(runs).any() else [np.nan])


def one(way: str, lr: float, seed: int, epochs: int) -> tuple[float, float]:
    """Train once; the dead share and the relative error at the end."""
    rng = np.random.default_rng(seed)
    w, X = rng.normal(size=4), rng.normal(size=(768, 4))
    y = (X @ w + 0.1 * rng.normal(size=768))[:, None]
    model = tg.nn.MLP(4, [16, 16, 1], rng=seed)
    tg.nn.init.redraw(model, tg.nn.init.he_normal, rng=seed)
    sgd = tg.optim.SGD(model.named_parameters(), lr=lr)
    try:
        for epoch in range(epochs):
            if epoch:
                WAYS[way](model, X[:256], sgd, rng)
            for some, target in tg.lab.batches((X[:256], y[:256]), 32, rng):
                sgd.zero_grad()
                tg.mse_loss(model(some), target).backward()
                sgd.step()
    except FloatingPointError:  # a gradient that is not finite
        return np.nan, np.nan
    with tg.no_grad():
        error = np.mean((model(X[256:]) - y[256:]) ** 2) / np.var(y[256:])
    return tg.inspect_units(model, X[:256]).dead_share, float(error)


def measure(seeds: int, epochs: int = 30) -> Result:
    """Every way at every learning rate, from the same seeds."""
    dead, error = {}, {}
    for way in WAYS:
        with np.errstate(all="ignore"):
            runs = [[one(way, lr, seed, epochs) for lr in RATES] for seed in range(seeds)]
        dead[way], error[way] = np.moveaxis(np.array(runs), 2, 0)
    return Result(dead, error)


def plot(found: Result, path: Path) -> Path:
    """The dead share, and how many runs learnt, by learning rate."""
    figure, both = sheet(1, 2, (9.6, 4.2), sharey=True)
    for axes, ask in zip(both, (found.dead_share, found.learnt), strict=True):
        for i, way in enumerate(WAYS):
            got = [ask(way, lr) for lr in RATES]
            mean = np.array([one.mean for one in got])
            bars = [mean - [one.low for one in got], [one.high for one in got] - mean]
            at = np.arange(len(RATES)) + 0.08 * (i - 2)  # beside each other
            axes.errorbar(at, mean, np.maximum(bars, 0), color=COLORS[i], marker=MARKERS[i], ms=6,
                          lw=1.2, capsize=2, label=way)  # fmt: skip
        axes.set_xticks(range(len(RATES)), [f"{lr:g}" for lr in RATES])
        axes.set(xlabel="learning rate", ylim=(-0.04, 1.04))
    both[0].set(ylabel="share", title="dead units, of the runs that did not diverge")
    both[1].set_title("runs that learnt")
    figure.legend(*both[0].get_legend_handles_labels(), loc="outside lower center", ncols=5,
                  frameon=False)  # fmt: skip
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = measure(seeds=3 if quick else 8, epochs=12 if quick else 30)
    for way in WAYS:
        for i, lr in enumerate(RATES):
            error = found.error[way][:, i]
            print(
                f"{way:22} lr {lr:4g}: dead {found.dead_share(way, lr)}, learnt "
                f"{np.sum(error < 0.1)} of {len(error)}, diverged {np.isnan(error).sum()}, "
                f"error {np.nanmedian(error):.3f}"
            )
    he, dead = (found.dead_share(way, 0.1) for way in ("all weights ≤ 0, He", "dead units"))
    nothing = found.dead_share("nothing", 0.1)
    revives = dead.high < 0.02 < nothing.mean
    helps = found.learnt("all weights ≤ 0, He", 0.1).mean >= found.learnt("nothing", 0.1).mean
    learn = [f"{found.learnt(way, 0.1).mean:.0%}" for way in ("nothing", "all weights ≤ 0, He")]
    return Finding(
        claim="B13",
        statement="Redrawing every weight ≤ 0 revives dead units and allows larger steps.",
        verdict=LIMITED if revives and helps else NOT_CONFIRMED,
        note=(
            f"Not as the commenter did it: at lr 0.1 {he.mean:.0%} of the units are dead with it "
            f"and {nothing.mean:.1%} without, and {learn[1]} of the runs learn "
            f"against {learn[0]}. Redrawing only the dead units leaves {dead.mean:.0%} dead."
        ),
        figures={f"dead at lr 0.1: {way}": found.dead_share(way, 0.1) for way in WAYS}
        | {f"learnt at lr 0.1: {way}": found.learnt(way, 0.1) for way in WAYS},
        pictures=(plot(found, gallery / "redrawing_revives.png"),),
    )


if __name__ == "__main__":
    run()
