"""A3 · Four ReLUs and a skip term make a sigmoid.

Claim: one input, four hidden ReLU units and a skip term approximate the sigmoid,

    h1 = ReLU(x + 4)    h2 = ReLU(x + 2)    h3 = ReLU(x − 2)    h4 = ReLU(x − 4)
    y  = ReLU(0.00776 x + 0.0429 h1 + 0.1398 h2 − 0.1398 h3 − 0.0429 h4 + 0.0490)

Prediction: y is made of straight pieces with kinks at −4, −2, 2, 4, antisymmetric about (0, ½) like
the sigmoid itself, so the fit is good around 0. Not for ever: on the far right y keeps the slope
0.00776 and leaves 1, and on the far left the outer ReLU shuts where 0.00776 x + 0.0490 < 0, that is
for x < −6.3144. There one shut unit, the last, must cut the gradient of every parameter.

Found: the claim holds on [−6, 6], with a largest error of 0.0410 near x = −1.07. The outer ReLU
does shut at −6.3144, and from there on nothing can be learnt.

要約:入力1個、ReLUユニット4個とスキップ項だけで、シグモイドを近似できる([−6, 6]で最大誤差は0.0410)。
ただし x < −6.3144 では出力側のReLUが閉じ、すべてのパラメータの勾配がそこで切れて0になる。
"""

# %% The network, from scalars, with exactly the text's numbers
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, number
from demos.style import BLUE, CUT, CUT_TEXT, KINK, PALE, save, sheet
from tinygrad_relu import Value

UNITS = ((4.0, 0.0429), (2.0, 0.1398), (-2.0, -0.1398), (-4.0, -0.0429))  # bias, outgoing weight
SKIP, OFFSET = 0.00776, 0.0490
SHUT_BELOW = -OFFSET / SKIP  # −6.3144


def network(x: Any) -> tuple[Value, dict[str, Value]]:
    """y for one x, or for an array of them, and every leaf by its name."""
    numbers = {"x": x, "c": OFFSET, "v0": SKIP}
    for i, (bias, outgoing) in enumerate(UNITS, 1):
        numbers |= {f"w{i}": 1.0, f"b{i}": bias, f"v{i}": outgoing}
    leaf = {name: Value(data, label=name) for name, data in numbers.items()}
    total = leaf["v0"] * leaf["x"]
    for i in range(1, 5):
        h = (leaf[f"w{i}"] * leaf["x"] + leaf[f"b{i}"]).relu()
        h.label = f"h{i}"
        total = total + leaf[f"v{i}"] * h
    y = (total + leaf["c"]).relu()
    y.label = "y"
    return y, leaf


def gradients(x: float) -> dict[str, float]:
    """∂y/∂leaf for every leaf, at one x."""
    y, leaves = network(x)
    y.backward()
    return {name: leaf.grad for name, leaf in leaves.items()}


def largest_error() -> tuple[float, float]:
    """The largest |y − sigmoid| on [−6, 6], and where it is."""
    x = np.linspace(-6, 6, 120_001)
    error = np.abs(network(x)[0].data - tg.sigmoid(x))
    return float(error.max()), float(x[error.argmax()])


# %% The fit, its four kinks and its dead tail
def plot(path: Path, points: int) -> Path:
    """Draw the fit above, and below how much gradient reaches the parameters."""
    x, kinks = np.linspace(-9, 9, points), np.array([-4.0, -2.0, 2.0, 4.0])
    reach = [list(gradients(float(at)).values())[1:] for at in x]  # of all but x itself
    figure, (fit, below) = sheet(2, 1, (6.7, 5), sharex=True, height_ratios=(3, 2))
    fit.plot(x, tg.sigmoid(x), color=PALE, lw=4, label="sigmoid")
    fit.plot(x, network(x)[0].data, color=BLUE, lw=2, label="four ReLUs and a skip term")
    fit.plot(kinks, network(kinks)[0].data, "D", color=KINK, mfc="white", label="kinks")
    below.plot(x, np.linalg.norm(reach, axis=1), color=BLUE, lw=2)
    for axes in (fit, below):
        axes.axvspan(-9, SHUT_BELOW, color=CUT, alpha=0.15, hatch="//", lw=0)
    told = f"outer ReLU shut\nbelow x = {number(SHUT_BELOW, 5)}:\nevery gradient is cut"
    arrow = {"arrowstyle": "->", "color": CUT_TEXT}
    fit.annotate(told, (SHUT_BELOW, 0.02), (-5.9, 0.42), color=CUT_TEXT, arrowprops=arrow)
    fit.set(xlim=(-9, 9), ylabel="y")
    below.set(xlabel="x", ylabel="size of the gradient\nof all 14 parameters")
    fit.legend(loc="lower right", frameon=False)
    return save(figure, path)


# %% y and every gradient at several x, the text's own kinks among them; then all together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    print("     x        y  sigmoid" + "".join(f"{'∂' + name:>9}" for name in gradients(0.0)))
    for x in (-8.0, -7.0, -6.0, -4.0, -3.0, -2.0, -1.07, 0.0, 1.0, 2.0, 4.0, 6.0, 8.0):
        told = "".join(f"{number(g + 0.0):>9}" for g in gradients(x).values())
        print(f"{number(x):>6} {network(x)[0].data:8.5f} {tg.sigmoid(x):8.5f}{told}")
    error, where = largest_error()
    print(f"\nlargest error on [−6, 6]: {error:.4f}, at x = {number(where, 3)}")
    alive = np.count_nonzero(tail := list(gradients(-7.0).values()))
    print(f"at x = −7, {len(tail) - alive} of {len(tail)} gradients are 0: the outer ReLU is shut")
    stem = f"{gallery}/sigmoid_from_four_relus"
    pictures: list[Any] = [plot(Path(f"{stem}_fit.png"), points=61 if quick else 721)]
    for x, name in ((-7.0, f"{stem}_at_minus_7"), (1.0, f"{stem}_at_1")):
        y, leaf = network(x)
        y.backward()
        flow = tg.gradient_flow(y)
        layers = [leaf["x"]], [n.value for n in flow.nodes if n.name[0] == "h"], [y]
        pictures.append(tg.draw_network(layers, f"{name}_neurons.svg"))
        pictures += [flow.save(f"{name}.{kind}") for kind in ("svg", "png", "html")]
    return Finding(
        claim="A3",
        statement="Four hidden ReLU units and a skip term approximate the sigmoid.",
        verdict=LIMITED if error < 0.05 and not alive else NOT_CONFIRMED,
        note=f"On [−6, 6] the largest error is {error:.4f}, near x = {number(where, 3)}. For "
        f"x < {number(SHUT_BELOW, 5)} the outer ReLU shuts, and every parameter's gradient is cut.",
        figures={
            **{f"y({x:g})": network(x)[0].data for x in (0.0, 6.0, 8.0)},
            "largest error": error,
            "shut below": SHUT_BELOW,
            "gradients alive at −7": float(alive),
        },
        pictures=tuple(pictures),
    )


if __name__ == "__main__":
    run()
