"""T RAI · One positive number in each row keeps most networks from being born dead.

Randomised asymmetric initialisation (Lu, Shin, Su and Karniadakis 2019, arXiv 1903.06733): each row
of [W b] is Normal(0, 0.6007²/n_in), with one entry, chosen at random, replaced by a Beta(2, 1),
which is positive. Beside it He's: symmetric weights, zero bias.

Prediction: layers are shut for good because every row is as likely negative as positive. A positive
entry makes z > 0 more likely, so that networks 2 wide and 10 deep, of which .88 are constant with
He's weights, should mostly live.

Setting: one input, an interval of 41 points in [−√3, √3]; a network is born dead if its output is
the same for all of them.

Found: confirmed. Constant at birth with N = 2, L = 10: He .871 [.859, .883], asymmetric .221
[.207, .236]; N = 3, L = 10: .580 and .065; N = 4, L = 10: .288 and .015. It slows the dying, but
does not stop it: with N = 2 and L = 20 it is .536 (He .995).

要約:重みの各行に正の数を1つ混ぜるだけで(RAI)、幅2・10層のネットワークのうち「生まれつき死んでいる」
割合は87%から22%に減る。ただし層が増えればやはり増える(20層で54%)。
"""

# %% The same depths and widths, two ways to draw
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos.style import COLORS, MARKERS, save, sheet

DEPTHS = tuple(range(2, 21))
WIDTHS = (2, 3, 4)
init = tg.nn.init


@dataclass(frozen=True)
class Result:
    """Networks whose last hidden layer is the same for every input: (rules, widths, depths)."""

    dead: Any
    nets: int

    def born_dead(self, rule: int, width: int, depth: int) -> Spread:
        """The share of dead networks; rule 0 is He's, rule 1 the asymmetric one."""
        count = self.dead[rule, WIDTHS.index(width), DEPTHS.index(depth)]
        return share(int(count), self.nets)


def layer(rule: int, nets: int, n_in: int, width: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Weights and biases of one layer of all networks. A row is a unit: draw all in one go."""
    if rule == 0:
        weight, bias = init.he_normal((nets * width, n_in), rng), np.zeros(nets * width)
    else:
        weight, bias = init.randomized_asymmetric((nets * width, n_in), rng)
    return weight.reshape(nets, width, n_in).swapaxes(1, 2), bias.reshape(nets, 1, width)


def measure(nets: int) -> Result:
    """Send the interval through networks of every width, layer by layer."""
    rng = np.random.default_rng(0)
    x = np.linspace(-np.sqrt(3), np.sqrt(3), 41)[:, None]
    found = np.zeros((2, len(WIDTHS), len(DEPTHS)), int)
    for rule in (0, 1):
        for i, width in enumerate(WIDTHS):
            h = np.broadcast_to(x, (nets, *x.shape))
            for k in range(len(DEPTHS)):
                weight, bias = layer(rule, nets, h.shape[-1], width, rng)
                h = tg.relu(h @ weight + bias)
                found[rule, i, k] = np.sum(np.all(np.ptp(h, axis=1) == 0, axis=1))
    return Result(found, nets)


def plot(found: Result, path: Path) -> Path:
    """The share born dead by depth, with error bars."""
    figure, axes = sheet(size=(8, 4.5))
    for i, width in enumerate(WIDTHS):
        for rule, (name, style) in enumerate((("He", "-"), ("asymmetric", "--"))):
            got = [found.born_dead(rule, width, depth) for depth in DEPTHS]
            mean = np.array([one.mean for one in got])
            bars = [mean - [one.low for one in got], [one.high for one in got] - mean]
            axes.errorbar(DEPTHS, mean, np.maximum(bars, 0), ls=style, color=COLORS[i], ms=5,
                          marker=MARKERS[i], mfc=COLORS[i] if rule == 0 else "white", capsize=2,
                          label=f"N = {width}, {name}")  # fmt: skip
    axes.set(xlabel="layers L", ylabel="share of networks born dead", ylim=(-0.03, 1.03))
    axes.set_xticks(DEPTHS[::2])
    figure.legend(loc="outside right center", frameon=False)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = measure(nets=300 if quick else 3000)
    places = [(2, 10), (3, 10), (4, 10), (2, 20)]
    figures = {
        f"N = {n}, L = {depth}, {name}": found.born_dead(rule, n, depth)
        for n, depth in places
        for rule, name in enumerate(("He", "asymmetric"))
    }
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    he, rai = (found.born_dead(rule, 2, 10) for rule in (0, 1))
    return Finding(
        claim="T RAI",
        statement="Randomised asymmetric initialisation keeps most networks from being born dead.",
        verdict=CONFIRMED if rai.high < 0.5 * he.low else NOT_CONFIRMED,
        note=(
            f"Networks 2 wide and 10 deep are constant at birth in {he.mean:.1%} of the cases with "
            f"He's weights and in {rai.mean:.1%} with asymmetric ones."
        ),
        figures=figures,
        pictures=(plot(found, gallery / "asymmetric_init.png"),),
    )


if __name__ == "__main__":
    run()
