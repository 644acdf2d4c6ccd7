"""B4 · ∂error/∂wⱼ is aⱼ or 0; and when the value of ReLU′(0) matters.

Claim: with z = Σ wⱼaⱼ + b and h = ReLU(z), the chain rule has the factor δ = 1 for z ≥ 0 and 0 for
z < 0, so that ∂error/∂wⱼ is aⱼ or 0, times what arrives from above. (The text takes ReLU′(0) = 1;
we take 0, as most libraries do.)

Prediction: the backward pass gives the same numbers, edge by edge. At z = 0 exactly the derivative
does not exist, any number from 0 to 1 is a subgradient, and the two conventions give aⱼ and 0. With
random weights and data z is never exactly 0, so that training is the same to the last bit. It is 0
where incoming weights and biases start at 0: there our convention lets nothing start.

Setting: 2-32-32-1, two moons, lr 0.5, 100 steps, 20 seeds, He's weights everywhere, or 0 into
layer 1 only.

Found: confirmed. a = (2, 3) gives ∂h/∂w = (2, 3) for z > 0, (0, 0) for z < 0, and at z = 0 (0, 0)
with ReLU′(0) = 0 and (2, 3) with 1. From He's weights 20 of 20 networks end the same in every bit.
From zeros into layer 1 all pre-activations are exactly 0: with ReLU′(0) = 0 accuracy stays at .500,
with 1 it reaches .927 [.918, .937].

要約:連鎖律により ∂error/∂wⱼ は aⱼ か 0 になる。z = 0 での値は約束ごとで、乱数で初期化すればzが
ちょうど0になることはなく、20個中20個のネットワークが1ビットも違わない結果になった。重みを0で始めると
違いが出る:ReLU′(0) = 0 なら正解率0.5のまま、1なら0.927。
"""

# %% One unit: the chain rule, edge by edge
from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, spread
from demos._dying import accuracy, moons, side_by_side
from demos.many import Many, train
from tinygrad_relu import Value

INPUTS = (2.0, 3.0)
BIASES = {"z > 0": 1.0, "z = 0": 0.0, "z < 0": -1.0}  # with w = (1.5, −1) w·a is 0


@dataclass(frozen=True)
class Unit:
    """The graph of one unit, and its gradients."""

    h: Value
    weights: tuple[Value, ...]

    @property
    def gradients(self) -> tuple[float, ...]:
        """∂h/∂wⱼ."""
        return tuple(w.grad for w in self.weights)


def unit(bias: float, at_zero: float = 0.0) -> Unit:
    """h = ReLU(w₁a₁ + w₂a₂ + b), after the backward pass from h."""
    w1, w2 = Value(1.5, label="w1"), Value(-1.0, label="w2")
    z = w1 * INPUTS[0] + w2 * INPUTS[1] + Value(bias, label="b")
    h = tg.relu(z, at_zero=at_zero)
    z.label, h.label = "z", "h"
    h.backward()
    return Unit(h, (w1, w2))


# %% Training with one convention and with the other
@dataclass(frozen=True)
class Result:
    """By start, (conventions 0 and 1): final parameters by network, accuracy, exact zeros seen."""

    parameters: dict[str, tuple[Any, Any]]
    accuracy: dict[str, tuple[Any, Any]]
    zeros: dict[str, int]

    def same(self, start: str) -> int:
        """How many networks end the same to the last bit."""
        first, second = self.parameters[start]
        return int(np.sum(np.all(first == second, axis=1)))

    def right(self, start: str, at_zero: int) -> Spread:
        """The accuracy under one convention."""
        return spread(self.accuracy[start][at_zero])


def measure(seeds: int, steps: int = 100) -> Result:
    """Train from He's weights and from zeros into layer 1, with ReLU′(0) = 0 and 1."""
    x, target = moons(100)
    found: list[dict[str, Any]] = [{}, {}, {}]
    for start in ("He", "zero"):
        ends, rights, zeros = [], [], 0
        for at_zero in (0.0, 1.0):
            nets = Many(seeds, [2, 32, 32, 1], partial(tg.relu, at_zero=at_zero))
            if start == "zero":
                nets.weights[0].data = np.zeros(nets.weights[0].shape)
            zeros += sum(int(np.sum(z == 0)) for z in nets.hidden(x))
            train(nets, x, target, tg.binary_cross_entropy_with_logits, lr=0.5, steps=steps)
            ends.append(
                np.concatenate([p.data.reshape(seeds, -1) for p in nets.parameters], axis=1)
            )
            rights.append(accuracy(nets, x, target))
        for table, got in zip(found, (tuple(ends), tuple(rights), zeros // 2), strict=True):
            table[start] = got
    return Result(*found)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    seeds = 5 if quick else 20
    for name, bias in BIASES.items():
        ours, theirs = unit(bias).gradients, unit(bias, at_zero=1.0).gradients
        print(f"{name}: ∂h/∂w = {ours} with ReLU′(0) = 0, {theirs} with 1; a = {INPUTS}")
    for step in tg.gradient_flow(unit(1.0).h).edges:
        print(f"   {step.child.name} → {step.parent.name}: {step.upstream:g} × {step.local:g} "
              f"= {step.contribution:g}")  # fmt: skip
    found = measure(seeds, steps=40 if quick else 100)
    for start in ("He", "zero"):
        print(f"{start} start: {found.zeros[start]} pre-activations exactly 0, "
              f"{found.same(start)} of {seeds} networks the same, accuracy {found.right(start, 0)} "
              f"with ReLU′(0) = 0, {found.right(start, 1)} with 1")  # fmt: skip
    chain = (unit(1.0).gradients == INPUTS and unit(-1.0).gradients == (0, 0)
             and unit(0.0).gradients == (0, 0) and unit(0.0, 1.0).gradients == INPUTS)  # fmt: skip
    starts = found.right("zero", 1).low > found.right("zero", 0).high
    graphs = [(f"{name}", tg.draw(unit(bias).h, rankdir="TB", legend=False))
              for name, bias in BIASES.items()]  # fmt: skip
    return Finding(
        claim="B4",
        statement="The gradient of a weight is its input or 0: the slope of ReLU is 1 or 0.",
        verdict=CONFIRMED if chain and found.same("He") == seeds and starts else NOT_CONFIRMED,
        note=(
            "The backward pass gives aⱼ for z > 0 and 0 for z < 0. At z = 0 the convention "
            f"decides. From random weights that never matters: {found.same('He')} of {seeds} "
            f"networks end the same in every bit. From zeros accuracy is "
            f"{found.right('zero', 0).mean:.2f} with "
            f"ReLU′(0) = 0 and {found.right('zero', 1).mean:.2f} with 1."
        ),
        figures={
            "∂h/∂w₁ for z > 0": unit(1.0).gradients[0],
            "∂h/∂w₁ for z < 0": unit(-1.0).gradients[0],
            "∂h/∂w₁ for z = 0, ReLU′(0) = 0": unit(0.0).gradients[0],
            "∂h/∂w₁ for z = 0, ReLU′(0) = 1": unit(0.0, 1.0).gradients[0],
            "networks the same in every bit, random start": float(found.same("He")),
            "accuracy from zeros, ReLU′(0) = 0": found.right("zero", 0),
            "accuracy from zeros, ReLU′(0) = 1": found.right("zero", 1),
        },
        pictures=(
            side_by_side(gallery / "the_slope_at_zero.svg", graphs),
            tg.gradient_flow(unit(0.0).h).save(gallery / "the_slope_at_zero_kink.html"),
        ),
    )


if __name__ == "__main__":
    run()
