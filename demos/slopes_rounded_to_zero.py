"""B6 · Where the slope of sigmoid and tanh is rounded to 0.

Claim: sigmoid and tanh saturate, but keep a small gradient, and can recover in the long run.

Prediction: true of the functions, not of the numbers. tanh′ is computed as 1 − y², sigmoid′ as
y(1 − y): as soon as y rounds to ±1 the slope *is* 0, long before the true slope e⁻²ᶻ or e⁻ᶻ is
too small to be written down (underflow). On its left sigmoid's y is small, not near 1, so that
its slope should last until e^z itself underflows. And a slope that is not 0 helps nobody whose
step b − lr·g rounds to b.

Found: confirmed, with a limit. tanh′ is rounded to 0 from |z| = 18.99 in float64 and 10.00 in
float32, sigmoid′ on the right from 36.74 and 16.64; true underflow is far off, at 373.3 and 52.7
for tanh, 745.1 and 104.0 for sigmoid. On the left sigmoid′ lasts to −745.13 and −103.97. But with
learning rate and upstream 1 a step is already lost in rounding from −33.27 and −14.56 (tanh:
17.64 and 8.00). The state of such an edge is “tiny”, never “shut”.

要約:シグモイドやtanhの勾配は数学的には0にならないが、計算された値は0になる。tanhはfloat64で
|z| ≥ 19、float32で10から、シグモイドは右側で36.7から(左側では−745まで残る)。真のアンダーフローより
ずっと手前である。しかも更新量は、それより前(シグモイドで−33)から丸めで消える。
"""

# %% The first |z| at which the recorded local gradient is 0
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding
from demos.style import BLUE, CUT, INK, ORANGE, save, sheet
from tinygrad_relu import Value

OPS: dict[str, Callable[[Any], Any]] = {"tanh": tg.tanh, "sigmoid": tg.sigmoid}


@dataclass(frozen=True)
class Threshold:
    """How far a slope goes on one side: |z| of the first 0.

    Attributes
    ----------
    rounded : float
        Where the computed slope is 0.
    underflow : float
        Where the true slope is too small for the type.
    stuck : float
        Where, with learning rate and upstream gradient 1, a step back towards 0 rounds to nothing.
    """

    op: str
    side: int
    dtype: str
    rounded: float
    underflow: float
    stuck: float


def slope(name: str, z: Any) -> Any:
    """The local gradient as the backward pass uses it."""
    leaf = Value(z)
    with np.errstate(all="ignore"):
        OPS[name](leaf).sum().backward()
    return leaf.grad


def first(happens: Callable[[Any], Any], side: int, dtype: str, high: float = 800.0) -> float:
    """The smallest |z| from which on `happens` is true, by bisection in the type itself."""
    low = 0.0
    for _ in range(80):
        middle = (low + high) / 2
        here = happens(np.array([side * middle], dtype))
        low, high = (low, middle) if here[0] else (middle, high)
    return high


def log_slope(name: str, z: float) -> float:
    """The logarithm of the true slope; derived here from tanh′ = 4e⁻²ᶻ/(1 + e⁻²ᶻ)² and so on."""
    rate = 2.0 if name == "tanh" else 1.0
    return float(np.log(rate**2) - rate * abs(z) - 2 * np.log1p(np.exp(-rate * abs(z))))


def threshold(name: str, side: int, dtype: str) -> Threshold:
    """All three for one op, side and type."""
    tiny = np.log(float(np.finfo(dtype).smallest_subnormal)) - np.log(2)  # below: rounds to 0
    return Threshold(
        name, side, dtype,
        first(lambda z: slope(name, z) == 0, side, dtype),
        first(lambda z: [log_slope(name, float(z[0])) < tiny], side, "float64"),
        first(lambda z: z - side * slope(name, z) == z, side, dtype),
    )  # fmt: skip


