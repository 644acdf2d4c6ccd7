"""A2 · The common activations, each with its local gradient and its kinks.

Claim: common activations are ReLU, GELU (in large language models), leaky ReLU, sigmoid.

The gradient that passes a unit is multiplied by one number, the slope of its activation there. So
the lower curve of each picture is what matters for learning: where it is 0 the gradient is cut;
where it is small the gradient fades.

Prediction: ReLU's slope is 0 for half of all inputs, and only ReLU's is 0 on a whole side.
Sigmoid's is ¼ at most. GELU's is xφ(x) + Φ(x), with derivative (2 − x²)φ(x): its extremes are at
±√2, so it is negative for some inputs, with the minimum Φ(−√2) − √2 φ(√2) = −0.1289 at −√2, and
above 1 for others, 1.1289 at √2 (derived here).

Found: ReLU's slope is exactly 0 for 50.0 % of [−5, 5], that of every other for 0.0 %. Sigmoid's
is at most 0.25, tanh's 1. GELU's runs from −0.1289 at −1.4142 to 1.1289 at 1.4142 and is negative
up to x = −0.7518. ReLU and leaky ReLU have one kink, at 0; the others have none.

要約:よく使われる活性化関数とその局所勾配。[−5, 5]の半分で勾配がちょうど0になるのはReLUだけで
ある。シグモイドの勾配は最大でも0.25。GELUの勾配は x < −0.7518 で負になり、x = −√2 で最小値
−0.1289をとる。
"""

# %% Slopes from the engine: the local gradient of each op
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding
from demos.style import BLUE, CUT, INK, PINK, save, sheet
from tinygrad_relu import Value

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": tg.relu,
    "leaky ReLU, α = 0.1": partial(tg.leaky_relu, alpha=0.1),
    "ELU": tg.elu,
    "GELU": tg.gelu,
    "sigmoid": tg.sigmoid,
    "tanh": tg.tanh,
}
REACH, POINTS = 5.0, 200_001


@dataclass(frozen=True)
class Slopes:
    """One activation on [−5, 5]."""

    x: Any
    y: Any
    slope: Any
    kinks: Any  #: the x that sit exactly on a kink

    @property
    def least(self) -> tuple[float, float]:
        """The smallest slope, and where it is."""
        i = int(np.argmin(self.slope))
        return float(self.slope[i]), float(self.x[i])

    @property
    def most(self) -> tuple[float, float]:
        """The largest slope, and where it is."""
        i = int(np.argmax(self.slope))
        return float(self.slope[i]), float(self.x[i])

    @property
    def cut(self) -> float:
        """Share of the inputs with slope exactly 0."""
        return float(np.mean(self.slope == 0))


def slopes(name: str, points: int = POINTS) -> Slopes:
    """The activation and its local gradient at evenly spaced inputs; its kinks, from its row."""
    x = np.linspace(-REACH, REACH, points)
    y = ACTIVATIONS[name](Value(x))
    states = tg.gradient_flow(ACTIVATIONS[name](Value(0.0))).edges[0].state
    return Slopes(x, y.data, y.local_grads[0], np.array([0.0] if states == "kink" else []))


# %% The sheet
def plot(path: Path, found: dict[str, Slopes]) -> Path:
    """Each activation above its local gradient; cut, kinks and GELU's minimum are marked."""
    figure, axes = sheet(4, 3, (10, 8), sharex=True, height_ratios=(3, 2, 3, 2))
    for i, (name, s) in enumerate(found.items()):
        above, below = axes[2 * (i // 3), i % 3], axes[2 * (i // 3) + 1, i % 3]
        above.plot(s.x, s.y, color=BLUE, lw=2)
        above.set_title(name, loc="left")
        above.set(ylim=(-1.6, 3), xlim=(-REACH, REACH))
        jump = np.where(np.append(np.abs(np.diff(s.slope)) > 0.5, False), np.nan, s.slope)
        below.plot(s.x, jump, color=INK, lw=2)
        below.set(ylim=(-0.25, 1.25), yticks=(0, 0.5, 1))
        flat = s.x[s.slope == 0]
        if s.cut > 0.01:
            below.plot([flat[0], flat[-1]], [0, 0], color=CUT, lw=5, solid_capstyle="butt")
            below.text(-2.5, 0.16, "cut", color="#a34700", ha="center")
        for kink in s.kinks:
            above.plot(kink, 0, "D", color="#97396e", mfc="white", zorder=4)
            below.plot(kink, s.slope[len(s.x) // 2], "D", color="#97396e", mfc="white", zorder=4)
        if s.least[0] < -0.01:
            value, at = s.least
            below.plot(at, value, "v", color=PINK)
            below.annotate(f"{value:.4f} at {at:.3f}".replace("-", "−"), (at, value), (-4.8, 0.45),
                           color="#97396e", fontsize=9, arrowprops={"arrowstyle": "-"})  # fmt: skip
        if i % 3 == 0:
            above.set_ylabel("y")
            below.set_ylabel("∂y/∂x")
    for ax in axes[-1]:
        ax.set_xlabel("x")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = {name: slopes(name, 20_001 if quick else POINTS) for name in ACTIVATIONS}
    for name, s in found.items():
        told = (
            f"{name:20} slope {s.least[0]:7.4f} at {s.least[1]:7.4f} to {s.most[0]:6.4f} at "
            f"{s.most[1]:7.4f}; exactly 0 for {s.cut:.1%}; kinks {s.kinks.tolist()}"
        )
        print(told.replace("-", "−"))
    value, at = found["GELU"].least
    derived = 0.5 * math.erfc(1.0) - math.sqrt(2) * math.exp(-1.0) / math.sqrt(2 * math.pi)
    print(f"GELU's minimum: {value:.6f} at {at:.5f}; derived: {derived:.6f} at {-math.sqrt(2):.5f}")
    gelu = found["GELU"]
    turn = float(gelu.x[gelu.slope < 0].max())
    print(f"GELU's slope is negative up to x = {turn:.4f}")
    only = [name for name, s in found.items() if s.cut > 0.01]
    right = abs(value - derived) < 1e-6 and abs(at + math.sqrt(2)) < 1e-3
    return Finding(
        claim="A2",
        statement="ReLU, GELU, leaky ReLU, sigmoid: the activations and what each lets through.",
        verdict=CONFIRMED if right and only == ["ReLU"] else NOT_CONFIRMED,
        note=(
            "Only ReLU has a side where nothing passes: its slope is 0 for "
            f"{found['ReLU'].cut:.0%} of [−5, 5]. Sigmoid's is {found['sigmoid'].most[0]:g} at "
            f"most. GELU's is negative up to x = −{-turn:.2f}, and least at −√2: −{-value:.4f}."
        ),
        figures={
            "GELU's smallest slope": value,
            "at": at,
            "derived, at −√2": derived,
            "GELU's slope is negative up to": turn,
            "sigmoid's largest slope": found["sigmoid"].most[0],
            "ReLU's slope is 0 for": found["ReLU"].cut,
        },
        pictures=(plot(gallery / "activations_and_their_slopes.png", found),),
    )


if __name__ == "__main__":
    run()
