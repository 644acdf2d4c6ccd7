"""A5 · Deeper can mean exponentially more pieces, but a random net does not use them.

Claim: with activations, more layers make a network more expressive.

A ReLU network is made of linear pieces; count them along a line. One hidden layer of n units
has at most n + 1, and L layers of n units at most (n + 1)^L (derived here). Montúfar, Pascanu, Cho
and Bengio (2014, arXiv 1402.1869) construct nets that reach n^(L−1) · (n + 1) for one input.

Prediction: the tent map 2·ReLU(x) − 4·ReLU(x − ½), L times over, folds [0, 1] into exactly 2^L
pieces with 2 units a layer. Random weights are no such construction: Hanin and Rolnick (2019, arXiv
1901.09021) find about as many pieces as units, however they are stacked.

Found: the tent map has 2, 4, 8, …, 4096 pieces for L = 1 … 12, exactly; one layer of its 24 units
has at most 25. With random weights and 8 units a layer, 60 seeds, there are 8.6 pieces for 1 layer
and 49.8 for 8 layers (95 % interval 46.5 to 53.3): fewer than the 64 units. 32 units make 31.5
pieces in 1 layer, 31.4 in 2, 28.7 in 4 layers, and only 14.4 in 8 layers of 4.

要約:層を深くすると表現力は指数的に増えうる(テント写像:1層2ユニットでL層なら、ちょうど2^L本の
線分)。ただし乱数の重みでは、線分の数はユニット数と同じくらいで、深さの効果は現れない
(8ユニット×8層で平均49.8本)。
"""

# %% The tent map: two units a layer, folded L times
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, spread
from demos.linear_layers_collapse import layers, pieces, stack
from demos.style import BLUE, GREEN, ORANGE, PALE, band, save, sheet
from tinygrad_relu import Value


def tent(x: Any, depth: int) -> Any:
    """The tent map `depth` times over; [0, 1] to [0, 1]."""
    for _ in range(depth):
        x = 2 * tg.relu(x) - 4 * tg.relu(x - 0.5)
    return x


def tent_pieces(depth: int) -> int:
    """Its pieces on [0, 1], from ∂y/∂x at points between the dyadic ones: no rounding in it."""
    x = Value((np.arange(2 ** (depth + 1), dtype=np.int64) + 0.5) / 2 ** (depth + 1))
    tent(x, depth).sum().backward()
    return 1 + int(np.count_nonzero(np.diff(x.grad)))


# %% Random nets: put a point wherever a unit of some layer crosses 0, then ask for the slopes
def random_pieces(width: int, depth: int, seed: int, reach: float = 10.0) -> int:
    """Pieces on [−reach, reach] of a net with He's weights and normal biases."""
    parts = layers(seed, (1, *[width] * depth, 1))
    x = np.array([-reach, reach])
    for k in range(depth):
        z = stack(x[:, None], parts[: k + 1], tg.relu)  # straight between two of the points
        piece, unit = np.nonzero(z[:-1] * z[1:] < 0)
        part = z[piece, unit] / (z[piece, unit] - z[piece + 1, unit])
        x = np.sort(np.append(x, x[piece] + part * (x[piece + 1] - x[piece])))
    return pieces(parts, tg.relu, at=(x[1:] + x[:-1]) / 2)


def by_depth(width: int, depths: range, seeds: int) -> Any:
    """Pieces of random nets: a row a seed, a column a depth."""
    return np.array([[random_pieces(width, d, s) for d in depths] for s in range(seeds)])


# %% The picture: the folded line, and pieces by depth
def plot(path: Path, tents: list[int], random: Any) -> Path:
    """Left: the tent map at three depths. Right: counts and bounds."""
    figure, (left, right) = sheet(1, 2, (8.4, 3.5))
    x, depths = np.linspace(0, 1, 1025), np.arange(1, len(tents) + 1, dtype=np.int64)
    for depth, color, width in ((5, PALE, 1.2), (3, GREEN, 1.8), (1, BLUE, 2.4)):
        left.plot(x, tent(x, depth), color=color, lw=width, label=f"L = {depth}")
    left.set(xlabel="x", ylabel="tent map, 2 units a layer", ylim=(0, 1.3))
    left.legend(frameon=False, ncols=3, loc="upper center")
    right.plot(depths, tents, "o-", color=BLUE, label="tent map, 2 a layer: 2ᴸ")
    right.plot(depths, 9 * 8 ** (depths - 1), "--", color=GREEN, label="Montúfar et al., 8 a layer")
    band(right, depths, random, 1, "random weights, 8 a layer")
    right.plot(depths, 8 * depths + 1, ":", color=ORANGE, lw=2, label="units + 1")
    right.set(xlabel="layers L", ylabel="linear pieces", yscale="log", ylim=(1, 3e4))
    right.legend(frameon=False, loc="lower right", fontsize=9)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    deepest, seeds = (8, 10) if quick else (12, 60)
    depths = range(1, deepest + 1)
    tents = [tent_pieces(depth) for depth in depths]
    random = by_depth(8, depths, seeds)
    print(f"tent map, 1 to {deepest} layers: {tents}")
    print("random nets, 8 units a layer:", *map(str, map(spread, random.T)))
    figures: dict[str, Any] = {f"tent map, {deepest} layers of 2": tents[-1]}
    figures[f"at most, one layer of {2 * deepest}"] = 2 * deepest + 1
    figures["random, 8 layers of 8"] = spread(random[:, 7])
    for depth in (1, 2, 4, 8):  # 32 units, stacked in other ways
        name = f"random, {depth} × {32 // depth} units"
        figures[name] = spread(by_depth(32 // depth, range(depth, depth + 1), seeds)[:, 0])
        print(f"{name}: {figures[name]}")
    return Finding(
        claim="A5",
        statement="With activations, more layers make a network more expressive.",
        verdict=LIMITED if tents == [2**depth for depth in depths] else NOT_CONFIRMED,
        note=(
            f"Depth can fold a line into exponentially many pieces: {tents[-1]} with 2 units in "
            f"each of {deepest} layers, where one layer of as many units has {2 * deepest + 1} at "
            f"most. But 64 random units in 8 layers make {random[:, 7].mean():.0f}: about as many "
            "as units."
        ),
        figures=figures,
        pictures=(plot(gallery / "linear_pieces_by_depth.png", tents, random),),
    )


if __name__ == "__main__":
    run()
