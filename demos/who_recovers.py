"""B5 B6 B7 · A dead ReLU stays dead; leaky ReLU, ELU, sigmoid and tanh come back.

Claims: leaky ReLU (slope 0.01 in one answer, max(0.1x, x) in another) gives a chance to recover
(B5); sigmoid and tanh saturate, but keep a small gradient and can recover in the long run (B6);
ELU is another way out (B7).

Prediction: all examples of a unit lie at about z = −d. ReLU has slope 0 there: never. Leaky ReLU
has slope α, so that z rises by a constant amount a step: steps ∝ d/α, about. ELU and sigmoid have
slope eᶻ, for which dz/dt = c·eᶻ takes eᵈ/c steps; tanh has 4e²ᶻ and takes e²ᵈ/c.

Setting: one unit, act(w·x + b), 64 inputs in [−½, ½], and targets that the unit with w = b = 1
gives; it starts at b = −d, with w from 20 seeds. Gradient descent, learning rate 1; recovered is
when z > 0 for at least one input.

Found: confirmed, with a limit. From z ≈ −4 leaky 0.1 fires after 14 steps (median of 20 seeds),
ELU 14, sigmoid 45, tanh 86, leaky 0.01 163; ReLU not within 8,000. From −6 it is 20.5, 93.5, 271,
4,483 and 254.5: each unit of depth costs leaky 0.01 about 46 steps more, but takes ELU 2.6,
sigmoid 2.5 and tanh 7.3 times as long. (e = 2.7, e² = 7.4.)

要約:死んだReLUは8000ステップたっても戻らないが、Leaky ReLU・ELU・シグモイド・tanhは戻る。ただし
深さ(z ≈ −d)が1増えるごとに、Leaky ReLUは一定のステップ数が増えるだけなのに、ELUとシグモイドは
約2.6倍、tanhは約7倍かかる。「長い目で見れば回復」は、すぐに長すぎるものになる。
"""

# %% One unit, many activations, depths and seeds
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, spread
from demos.style import COLORS, MARKERS, save, sheet
from tinygrad_relu import Value

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": tg.relu,
    "leaky 0.01": lambda z: tg.leaky_relu(z, alpha=0.01),
    "leaky 0.1": lambda z: tg.leaky_relu(z, alpha=0.1),
    "ELU": tg.elu,
    "sigmoid": tg.sigmoid,
    "tanh": tg.tanh,
}
DEPTHS = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


@dataclass(frozen=True)
class Result:
    """Steps until a unit fires, (depths, seeds), inf for not within `limit`; mean z by step."""

    steps: dict[str, Any]
    path: dict[str, Any]
    limit: int

    def at(self, name: str, depth: float) -> Spread:
        """Steps to recovery over seeds."""
        return spread(self.steps[name][list(DEPTHS).index(depth)])


def recover(act: Callable[[Any], Any], seeds: int, limit: int) -> tuple[Any, Any]:
    """Train units from every depth; the first step at which each fires, and its mean z."""
    x = np.linspace(-0.5, 0.5, 64)
    rng = np.random.default_rng(0)
    w = Value(np.tile(rng.uniform(0.5, 1.5, (1, seeds, 1)), (len(DEPTHS), 1, 1)), label="w")
    b = Value(np.tile(-DEPTHS[:, None, None], (1, seeds, 1)), label="b")
    target = np.asarray(act(x + 1.0))
    first = np.full((len(DEPTHS), seeds), np.inf)
    means = []
    for step in range(limit + 1):
        z = w * x + b
        first[np.isinf(first) & (z.data > 0).any(axis=-1)] = step
        means.append(z.data.mean(axis=-1))
        if np.isfinite(first).all() or (step == limit):
            break
        ((act(z) - target) ** 2).mean(axis=-1).sum().backward()
        for p in (w, b):
            p.data = p.data - p.grad
            p.grad = None
    return first, np.array(means)


def measure(seeds: int, limit: int) -> Result:
    """All activations."""
    found = {name: recover(act, seeds, limit) for name, act in ACTIVATIONS.items()}
    return Result(
        {n: f for n, (f, _) in found.items()}, {n: p for n, (_, p) in found.items()}, limit
    )


