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

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding
from demos.style import BLUE, COLORS, MARKERS, save, sheet
from tinygrad_relu import Value

CONVENTIONS = (0.0, 0.5, 1.0)


def same(x: Value, at_zero: float) -> Value:
    """ReLU(x) − ReLU(−x)."""
    return tg.relu(x, at_zero) - tg.relu(-x, at_zero)


def gradient(at: float, at_zero: float) -> float:
    """∂y/∂x as computed."""
    x = Value(at, label="x")
    same(x, at_zero).backward()
    return x.grad


# %% Does it matter? Two moons, c = 0 against c = 1
@dataclass(frozen=True)
class Matter:
    """What the convention changes in one net."""

    on_kink: int  #: pre-activations that are exactly 0
    total: int
    differ: bool  #: whether any gradient differs
    size: tuple[float, float]  #: of ∂L/∂W1 with c = 0 and with c = 1


def matters(seed: int, zero: bool, units: int = 160) -> Matter:
    """Compare every gradient of 2-units-units-1 under both conventions."""
    x, y = tg.lab.two_moons(400, rng=seed)
    rng = np.random.default_rng(seed)
    rule, sizes = tg.nn.init.he_normal, ((units, 2), (units, units), (1, units))
    start = [rule(shape, rng) for shape in sizes]
    start[0] *= not zero
    found, on_kink, total = [], 0, 0
    for at_zero in (0.0, 1.0):
        weights = [Value(w, label=f"W{i}") for i, w in enumerate(start, 1)]
        biases = [Value(np.full(len(w), 0.1 * (i > 0))) for i, w in enumerate(start)]
        h: Any = x
        on_kink = total = 0
        for weight, bias in zip(weights[:-1], biases, strict=False):
            z = tg.linear(h, weight, bias)
            on_kink, total = on_kink + int(np.sum(z.data == 0)), total + z.size
            h = z.relu(at_zero)
        out = tg.linear(h, weights[-1], biases[-1])
        tg.binary_cross_entropy_with_logits(out, y[:, None].astype(float)).backward()
        found.append([p.grad for p in weights + biases])
    differ = any(not np.array_equal(a, b) for a, b in zip(*found, strict=True))
    size = tuple(float(np.linalg.norm(grads[0])) for grads in found)
    return Matter(on_kink, total, differ, size)


# %% The picture: the right derivative, and what is computed
def plot(path: Path) -> Path:
    """The function is a straight line; its computed derivative has a point out of place."""
    figure, (left, right) = sheet(1, 2, (9, 3.8))
    x = np.linspace(-1, 1, 201)
    left.plot(x, same(Value(x), 0.0).data, color=BLUE, lw=2)
    left.plot(x, tg.relu(x), "--", color="#6e7781", label="ReLU(x)")
    left.plot(x, -tg.relu(-x), ":", color="#6e7781", lw=2, label="−ReLU(−x)")
    left.set(xlabel="x", xticks=(-1, 0, 1), ylabel="ReLU(x) − ReLU(−x)")
    left.legend(frameon=False)
    for side in (x[x < 0], x[x > 0]):
        right.plot(side, [gradient(float(at), 0.0) for at in side], color=BLUE, lw=2)
    for place, c in enumerate(CONVENTIONS):
        right.plot(0, gradient(0.0, c), MARKERS[place], color=COLORS[place], ms=9, zorder=3)
        right.annotate(f"ReLU′(0) = {c:g}", (0, gradient(0.0, c)), (12, 6),
                       textcoords="offset points", color=COLORS[place])  # fmt: skip
    right.set(xlabel="x", xticks=(-1, 0, 1), ylabel="gradient as computed", ylim=(-0.3, 2.5))
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    at_kink = {c: gradient(0.0, c) for c in CONVENTIONS}
    elsewhere = {x: gradient(x, 0.0) for x in (-2.0, 1e-300, 3.0)}
    print("computed at 0:", at_kink, "elsewhere:", elsewhere)
    usual = [matters(seed, zero=False) for seed in range(3 if quick else 20)]
    hits, total = sum(m.on_kink for m in usual), sum(m.total for m in usual)
    print(f"He's weights: {hits} of {total:,} on the kink; "
          f"gradients differ in {sum(m.differ for m in usual)} of {len(usual)} nets")  # fmt: skip
    zeros = matters(0, zero=True)
    print(f"first layer at zero: {zeros.on_kink:,} of {zeros.total:,} on the kink; |∂L/∂W1| is "
          f"{zeros.size[0]:.3g} with c = 0, {zeros.size[1]:.3g} with c = 1")  # fmt: skip
    holds = all(at_kink[c] == 2 * c for c in CONVENTIONS) and hits == 0 and zeros.differ
    x = Value(0.0, label="x")
    y = same(x, 0.0)
    pictures = [plot(gallery / "a_kink_is_a_convention.png")]
    pictures.append(tg.gradient_flow(y).save(gallery / "a_kink_is_a_convention_at_0.svg"))
    pictures.append(tg.gradient_flow(y).save(gallery / "a_kink_is_a_convention_at_0.html"))
    return Finding(
        claim="T kink",
        statement="ReLU(x) − ReLU(−x) is x, but its computed gradient at 0 is 2·ReLU′(0).",
        verdict=CONFIRMED if holds else NOT_CONFIRMED,
        note=(
            "At 0 the computed gradient is 0, 1 or 2 for ReLU′(0) = 0, ½ or 1. Only an input of "
            f"exactly 0 notices: none of {total:,} with random weights, but all of a layer whose "
            "weights and biases are 0."
        ),
        figures={f"computed at 0, ReLU′(0) = {c:g}": g for c, g in at_kink.items()}
        | {"on the kink, random weights": hits, "on the kink, first layer 0": zeros.on_kink,
           "|∂L/∂W1| then, ReLU′(0) = 0": zeros.size[0], "the same, ReLU′(0) = 1": zeros.size[1]},
        pictures=tuple(pictures),
    )  # fmt: skip


if __name__ == "__main__":
    run()
