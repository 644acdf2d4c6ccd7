"""B10 · A feature map is dead only when every place of it is.

Claim: with shared weights, as in a CNN, every place of the feature map must be zero before the unit
is dead.

Prediction: the gradient of a kernel is a sum over all places and all examples. One place that opens
for one example is enough to feed it. So when biases sink, places die one after the other, a map
only with its last place: per place the dead share is always at least that per map.

Setting: 64 kernels of 3 × 3 (He's weights) on 400 handwritten digits of 8 × 8, so 36 places a map;
the bias sinks to −d. A layer without sharing has the same 64 · 36 units, each with its own weights.

Found: confirmed. At a bias of −0.5 .30 [.27, .33] of the places are dead and .10 [.08, .13] of the
maps, at −1.5 .80 [.77, .84] and .63 [.58, .67] (12 seeds, each with its own kernels and digits).
The gradient of kernel and bias was 0 if and only if every place was shut, in all of 5,376 maps.

要約:CNNの重みは全位置で共有されるので、特徴マップの全位置が全画像で0になって初めて「死んだ」ことになる。
バイアス−1.5では、位置ごとに数えると80%が死んでいるのに、マップごとでは63%。勾配が正確に0になるのは、
全位置が閉じたときだけだった(5376枚で例外なし)。
"""

# %% The same numbers, asked per place and per map
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, spread
from demos.style import CUT_TEXT, band, save, sheet

DEPTHS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


def digits(seed: int, count: int) -> Any:
    """Some of the handwritten digits, as images."""
    return tg.lab.digits(images=True, rng=seed)[0][0][:count]


def layer(seed: int, depth: float, maps: int = 64) -> Any:
    """A convolution with He's weights and a bias of −depth."""
    conv: Any = tg.nn.Conv2d(1, maps, 3, rng=seed)
    tg.nn.init.redraw(conv, tg.nn.init.he_normal, rng=seed)
    conv.bias.data = np.full(maps, -depth)
    return conv


def open_places(conv: Any, images: Any) -> tuple[Any, Any]:
    """How often each place of each map is open, (maps, 6, 6); |gradient| of each kernel."""
    z = conv(images)
    z.relu().sum().backward()
    fires = np.count_nonzero(z.data > 0, axis=0)
    return fires, np.abs(conv.weight.grad).sum(axis=(1, 2, 3)) + np.abs(conv.bias.grad)


def measure(seeds: int, count: int) -> tuple[Any, Any, int]:
    """Dead shares of places and of maps, (seeds, depths); maps whose gradient and places differ."""
    places, maps = np.zeros((2, seeds, len(DEPTHS)))
    disagree = 0
    for seed, k in np.ndindex(places.shape):
        fires, grad = open_places(layer(seed, DEPTHS[k]), digits(seed, count))
        dead = np.all(fires == 0, axis=(1, 2))
        places[seed, k], maps[seed, k] = np.mean(fires == 0), np.mean(dead)
        disagree += int(np.sum(dead != (grad == 0)))
    return places, maps, disagree


def plot(places: Any, maps: Any, images: Any, path: Path) -> Path:
    """One map while its bias sinks, place by place; and the shares by depth."""
    asked = [open_places(layer(0, depth), images) for depth in DEPTHS[1:6]]
    which = np.flatnonzero((asked[3][1] > 0) & (asked[4][1] == 0))[0]  # dies in the last picture
    figure, (above, below) = sheet(2, 1, (8.1, 5), height_ratios=(2, 3))
    shown = np.hstack([np.pad(fires[which] * 1.0, 1, constant_values=np.nan) for fires, _ in asked])
    above.imshow(shown, cmap="Blues", vmin=0, vmax=len(images) / 2)
    for row, column in np.argwhere(shown == 0):
        above.text(column, row, "×", ha="center", va="center", color=CUT_TEXT, fontsize=12)
    for i, (_, grad) in enumerate(asked):
        told = f"bias −{DEPTHS[i + 1]:g}\n|gradient| {grad[which]:,.0f}"
        above.text(8 * i + 3.5, 7.2, told, ha="center", va="top")
    above.axis("off")
    above.set_title("× a place that is shut for every image; the darker, the more often open")
    band(below, DEPTHS, places, 0, "per place (weights not shared)")
    band(below, DEPTHS, maps, 1, "per map (weights shared)")
    below.set(xlabel="depth d of the bias, b = −d", ylabel="dead share", ylim=(-0.03, 1.03))
    below.legend(frameon=False)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds, count = (4, 100) if quick else (12, 400)
    (places, maps, disagree), images = measure(seeds, count), digits(0, count)
    figures: dict[str, Any] = {}
    for k, depth in enumerate(DEPTHS):
        for name, table in (("places", places), ("maps", maps)):
            figures[f"dead {name}, depth {depth:g}"] = spread(table[:, k])
    figures[f"gradient and places disagree, of {maps.size * 64:,} maps"] = disagree
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    report = tg.inspect_units(lambda x: layer(0, 1.5)(x).relu().sum(axis=(1, 2, 3)), images)[0]
    dead = np.all(open_places(layer(0, 1.5), images)[0] == 0, axis=(1, 2))
    same = report.where("dead") == tuple(np.flatnonzero(dead))
    place, whole = figures["dead places, depth 1.5"], figures["dead maps, depth 1.5"]
    right = disagree == 0 and same and place.low > whole.high
    return Finding(
        claim="B10",
        statement="A feature map is dead only when every place of it is zero for every image.",
        verdict=CONFIRMED if right else NOT_CONFIRMED,
        note=(
            f"At a bias of −1.5, {place.mean:.0%} of all places are dead, but {whole.mean:.0%} of "
            f"the maps. In all {maps.size * 64:,} maps the kernel's gradient was exactly 0 if "
            "and only if every place was shut for every image."
        ),
        figures=figures,
        pictures=(plot(places, maps, images, gallery / "feature_map_place_by_place.png"),),
    )


if __name__ == "__main__":
    run()
