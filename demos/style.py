"""How every plot of the gallery looks: white paper, few lines, colours that all eyes tell apart."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.draw.render import write

INK = "#1f2328"
FAINT = "#6e7781"
PALE = "#b6bec7"
#: Okabe and Ito's, in the order in which lines take them; never colour alone: see `MARKERS`.
BLUE, ORANGE, GREEN, PINK, GOLD, SKY = (
    "#0072b2", "#d55e00", "#009e73", "#b5547f", "#c98a00", "#56b4e9",
)  # fmt: skip
COLORS = (BLUE, ORANGE, GREEN, PINK, GOLD, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")
CUT = ORANGE  #: where a gradient is cut, as in the drawings of graphs


def sheet(
    rows: int = 1, columns: int = 1, size: tuple[float, float] = (8, 4.5), **options: Any
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

    look = {
        "font.size": 10, "axes.edgecolor": FAINT, "text.color": INK, "axes.labelcolor": INK,
        "xtick.color": FAINT, "ytick.color": FAINT, "axes.titlesize": 10.5,
        "axes.titlelocation": "left",
    }  # fmt: skip
    with rc_context(look):
        figure = Figure(figsize=size, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06)
        axes = figure.subplots(rows, columns, **options)
        for one in np.ravel(axes):
            one.grid(alpha=0.25)
            one.set_axisbelow(True)
            one.spines[["top", "right"]].set_visible(False)
            one.set_title("")
    return figure, axes


def band(axes: Any, x: Any, runs: Any, place: int = 0, label: str = "", **options: Any) -> None:
    """Mean over runs (axis 0 of `runs`) with its 95 % interval, in colour and mark `place`."""
    from demos import spread

    found = [spread(column) for column in np.transpose(runs)]
    color, marker = COLORS[place % len(COLORS)], MARKERS[place % len(MARKERS)]
    settings = {"color": color, "marker": marker, "ms": 5, "lw": 1.8, "label": label, **options}
    axes.plot(x, [one.mean for one in found], **settings)
    axes.fill_between(
        x, [one.low for one in found], [one.high for one in found],
        color=settings["color"], alpha=0.18, lw=0,
    )  # fmt: skip


def save(figure: Any, path: Path) -> Path:
    """Write the figure, all or nothing; returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    figure.savefig(file, dpi=150, format=path.suffix.lstrip("."))
    return write(path, file.getvalue())
