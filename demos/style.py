"""How every plot of the gallery looks: white paper, few lines, colours that all eyes tell apart."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from demos import Spread, spread
from tinygrad_relu.files import write

INK = "#1f2328"
FAINT = "#6e7781"
PALE = "#b6bec7"
#: Okabe and Ito's, in the order in which lines take them; never colour alone: see `MARKERS`.
BLUE, ORANGE, GREEN, PINK, GOLD, SKY = (
    "#0072b2", "#d55e00", "#009e73", "#b5547f", "#c98a00", "#56b4e9",
)  # fmt: skip
COLORS = (BLUE, ORANGE, GREEN, PINK, GOLD, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")
HATCHES = ("", "//", "..", "xx", "--", "++")
CUT = ORANGE  #: where a gradient is cut, as in the drawings of graphs
CUT_TEXT = "#a34700"  #: the same, dark enough for words
KINK = "#97396e"


def sheet(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (6.7, 3.8), **options: Any
) -> tuple[Any, Any]:
    """A figure and its axes, one or an array of them, in the style of the house.

    Parameters
    ----------
    rows, columns : int
    size : pair of float
        Inches.
    **options
        Of `Figure.subplots`, as ``sharex=True``.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    look: dict[Any, Any] = {
        "font.size": 10, "axes.edgecolor": FAINT, "text.color": INK, "axes.labelcolor": INK,
        "xtick.color": FAINT, "ytick.color": FAINT,
    }  # fmt: skip
    with rc_context(look):
        layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
        figure = Figure(figsize=size, layout=layout, facecolor="white")
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, **options)
        for one in np.ravel(axes):
            one.grid(alpha=0.25)
            one.set_axisbelow(True)
            one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def extent(runs: Any) -> Spread:
    """Median over runs, from the least to the most."""
    return Spread(float(np.median(runs)), float(np.min(runs)), float(np.max(runs)), len(runs))


def band(
    axes: Any, x: Any, runs: Any, place: int = 0, label: str = "",
    of: Callable[[Any], Spread] = spread, **options: Any,
) -> None:  # fmt: skip
    """Mean over runs (axis 0 of `runs`) with its 95 % interval, in colour and mark `place`.

    With ``of=extent`` it is the median, in a band from the least to the most.
    """
    found = [of(column) for column in np.transpose(runs)]
    color, marker = COLORS[place % len(COLORS)], MARKERS[place % len(MARKERS)]
    settings = {"color": color, "marker": marker, "ms": 5, "lw": 1.8, "label": label, **options}
    axes.plot(x, [one.mean for one in found], **settings)
    axes.fill_between(
        x, [one.low for one in found], [one.high for one in found],
        color=settings["color"], alpha=0.18, lw=0,
    )  # fmt: skip


def whiskers(
    axes: Any, x: Any, found: Sequence[Spread], place: int = 0, label: str = "", **options: Any
) -> None:
    """Means as marks with their 95 % intervals, in colour and mark `place`."""
    settings = {"color": COLORS[place], "marker": MARKERS[place], "ms": 5, "lw": 1.2, "capsize": 2}
    means = [one.mean for one in found]
    axes.errorbar(x, means, _reach(found), label=label, **{**settings, **options})


def bars(
    axes: Any, x: Any, found: Sequence[Spread], place: int = 0, label: str = "", **options: Any
) -> None:
    """Means as bars with their 95 % intervals, in colour and hatch `place`."""
    look = {"color": COLORS[place], "hatch": HATCHES[place], "edgecolor": "white", "width": 0.6}
    settings = {"ecolor": INK, "capsize": 3, "label": label, **look, **options}
    axes.bar(x, [one.mean for one in found], yerr=_reach(found), **settings)


def beside(
    axes: Any, names: Sequence[str], rows: Mapping[str, Sequence[Spread]],
    gap: float = 0.1, draw: Callable[..., None] = whiskers, **options: Any,
) -> None:  # fmt: skip
    """What each row, by its label, has for each of `names`: marks or bars beside each other."""
    if draw is bars:
        options = {"width": 0.92 * gap, **options}
    for place, (label, found) in enumerate(rows.items()):
        at = np.arange(len(names), dtype=np.int64) + gap * (place - (len(rows) - 1) / 2)
        draw(axes, at, found, place, label, **options)
    axes.set_xticks(range(len(names)), names)


def _reach(found: Sequence[Spread]) -> Any:
    """How far the intervals go below and above the means."""
    reach = [[one.mean - one.low for one in found], [one.high - one.mean for one in found]]
    return np.maximum(reach, 0)  # rounding can leave −1e-17


def legend(figure: Any, axes: Any, columns: int, where: str = "lower center") -> None:
    """One legend for the whole figure, outside its axes, with the names used in `axes`."""
    named = axes.get_legend_handles_labels()
    figure.legend(*named, loc=f"outside {where}", ncols=columns, frameon=False)


def rates(axes: Any, values: Sequence[float], name: str = "learning rate") -> None:
    """A logarithmic x axis with a tick at each of `values` and no other."""
    axes.set(xscale="log", xlabel=name)
    axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()


def timeline(axes: Any, dead: Any) -> None:
    """Who is dead, (steps, units): dark while dead, those that died first on top."""
    from matplotlib.colors import ListedColormap

    when = np.where(dead.any(axis=0), dead.argmax(axis=0), len(dead))
    axes.imshow(dead.T[np.argsort(when, kind="stable")], aspect="auto", interpolation="nearest",
                cmap=ListedColormap(["#dcebf5", CUT]), vmin=0, vmax=1)  # fmt: skip
    axes.grid(False)
    axes.set(xlabel="step", ylabel="unit, first to die on top")


def plane(axes: Any, score: Callable[[Any], Any], x: Any, classes: Any, reach: Any) -> None:
    """Where `score` of the points of ±`reach` is above 0, and two classes of points on it."""
    sides = [np.linspace(-side, side, 241) for side in reach]
    points = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    above = np.reshape(score(points), (241, 241))
    axes.contourf(*sides, above, [-1e9, 0, 1e9], colors=["#dcebf5", "#fbe6d6"])
    axes.contour(*sides, above, [0], colors="black", linewidths=1.8)
    for value, color, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        chosen = np.ravel(classes) == value
        axes.plot(*x[chosen].T, marker, color=color, ms=4, mec="white", mew=0.4, zorder=3)
    axes.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), aspect="equal")
    axes.grid(False)


def boundary(axes: Any, weight: Any, bias: float, **options: Any) -> Any:
    """The line w·x + b = 0 of a unit with two inputs; returns its point nearest to 0."""
    size = np.hypot(*weight)
    middle = -bias * weight / size**2
    ends = middle + np.outer([-99, 99], [-weight[1], weight[0]]) / size
    axes.plot(*ends.T, **{"color": FAINT, "lw": 0.8, "zorder": 2, **options})
    return middle


def save(figure: Any, path: Path) -> Path:
    """Write the figure, all or nothing; returns `path`."""
    for axes in figure.axes:
        title = axes.get_title() or axes.get_title(loc="left")
        axes.set_title("")
        axes.set_title(title, loc="left", size=10.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    figure.savefig(file, dpi=180, format=path.suffix.lstrip("."))
    return write(path, file.getvalue())
