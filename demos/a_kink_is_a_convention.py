"""T · ReLU(x) − ReLU(−x) is x, but its computed gradient at 0 is 0: a kink is a convention.

Claim: ReLU(x) − ReLU(−x) = x for every x, so its derivative is 1 everywhere. Yet the gradient that
is computed at 0 is 2c for the convention c = ReLU′(0): right only for c = ½.

Prediction: the chain rule does not hold at a kink, whatever number one puts there: each ReLU
contributes c, so c = 0 (used here and by others) gives 0, c = 1 (used by one text) gives 2. Does it
matter? It takes an input that is *exactly* 0: with weights and data drawn at random that hardly
happens. It does where many units start at 0, as with weights of zero.

Found: the computed gradient at 0 is 0, 1, 2 for c = 0, ½, 1, and 1 at any other x. Of 2,560,000
pre-activations of two moons in 20 nets with He's weights not one is exactly 0, and the gradients
for c = 0 and c = 1 are equal in every bit. With the first layer's weights and biases at zero all of
that layer's are, and the choice of c decides whether it gets a gradient at all.

要約:ReLU(x) − ReLU(−x) は常に x だが、x = 0 で計算される勾配は 2c(c = ReLU′(0)の取り決め)で、
正しい値1になるのは c = ½ のときだけである。普通の乱数の重みでは入力がちょうど0になることは
なく(256万個中0個)、cの選び方は何も変えない。重みが0から始まるときは、勾配の有無を決める。
"""

# %% x, written with two ReLUs
from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding
from demos.many import Many
from demos.style import BLUE, COLORS, FAINT, MARKERS, save, sheet
from tinygrad_relu import Value

CONVENTIONS = (0.0, 0.5, 1.0)


def same(x: Value, at_zero: float) -> Any:
    """ReLU(x) − ReLU(−x)."""
    return tg.relu(x, at_zero) - tg.relu(-x, at_zero)


def gradient(at: Any, at_zero: float) -> Any:
    """∂y/∂x as computed."""
    x = Value(at, label="x")
    same(x, at_zero).sum().backward()
    return x.grad


# %% Does it matter? Two moons, c = 0 against c = 1
def both_ways(seed: int, zero: bool, units: int = 160) -> tuple[Any, list[Any], list[Any]]:
    """Pre-activations of 2-units-units-1, and all its gradients with c = 0 and with c = 1."""
    x, y = tg.lab.two_moons(400, rng=seed)
    gradients = []
    for at_zero in (0.0, 1.0):
        net = Many([seed], (2, units, units, 1), partial(tg.relu, at_zero=at_zero))
        net.weights[0].data = net.weights[0].data * (not zero)
        net.biases[1].data = net.biases[1].data + 0.1
        logits = net(x)
        tg.binary_cross_entropy_with_logits(logits, y[None, :, None].astype(float)).backward()
        gradients.append([p.grad for p in net.parameters])
    return np.stack([z.data for z in net.before]), gradients[0], gradients[1]


# %% The picture: the right derivative, and what is computed
def plot(path: Path) -> Path:
    """The function is a straight line; its computed derivative has a point out of place."""
    figure, (left, right) = sheet(1, 2, (7.6, 3.2))
    x = np.linspace(-1, 1, 201)
    left.plot(x, same(Value(x), 0.0).data, color=BLUE, lw=4)
    left.plot(x, tg.relu(x), "--", color=FAINT, label="ReLU(x)")
    left.plot(x, -tg.relu(-x), ":", color=FAINT, lw=2, label="−ReLU(−x)")
    left.set(xlabel="x", xticks=(-1, 0, 1), ylabel="ReLU(x) − ReLU(−x)")
    left.legend(frameon=False)
    for side in (x[x < 0], x[x > 0]):
        right.plot(side, gradient(side, 0.0), color=BLUE, lw=2)
    for c, color, mark in zip(CONVENTIONS, COLORS, MARKERS, strict=False):
        right.plot(0, gradient(0.0, c), mark, color=color, ms=9, zorder=3)
        right.text(0.1, gradient(0.0, c) + 0.08, f"ReLU′(0) = {c:g}", color=color)
    right.set(xlabel="x", xticks=(-1, 0, 1), ylabel="gradient as computed", ylim=(-0.3, 2.5))
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    at_kink = {c: gradient(0.0, c) for c in CONVENTIONS}
    print("computed elsewhere:", {x: gradient(x, 0.0) for x in (-2.0, 1e-300, 3.0)})
    hits = total = differ = 0
    seeds = 3 if quick else 20
    for seed in range(seeds):
        z, *gradients = both_ways(seed, zero=False)
        hits, total = hits + int(np.sum(z == 0)), total + z.size
        differ += any(not np.array_equal(a, b) for a, b in zip(*gradients, strict=True))
    z, *gradients = both_ways(0, zero=True)
    sizes = [float(np.linalg.norm(grads[0])) for grads in gradients]
    figures: dict[str, Any] = {f"computed at 0, ReLU′(0) = {c:g}": g for c, g in at_kink.items()}
    figures[f"on the kink, random weights, of {total:,}"] = hits
    figures[f"nets whose gradients differ then, of {seeds}"] = differ
    figures[f"on the kink, first layer 0, of {z.size:,}"] = int(np.sum(z == 0))
    figures["|∂L/∂W1| then, ReLU′(0) = 0"], figures["the same, ReLU′(0) = 1"] = sizes
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    holds = all(at_kink[c] == 2 * c for c in CONVENTIONS) and hits == differ == 0 == sizes[0]
    flow = tg.gradient_flow(same(Value(0.0, label="x"), 0.0))
    drawn = [gallery / f"a_kink_is_a_convention_at_0.{suffix}" for suffix in ("svg", "html")]
    return Finding(
        claim="T kink",
        statement="ReLU(x) − ReLU(−x) is x, but its computed gradient at 0 is 2·ReLU′(0).",
        verdict=CONFIRMED if holds and sizes[1] > 0 else NOT_CONFIRMED,
        note=(
            "At 0 the computed gradient is 0, 1 or 2 for ReLU′(0) = 0, ½ or 1. Only an input of "
            f"exactly 0 notices: {hits} of {total:,} with random weights, but all of a layer whose "
            "weights and biases are 0."
        ),
        figures=figures,
        pictures=(plot(gallery / "a_kink_is_a_convention.png"), *map(flow.save, drawn)),
    )


if __name__ == "__main__":
    run()
