"""B13 · Redrawing dead units revives them; redrawing every weight ≤ 0 does not help.

Claim: drawing every weight ≤ 0 anew from a normal distribution, each epoch, revived dead units and
allowed a higher learning rate (one commenter, for linear regression only).

Why: dead units get new weights, but so do all healthy ones: half of each layer is thrown away,
epoch by epoch, and the drift to positive weights makes h large and every step larger. Drawing only
the dead units anew should keep what is learnt; ReDo (Sokar, Agarwal, Castro and Evci 2023, arXiv
2302.12902), which sets their outgoing weights to 0 as well, even the output.

Setting: y = w·x + noise in 4 dimensions, 256 examples, 4-16-16-1, plain gradient descent in batches
of 32, 30 epochs, He's weights; before each epoch but the first one way of redrawing. The text does
not say from which normal distribution: He's, and one of 0.05. 8 seeds; a run has learnt if its
error on new data is below a tenth of the variance, diverged runs have not.

Found: not confirmed. At lr 0.1 .125 [.02, .25] of the units are dead without redrawing, .64
[.56, .71] with the commenter's way and He's width, .30 [.13, .50] with width 0.05; 7 of 8 runs
learn without, 0 and 5 with it, and at lr 0.2 it is 4 against 0 and 0. Redrawing only the dead
units, or ReDo, leaves at most .006 dead at every rate. Neither clearly allows a higher one: at lr
0.2 3 and 5 runs learn, and 4 without.

要約:「0以下の重みをエポックごとにすべて引き直すと死んだユニットが生き返る」という主張は、ここでは確かめられ
なかった。学習率0.1で死んだユニットは12.5%から64%に増え、学習できた試行は8回中7回から0回に減った。
死んだユニットだけを引き直す方法(とReDo)なら、ほぼ0%になる。
"""

# %% The task, and five ways
from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, share, spread
from demos.style import beside, legend, save, sheet
from tinygrad_relu.lab import rescue

RATES = (0.03, 0.1, 0.15, 0.2)
WAYS: dict[str, Callable[..., Any]] = {
    "nothing": lambda model, X, rng: None,
    "all weights ≤ 0, He": rescue.redraw_nonpositive,
    "all weights ≤ 0, 0.05": partial(rescue.redraw_nonpositive, std=0.05),
    "dead units": rescue.redraw_dead,
    "ReDo": rescue.redo,
}


def one(way: str, lr: float, seed: int, epochs: int) -> tuple[float, float]:
    """Train once; the dead share and the relative error at the end, NaN if it diverged."""
    rng = np.random.default_rng(seed)
    w, X = rng.normal(size=4), rng.normal(size=(768, 4))
    y = (X @ w + 0.1 * rng.normal(size=768))[:, None]
    model = tg.nn.MLP(4, [16, 16, 1], rng=seed)
    tg.nn.init.redraw(model, tg.nn.init.he_normal, rng=seed)
    sgd = tg.optim.SGD(model.named_parameters(), lr=lr)
    try:
        for epoch in range(epochs):
            if epoch:
                WAYS[way](model, X[:256], rng=rng)
            for some, target in tg.lab.batches((X[:256], y[:256]), 32, rng):
                sgd.zero_grad()
                tg.mse_loss(model(some), target).backward()
                sgd.step()
    except FloatingPointError:  # a gradient that is not finite
        return np.nan, np.nan
    with tg.no_grad():
        error = np.mean((model(X[256:]) - y[256:]) ** 2) / np.var(y[256:])
    return tg.inspect_units(model, X[:256]).dead_share, float(error)


# %% Every way at every learning rate, from the same seeds
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds, epochs = (3, 12) if quick else (8, 30)
    dead: dict[str, list[Spread]] = {way: [] for way in WAYS}
    learnt: dict[str, list[Spread]] = {way: [] for way in WAYS}
    for way, lr in itertools.product(WAYS, RATES):
        with np.errstate(all="ignore"):
            runs = np.array([one(way, lr, seed, epochs) for seed in range(seeds)])
        kept = runs[~np.isnan(runs[:, 0])]  # those that did not diverge
        dead[way].append(spread(kept[:, 0] if len(kept) else [np.nan]))
        right = int(np.sum(kept[:, 1] < 0.1))
        learnt[way].append(share(right, seeds))
        told = f"learnt {right} of {seeds}, diverged {seeds - len(kept)}"
        print(f"{way:22} lr {lr:4g}: dead {dead[way][-1]}, {told}")
    he, nothing = "all weights ≤ 0, He", "nothing"
    at = RATES.index(0.1)
    revives = dead["dead units"][at].high < 0.02 < dead[nothing][at].mean
    helps = learnt[he][at].mean >= learnt[nothing][at].mean

    figure, both = sheet(1, 2, (8.1, 3.5), sharey=True)
    for axes, found in zip(both, (dead, learnt), strict=True):
        beside(axes, [f"{lr:g}" for lr in RATES], found, 0.08)
        axes.set(xlabel="learning rate", ylim=(-0.04, 1.04))
    both[0].set(ylabel="share", title="dead units, of the runs that did not diverge")
    both[1].set_title("runs that learnt")
    legend(figure, both[0], 5)
    return Finding(
        claim="B13",
        statement="Redrawing every weight ≤ 0 revives dead units and allows larger steps.",
        verdict=LIMITED if revives and helps else NOT_CONFIRMED,
        note=f"Not as the commenter did it: at lr 0.1 {dead[he][at].mean:.0%} of the units are "
        f"dead with it and {dead[nothing][at].mean:.1%} without, and {learnt[he][at].mean:.0%} of "
        f"the runs learn against {learnt[nothing][at].mean:.0%}. Redrawing only the dead units "
        f"leaves {dead['dead units'][at].mean:.0%} dead.",
        figures={
            **{f"dead at lr 0.1: {way}": found[at] for way, found in dead.items()},
            **{f"learnt at lr 0.1: {way}": found[at] for way, found in learnt.items()},
        },
        pictures=(save(figure, gallery / "redrawing_revives.png"),),
    )


if __name__ == "__main__":
    run()
