"""T born dead · Deep narrow ReLU networks are dead before the first step.

Theory (Lu, Shin, Su and Karniadakis 2019, arXiv 1903.06733): with symmetric weights and zero
bias each unit is shut for one input with probability ½, so that a layer of N is wholly shut with
2⁻ᴺ, and once a layer is shut all that follow are. With L layers, L − 1 of them hidden,

    P(the last hidden layer is shut for this input) = 1 − (1 − 2⁻ᴺ)^(L−1).

For a network to be born dead it must be shut for every input: this is an upper bound for it.

Prediction: Monte Carlo agrees with the formula for one input, and lies below it for all inputs.
With one input number and no bias a network is linear on either side of 0, so that x = −1 and
x = 1 stand for all inputs: no grid is needed.

Found: confirmed. Of 10,000 networks each: N = 2, L = 10 dead for all inputs .884 [.877, .890]
(bound .925); N = 5, L = 20 .354 [.345, .364] (.453); N = 3, L = 10 .584 [.574, .593] (.699). For
one input they give .926, .449 and .702, and over the whole map of 8 widths × 29 depths no count
is further than 2.1 standard errors from the formula.

要約:深くて細いReLUネットワークは、学習を始める前から死んでいる。幅2・10層なら88.4%(上限92.5%)、
幅5・20層でも35.4%(45.3%)。入力が1点なら、1 − (1 − 2⁻ᴺ)^(L−1) の式と誤差の範囲で一致する。
"""

# %% Thousands of networks at birth
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos.style import COLORS, MARKERS, save, sheet

WIDTHS = range(1, 9)
DEPTH = 30  # layers, the last of which is the output
NAMED = ((2, 10), (5, 20), (3, 10))  # width and depth of the figures


@dataclass(frozen=True)
class Result:
    """How many of `nets` networks are dead: (widths, depths), for x = 1 and for all x."""

    one: Any
    all: Any
    nets: int

    def born_dead(self, width: int, depth: int, inputs: str = "all") -> Spread:
        """The share of dead networks, for one input or for ``"all"``."""
        counts = self.all if inputs == "all" else self.one
        return share(int(counts[width - 1, depth - 2]), self.nets)


def theory(width: Any, depth: Any) -> Any:
    """1 − (1 − 2⁻ᴺ)^(L−1)."""
    return 1 - (1 - 2.0**-width) ** (depth - 1)


def measure(nets: int, depth: int = DEPTH) -> Result:
    """Send x = −1 and x = 1 through networks of every width, layer by layer."""
    rng = np.random.default_rng(0)
    one, both = np.zeros((2, len(WIDTHS), depth - 1), int)
    for i, width in enumerate(WIDTHS):
        h = np.broadcast_to([[-1.0], [1.0]], (nets, 2, 1))
        for layer in range(depth - 1):
            std = np.sqrt(2 / h.shape[-1])  # He's; any symmetric weights do the same
            h = tg.relu(h @ rng.normal(0, std, (nets, h.shape[-1], width)))
            shut = ~(h > 0).any(axis=-1)
            one[i, layer], both[i, layer] = shut[:, 1].sum(), shut.all(axis=1).sum()
    return Result(one, both, nets)


