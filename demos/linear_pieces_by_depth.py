"""A5 · Deeper can mean exponentially more pieces, but a random net does not use them.

Claim: with activations, more layers make a network more expressive.

A ReLU network is made of linear pieces; count them along a line. One hidden layer of n units
has at most n + 1. Each further layer can break every piece n times, so L layers of n units have
at most (n + 1)^L pieces (derived here). Montúfar, Pascanu, Cho and Bengio (2014, arXiv 1402.1869)
construct nets that reach n^(L−1) · (n + 1) for one input.

Prediction: the tent map 2·ReLU(x) − 4·ReLU(x − ½), L times over, folds [0, 1] into exactly 2^L
pieces with 2 units a layer; one layer of as many units has 2L + 1 at most. Random weights are no
such construction: Hanin and Rolnick (2019, arXiv 1901.09021) find about as many pieces as units,
however they are stacked.

Found: the tent map has 2, 4, 8, …, 4096 pieces for L = 1 … 12, exactly; one layer of its 24 units
has at most 25. With random weights and 8 units a layer, 60 seeds, there
are 8.6 pieces for 1 layer and 49.8 for 8 layers (95 % interval 46.5 to 53.3): fewer than the 64
units. 32 units make 31.5 pieces in 1 layer, 31.4 in 2, 28.7 in 4 layers, and only 14.4 in 8
layers of 4. So depth can be worth exponentially much, and random weights do not show it.

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
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, spread
from demos.style import BLUE, GREEN, ORANGE, PALE, band, save, sheet
from tinygrad_relu import Value


def tent(x: Any, depth: int) -> Any:
    """The tent map `depth` times over; [0, 1] to [0, 1]."""
    for _ in range(depth):
        x = 2 * tg.relu(x) - 4 * tg.relu(x - 0.5)
    return x


def tent_pieces(depth: int) -> int:
    """Its pieces on [0, 1], from ∂y/∂x at points between the dyadic ones: no rounding in it."""
    x = Value((np.arange(2 ** (depth + 1)) + 0.5) / 2 ** (depth + 1))
    tent(x, depth).sum().backward()
    return 1 + int(np.count_nonzero(np.diff(x.grad)))


# %% Random nets: put a point wherever a unit of some layer crosses 0, then ask for the slopes
def random_pieces(width: int, depth: int, seed: int, reach: float = 10.0) -> int:
    """Pieces on [−reach, reach] of a net with He's weights and normal biases."""
    rng = np.random.default_rng(seed)
    sizes = [1] + [width] * depth
    pairs = zip(sizes[1:], sizes[:-1], strict=True)
    layers = [(tg.nn.init.he_normal(shape, rng), rng.normal(0, 1, width)) for shape in pairs]
    x = np.array([-reach, reach])
    h = x[:, None]
    for layer in layers:
        x, z = _with_crossings(x, tg.linear(h, *layer))
        h = tg.relu(z)
    y = middle = Value((x[1:] + x[:-1])[:, None] / 2)
    for layer in layers:
        y = tg.linear(y, *layer).relu()
    (y @ rng.normal(0, 1, width)).sum().backward()
    slope = middle.grad[:, 0]
    return 1 + int(np.sum(~np.isclose(slope[1:], slope[:-1], rtol=1e-9, atol=1e-14)))


def _with_crossings(x: Any, z: Any) -> tuple[Any, Any]:
    """Points and pre-activations, with those added where a unit is 0 between two points."""
    below, above = z[:-1], z[1:]
    piece, unit = np.nonzero(below * above < 0)
    part = below[piece, unit] / (below[piece, unit] - above[piece, unit])
    new_x = x[piece] + part * (x[piece + 1] - x[piece])
    new_z = below[piece] + part[:, None] * (above[piece] - below[piece])
    new_z[np.arange(len(unit)), unit] = 0.0
    order = np.argsort(np.append(x, new_x), kind="stable")
    return np.append(x, new_x)[order], np.concatenate([z, new_z])[order]


def by_depth(width: int, depths: range, seeds: int) -> Any:
    """Pieces of random nets: a row a seed, a column a depth."""
    return np.array([[random_pieces(width, d, s) for d in depths] for s in range(seeds)])


# %% The same number of units, stacked in other ways
def same_units(units: int, seeds: int) -> dict[str, Spread]:
    """Pieces of random nets of `units` units in all, flat to deep."""
    shapes = [(units // depth, depth) for depth in (1, 2, 4, 8)]
    return {
        f"{d} × {w} units": spread(random_pieces(w, d, s) for s in range(seeds)) for w, d in shapes
    }


# %% The picture: the folded line, and pieces by depth
def plot(path: Path, tents: list[int], random: Any, width: int) -> Path:
    """Left: the tent map at three depths. Right: counts and bounds."""
    figure, (left, right) = sheet(1, 2, (10, 4.2))
    x = np.linspace(0, 1, 1025)
    for place, (depth, color) in enumerate(((5, PALE), (3, GREEN), (1, BLUE))):
        left.plot(x, tent(x, depth), color=color, lw=1.2 + 0.6 * place, label=f"L = {depth}")
    left.set(xlabel="x", ylabel="tent map, 2 units a layer", ylim=(0, 1.3))
    left.legend(frameon=False, ncols=3, loc="upper center")
    depths = np.arange(1, len(tents) + 1)
    right.plot(depths, tents, "o-", color=BLUE, label="tent map, 2 a layer: 2^L")
    right.plot(depths, width ** (depths - 1) * (width + 1), "--", color=GREEN, lw=1.5,
               label=f"Montúfar et al., {width} a layer")  # fmt: skip
    band(right, depths[: random.shape[1]], random, 1, f"random weights, {width} a layer")
    right.plot(depths, width * depths + 1, ":", color=ORANGE, lw=2, label="units + 1")
    right.set(xlabel="layers L", ylabel="linear pieces", yscale="log", ylim=(1, 3e4))
    right.legend(frameon=False, loc="lower right", fontsize=9)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    deepest, seeds = (8, 10) if quick else (12, 60)
    tents = [tent_pieces(depth) for depth in range(1, deepest + 1)]
    random = by_depth(8, range(1, deepest + 1), seeds)
    stacked = same_units(32, seeds)
    print(f"tent map, 1 to {deepest} layers: {tents}")
    print("random nets, 8 units a layer:", *map(str, map(spread, random.T)))
    print("32 units:", *(f"{name}: {pieces};" for name, pieces in stacked.items()))
    exact = tents == [2**depth for depth in range(1, deepest + 1)]
    grows = spread(random[:, 7])
    return Finding(
        claim="A5",
        statement="With activations, more layers make a network more expressive.",
        verdict=LIMITED if exact and tents[-1] > 2 * deepest + 1 else NOT_CONFIRMED,
        note=(
            f"Depth can fold a line into exponentially many pieces: {tents[-1]} with 2 units in "
            f"each of {deepest} layers, where one layer of as many units has {2 * deepest + 1} at "
            f"most. But 64 random units in 8 layers make {grows.mean:.0f} pieces: about as many "
            "as units."
        ),
        figures={
            f"tent map, {deepest} layers of 2": tents[-1],
            f"at most, one layer of {2 * deepest}": 2 * deepest + 1,
            "random, 8 layers of 8": grows,
            **{f"random, {name}": pieces for name, pieces in stacked.items()},
        },
        pictures=(plot(gallery / "linear_pieces_by_depth.png", tents, random, 8),),
    )


if __name__ == "__main__":
    run()
