"""T RAI · One positive number in each row keeps most networks from being born dead.

Randomised asymmetric initialisation (Lu, Shin, Su and Karniadakis 2019, arXiv 1903.06733): each row
of [W b] is Normal(0, 0.6007²/n_in), with one entry, chosen at random, replaced by a Beta(2, 1),
which is positive. Beside it He's: symmetric weights, zero bias.

Prediction: layers are shut for good because every row is as likely negative as positive. A positive
entry makes z > 0 more likely, so that networks 2 wide and 10 deep, of which .88 are constant with
He's weights, should mostly live.

Setting: one input, an interval of 41 points in [−√3, √3]; a network is born dead if its last hidden
layer, and so its output, is the same for all of them.

Found: confirmed. Of 10,000 networks each are constant at birth with N = 2, L = 10: He .881 [.874,
.887], asymmetric .233 [.225, .242]; N = 3, L = 10: .576 and .0625; N = 4, L = 10: .294 and .017. It
slows the dying, but does not stop it: with N = 2 and L = 20 it is .517 (He .992). As there are
biases now, the share depends on the interval: N = 2, L = 10 gives .26 on [−1, 1], and .17 on
[−10, 10].

要約:重みの各行に正の数を1つ混ぜるだけで(RAI)、幅2・10層のネットワークのうち「生まれつき死んでいる」
割合は88%から23%に減る。ただし層が増えればやはり増える(20層で52%)。バイアスがあるので、入力の範囲にも
左右される([−1, 1]なら26%、[−10, 10]なら17%)。
"""

# %% The same depths and widths, two ways to draw
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos.style import COLORS, legend, save, sheet, whiskers

DEPTHS = range(2, 21)
WIDTHS = (2, 3, 4)
RULES = ("He", "asymmetric")
Found = dict[tuple[str, int], list[Spread]]  #: by rule and width, the share born dead by depth


def layer(rule: str, nets: int, n_in: int, width: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Weights and biases of one layer of all networks. A row is a unit: draw all in one go."""
    if rule == "He":
        weight, bias = tg.nn.init.he_normal((nets * width, n_in), rng), np.zeros(nets * width)
    else:
        weight, bias = tg.nn.init.randomized_asymmetric((nets * width, n_in), rng)
    return weight.reshape(nets, width, n_in).swapaxes(1, 2), bias.reshape(nets, 1, width)


def born_dead(rule: str, width: int, nets: int, reach: float = 3**0.5) -> list[Spread]:
    """The share of networks whose last hidden layer is constant on [−reach, reach], by depth."""
    rng = np.random.default_rng(width)
    h = np.broadcast_to(np.linspace(-reach, reach, 41)[:, None], (nets, 41, 1))
    found = []
    for _ in DEPTHS:
        weight, bias = layer(rule, nets, h.shape[-1], width, rng)
        h = tg.relu(h @ weight + bias)
        found.append(share(int(np.sum(np.all(np.ptp(h, axis=1) == 0, axis=1))), nets))
    return found


def measure(nets: int) -> Found:
    """Send the interval through networks of every width, layer by layer."""
    return {(rule, width): born_dead(rule, width, nets) for rule in RULES for width in WIDTHS}


def plot(found: Found, path: Path) -> Path:
    """The share born dead by depth, with error bars."""
    figure, axes = sheet(size=(6.7, 3.8))
    for (rule, width), shares in found.items():
        place = WIDTHS.index(width)
        look = {"mfc": COLORS[place], "ls": "-"} if rule == "He" else {"mfc": "white", "ls": "--"}
        whiskers(axes, DEPTHS, shares, place, f"N = {width}, {rule}", **look)
    axes.set(xlabel="layers L", ylabel="share of networks born dead", ylim=(-0.03, 1.03))
    axes.set_xticks(DEPTHS[::2])
    legend(figure, axes, 1, "right center")
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    nets = 300 if quick else 10_000
    found = measure(nets)
    figures: dict[str, Any] = {
        f"N = {n}, L = {depth}, {rule}": found[rule, n][depth - 2]
        for n, depth in ((2, 10), (3, 10), (4, 10), (2, 20))
        for rule in RULES
    }
    for reach in (1, 10):
        name = f"N = 2, L = 10, asymmetric, on [−{reach}, {reach}]"
        figures[name] = born_dead("asymmetric", 2, nets, reach)[8]
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    he, rai = (found[rule, 2][8] for rule in RULES)
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
