"""Shared by the demos on dying units: who is dead at each step, and graphs side by side."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos.many import Many, train
from tinygrad_relu.files import write


def moons(
    n: int = 200, noise: float = 0.1, rng: int | np.random.Generator | Sequence[int] = 0
) -> tuple[Any, Any]:
    """Two moons, moved to mean 0: points, and classes 0 and 1 as a column.

    A sequence of seeds draws points for each, (networks, n, 2), not those its weights come from.
    """
    if isinstance(rng, Sequence):
        own = [np.random.default_rng((seed, 1)) for seed in rng]
        return np.stack([moons(n, noise, one)[0] for one in own]), moons(n)[1]
    points, classes = tg.lab.two_moons(n, noise, rng)
    return points - points.mean(axis=0), classes[:, None].astype(float)


def dead(nets: Many) -> list[Any]:
    """For each hidden layer, which units were shut for every row of the last call's inputs."""
    return [np.all(np.asarray(getattr(z, "data", z)) <= 0, axis=1) for z in nets.before]


def lives(nets: Many, x: Any, target: Any, lr: Any, steps: int) -> list[Any]:
    """Train on two classes; for each hidden layer who is dead: (steps + 1, nets, units)."""
    seen: list[list[Any]] = []

    def look(step: int) -> None:
        if step:
            seen.append(dead(nets))

    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr, steps, watch=look)
    with np.errstate(all="ignore"):
        nets.quiet(x)
    seen.append(dead(nets))
    return [np.stack(layer) for layer in zip(*seen, strict=True)]


def diverged(nets: Many) -> Any:
    """Which networks hold a number that is not finite; their units count as alive."""
    return np.any([~np.isfinite(p.data).all(axis=(1, 2)) for p in nets.parameters], axis=0)


def accuracy(nets: Many, x: Any, target: Any) -> Any:
    """Share of the examples on the right side, by network."""
    with np.errstate(all="ignore"):
        return nets.correct(x, target[:, 0] > 0.5)


def side_by_side(path: Path, pictures: Sequence[tuple[str, Any]]) -> Path:
    """Graphs beside each other, each under its title, as one SVG: drawings, or their last nodes."""
    drawn = []
    for title, one in pictures:
        graph = isinstance(one, tg.Value)
        drawing: Any = tg.draw(one, rankdir="TB", legend=False) if graph else one
        svg = drawing.to_svg()
        sides = (re.search(rf'{side}="([\d.]+)pt"', svg) for side in ("width", "height"))
        drawn.append((title, svg, *(float(found[1]) for found in sides if found)))
    tall = max(high for *_, high in drawn)
    gap = max(24.0, (0.8 * tall - sum(wide for *_, wide, _ in drawn)) / len(drawn))  # no towers
    left, parts = gap / 2, []
    for title, svg, wide, _ in drawn:
        parts.append(
            f'<text x="{left + wide / 2:.0f}" y="24" text-anchor="middle" font-size="17" '
            'font-family="system-ui, sans-serif" font-weight="600" fill="#1f2328">'
            f"{html.escape(title)}</text>"
            + re.sub(r'="([\d.]+)pt"', r'="\1"', svg).replace(
                "<svg", f'<svg x="{left:.0f}" y="36"', 1
            )
        )
        left += wide + gap
    wide_high = left - gap / 2, tall + 36
    whole = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" '
        'viewBox="0 0 {0:.0f} {1:.0f}">'.format(*wide_high)
        + f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>'
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    return write(path, whole.encode())
