"""B12 · How the weights start decides what five layers see.

Claim: the initial weights decide how the activations of a five-layer network look; some choices
kill the output.

Prediction: a ReLU layer of n units multiplies the root mean square of what it gets by
√(n · var(w) / 2). So He's weights, of variance 2/n, keep it; Glorot's, 1/n here, lose √2 a layer,
5.7 in five layers, harmless that early; standard deviation 0.01 loses a factor of 14 a layer, and 1
gains one of 7. Zeros leave nothing at all: every output is 0, and so is every gradient of a weight.

Measured: 100 units a layer, five layers, ReLU, no biases, 200 normal inputs, 20 seeds.

Found, as predicted: behind five layers the root mean square of the outputs is 1.01 with He's
weights (95 % interval 0.97 to 1.05), 0.178 with Glorot's, 1.8e-6 with standard deviation 0.01,
17,800 with 1, and exactly 0 with zeros, as is the gradient of the first weights. That gradient is
23 with He's weights, 5.8 with Glorot's, 5.8e-4 with 0.01, 57,900 with 1. With every rule but zeros
.0445 [.0335, .0555] of layer 5 is dead at the start, the same units: a factor shuts none.

要約:5層の出力の大きさは初期値で決まる。Heの初期値なら1.01に保たれ、Glorotでは0.178、標準偏差
0.01では1.8e-6に縮み、1では17,800に膨らむ。重みをすべて0にすると、出力も勾配も完全に0になり、
何も学習できない。ほかの4つでは、第5層で死んでいるユニットはどれも4.45%である。
"""

# %% Five layers and what comes out of each
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, number, spread
from demos.style import BLUE, ORANGE, save, sheet
from tinygrad_relu import Value

init = tg.nn.init
UNITS, LAYERS, EXAMPLES = 100, 5, 200
RULES: dict[str, Callable[..., Any]] = {
    "zeros": init.zeros,
    "normal, 0.01": partial(init.normal, std=0.01),
    "normal, 1": partial(init.normal, std=1.0),
    "Glorot": init.glorot_normal,
    "He": init.he_normal,
}


def forward(rule: Callable[..., Any], seed: int) -> tuple[Value, list[Value]]:
    """The first weights, and the outputs of each layer, from normal inputs."""
    rng = np.random.default_rng(seed)
    h: Any = rng.normal(size=(EXAMPLES, UNITS))
    weights, outputs = [], []
    for i in range(1, LAYERS + 1):
        weights.append(Value(rule((UNITS, UNITS), rng), label=f"W{i}"))
        h = tg.linear(h, weights[-1]).relu()
        outputs.append(h)
    return weights[0], outputs


def size(x: Any) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(x**2)))


def measure(rule: Callable[..., Any], seed: int) -> list[float]:
    """Size of the last outputs, and of ∂L/∂W1, where L is their sum; share of dead last units."""
    first, outputs = forward(rule, seed)
    outputs[-1].sum().backward()
    last = outputs[-1].data
    return [size(last), size(first.grad), float(np.mean(~last.any(axis=0)))]


# %% The picture: a histogram for each layer and rule
def plot(path: Path) -> Path:
    """Histograms of the outputs, all to one scale; orange: far too small or too large."""
    figure, axes = sheet(len(RULES), LAYERS, (8.6, 6.6), sharex=True, sharey=True)
    bins = np.linspace(0, 3, 41)
    for row, (name, rule) in zip(axes, RULES.items(), strict=True):
        row[0].set_ylabel(name)
        for layer, (ax, h) in enumerate(zip(row, forward(rule, 0)[1], strict=True), 1):
            ax.set_title(f"layer {layer}" * (ax in axes[0]))
            out = h.data.ravel()
            counts, beyond = np.histogram(out[out > 0], bins)[0] / out.size, np.mean(out > bins[-1])
            color = BLUE if 0.1 < size(out) < 5 else ORANGE
            ax.bar(bins[:-1], counts, np.diff(bins), align="edge", color=color)
            large = f"{size(out):,.0f}" if size(out) > 10 else number(size(out), 2)
            told = f"zeros {np.mean(out == 0):.0%}\nsize {large}\nbeyond 3: {beyond:.0%}"
            ax.text(0.96, 0.93, told, transform=ax.transAxes, ha="right", va="top", fontsize=8.5)
    axes[0, 0].set(ylim=(0, 0.08), xlim=(0, 3), yticks=(0, 0.04, 0.08))
    figure.supxlabel("output of a unit", fontsize=10)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds = range(4 if quick else 20)
    found = {name: np.array([measure(rule, s) for s in seeds]) for name, rule in RULES.items()}
    last, slope, dead = ({n: spread(runs[:, i]) for n, runs in found.items()} for i in range(3))
    tables = {"size behind layer 5": last, "size of ∂L/∂W1": slope, "dead in layer 5": dead}
    figures: dict[str, Any] = {
        f"{what}, {n}": one for what, table in tables.items() for n, one in table.items()
    }
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    killed = last["zeros"].high == slope["zeros"].high == 0
    apart = last["normal, 1"].low > 100 * last["He"].high > 1e6 * last["normal, 0.01"].high
    return Finding(
        claim="B12",
        statement="Initial weights decide how five layers' activations look; some kill the output.",
        verdict=CONFIRMED if killed and apart and 0.5 < last["He"].mean < 2 else NOT_CONFIRMED,
        note=(
            f"Behind five layers the outputs have size {number(last['He'].mean, 2)} with He's "
            f"weights, {number(last['Glorot'].mean, 2)} with Glorot's, "
            f"{number(last['normal, 0.01'].mean, 2)} and {number(last['normal, 1'].mean, 2)} with "
            "standard deviation 0.01 and 1. Zeros kill outputs and gradients, exactly."
        ),
        figures=figures,
        pictures=(plot(gallery / "initial_weights_decide.png"),),
    )


if __name__ == "__main__":
    run()