# %% The map over depth and width, and theory beside measurement
def plot(found: Result, path: Path) -> Path:
    """Left: share born dead by depth and width. Right: cuts through it, with the bound."""
    figure, (map_, cut) = sheet(1, 2, (10.4, 4.4), width_ratios=(1.1, 1))
    depths = np.arange(2, found.all.shape[1] + 2)
    image = map_.imshow(found.all / found.nets, origin="lower", aspect="auto", cmap="Blues",
                        vmin=0, vmax=1.15,
                        extent=(1.5, depths[-1] + 0.5, 0.5, len(WIDTHS) + 0.5))  # fmt: skip
    lines = map_.contour(depths, list(WIDTHS), found.all / found.nets, [0.01, 0.1, 0.5, 0.9],
                         colors=COLORS[1], linewidths=1.5)  # fmt: skip
    for label in map_.clabel(lines, fmt=lambda v: f"{v:.0%}", fontsize=9, colors="#a34700"):
        label.set_bbox({"fc": "white", "ec": "none", "pad": 1})
    map_.grid(False)
    map_.set(xlabel="layers L", ylabel="units a layer N", title="born dead: the output is constant")
    figure.colorbar(image, ax=map_, label="share of the networks",
                    boundaries=np.linspace(0, 1, 101),
                    ticks=np.linspace(0, 1, 6))  # fmt: skip
    for i, width in enumerate((2, 4, 6, 8)):
        cut.plot(depths, theory(width, depths), color=COLORS[i], lw=1.4)
        for kind, filled in (("one", COLORS[i]), ("all", "white")):
            at = depths[i::4]
            got = [found.born_dead(width, int(d), kind) for d in at]
            mean = np.array([one.mean for one in got])
            bars = [mean - [one.low for one in got], [one.high for one in got] - mean]
            cut.errorbar(at, mean, np.maximum(bars, 0), fmt=MARKERS[i], ms=5, color=COLORS[i],
                         mfc=filled, capsize=2, lw=1)  # fmt: skip
        cut.text(
            depths[-1] + 0.6, theory(width, DEPTH), f"N = {width}", color=COLORS[i], va="center"
        )
    cut.plot([], [], color="black", lw=1.4, label="1 − (1 − 2⁻ᴺ)ᴸ⁻¹")
    cut.plot([], [], "ko", label="measured, one input")
    cut.plot([], [], "ko", mfc="white", label="measured, all inputs")
    cut.set(xlabel="layers L", ylabel="share dead", xlim=(0, depths[-1] + 6), ylim=(-0.03, 1.05))
    figure.legend(
        *cut.get_legend_handles_labels(), loc="outside upper right", ncols=3, frameon=False
    )
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = measure(nets=1000 if quick else 10_000)
    figures: dict[str, float | Spread | str] = {}
    for width, depth in NAMED:
        bound, all_ = theory(width, depth), found.born_dead(width, depth)
        figures[f"N = {width}, L = {depth}: all inputs"] = all_
        figures[f"N = {width}, L = {depth}: one input"] = found.born_dead(width, depth, "one")
        figures[f"N = {width}, L = {depth}: theory"] = float(bound)
    for name, figure in figures.items():
        print(name, figure)
    depths = np.arange(2, DEPTH + 1)
    expected = theory(np.array(WIDTHS)[:, None], depths)
    error = np.sqrt(expected * (1 - expected) / found.nets)
    off = np.abs(found.one / found.nets - expected) / np.maximum(error, 1 / found.nets)
    above = (found.all / found.nets - expected) / np.maximum(error, 1 / found.nets)
    # fmt: off
    print(f"one input: {np.mean(off < 1.96):.1%} of the map within 95 % of the formula, "
          f"worst {off.max():.1f} standard errors; all inputs: {above.max():.1f} above")
    # fmt: on
    common = found.born_dead(2, 10).low > 0.8
    agrees = common and off.max() < 4.5 and above.max() < 4.5
    return Finding(
        claim="T born dead",
        statement="Deep narrow ReLU networks are born dead, as often as the bound allows.",
        verdict=CONFIRMED if agrees else NOT_CONFIRMED,
        note=(
            f"Of networks 2 wide and 10 deep {found.born_dead(2, 10).mean:.1%} are constant at "
            f"birth (bound {theory(2, 10):.1%}); 5 wide and 20 deep "
            f"{found.born_dead(5, 20).mean:.1%} ({theory(5, 20):.1%}). For one input the "
            "formula is exact within the error bars."
        ),
        figures=figures | {"worst deviation for one input, in standard errors": float(off.max())},
        pictures=(plot(found, gallery / "born_dead.png"),),
    )


if __name__ == "__main__":
    run()
