"""A2 · The common activations, each with its local gradient and its kinks.

Claim: common activations are ReLU, GELU (in large language models), leaky ReLU, sigmoid.

The gradient that passes a unit is multiplied by one number, the slope of its activation there. So
the lower curve is what matters for learning: where it is 0 the gradient is cut, where it is small
the gradient fades.

Prediction: ReLU's slope is 0 for half of all inputs, and only ReLU's is 0 on a whole side.
Sigmoid's is ¼ at most. GELU's is xφ(x) + Φ(x), with derivative (2 − x²)φ(x): its extremes are at
±√2, so it is negative for some inputs, with the minimum Φ(−√2) − √2 φ(√2) = −0.1289 at −√2, and
above 1 for others, 1.1289 at √2 (derived here).

Found: ReLU's slope is exactly 0 for 50.0 % of [−5, 5], that of every other for 0.0 %. Sigmoid's
is at most 0.25, tanh's 1. GELU's runs from −0.1289 at −1.4142 to 1.1289 at 1.4142 and is negative
up to x = −0.7518. ReLU and leaky ReLU have one kink, at 0; the others have none.

要約:よく使われる活性化関数とその局所勾配。[−5, 5]の半分で勾配がちょうど0になるのはReLUだけである。
シグモイドの勾配は最大でも0.25。GELUの勾配は x < −0.7518 で負になり、x = −√2 で最小値−0.1289をとる。
"""

# %% Slopes from the engine: the local gradient of each op
from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, number
from demos.style import BLUE, CUT, CUT_TEXT, INK, KINK, save, sheet

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": tg.relu,
    "leaky ReLU, α = 0.1": partial(tg.leaky_relu, alpha=0.1),
    "ELU": tg.elu,
    "GELU": tg.gelu,
    "sigmoid": tg.sigmoid,
    "tanh": tg.tanh,
}


class Slopes(NamedTuple):
    """One activation on [−5, 5], its local gradient, and whether 0 is a kink of it."""

    x: Any
    y: Any
    slope: Any
    kink: bool


def slopes(name: str, points: int = 200_001) -> Slopes:
    """The activation and its local gradient at evenly spaced inputs; its kink, from its row."""
    x = np.linspace(-5, 5, points)
    y, at_zero = ACTIVATIONS[name](tg.Value(x)), ACTIVATIONS[name](tg.Value(0.0))
    return Slopes(x, y.data, y.local_grad, tg.gradient_flow(at_zero).edges[0].state == "kink")


# %% Each activation above its local gradient; cut, kinks and GELU's minimum are marked
def plot(path: Path, found: dict[str, Slopes]) -> Path:
    """Six pairs of curves."""
    figure, axes = sheet(4, 3, (8.4, 6.7), sharex=True, height_ratios=(3, 2, 3, 2))
    pairs = zip(axes[::2].flat, axes[1::2].flat, found.items(), strict=True)
    for above, below, (name, (x, y, slope, kink)) in pairs:
        above.plot(x, y, color=BLUE, lw=2)
        above.set(title=name, ylabel="y", ylim=(-1.6, 3), xlim=(-5, 5))
        for side in (x <= 0, x > 0):  # a jump is no line
            below.plot(x[side], slope[side], color=INK, lw=2)
        below.set(ylabel="∂y/∂x", ylim=(-0.25, 1.25), yticks=(0, 0.5, 1))
        if np.any(slope == 0):
            below.plot(x[slope == 0], slope[slope == 0], color=CUT, lw=5)
            below.text(-2.5, 0.16, "cut", color=CUT_TEXT, ha="center")
        if kink:
            above.plot(0, 0, "D", color=KINK, mfc="white", zorder=4)
            below.plot(0, slope[x == 0], "D", color=KINK, mfc="white", zorder=4)
        if slope.min() < 0:
            least, look = (x[slope.argmin()], slope.min()), {"arrowstyle": "-|>", "color": KINK}
            told = f"{number(least[1])}\nat {number(least[0])}"
            below.annotate(told, least, (-4.7, 0.4), color=KINK, fontsize=9, arrowprops=look)
    for one in axes[-1]:
        one.set_xlabel("x")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = {name: slopes(name, 20_001 if quick else 200_001) for name in ACTIVATIONS}
    cut = {name: float(np.mean(s.slope == 0)) for name, s in found.items()}
    for name, (x, _, slope, kink) in found.items():
        low, high = (f"{slope[i]:.4f} at {x[i]:.4f}" for i in (slope.argmin(), slope.argmax()))
        told = f"exactly 0 for {cut[name]:.1%}, {'a kink at 0' if kink else 'no kink'}"
        print(f"{name}: slope from {low} to {high}, {told}".replace("-", "−"))
    x, _, slope, _ = found["GELU"]
    least, where, turn = float(slope.min()), float(x[slope.argmin()]), float(x[slope < 0].max())
    derived = 0.5 * math.erfc(1.0) - math.sqrt(2) * math.exp(-1.0) / math.sqrt(2 * math.pi)
    print(f"GELU's slope: at least {number(least, 6)}, derived {number(derived, 6)} at −√2; "
          f"negative up to {number(turn)}")  # fmt: skip
    right = abs(least - derived) < 1e-6 and abs(where + math.sqrt(2)) < 1e-3
    most = float(found["sigmoid"].slope.max())
    return Finding(
        claim="A2",
        statement="ReLU, GELU, leaky ReLU, sigmoid: the activations and what each lets through.",
        verdict=CONFIRMED if right and [*filter(cut.get, cut)] == ["ReLU"] else NOT_CONFIRMED,
        note=f"Only ReLU has a side where nothing passes: its slope is 0 for {cut['ReLU']:.0%} of "
        f"[−5, 5]. Sigmoid's is {most:g} at most. GELU's is negative up to x = {number(turn, 2)}, "
        f"and least at −√2: {number(least)}.",
        figures={
            "GELU's smallest slope": least,
            "at": where,
            "derived, at −√2": derived,
            "GELU's slope is negative up to": turn,
            "sigmoid's largest slope": most,
            "ReLU's slope is 0 for": cut["ReLU"],
        },
        pictures=(plot(gallery / "activations_and_their_slopes.png", found),),
    )


if __name__ == "__main__":
    run()
