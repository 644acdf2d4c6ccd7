"""A1 · Affine layers without an activation are one affine layer.

Claim: w3 (w2 (w1 x + b1) + b2) + b3 = w′x + b′: however many layers are stacked, without an
activation between them the result is a straight line.

Prediction: a stack of random layers and the one layer computed from it, W′ = W3 W2 W1 and
b′ = W3 (W2 b1 + b2) + b3, differ by rounding only, and ∂y/∂x is one number for every x. With ReLU
between the same layers the line breaks, once wherever a unit of some layer crosses 0.

Found: over 20 random stacks of 1-8-8-8-1, stack and collapsed layer differ by at most 6.4e-14 of
the largest output. The same stacks with ReLU have 12 to 27 pieces on [−5, 5], 19.6 on average
(95 % interval 18.0 to 21.3).

要約:活性化関数のない線形(アフィン)層は、何層重ねても1つの層 w′x + b′ と同じである
(20通りの乱数で、差は出力の最大値の6.4e-14以下=丸め誤差)。間にReLUを入れると直線が折れ、
[−5, 5]で平均19.6本の線分になる。
"""

# %% Three hidden layers of random weights, twenty times over
from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, spread
from demos.style import BLUE, ORANGE, PALE, save, sheet
from tinygrad_relu import Value

Layers = list[tuple[Any, Any]]
X = np.linspace(-5, 5, 20_001)


def layers(seed: int, sizes: Sequence[int] = (1, 8, 8, 8, 1)) -> Layers:
    """Random weights and biases, one pair a layer."""
    rng, he = np.random.default_rng(seed), tg.nn.init.he_normal
    return [(he((m, n), rng), rng.normal(0, 1, m)) for n, m in itertools.pairwise(sizes)]


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
    x, parts = X[::20, None], layers(seed)
    one = tg.linear(x, *collapse(parts))
    return float(np.max(np.abs(stack(x, parts, tg.identity) - one)) / np.max(np.abs(one)))


# %% What the gradient says: one slope, or one a piece
def slopes(parts: Layers, between: Callable[[Any], Any], at: Any = X) -> Any:
    """∂y/∂x at every point, by one backward pass."""
    x = Value(at[:, None], label="x")
    stack(x, parts, between).sum().backward()
    return x.grad[:, 0]


def pieces(parts: Layers, between: Callable[[Any], Any], at: Any = X) -> int:
    """How many straight pieces: wherever ∂y/∂x changes, a new one begins."""
    slope = slopes(parts, between, at)
    return 1 + int(np.sum(~np.isclose(slope[1:], slope[:-1], rtol=1e-9, atol=1e-12)))


# %% The picture: one stack, without and with ReLU
def plot(path: Path, seed: int = 5) -> Path:
    """Output above and ∂y/∂x below, of the same layers without and with ReLU."""
    parts = layers(seed)
    figure, (above, below) = sheet(2, 1, (6.7, 4.6), sharex=True, height_ratios=(3, 2))
    for between, name, look in ((tg.identity, "no activation", "--"), (tg.relu, "ReLU", "-")):
        color, told = ORANGE if look == "--" else BLUE, f"{name}, pieces: {pieces(parts, between)}"
        above.plot(X, stack(X[:, None], parts, between), look, color=color, lw=2, label=told)
        below.plot(X, slopes(parts, between), look, color=color, lw=2)
    one = tg.linear(X[:, None], *collapse(parts))
    above.plot(X, one, color=PALE, lw=7, label="collapsed into one layer, w′x + b′", zorder=1)
    above.set(ylabel="y")
    above.legend(frameon=False)
    below.set(xlabel="x", ylabel="∂y/∂x", xlim=(-5, 5))
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds = range(5 if quick else 20)
    worst = max(difference(seed) for seed in seeds)
    straight, broken = ([pieces(layers(s), act) for s in seeds] for act in (tg.identity, tg.relu))
    print(f"stack against one layer: at most {worst:.2g}; pieces without activation: {straight}")
    print(f"pieces with ReLU: {broken}, mean {spread(broken)}")
    return Finding(
        claim="A1",
        statement="Affine layers without an activation collapse into one.",
        verdict=CONFIRMED if worst < 1e-12 and {1} == {*straight} else NOT_CONFIRMED,
        note=(
            f"{len(seeds)} random stacks equal the one layer w′x + b′ to rounding. With ReLU the "
            f"same layers make {spread(broken).mean:.1f} straight pieces on average, not 1."
        ),
        figures={"largest relative difference": worst, "pieces with ReLU": spread(broken),
                 "pieces without activation": float(max(straight))},
        pictures=(plot(gallery / "linear_layers_collapse.png"),),
    )  # fmt: skip


if __name__ == "__main__":
    run()