def growth(found: Result, name: str) -> float:
    """By what factor one more unit of depth lengthens the way, from the deepest that came back."""
    median = np.median(found.steps[name], axis=1)
    back = median[np.isfinite(median)]
    return float(back[-1] / back[-2])


# %% The way back, step by step, and how its length grows with depth
def plot(found: Result, path: Path, depth: float = 4.0) -> Path:
    """Mean z by step for units that start at one depth; steps to recovery by depth."""
    figure, (way, law) = sheet(1, 2, (9.6, 4.2))
    for i, name in enumerate(ACTIVATIONS):
        look = {"color": COLORS[i], "label": name}
        runs = found.path[name][:, list(DEPTHS).index(depth)]
        fired = np.argmax(np.median(runs, axis=1) > 0)
        runs = runs[: fired + 1] if fired else runs
        steps = np.arange(len(runs)) + 1  # from 1, for the logarithm
        way.plot(steps, np.median(runs, axis=1), lw=2.2, **look)
        way.fill_between(
            steps, runs.min(axis=1), runs.max(axis=1), alpha=0.18, lw=0, color=COLORS[i]
        )
        median = np.median(found.steps[name], axis=1)
        if np.isfinite(median).any():
            law.plot(DEPTHS, median, marker=MARKERS[i], lw=1.8, **look)
            law.fill_between(DEPTHS, found.steps[name].min(axis=1), found.steps[name].max(axis=1),
                             alpha=0.18, lw=0, color=COLORS[i])  # fmt: skip
    law.plot(DEPTHS, [2.2 * found.limit] * len(DEPTHS), "x", color=COLORS[0], clip_on=False)
    law.text(DEPTHS[0], 1.1 * found.limit, "ReLU: never", color=COLORS[0], va="top", fontsize=9)
    way.axhline(0, color="black", lw=0.8)
    way.set(
        xscale="log", xlabel="step + 1", ylabel="mean z", title=f"the way back from z ≈ −{depth:g}"
    )
    way.set_ylim(-depth - 0.3, 0.5)
    law.set(
        yscale="log", xlabel="depth d: the unit starts at z ≈ −d", ylabel="steps until it fires"
    )
    law.set_title("how long it takes")
    figure.legend(
        *way.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False
    )
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    found = measure(seeds=5 if quick else 20, limit=1000 if quick else 8000)
    for name, steps in found.steps.items():
        medians = [f"{np.median(one):g}" if np.isfinite(one).all() else "never" for one in steps]
        print(f"{name:10} from depth {DEPTHS[0]:g} to {DEPTHS[-1]:g}: {', '.join(medians)} steps")
    never = np.isinf(found.steps["ReLU"]).all()
    back = all(np.isfinite(found.steps[n][:4]).all() for n in ACTIVATIONS if n != "ReLU")
    grows = {name: growth(found, name) for name in ("ELU", "sigmoid", "tanh")}
    print(
        "one unit deeper takes so many times as long:", {n: round(g, 2) for n, g in grows.items()}
    )
    told = ", ".join(f"{n} {found.at(n, 4).mean:.0f}" for n in ACTIVATIONS if n != "ReLU")
    return Finding(
        claim="B5–B7",
        statement="A dead ReLU stays dead; leaky ReLU, ELU, sigmoid and tanh come back.",
        verdict=LIMITED if never and back else NOT_CONFIRMED,
        note=(
            f"Steps from z ≈ −4 until it fires: {told}; ReLU not within {found.limit:,}. Each unit "
            "of depth takes leaky ReLU about the same number of steps more, but "
            f"ELU {grows['ELU']:.1f}, sigmoid {grows['sigmoid']:.1f} and tanh {grows['tanh']:.1f} "
            "times as many: their “long run” is soon too long."
        ),
        figures={f"steps from −4, {n}": found.at(n, 4) for n in ACTIVATIONS if n != "ReLU"}
        | {"ReLU units back, of all": float(np.isfinite(found.steps["ReLU"]).sum())}
        | {f"times as long one unit deeper, {n}": g for n, g in grows.items()},
        pictures=(plot(found, gallery / "who_recovers.png"),),
    )


if __name__ == "__main__":
    run()
