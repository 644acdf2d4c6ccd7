"""The lives of units as a timeline: a line a unit, dark while it is dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinygrad_relu.flow.life import History
from tinygrad_relu.picture.units import LOOK, pyplot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALIVE, REVIVED = "#d1e5f0", "#1b7837"
DEAD = LOOK["dead"][0]


def plot(history: History) -> Figure:
    """One panel a layer: units from top to bottom, steps from left to right.

    The units that died first are on top. ✕ is a death, ▲ a revival. A death known only to lie
    between two looks is drawn at the second.
    """
    plt = pyplot()
    figure: Figure
    layers = max(1, len(history.names))
    heights = [min(4.5, 0.9 + 0.14 * len(lives)) for lives in history.lives] or [1.0]
    figure, panels = plt.subplots(
        layers, 1, sharex=True, squeeze=False, layout="constrained",
        figsize=(9, 0.9 + sum(heights)), height_ratios=heights,
    )  # fmt: skip
    first, last = history.steps
    for number, axes in enumerate(panels[: len(history.names), 0]):
        lives = history.lives[number]
        spans = [history.spans(number, unit) for unit in range(len(lives))]
        death = [span[0][0] if span else last + 1 for span in spans]
        order = sorted(range(len(lives)), key=death.__getitem__)
        pitch = 72 * (heights[number] - 0.5) / len(lives)  # points from unit to unit
        width = min(7.0, 0.75 * pitch) if pitch > 4 else 1.15 * pitch  # a wide layer has no gaps
        axes.hlines(range(len(lives)), first, last, colors=ALIVE, linewidths=width,
                    antialiaseds=pitch > 4)  # fmt: skip
        rows = [(y, span) for y, unit in enumerate(order) for span in spans[unit]]
        axes.hlines(
            [y for y, _ in rows], [s[0] for _, s in rows], [s[1] for _, s in rows],
            colors=DEAD, linewidths=width, antialiaseds=pitch > 4,
        )  # fmt: skip
        size = float(np.clip(12 * width, 6, 40))
        for kind, marker, color in (("killed", "x", "black"), ("revived", "^", REVIVED)):
            spots = [
                (event.by, y)
                for y, unit in enumerate(order)
                for event in lives[unit].events
                if event.kind == kind
            ]
            if spots:
                axes.scatter(*zip(*spots, strict=True), s=size, marker=marker, color=color,
                             linewidths=1, zorder=3)  # fmt: skip
        dead = sum(life.dead for life in lives)
        axes.set_title(
            f"{history.names[number]}: {dead} of {len(lives)} dead at the end", loc="left",
            fontsize=10,
        )  # fmt: skip
        named = len(lives) <= 32
        told = [unit + 1 for unit in order]  # as in words
        axes.set_yticks(range(len(lives)) if named else [], told if named else [], fontsize=7)
        axes.set_ylabel("unit")
        axes.set_ylim(len(lives) - 0.4, -0.6)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
    if not history.names:
        panels[0, 0].set_title("the model has no activation, so no unit to watch", fontsize=10)
        panels[0, 0].set_yticks([])
    panels[-1, 0].set_xlabel("step")
    lines = [
        plt.Line2D([], [], color=ALIVE, linewidth=5, label="alive"),
        plt.Line2D([], [], color=DEAD, linewidth=5, label="dead"),
        plt.Line2D([], [], color="black", marker="x", linestyle="", label="killed"),
        plt.Line2D([], [], color=REVIVED, marker="^", linestyle="", label="revived"),
    ]
    figure.legend(handles=lines, loc="outside upper right", ncols=4, frameon=False, fontsize=9)
    return figure
