"""T deaths · Under plain gradient descent only a death in layer 1 is for good.

Point: a unit that is shut for all data gets no gradient, so its own weights stay. In layer 1
nothing else leads into it: the data stay too. From layer 2 on its inputs are made by units that
still move, and they can lift it over 0 again.

Prediction: of all deaths in layer 1 none is ever followed by a revival, however long; in layers 2
and 3 many are. Momentum or weight decay would move a dead unit's weights without any gradient,
which is why the point is about plain gradient descent.

Setting: 2-32-32-32-1, two moons, learning rate 2, 400 steps, a look after every step. 30 seeds,
each with its own weights and points.

Found: confirmed. Over 30 networks 0 of 179 killed units of layer 1 were ever alive again, but 317
of 614 in layer 2 and 533 of 715 in layer 3. By hand: a unit with z = −0.5 has z = 0.25 one step
later, and its own weight is the same.

要約:素のSGDでは、第1層の死だけが永久である(179個中、復活は0個)。第2層では614個中317個、第3層では
715個中533個が、自分の重みは動かないまま、下の層が動いたことで生き返った。
"""

# %% Who was alive and is dead, who was dead and is alive
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos._dying import diverged, lives, moons
from demos.many import Many
from demos.style import bars, save, sheet, timeline


class Result(NamedTuple):
    """By layer: units that died after having lived, those revived later, and who is dead when."""

    killed: list[int]
    revived: list[int]
    lives: list[Any]
    diverged: int

    def revival(self, layer: int) -> Spread:
        """How many of the killed units were seen alive again."""
        return share(self.revived[layer], self.killed[layer])


def measure(seeds: int, steps: int = 400, lr: float = 2.0) -> Result:
    """Train at a high learning rate; networks that diverge are left out."""
    nets = Many(seeds, [2, 32, 32, 32, 1])
    found = lives(nets, *moons(100, rng=nets.seeds), lr, steps)
    found = [layer[:, ~diverged(nets)] for layer in found]
    died = [(~layer[:-1] & layer[1:]).any(axis=0) for layer in found]
    back = [(layer[:-1] & ~layer[1:]).any(axis=0) for layer in found]
    revived = [int(np.sum(d & b)) for d, b in zip(died, back, strict=True)]
    return Result([int(d.sum()) for d in died], revived, found, int(diverged(nets).sum()))


# %% By hand: a layer-2 unit that a layer-1 unit lifts
def lifted(steps: int = 2) -> list[tuple[float, float]]:
    """(z of a dead layer-2 unit, its own weight) while the unit below it learns something else.

    h = ReLU(w·x), u = ReLU(v·h + c) is dead, and the loss is ((h + u) − 3)²: it moves w.
    """
    w, v, c = (tg.Value(n, label=name) for n, name in ((0.5, "w"), (1.0, "v"), (-1.0, "c")))
    told = []
    descent = tg.optim.SGD([w, v, c], lr=0.15)
    for _ in range(steps):
        descent.zero_grad()
        h = (w * 1.0).relu()
        z = v * h + c
        told.append((z.data, v.data))
        ((h + z.relu() - 3.0) ** 2).backward()
        descent.step()
    return told


def plot(found: Result, path: Path) -> Path:
    """The lives in each layer of the first network, beside them how many came back."""
    figure, (left, *axes) = sheet(1, 4, (8.8, 3.2), width_ratios=(2, 3, 3, 3))
    chances = [found.revival(layer) for layer in range(3)]
    bars(left, (1, 2, 3), chances)
    for layer, one in enumerate(chances):
        told = f"{found.revived[layer]} of\n{found.killed[layer]}"
        left.text(layer + 1, one.high + 0.03, told, ha="center", fontsize=9)
    left.set(ylim=(0, 1.15), xlabel="layer", xticks=(1, 2, 3), ylabel="killed units that came back")
    for layer, ax in enumerate(axes):
        timeline(ax, found.lives[layer][:61, 0])
        ax.set(
            title=f"layer {layer + 1}; dark: dead", yticks=(), ylabel=ax.get_ylabel() * (not layer)
        )
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = measure(seeds=8 if quick else 30, steps=100 if quick else 400)
    for layer, (killed, revived) in enumerate(zip(found.killed, found.revived, strict=True), 1):
        print(f"layer {layer}: {killed} units killed, {revived} of them alive again later")
    print(f"networks that diverged and were left out: {found.diverged}")
    for z, v in lifted():
        print(f"by hand: z = {z:.3f}, its own weight {v:.3f}".replace("-", "−"))
    holds = found.revived[0] == 0 < found.killed[0] and found.revival(1).low > 0.05
    told = [f"{r} of {k}" for r, k in zip(found.revived, found.killed, strict=True)]
    return Finding(
        claim="T deaths",
        statement="Under plain gradient descent only a death in the first layer is for good.",
        verdict=CONFIRMED if holds else NOT_CONFIRMED,
        note=(
            f"Of the killed units {told[0]} came back in layer 1, {told[1]} in layer 2 and "
            f"{told[2]} in layer 3, where the layer below had moved."
        ),
        figures={f"killed units that came back, layer {i + 1}": found.revival(i) for i in range(3)},
        pictures=(plot(found, gallery / "only_the_first_layer_dies_for_good.png"),),
    )


if __name__ == "__main__":
    run()
