"""B1 · A dead unit gives the same value for every input, and never learns again.

Claim: a dead unit outputs the same value for every input of the data set. The gradient is 0 there
too, so that the unit cannot recover.

Prediction: a unit of layer 1 whose line w·x + b = 0 does not cross the data, and that is shut on
their side, outputs 0 for all of them. Its weights and its bias get the gradient 0 exactly, so that
after 1,000 more steps they are the same to the last bit.

Setting: 2-16-1, two moons; 15 steps at learning rate 8 kill; then 1,000 at 0.1. 20 seeds, data too.

Found: confirmed. The large steps killed 108 of 320 units. After 1,000 more steps 0 of them were
alive, no number of theirs had changed in any bit (a live unit's by 0.183, median), and each gave
the same output, 0, for all 100 inputs.

要約:死んだユニットは、どの入力に対しても同じ値(0)を出し、勾配も0になる。320個中108個が死に、
さらに1000ステップ学習しても1個も生き返らず、重みは1ビットも変わらなかった。
"""

# %% Kill, then train on
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding
from demos._dying import dead, moons
from demos.many import Many, train
from demos.style import CUT, FAINT, boundary, legend, plane, save, sheet


class Result(NamedTuple):
    """The networks and their data; who was dead before, and how far units moved since."""

    nets: Many
    x: Any
    target: Any
    before: Any
    moved: Any


def measure(seeds: int, more: int = 1000) -> Result:
    """Kill units with a few large steps, then train on with small ones."""
    nets = Many(seeds, [2, 16, 1])
    x, target = moons(100, rng=nets.seeds)
    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr=8.0, steps=15)
    nets.quiet(x)
    before, start = dead(nets)[0], [p.data for p in nets.parameters[:2]]
    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr=0.1, steps=more)
    nets.quiet(x)
    pairs = zip(nets.parameters, start, strict=False)
    moved = np.concatenate([np.abs(p.data - old) for p, old in pairs], axis=1).max(axis=1)
    return Result(nets, x, target, before, moved)


def alone(nets: Many, which: int) -> Any:
    """One of the networks as a model of its own."""
    model: Any = tg.nn.MLP(2, [16, 1])
    for layer, weight, bias in zip((model[0], model[2]), nets.weights, nets.biases, strict=True):
        layer.weight.data, layer.bias.data = weight.data[which].T, bias.data[which, 0]
    return model


# %% Each unit is a line; dead ones pass outside the data
def plot(found: Result, which: int, path: Path) -> Path:
    """The decision boundary, the data, and the line of every hidden unit."""
    model = alone(found.nets, which)
    figure, axes = sheet(size=(6.7, 4.7))
    plane(axes, lambda x: model(x).data, found.x[which], found.target, (3.2, 2.2))
    for unit in tg.inspect_units(model, found.x[which])[0]:
        w, b = model[0].weight.data[unit.index], model[0].bias.data[unit.index]
        if unit.state != "dead":
            boundary(axes, w, b)
            continue
        foot = boundary(axes, w, b, color=CUT, ls="--", lw=1.6)
        tip = foot + 0.35 * w / np.hypot(*w)
        if np.all(np.abs(tip) < (3.1, 2.1)):
            axes.annotate("", tip, foot, arrowprops={"arrowstyle": "->", "color": CUT, "lw": 1.6})
    axes.set(xlabel="x₁", ylabel="x₂")
    axes.plot([], color="black", lw=1.8, label="decision boundary")
    axes.plot([], color=FAINT, lw=0.8, label="live unit")
    axes.plot([], "--", color=CUT, label="dead unit; the arrow: its open side")
    legend(figure, axes, 3)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    more = 200 if quick else 1000
    found = measure(seeds=6 if quick else 20, more=more)
    spans = np.ptp(np.maximum(found.nets.hidden(found.x)[0], 0), axis=1)[found.before]
    back = int(np.sum(found.before & ~dead(found.nets)[0]))
    moved, live = found.moved[found.before], found.moved[~found.before]
    figures: dict[str, Any] = {
        f"dead units, of {found.before.size}": int(found.before.sum()),
        f"alive again after {more:,} steps": back,
        "largest change of a number of theirs": float(moved.max()),
        "median change of a live unit": float(np.median(live)),
        "largest difference of their outputs": float(spans.max()),
    }
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    which = int(np.argmin(np.abs(found.before.sum(axis=1) - 5)))
    print(tg.inspect_units(alone(found.nets, which), found.x[which]).to_text(max_units=16))
    holds = len(moved) > 10 and back == 0 == moved.max() == spans.max()
    return Finding(
        claim="B1",
        statement="A dead unit gives one value for every input, and cannot recover.",
        verdict=CONFIRMED if holds else NOT_CONFIRMED,
        note=(
            f"Of {len(moved)} units of layer 1 killed by large steps {back} came back in {more:,} "
            "further steps of plain gradient descent, and none of their numbers changed in any bit."
        ),
        figures=figures,
        pictures=(plot(found, which, gallery / "a_dead_unit_stays_dead.png"),),
    )


if __name__ == "__main__":
    run()
