"""T born dead · Deep narrow ReLU networks are dead before the first step.

Theory (Lu, Shin, Su and Karniadakis 2019, arXiv 1903.06733): with symmetric weights and zero bias
each unit is shut for one input with probability ½, a layer of N with 2⁻ᴺ, and behind a shut layer
all are shut. With L layers, L − 1 of them hidden, the last hidden one is shut for this input with
probability 1 − (1 − 2⁻ᴺ)^(L−1). To be born dead is to be shut for every input: this is a bound.

Prediction: Monte Carlo agrees with the formula for one input and lies below it for all inputs. With
one input number and no bias a network is linear on either side of 0: x = ±1 stand for all.

Found: confirmed. Of 10,000 networks each: N = 2, L = 10 dead for all inputs .883 [.877, .890]
(bound .925); N = 5, L = 20 .354 [.345, .364] (.453); N = 3, L = 10 .584 [.574, .593] (.699). For
one input they give .926, .449 and .702, and over the whole map of 8 widths × 29 depths no count
is further than 2.1 standard errors from the formula.

要約:深くて細いReLUネットワークは、学習を始める前から死んでいる。幅2・10層なら88.35%(上限92.5%)、
幅5・20層でも35.4%(45.3%)。入力が1点なら、1 − (1 − 2⁻ᴺ)^(L−1) の式と誤差の範囲で一致する。
"""

# %% Thousands of networks at birth
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos.style import COLORS, legend, save, sheet, whiskers

WIDTHS = np.arange(1, 9, dtype=np.int64)[:, None]
DEPTHS = np.arange(2, 31, dtype=np.int64)  # layers, the last of which is the output


class Result(NamedTuple):
    """How many of `nets` networks are dead: (widths, depths), for x = 1 and for all x."""

    one: Any
    all: Any
    nets: int

    def born_dead(self, width: int, depth: int, inputs: str = "all") -> Spread:
        """The share of dead networks, for ``"one"`` input or for ``"all"``."""
        return share(int(getattr(self, inputs)[width - 1, depth - 2]), self.nets)


def theory(width: Any, depth: Any) -> Any:
    """1 − (1 − 2⁻ᴺ)^(L−1)."""
    return 1 - (1 - 2.0**-width) ** (depth - 1)


def measure(nets: int) -> Result:
    """Send x = −1 and x = 1 through networks of every width, layer by layer."""
    rng = np.random.default_rng(0)
    one, both = np.zeros((2, len(WIDTHS), len(DEPTHS)), np.int64)
    for i, width in enumerate(WIDTHS.flat):
        h = np.broadcast_to([[-1.0], [1.0]], (nets, 2, 1))
        for k in range(len(DEPTHS)):
            std = np.sqrt(2 / h.shape[-1])  # He's; any symmetric weights do the same
            h = tg.relu(h @ rng.normal(0, std, (nets, h.shape[-1], width)))
            shut = ~(h > 0).any(axis=-1)
            one[i, k], both[i, k] = shut[:, 1].sum(), shut.all(axis=1).sum()
    return Result(one, both, nets)


# %% The map over depth and width, and theory beside measurement
def plot(found: Result, path: Path) -> Path:
    """Left: share born dead by depth and width. Right: cuts through it, with the bound."""
    figure, (map_, cut) = sheet(1, 2, (8.7, 3.7), width_ratios=(1.1, 1))
    image = map_.pcolormesh(DEPTHS, WIDTHS, found.all / found.nets, cmap="Blues", vmin=0, vmax=1)
    map_.contour(DEPTHS, WIDTHS[:, 0], found.all / found.nets, [0.5], colors=COLORS[1])
    map_.set(xlabel="layers L", ylabel="units a layer N", title="born dead; line: one half")
    map_.grid(False)
    figure.colorbar(image, ax=map_, label="share of the networks")
    for i, width in enumerate((2, 4, 6, 8)):
        cut.plot(DEPTHS, theory(width, DEPTHS), color=COLORS[i], lw=1.4)
        for kind, fill in (("one", COLORS[i]), ("all", "white")):
            got = [found.born_dead(width, depth, kind) for depth in DEPTHS[i::4]]
            whiskers(cut, DEPTHS[i::4], got, i, ls="", mfc=fill)
        cut.text(31.2, theory(width, 30), f"N = {width}", color=COLORS[i], va="center")
    cut.plot([], "k", label="1 − (1 − 2⁻ᴺ)ᴸ⁻¹")
    cut.plot([], "ko", label="measured, one input")
    cut.plot([], "ko", mfc="white", label="measured, all inputs")
    cut.set(xlabel="layers L", ylabel="share dead", xlim=(0, 38), ylim=(-0.03, 1.05))
    legend(figure, cut, 3, "upper right")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    found = measure(nets=1000 if quick else 10_000)
    figures: dict[str, Any] = {}
    for width, depth in ((2, 10), (5, 20), (3, 10)):
        for inputs in ("all", "one"):
            name = f"N = {width}, L = {depth}: {inputs} input{'s' * (inputs == 'all')}"
            figures[name] = found.born_dead(width, depth, inputs)
        figures[f"N = {width}, L = {depth}: theory"] = float(theory(width, depth))
    bound = theory(WIDTHS, DEPTHS)
    error = np.maximum(np.sqrt(bound * (1 - bound) / found.nets), 1 / found.nets)
    one, all_ = ((count / found.nets - bound) / error for count in (found.one, found.all))
    figures["one input: furthest from theory, in standard errors"] = off = np.abs(one).max()
    figures["all inputs: furthest above it"] = above = all_.max()
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    right = found.born_dead(2, 10).low > 0.8 and max(off, above) < 4.5
    return Finding(
        claim="T born dead",
        statement="Deep narrow ReLU networks are born dead, as often as the bound allows.",
        verdict=CONFIRMED if right else NOT_CONFIRMED,
        note=(
            f"Of networks 2 wide and 10 deep {found.born_dead(2, 10).mean:.2%} are constant at "
            f"birth (bound {theory(2, 10):.1%}). For one input the formula is exact within the "
            "error bars."
        ),
        figures=figures,
        pictures=(plot(found, gallery / "born_dead.png"),),
    )


if __name__ == "__main__":
    run()
