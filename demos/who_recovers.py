"""B5 B6 B7 · A dead ReLU stays dead; leaky ReLU, ELU, sigmoid and tanh come back.

Claims: leaky ReLU (slope 0.01 in one answer, max(0.1x, x) in another) gives a chance to recover
(B5); sigmoid and tanh saturate, but keep a small gradient and can recover in the long run (B6); ELU
is another way out (B7).

Prediction: all examples of a unit lie at about z = −d. ReLU has slope 0 there: never. Leaky ReLU
has slope α: z rises by a constant amount a step, steps ∝ d/α, about. ELU and sigmoid have slope eᶻ,
for which dz/dt = c·eᶻ takes eᵈ/c steps; tanh has 4e²ᶻ and takes e²ᵈ/c.

Setting: one unit, act(w·x + b), 64 inputs in [−½, ½], targets from the unit with w = b = 1; it
starts at b = −d, with w from 20 seeds; learning rate 1. Recovered is when z > 0 for some input.

Found: confirmed, with a limit. From z ≈ −4 leaky 0.1 fires after 14 steps (median of 20 seeds), ELU
14, sigmoid 45, tanh 86, leaky 0.01 163; ReLU not within 8,000. From −6 it is 20.5, 93.5, 271, 4,483
and 254.5: each unit of depth costs leaky 0.01 about 46 steps more, but takes ELU 2.6, sigmoid 2.5
and tanh 7.3 times as long. (e = 2.7, e² = 7.4.)

要約:死んだReLUは8000ステップでも戻らないが、Leaky ReLU・ELU・シグモイド・tanhは戻る。深さ(z ≈ −d)が
1増えるごとに、Leaky ReLUは一定のステップ数が増えるだけだが、ELUとシグモイドは約2.6倍、tanhは約7倍
かかり、「長い目で見れば回復」はすぐに長すぎるものになる。
"""

# %% One unit, many activations, depths and seeds
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding
from demos.style import band, extent, legend, save, sheet

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "ReLU": tg.relu,
    "leaky 0.01": partial(tg.leaky_relu, alpha=0.01),
    "leaky 0.1": partial(tg.leaky_relu, alpha=0.1),
    "ELU": tg.elu,
    "sigmoid": tg.sigmoid,
    "tanh": tg.tanh,
}
DEPTHS = [1, 2, 3, 4, 5, 6]


def recover(name: str, seeds: int, limit: int) -> tuple[Any, Any]:
    """The first step at which each unit fires, (depths, seeds), inf for never; mean z by step."""
    act, x = ACTIVATIONS[name], np.linspace(-0.5, 0.5, 64)
    start = np.random.default_rng(0).uniform(0.5, 1.5, seeds)
    w, b = (tg.Value(each[..., None]) for each in np.meshgrid(start, np.negative(DEPTHS)))
    first, means = np.full((len(DEPTHS), seeds), np.inf), []
    for step in range(limit + 1):
        z = w * x + b
        first[np.isinf(first) & (z.data > 0).any(axis=-1)] = step
        means.append(z.data.mean(axis=-1))
        if np.isfinite(first).all():
            break
        ((act(z) - act(x + 1.0)) ** 2).mean(axis=-1).sum().backward()
        for p in (w, b):
            p.data, p.grad = p.data - p.grad, None
    return first, np.array(means)


def growth(steps: Any) -> float:
    """By what factor one more unit of depth lengthens the way, from the deepest that came back."""
    back = [median for median in np.median(steps, axis=1) if np.isfinite(median)]
    return float(back[-1] / back[-2])


# %% The way back, step by step, and how its length grows with depth
def plot(found: dict[str, tuple[Any, Any]], limit: int, path: Path) -> Path:
    """Mean z by step for units that start at depth 4; steps to recovery by depth."""
    figure, (way, law) = sheet(1, 2, (8.1, 3.5))
    for i, (name, (steps, means)) in enumerate(found.items()):
        runs = means[:, DEPTHS.index(4)]
        runs = runs[: np.sum(np.median(runs, axis=1) <= 0) + 1]  # until it fires
        band(way, np.arange(len(runs), dtype=np.int64) + 1, runs.T, i, name, extent, marker="")
        never = np.isinf(steps).all()
        label, look = (f"{name}: never", {"ls": "", "marker": "x"}) if never else (name, {})
        band(law, DEPTHS, np.minimum(steps, 2 * limit).T, i, label, extent, **look)
    way.axhline(0, color="black", lw=0.8)
    way.set(xscale="log", xlabel="step + 1", ylabel="mean z", title="the way back from z ≈ −4")
    law.set(yscale="log", xlabel="depth d: the unit starts at z ≈ −d", title="steps until it fires")
    legend(figure, law, 6)
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its picture into `gallery`."""
    seeds, limit = (5, 1000) if quick else (20, 8000)
    found = {name: recover(name, seeds, limit) for name in ACTIVATIONS}
    for name, (steps, _) in found.items():
        print(f"{name:10} median steps from depth 1 to 6:", *np.median(steps, axis=1))
    back = {name: steps for name, (steps, _) in found.items() if name != "ReLU"}
    extra = np.diff(np.median(back["leaky 0.01"], axis=1)).mean()
    grows = {name: growth(back[name]) for name in ("ELU", "sigmoid", "tanh")}
    times = ", ".join(f"{name} {factor:.1f}" for name, factor in grows.items())
    print(f"one unit deeper: leaky 0.01 {extra:.1f} steps more; times as many: {times}")
    four = {name: extent(steps[DEPTHS.index(4)]) for name, steps in back.items()}
    told = ", ".join(f"{name} {steps.mean:g}" for name, steps in four.items())
    relu = np.isfinite(found["ReLU"][0]).sum()
    holds = relu == 0 and all(np.isfinite(steps[:4]).all() for steps in back.values())
    return Finding(
        claim="B5–B7",
        statement="A dead ReLU stays dead; leaky ReLU, ELU, sigmoid and tanh come back.",
        verdict=LIMITED if holds else NOT_CONFIRMED,
        note=f"Steps from z ≈ −4 until it fires: {told}; ReLU not within {limit:,}. Each unit of "
        "depth takes leaky ReLU about the same number of steps more, but takes the others so many "
        f"times as many: {times}. Their “long run” is soon too long.",
        figures={
            **{f"steps from −4, {n}: median, range": s for n, s in four.items()},
            "ReLU units back, of all": float(relu),
            **{f"times as long one unit deeper, {n}": g for n, g in grows.items()},
        },
        pictures=(plot(found, limit, gallery / "who_recovers.png"),),
    )


if __name__ == "__main__":
    run()