# %% Not shut: the state is `tiny`
def state(name: str, z: float) -> str:
    """What the analysis of the gradient's flow calls such an edge."""
    leaf = Value(z)
    y = OPS[name](leaf)
    y.backward()
    return tg.gradient_flow(y).edges[0].state


def plot(found: list[Threshold], path: Path) -> Path:
    """True slopes as lines, the computed ones as dots; where they part, and where they end."""
    figure, axes = sheet(2, 2, (9.6, 6.2))
    for row, name in enumerate(OPS):
        for column, dtype in enumerate(("float64", "float32")):
            one = axes[row, column]
            reach = 60 if column else 420 if name == "tanh" else 780
            if column and name == "sigmoid":
                reach = 120
            z = np.linspace(-reach, reach, 401)
            one.plot(z, [log_slope(name, x) / np.log(10) for x in z], color=BLUE, lw=1.2,
                     label="true slope")  # fmt: skip
            g = slope(name, z.astype(dtype)).astype(float)
            one.plot(z[g > 0], np.log10(g[g > 0]), ".", color=ORANGE, ms=4, label="computed, not 0")
            for side in (-1, 1):
                t = next(t for t in found if (t.op, t.side, t.dtype) == (name, side, dtype))
                one.axvline(side * t.rounded, color=CUT, ls="--", lw=1)
                one.text(side * t.rounded, 0.3, f" {side * t.rounded:.4g} ".replace("-", "−"),
                         color="#a34700", fontsize=9, ha="left" if side > 0 else "right",
                         transform=one.get_xaxis_transform(),
                         bbox={"fc": "white", "ec": "none", "pad": 0.5})  # fmt: skip
            floor = np.log10(float(np.finfo(dtype).smallest_subnormal))
            one.axhline(floor, color=INK, ls=":", lw=1.2, label="smallest number there is")
            one.set_title(f"{name}, {dtype}")
            one.set_ylim(1.15 * floor, -0.08 * floor)
            one.set_xlim(-1.4 * reach, 1.4 * reach)
        axes[row, 0].set_ylabel("log₁₀ of the slope")
    for one in axes[1]:
        one.set_xlabel("z")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3,
                  frameon=False)  # fmt: skip
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = [threshold(n, side, d) for d in ("float64", "float32") for n in OPS for side in (-1, 1)]
    for t in found:
        print(
            f"{t.dtype} {t.op:7} {'−' if t.side < 0 else '+'}: computed slope is 0 from "
            f"{t.rounded:.2f}, underflow from {t.underflow:.1f}, stuck from {t.stuck:.2f}"
        )
    states = {state(name, z) for name in OPS for z in (-800.0, -20.0, 20.0, 800.0)}
    print(f"states: {states}")
    early = all(t.rounded < 0.4 * t.underflow for t in found if (t.op, t.side) != ("sigmoid", -1))
    stuck = all(t.stuck < t.rounded for t in found)
    return Finding(
        claim="B6 in floating point",
        statement="Saturated is not shut, but the computed slope does reach 0.",
        verdict=LIMITED if early and stuck and states == {"tiny"} else NOT_CONFIRMED,
        note=(
            "The functions keep a slope for every z, the numbers do not: tanh′ is rounded to 0 "
            f"from |z| = {found[0].rounded:.1f} (float32: {found[4].rounded:.1f}), sigmoid′ from "
            f"+{found[3].rounded:.1f}, but only from −{found[2].rounded:.0f} on the left. Steps "
            f"round to nothing even earlier, for sigmoid from −{found[2].stuck:.1f}."
        ),
        figures={
            f"{t.op} {'−' if t.side < 0 else '+'}, {t.dtype}: 0 from |z|": t.rounded for t in found
        }
        | {f"{t.op}, {t.dtype}: true underflow from |z|": t.underflow for t in found if t.side > 0}
        | {f"{t.op} −, {t.dtype}: stuck from |z|": t.stuck for t in found if t.side < 0},
        pictures=(plot(found, gallery / "slopes_rounded_to_zero.png"),),
    )


if __name__ == "__main__":
    run()
