"""A3 · Four ReLUs and a skip term make a sigmoid.

Claim: one input, four hidden ReLU units and a skip term approximate the sigmoid,

    h1 = ReLU(x + 4)    h2 = ReLU(x + 2)    h3 = ReLU(x − 2)    h4 = ReLU(x − 4)
    y  = ReLU(0.00776 x + 0.0429 h1 + 0.1398 h2 − 0.1398 h3 − 0.0429 h4 + 0.0490)

Prediction: y is made of straight pieces with kinks at −4, −2, 2, 4, antisymmetric about
(0, ½) like the sigmoid itself, so the fit is good around 0. It cannot stay good for ever: on
the far right y keeps the slope 0.00776 and leaves 1, and on the far left the outer ReLU shuts
where 0.00776 x + 0.0490 < 0, that is for x < −6.3144. There the gradient of every parameter
must be 0: one shut unit, the last one, cuts them all.

Found: the claim holds on [−6, 6], with a largest error of 0.0410 near x = −1.07. The outer
ReLU does shut at −6.3144, and from there on nothing can be learnt.

要約:入力1個、ReLUユニット4個とスキップ項だけで、シグモイドを近似できる([−6, 6]で
最大誤差は0.0410)。ただし x < −6.3144 では出力側のReLUが閉じ、すべてのパラメータの勾配が
そこで切れて0になる。
"""

# %% The network, from scalars, with exactly the text's numbers
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding
from tinygrad_relu import Value

BIASES = (4.0, 2.0, -2.0, -4.0)
OUTGOING = (0.0429, 0.1398, -0.1398, -0.0429)
SKIP, OFFSET = 0.00776, 0.0490
SHUT_BELOW = -OFFSET / SKIP


@dataclass(frozen=True)
class Net:
    """The graph for one x: the output, and every leaf by its name."""

    y: Value
    leaves: dict[str, Value]


def network(x: Any) -> Net:
    """Build the graph for one x, or for an array of them."""
    leaves = {"x": Value(x, label="x")}

    def leaf(name: str, number: float) -> Value:
        leaves[name] = Value(number, label=name)
        return leaves[name]

    total = leaf("v0", SKIP) * leaves["x"]
    for i, (bias, outgoing) in enumerate(zip(BIASES, OUTGOING, strict=True), 1):
        h = (leaf(f"w{i}", 1.0) * leaves["x"] + leaf(f"b{i}", bias)).relu()
        h.label = f"h{i}"
        total = total + leaf(f"v{i}", outgoing) * h
    y = (total + leaf("c", OFFSET)).relu()
    y.label = "y"
    return Net(y, leaves)


def gradients(x: float) -> dict[str, float]:
    """∂y/∂leaf for every leaf, at one x."""
    net = network(x)
    net.y.backward()
    return {name: leaf.grad for name, leaf in net.leaves.items()}


# %% y and every gradient at several x; the text's own kinks are among them
POINTS = (-8.0, -7.0, -6.0, -4.0, -3.0, -2.0, -1.07, 0.0, 1.0, 2.0, 4.0, 6.0, 8.0)


def table() -> str:
    """One line per x: y, the sigmoid, and ∂y/∂ every leaf."""
    names = list(network(0.0).leaves)
    lines = [f"{'x':>6} {'y':>8} {'sigmoid':>8}" + "".join(f"{'∂' + n:>9}" for n in names)]
    for x in POINTS:
        numbers = "".join(f"{g + 0.0:9.4g}" for g in gradients(x).values())
        y = network(x).y.data
        lines.append(f"{x:6.2f} {y:8.5f} {tg.sigmoid(x):8.5f}{numbers}")
    return "\n".join(lines).replace("-", "−")


# %% The largest error on [−6, 6]
def largest_error() -> tuple[float, float]:
    """The largest |y − sigmoid| on [−6, 6], and where it is."""
    x = np.linspace(-6, 6, 120_001)
    error = np.abs(network(x).y.data - tg.sigmoid(x))
    worst = int(np.argmax(error))
    return float(error[worst]), float(x[worst])


# %% The fit, its four kinks and its dead tail
def plot(path: Path, points: int = 361) -> Path:
    """Draw the fit above, and below how much gradient reaches the parameters."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    edge = [SHUT_BELOW - 1e-9, SHUT_BELOW + 1e-9]  # either side, so that the step is upright
    x = np.sort(np.append(np.linspace(-9, 9, points), edge))
    y = network(x).y.data
    reach = []
    for one in x:
        found = gradients(float(one))
        reach.append(np.sqrt(sum(g * g for name, g in found.items() if name != "x")))

    figure = Figure(figsize=(8, 6), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    fit, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    fit.plot(x, tg.sigmoid(x), color="#8c959f", lw=4, label="sigmoid")
    fit.plot(x, y, color="#0072b2", lw=2, label="four ReLUs and a skip term")
    kinks = np.array([-4.0, -2.0, 2.0, 4.0])
    fit.plot(kinks, network(kinks).y.data, "D", color="#97396e", mfc="white", label="kinks")
    fit.set_ylabel("y")
    below.plot(x, reach, color="#0072b2", lw=2)
    below.set(xlabel="x", ylabel="size of the gradient\nof all 14 parameters")
    for axes in (fit, below):
        axes.axvspan(x[0], SHUT_BELOW, color="#d55e00", alpha=0.15, hatch="//", lw=0)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    fit.set_xlim(x[0], x[-1])
    fit.annotate(
        f"outer ReLU shut\nbelow x = −{-SHUT_BELOW:.4f}:\nevery gradient is cut",
        (SHUT_BELOW, 0.02), (-5.9, 0.42), color="#a34700",
        arrowprops={"arrowstyle": "->", "color": "#a34700"},
    )  # fmt: skip
    fit.legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=150)
    return path


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    print(table())
    error, where = largest_error()
    print(f"\nlargest error on [−6, 6]: {error:.4f}, at x = {where:.2f}".replace("-", "−"))

    stem = gallery / "sigmoid_from_four_relus"
    pictures = [plot(Path(f"{stem}_fit.png"), points=61 if quick else 361)]
    for x, name in ((-7.0, "at_minus_7"), (1.0, "at_1")):
        net = network(x)
        net.y.backward()
        drawing = tg.draw(net.y)
        pictures += [drawing.save(f"{stem}_{name}.{suffix}") for suffix in ("svg", "png")]
        pictures.append(tg.gradient_flow(net.y).save(f"{stem}_{name}.html"))

    tail = gradients(-7.0)
    alive = sum(g != 0 for g in tail.values())
    print(f"at x = −7, {len(tail) - alive} of {len(tail)} gradients are 0: the outer ReLU is shut")
    holds = error < 0.05 and alive == 0
    return Finding(
        claim="A3",
        statement="Four hidden ReLU units and a skip term approximate the sigmoid.",
        verdict=LIMITED if holds else NOT_CONFIRMED,
        note=(
            f"On [−6, 6] the largest error is {error:.4f}, near x = −{abs(where):.2f}. For "
            f"x < −{-SHUT_BELOW:.4f} the outer ReLU shuts, and every parameter's gradient is cut."
        ),
        figures={
            "y(0)": network(0.0).y.data,
            "y(6)": network(6.0).y.data,
            "y(8)": network(8.0).y.data,
            "largest error": error,
            "largest error at": where,
            "shut below": SHUT_BELOW,
            "gradients alive at −7": float(alive),
        },
        pictures=tuple(pictures),
    )


if __name__ == "__main__":
    run()
