"""B1 · A dead unit gives the same value for every input, and never learns again.

Claim: a dead unit outputs the same value for every input of the data set. The gradient is 0 there
too, so that the unit cannot recover.

Prediction: a unit of layer 1 whose line w·x + b = 0 does not cross the data, and that is shut on
their side, outputs 0 for all of them. Its weights and its bias get the gradient 0 exactly, so that
after 1,000 more steps they are the same to the last bit.

Setting: 2-16-1, two moons; 15 steps at learning rate 8 kill; then 1,000 steps at 0.1. 20 seeds.

Found: confirmed. The large steps killed 109 of 320 units. After 1,000 more steps 0 of them were
alive, no number of theirs had changed in any bit (a live unit's by 0.178, median), and each gave
the same output, 0, for all 100 inputs.

要約:死んだユニットは、どの入力に対しても同じ値(0)を出し、勾配も0になる。320個中109個が死に、
さらに1000ステップ学習しても1個も生き返らず、重みは1ビットも変わらなかった。
"""

# %% Kill, then train on
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding
from demos._dying import dead, moons
from demos.many import Many, train
from demos.style import BLUE, CUT, FAINT, ORANGE, save, sheet


@dataclass(frozen=True)
class Result:
    """Who is dead before and after, (seeds, units), and how far units moved in between."""

    before: Any
    after: Any
    moved: Any
    nets: Many


def measure(seeds: int, more: int = 1000) -> Result:
    """Kill units with a few large steps, then train on with small ones."""
    x, target = moons(100)
    nets = Many(seeds, [2, 16, 1])
    loss = tg.binary_cross_entropy_with_logits
    train(nets, x, target, loss, lr=8.0, steps=15)
    nets.quiet(x)
    before = dead(nets)[0]
    start = np.concatenate([nets.weights[0].data, nets.biases[0].data], axis=1)
    train(nets, x, target, loss, lr=0.1, steps=more)
    nets.quiet(x)
    end = np.concatenate([nets.weights[0].data, nets.biases[0].data], axis=1)
    return Result(before, dead(nets)[0], np.abs(end - start).max(axis=1), nets)


def alone(nets: Many, which: int) -> tg.nn.MLP:
    """One of the networks as a model of its own."""
    model = tg.nn.MLP(2, [16, 1])
    for layer, place in ((0, 0), (1, 2)):
        model[place].weight.data = nets.weights[layer].data[which].T
        model[place].bias.data = nets.biases[layer].data[which][0]
    return model


# %% Each unit is a line; dead ones pass outside the data
def plot(found: Result, which: int, path: Path) -> Path:
    """The decision boundary, the data, and the line of every hidden unit."""
    x, target = moons(100)
    model = alone(found.nets, which)
    figure, axes = sheet(size=(8, 5.6))
    across, up = np.meshgrid(np.linspace(-3.2, 3.2, 321), np.linspace(-2.2, 2.2, 221))
    score = found.nets.quiet(np.stack([across.ravel(), up.ravel()], axis=1))[which, :, 0]
    score = score.reshape(across.shape)
    axes.contourf(across, up, score, [-1e9, 0, 1e9], colors=["#dcebf5", "#fbe6d6"])
    axes.contour(across, up, score, [0], colors="black", linewidths=2)
    report = tg.inspect_units(model, x)[0]
    for unit in report:
        (a, b), c = model[0].weight.data[unit.index], model[0].bias.data[unit.index]
        is_dead = unit.state == "dead"
        middle = -c * np.array([a, b]) / (a * a + b * b)  # the point of the line next to 0
        ends = middle + np.array([[-9.0], [9.0]]) * np.array([-b, a]) / np.hypot(a, b)
        axes.plot(*ends.T, color=CUT if is_dead else FAINT, lw=1.6 if is_dead else 0.9,
                  ls="--" if is_dead else "-", zorder=2)  # fmt: skip
        if is_dead and abs(middle[0]) < 3.1 and abs(middle[1]) < 2.1:
            arrow = 0.35 * np.array([a, b]) / np.hypot(a, b)
            axes.annotate("", middle + arrow, middle, zorder=3,
                          arrowprops={"arrowstyle": "->", "color": CUT, "lw": 1.6})  # fmt: skip
    for value, color, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        axes.plot(*x[target[:, 0] == value].T, marker, color=color, ms=4.5, mec="white", mew=0.5)
    axes.set(xlim=(-3.2, 3.2), ylim=(-2.2, 2.2), aspect="equal", xlabel="x₁", ylabel="x₂")
    axes.grid(False)
    axes.plot([], [], color="black", lw=2, label="decision boundary")
    axes.plot([], [], color=FAINT, lw=0.9, label="line of a live unit")
    axes.plot(
        [], [], color=CUT, ls="--", lw=1.6, label="line of a dead unit; the arrow: its open side"
    )
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    more = 200 if quick else 1000
    found = measure(seeds=6 if quick else 20, more=more)
    x, _ = moons(100)
    outputs = np.maximum(found.nets.hidden(x)[0], 0)
    spans = np.ptp(outputs, axis=1)[found.before]
    killed, back = int(found.before.sum()), int((found.before & ~found.after).sum())
    moved = found.moved[found.before]
    live = found.moved[~found.before]
    print(f"{killed} of {found.before.size} units dead; {more} steps later {back} of them alive")
    print(f"they moved by at most {moved.max():g}; of a live unit, median {np.median(live):.3f}")
    print(f"outputs of dead units differ between inputs by at most {spans.max():g}")
    which = int(np.argmin(np.abs(found.before.sum(axis=1) - 5)))
    print(tg.inspect_units(alone(found.nets, which), x).to_text(max_units=16))
    return Finding(
        claim="B1",
        statement="A dead unit gives one value for every input, and cannot recover.",
        verdict=CONFIRMED
        if killed > 10 and back == 0 == moved.max() == spans.max()
        else NOT_CONFIRMED,
        note=(
            f"Of {killed} units of layer 1 killed by large steps {back} came back in {more:,} "
            "further steps of plain gradient descent, and none of their numbers changed in any bit."
        ),
        figures={
            "dead units": float(killed),
            f"alive again after {more:,} steps": float(back),
            "largest change of a number of theirs": float(moved.max()),
            "median change of a live unit": float(np.median(live)),
            "largest difference of their outputs": float(spans.max()),
        },
        pictures=(plot(found, which, gallery / "a_dead_unit_stays_dead.png"),),
    )


if __name__ == "__main__":
    run()
