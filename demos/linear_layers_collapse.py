"""A1 · Affine layers without an activation are one affine layer.

Claim: w3 (w2 (w1 x + b1) + b2) + b3 = w′x + b′. However many layers are stacked, without an
activation between them the result is a straight line.

Prediction: a stack of random layers and the one layer computed from it, W′ = W3 W2 W1 and
b′ = W3 (W2 b1 + b2) + b3, differ by rounding only. The gradient says the same: ∂y/∂x is one number
for every x. With ReLU between the very same layers the line breaks, once wherever a unit of some
layer crosses 0, and ∂y/∂x takes as many values as there are pieces.

Found: over 20 random stacks of 1-8-8-8-1, stack and collapsed layer differ by at most 6.4e-14 of
the largest output. The same stacks with ReLU have 12 to 27 pieces on [−5, 5], 19.6 on average
(95 % interval 18.0 to 21.3).

要約:活性化関数のない線形(アフィン)層は、何層重ねても1つの層 w′x + b′ と同じである
(20通りの乱数で、差は出力の最大値の6.4e-14以下=丸め誤差)。間にReLUを入れると直線が折れ、
[−5, 5]で平均19.6本の線分になる。
"""

# %% Three hidden layers of random weights, twenty times over
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, spread
from demos.style import BLUE, ORANGE, PALE, save, sheet
from tinygrad_relu import Value

SIZES = (1, 8, 8, 8, 1)
Layers = list[tuple[Any, Any]]


def layers(seed: int) -> Layers:
    """Random weights and biases, one pair a layer."""
    rng = np.random.default_rng(seed)
    pairs = zip(SIZES[1:], SIZES[:-1], strict=True)
    return [(tg.nn.init.he_normal(shape, rng), rng.normal(0, 1, shape[0])) for shape in pairs]


def stack(x: Any, parts: Layers, between: Callable[[Any], Any]) -> Any:
    """Layer after layer, with `between` after each but the last."""
    *hidden, last = parts
    for weight, bias in hidden:
        x = between(tg.linear(x, weight, bias))
    return tg.linear(x, *last)


# %% The same as one layer: w′x + b′
def collapse(parts: Layers) -> tuple[Any, Any]:
    """W′ and b′ of the one layer that a stack without activations is."""
    weight, bias = parts[0]
    for following, offset in parts[1:]:
        weight, bias = following @ weight, following @ bias + offset
    return weight, bias


def difference(seed: int) -> float:
    """The largest difference between stack and collapsed layer, beside the largest output."""
    x, parts = np.linspace(-5, 5, 1001)[:, None], layers(seed)
    one = tg.linear(x, *collapse(parts))
    return float(np.max(np.abs(stack(x, parts, tg.identity) - one)) / np.max(np.abs(one)))


# %% What the gradient says: one slope, or one a piece
def slopes(parts: Layers, between: Callable[[Any], Any], points: int) -> Any:
    """∂y/∂x at every point of [−5, 5], by one backward pass."""
    x = Value(np.linspace(-5, 5, points)[:, None], label="x")
    stack(x, parts, between).sum().backward()
    return x.grad[:, 0]


def pieces(parts: Layers, between: Callable[[Any], Any], points: int = 20_001) -> int:
    """How many straight pieces: wherever ∂y/∂x changes, a new one begins."""
    slope = slopes(parts, between, points)
    return 1 + int(np.sum(~np.isclose(slope[1:], slope[:-1], rtol=1e-9, atol=1e-12)))


# %% The picture: one stack, without and with ReLU
def plot(path: Path, seed: int = 5) -> Path:
    """Output above and ∂y/∂x below, of the same layers without and with ReLU."""
    x, parts = np.linspace(-5, 5, 4001), layers(seed)
    figure, (above, below) = sheet(2, 1, (8, 5.5), sharex=True, height_ratios=(3, 2))
    kinds = ((tg.identity, "no activation", ORANGE, "--"), (tg.relu, "ReLU between", BLUE, "-"))
    for between, name, color, line in kinds:
        y = stack(x[:, None], parts, between)[:, 0]
        told = f"{name}: {pieces(parts, between)} piece{'s' * (between is tg.relu)}"
        above.plot(x, y, line, color=color, lw=2, label=told, zorder=3)
        below.plot(x, slopes(parts, between, len(x)), line, color=color, lw=2)
    one = tg.linear(x[:, None], *collapse(parts))[:, 0]
    above.plot(x, one, color=PALE, lw=7, label="collapsed into one layer, w′x + b′")
    above.set(ylabel="y", title="")
    above.legend(frameon=False)
    below.set(xlabel="x", ylabel="∂y/∂x", xlim=(-5, 5))
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds = range(5 if quick else 20)
    apart = spread(difference(seed) for seed in seeds)
    worst = max(difference(seed) for seed in seeds)
    points = 4001 if quick else 20_001
    straight = [pieces(layers(seed), tg.identity, points) for seed in seeds]
    broken = [pieces(layers(seed), tg.relu, points) for seed in seeds]
    print(f"stack against one layer: {apart}, at most {worst:.2g}")
    print(f"pieces without activation: {straight}")
    print(f"pieces with ReLU: {broken}, mean {spread(broken)}")
    holds = worst < 1e-12 and set(straight) == {1} and min(broken) > 1
    return Finding(
        claim="A1",
        statement="Affine layers without an activation collapse into one.",
        verdict=CONFIRMED if holds else NOT_CONFIRMED,
        note=(
            f"{len(seeds)} random stacks equal the one layer w′x + b′ to {worst:.1e} of their "
            f"size: rounding. With ReLU the same layers make {spread(broken).mean:.1f} straight "
            "pieces on average, not 1."
        ).replace("e-", "e−"),
        figures={
            "largest relative difference": worst,
            "pieces without activation": max(straight),
            "pieces with ReLU": spread(broken),
            "fewest pieces with ReLU": min(broken),
        },
        pictures=(plot(gallery / "linear_layers_collapse.png"),),
    )


if __name__ == "__main__":
    run()
