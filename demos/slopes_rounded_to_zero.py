"""B6 · Where the slope of sigmoid and tanh is rounded to 0.

Claim: sigmoid and tanh saturate, but keep a small gradient, and can recover in the long run.

Prediction: true of the functions, not of the numbers. tanh′ is computed as 1 − y², sigmoid′ as
y(1 − y): as soon as y rounds to ±1 the slope *is* 0, long before the true slope e⁻²ᶻ or e⁻ᶻ is too
small to be written down (underflow). On its left sigmoid's y is small, not near 1: there the slope
lasts until e^z underflows. And a slope helps nobody whose step b − lr·g rounds to b.

Found: confirmed, with a limit. tanh′ is rounded to 0 from |z| = 18.99 in float64 and 10.00 in
float32, sigmoid′ from +36.74 and +16.64, but only from −745.13 and −103.97 on the left. Underflow
is far off: 373.3 and 52.7 for tanh, 745.1 and 104.0 for sigmoid. With learning rate and upstream 1
a step is lost in rounding even before, from −33.27 and −14.56 (tanh: 17.70 and 8.11). The state of
such an edge is “tiny”, never “shut”.

要約:シグモイドやtanhの勾配は数学的には0にならないが、計算された値は0になる。tanhはfloat64で
|z| ≥ 19、float32で10から、シグモイドは右側で36.7から(左側では−745まで残る)。真のアンダーフローより
ずっと手前である。しかも更新量は、それより前(シグモイドで−33)から丸めで消える。
"""

# %% The first |z| at which the recorded local gradient is 0
from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, number
from demos.style import BLUE, CUT, CUT_TEXT, INK, legend, save, sheet
from tinygrad_relu import Value

OPS: dict[str, Callable[[Any], Any]] = {"tanh": tg.tanh, "sigmoid": tg.sigmoid}
#: log₁₀ of the smallest number of each type.
FLOOR = {d: np.log10(float(np.finfo(d).smallest_subnormal)) for d in ("float64", "float32")}


class Threshold(NamedTuple):
    """How far a slope goes on one side: |z| of the first 0."""

    edge: str  #: op, side and type
    rounded: float  #: the computed slope is 0
    underflow: float  #: the true slope is too small for the type
    stuck: float  #: with learning rate and upstream 1, a step towards 0 rounds to nothing


def slope(op: str, z: Any) -> Any:
    """The local gradient as the backward pass uses it."""
    return OPS[op](Value(z)).local_grad


def true_slope(op: str, z: Any) -> Any:
    """log₁₀ of the slope; derived here from tanh′ = 4e⁻²ᶻ/(1 + e⁻²ᶻ)² and so on."""
    far, scale = (2 * np.abs(z), 4) if op == "tanh" else (np.abs(z), 1)
    return (np.log(scale) - far - 2 * np.log1p(np.exp(-far))) / np.log(10)


def threshold(op: str, side: int, dtype: str) -> Threshold:
    """All three for one op, side and type, to 0.001."""
    far = np.arange(0, 800, 0.001)
    z = (side * far).astype(dtype)
    g = slope(op, z)
    gone = g == 0, true_slope(op, far) < FLOOR[dtype] - np.log10(2), z - side * g == z
    ends = (float(far[np.flatnonzero(~one)[-1] + 1]) for one in gone)
    return Threshold(f"{op} {'−' if side < 0 else '+'}, {dtype}", *ends)


def state(op: str, z: float) -> str:
    """What the analysis of the gradient's flow calls such an edge."""
    return tg.gradient_flow(OPS[op](Value(z))).edges[0].state


# %% True slopes as lines, the computed ones as dots; where they part, and where they end
def plot(found: list[Threshold], path: Path) -> Path:
    """A panel for each op and type, from the thresholds on its left and its right."""
    figure, axes = sheet(2, 2, (8.1, 5.2))
    panels = zip(axes.T.flat, itertools.product(FLOOR, OPS), found[::2], found[1::2], strict=True)
    for one, (dtype, op), left, right in panels:
        reach, floor = 1.1 * right.underflow, FLOOR[dtype]
        z = np.linspace(-reach, reach, 401)
        g = slope(op, z.astype(dtype)).astype(float)
        one.plot(z, true_slope(op, z), color=BLUE, lw=1.2, label="true slope")
        one.plot(z[g > 0], np.log10(g[g > 0]), ".", color=CUT, ms=4, label="computed, not 0")
        one.axhline(floor, color=INK, ls=":", lw=1.2, label="smallest number there is")
        for at, align in ((-left.rounded, "right"), (right.rounded, "left")):
            one.axvline(at, color=CUT, ls="--", lw=1)
            one.text(at, -0.02 * floor, f" {number(at)} ", color=CUT_TEXT, fontsize=9, ha=align)
        one.set(ylim=(1.15 * floor, -0.12 * floor), xlim=(-1.4 * reach, 1.4 * reach))
        one.set(title=f"{op}, {dtype}", xlabel="z", ylabel="log₁₀ of the slope")
    legend(figure, axes[0, 0], 3, "upper center")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = [threshold(op, side, dtype) for dtype in FLOOR for op in OPS for side in (-1, 1)]
    for t in found:
        print(f"{t.edge}: 0 from {t.rounded:.2f}, underflow {t.underflow:.1f}, stuck {t.stuck:.2f}")
    states = {state(op, z) for op in OPS for z in (-800.0, -20.0, 20.0, 800.0)}
    print(f"states: {states}")
    early = all(t.rounded < 0.4 * t.underflow for t in found if "sigmoid −" not in t.edge)
    early &= all(t.stuck < t.rounded for t in found)
    return Finding(
        claim="B6 in floating point",
        statement="Saturated is not shut, but the computed slope does reach 0.",
        verdict=LIMITED if early and states == {"tiny"} else NOT_CONFIRMED,
        note="The functions keep a slope for every z, the numbers do not: tanh′ is rounded to 0 "
        f"from ±{found[0].rounded:.1f} (float32: {found[4].rounded:.1f}), sigmoid′ from "
        f"+{found[3].rounded:.1f} and −{found[2].rounded:.0f}. Steps are lost even earlier, for "
        f"sigmoid from −{found[2].stuck:.1f}.",
        figures={
            **{f"{t.edge}: 0 from |z|": t.rounded for t in found},
            **{f"{t.edge}: true underflow from |z|": t.underflow for t in found[1::2]},
            **{f"{t.edge}: stuck from |z|": t.stuck for t in found[::2]},
        },
        pictures=(plot(found, gallery / "slopes_rounded_to_zero.png"),),
    )


if __name__ == "__main__":
    run()
