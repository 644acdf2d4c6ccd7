"""A7 · A small slope for negatives prevents dead units; accuracy hardly needs it.

Claim: leaky ReLU keeps a small slope for negative inputs, so units do not die; but α is one more
thing to tune, and in practice cutting negatives rarely hurts.

Prediction: a leaky unit's local gradient is never 0, so none can be dead at any learning rate.
Accuracy should differ little at a usual learning rate, where few ReLU units die anyway.

Measured: digits, 64-24-24-10, 80 steps of plain gradient descent on the same 250 digits, from the
same 12 seeds for every activation; accuracy on 449 others. PReLU learns an α for each layer.

Found: at learning rate 1, 54 % of the ReLU units are dead (95 % interval 47 to 62), and not one
leaky unit at any rate. But a slope lets large steps through: there 1 of 12 nets with α = 0.1
diverged (its units count as alive), 10 with 0.3, and all 12 that learn α; the best slope is in
between (accuracy .32 for ReLU, .31 for α = 0.01, .67 for 0.1, .25 for 0.3). At rate 0.5 ReLU has
.931, and 0.01, 0.1, 0.3 differ from it by −.002, .000 and .003, all within their intervals:
cutting negatives did not hurt. At 0.1, learnt slopes are ahead by .03: .876 and .842; at 0.5, 2 of
those 12 nets diverged.

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
from demos._dying import diverged
from demos.many import Many, train
from demos.style import COLORS, beside, save, sheet
from tinygrad_relu import Value

RATES = (0.1, 0.5, 1.0)
KINDS = ("ReLU", "leaky 0.01", "leaky 0.1", "leaky 0.3", "PReLU")


def networks(kind: str, seeds: list[int]) -> Many:
    """Networks with this activation; PReLU learns an α for each layer, from 0.25 on."""
    act: Any = tg.relu if kind == "ReLU" else partial(tg.leaky_relu, alpha=float(kind[6:] or 0))
    learnt = []
    if kind == "PReLU":
        learnt = [Value(np.full((len(seeds), 1, 1), 0.25, np.float32)) for _ in range(2)]
        act = [partial(tg.prelu, alpha=alpha) for alpha in learnt]
    return Many(seeds, (64, 24, 24, 10), act, learnt=learnt, dtype=np.float32)


def flat(nets: Many, x: Any) -> Any:
    """Share of hidden units with a local gradient of 0 for every example; none if it diverged."""
    pairs = zip(nets.activations, nets.hidden(x), strict=True)
    local = [act(Value(z)).local_grads[0] for act, z in pairs]
    return np.concatenate([np.all(one == 0, axis=1) for one in local], axis=1).mean(axis=1)


def measure(kind: str, seeds: int, steps: int) -> dict[str, Any]:
    """Accuracy, dead share, divergence: a row a seed, a column a learning rate."""
    (x, y), (x_test, y_test) = tg.lab.digits(rng=0)
    x, y, x_test = x[:250].astype(np.float32), y[:250], x_test.astype(np.float32)
    nets = networks(kind, [seed for seed in range(seeds) for _ in RATES])
    train(nets, x, y, tg.cross_entropy, np.tile(RATES, seeds), steps)
    with np.errstate(all="ignore"):
        right, dead = nets.correct(x_test, y_test), flat(nets, x)
    found = {"accuracy": right, "dead": dead, "diverged": diverged(nets)}
    return {name: numbers.reshape(seeds, len(RATES)) for name, numbers in found.items()}


# %% The picture
def plot(path: Path, found: dict[str, dict[str, Any]]) -> Path:
    """Dead share and accuracy by learning rate, activations side by side."""
    figure, axes = sheet(2, 1, (6.7, 4.7), sharex=True)
    for ax, name in zip(axes, ("dead", "accuracy"), strict=True):
        rows = {kind: [spread(column) for column in found[kind][name].T] for kind in found}
        beside(ax, [str(rate) for rate in RATES], rows, gap=0.12, ls="")
    for place, tables in enumerate(found.values()):
        for i in np.flatnonzero(tables["diverged"].any(axis=0)):
            spot, lost = (i + (place - 2) * 0.12, 0.06), tables["diverged"][:, i]
            told = f"{sum(lost)} of {len(lost)} diverged"
            axes[0].annotate(told, spot, rotation=90, ha="center", color=COLORS[place])
    axes[0].set(ylabel="dead units", ylim=(-0.03, None))
    axes[0].legend(frameon=False, loc="upper left")
    axes[1].set(ylabel="accuracy on new digits", xlabel="learning rate")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds, steps = (3, 60) if quick else (12, 80)
    found = {kind: measure(kind, seeds, steps) for kind in KINDS}
    for kind, tables in found.items():
        for name, table in tables.items():
            print(f"{kind:10} {name:8}", *(str(spread(column)) for column in table.T), sep="  ")
    dead = spread(found["ReLU"]["dead"][:, -1])
    leaky = max(float(found[kind]["dead"].max()) for kind in KINDS[1:])
    figures: dict[str, Any] = {"dead, ReLU, rate 1": dead, "dead, leaky kinds, at most": leaky}
    for kind in KINDS[1:]:
        gain = found[kind]["accuracy"] - found["ReLU"]["accuracy"]
        figures[f"{kind} − ReLU, accuracy, rate 0.5"] = spread(gain[:, 1])
        figures[f"diverged, {kind}, rate 1"] = f"{found[kind]['diverged'][:, -1].sum()} of {seeds}"
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    return Finding(
        claim="A7",
        statement="Leaky ReLU's small slope for negatives prevents dead units.",
        verdict=LIMITED if leaky == 0 < dead.low else NOT_CONFIRMED,
        note=(
            f"At learning rate 1, {dead.mean:.0%} of the ReLU units are dead, and no leaky unit "
            f"is, at any rate. But there {figures['diverged, leaky 0.3, rate 1']} nets with α = "
            "0.3 diverged. At rate 0.5, ReLU and fixed slopes are equally accurate."
        ),
        figures=figures,
        pictures=(plot(gallery / "leaky_against_death.png", found),),
    )


if __name__ == "__main__":
    run()
