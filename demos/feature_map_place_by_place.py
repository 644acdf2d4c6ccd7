"""B10 · A feature map is dead only when every place of it is.

Claim: with shared weights, as in a CNN, every place of the feature map must be zero before the unit
is dead.

Prediction: the gradient of a kernel is a sum over all places and all examples. One place that opens
for one example is enough to feed it. So when biases sink, places die one after the other, a map
only with its last place: per place the dead share is always at least that per map.

Setting: 64 kernels of 3 × 3 (He's weights) on 400 handwritten digits of 8 × 8, so 36 places a map;
the bias sinks to −d. A layer without sharing has the same 64 · 36 units, each with its own weights.

Found: confirmed. At a bias of −0.5 .30 [.27, .33] of the places are dead and .11 [.09, .13] of the
maps, at −1.5 .80 [.77, .84] and .63 [.59, .68] (12 seeds). In 5,376 maps the gradient of kernel and
bias was 0 if and only if every place was shut for every image, without an exception.

要約:CNNの重みは全位置で共有されるので、特徴マップの全位置が全画像で0になって初めて「死んだ」ことになる。
バイアス−1.5では、位置ごとに数えると80%が死んでいるのに、マップごとでは63%。勾配が正確に0になるのは、
全位置が閉じたときだけだった(5376枚で例外なし)。
"""

# %% The same numbers, asked per place and per map
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, spread
from demos.style import band, save, sheet

DEPTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


@dataclass(frozen=True)
class Result:
    """By seed and depth: the dead share per place and per map; maps by gradient and by places."""

    places: Any
    maps: Any
    disagree: int  # maps with a gradient of exactly 0 though a place is open, or the reverse
    asked: int

    def at(self, table: Any, depth: float) -> Spread:
        """One depth over seeds."""
        return spread(table[:, DEPTHS.index(depth)])


def layer(seed: int, depth: float, maps: int = 64) -> tg.nn.Conv2d:
    """A convolution with He's weights and a bias of −depth."""
    conv = tg.nn.Conv2d(1, maps, 3, rng=seed)
    tg.nn.init.redraw(conv, tg.nn.init.he_normal, rng=seed)
    conv.bias.data = np.full(maps, -depth)
    return conv


def open_places(conv: tg.nn.Conv2d, images: Any) -> tuple[Any, Any]:
    """How often each place of each map is open, (maps, 6, 6); |gradient| of each kernel."""
    z = conv(images)
    z.relu().sum().backward()
    fires = np.count_nonzero(z.data > 0, axis=0)
    return fires, np.abs(conv.weight.grad).sum(axis=(1, 2, 3)) + np.abs(conv.bias.grad)


def measure(seeds: int, images: Any) -> Result:
    """Sink the biases and count."""
    places, maps = np.zeros((2, seeds, len(DEPTHS)))
    disagree = 0
    for seed in range(seeds):
        for k, depth in enumerate(DEPTHS):
            fires, grad = open_places(layer(seed, depth), images)
            places[seed, k] = np.mean(fires == 0)
            dead = np.all(fires == 0, axis=(1, 2))
            maps[seed, k] = np.mean(dead)
            disagree += int(np.sum(dead != (grad == 0)))
    return Result(places, maps, disagree, seeds * len(DEPTHS) * 64)


def plot(found: Result, images: Any, path: Path) -> Path:
    """One map while its bias sinks, place by place; and the shares by depth."""
    shown = (0.5, 1.0, 1.5, 2.0, 2.5)
    deepest = [np.all(open_places(layer(0, d), images)[0] == 0, axis=(1, 2)) for d in (2.0, 2.5)]
    which = int(np.argmax(~deepest[0] & deepest[1]))  # dies between the last two pictures
    figure, axes = sheet(2, 5, (9.6, 5.6), height_ratios=(2, 3))
    for one, depth in zip(axes[0], shown, strict=True):
        fires, grad = (a[which] for a in open_places(layer(0, depth), images))
        one.imshow(fires, cmap="Blues", vmin=0, vmax=len(images) / 2)
        for row, column in np.argwhere(fires == 0):
            one.text(column, row, "×", ha="center", va="center", color="#a34700", fontsize=12)
        one.set(xticks=[], yticks=[], title=f"bias −{depth:g}")
        one.grid(False)
        state = "dead" if grad == 0 else f"{np.sum(fires == 0)} of 36 places"
        one.set_xlabel(
            f"× {state}\n|gradient| {grad:,.0f}", color="#a34700" if grad == 0 else "black"
        )
    grid = axes[1, 0].get_gridspec()
    for one in axes[1]:
        one.remove()
    below = figure.add_subplot(grid[1, :])
    below.grid(alpha=0.25)
    below.spines[["top", "right"]].set_visible(False)
    band(below, DEPTHS, found.places, 0, "per place (weights not shared)")
    band(below, DEPTHS, found.maps, 1, "per map (weights shared)")
    below.set(xlabel="depth d of the bias, b = −d", ylabel="dead share", ylim=(-0.03, 1.03))
    below.legend(frameon=False)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    (images, _), _ = tg.lab.digits(images=True, rng=0)
    images = images[: 100 if quick else 400]
    found = measure(4 if quick else 12, images)
    for depth in DEPTHS:
        print(f"bias −{depth:g}: dead per place {found.at(found.places, depth)}, "
              f"per map {found.at(found.maps, depth)}")  # fmt: skip
    print(
        f"maps whose gradient says otherwise than their places: {found.disagree} of {found.asked}"
    )
    report = tg.inspect_units(lambda x: layer(0, 1.5)(x).relu().sum(axis=(1, 2, 3)), images)[0]
    fires = open_places(layer(0, 1.5), images)[0]
    same = report.where("dead") == tuple(np.flatnonzero(np.all(fires == 0, axis=(1, 2))))
    place, whole = found.at(found.places, 1.5), found.at(found.maps, 1.5)
    right = found.disagree == 0 and same and place.low > whole.high
    return Finding(
        claim="B10",
        statement="A feature map is dead only when every place of it is zero for every image.",
        verdict=CONFIRMED if right else NOT_CONFIRMED,
        note=(
            f"At a bias of −1.5 {place.mean:.0%} of all places are dead, but {whole.mean:.0%} of "
            f"the maps. In all {found.asked:,} maps the kernel's gradient was exactly 0 if and "
            "only if every place was shut for every image."
        ),
        figures={f"dead {word}, bias −{depth:g}": found.at(table, depth)
                 for depth in (0.5, 1.5, 2.5)
                 for word, table in (("places", found.places), ("maps", found.maps))}
        | {"maps whose gradient and places disagree": float(found.disagree)},
        pictures=(plot(found, images, gallery / "feature_map_place_by_place.png"),),
    )  # fmt: skip


if __name__ == "__main__":
    run()
