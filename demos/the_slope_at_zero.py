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

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, spread
from demos._dying import accuracy, moons, side_by_side
from demos.many import Many, train
from tinygrad_relu import Value

INPUTS = (2.0, 3.0)
BIASES = {"z > 0": 1.0, "z = 0": 0.0, "z < 0": -1.0}  # with w = (1.5, −1) w·a is 0


def unit(bias: float, at_zero: float = 0.0) -> tuple[Value, tuple[float, float]]:
    """h = ReLU(w₁a₁ + w₂a₂ + b) after the backward pass from h, and ∂h/∂wⱼ."""
    w1, w2 = Value(1.5, label="w1"), Value(-1.0, label="w2")
    z = w1 * INPUTS[0] + w2 * INPUTS[1] + Value(bias, label="b")
    h = tg.relu(z, at_zero=at_zero)
    z.label, h.label = "z", "h"
    h.backward()
    return h, (w1.grad, w2.grad)


# %% Training with one convention and with the other
class Trained(NamedTuple):
    """What networks end with: parameters and accuracy, by network; zeros met at the start."""

    parameters: Any
    accuracy: Any
    zeros: int


def trained(start: str, at_zero: float, seeds: int, steps: int) -> Trained:
    """Train from He's weights, or from zeros into layer 1, with ReLU′(0) = `at_zero`."""
    x, target = moons(100)
    nets = Many(seeds, [2, 32, 32, 1], partial(tg.relu, at_zero=at_zero))
    if start == "zero":
        nets.weights[0].data = np.zeros(nets.weights[0].shape)
    zeros = sum(int(np.sum(z == 0)) for z in nets.hidden(x))
    train(nets, x, target, tg.binary_cross_entropy_with_logits, lr=0.5, steps=steps)
    ends = np.concatenate([p.data.reshape(seeds, -1) for p in nets.parameters], axis=1)
    return Trained(ends, accuracy(nets, x, target), zeros)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    seeds, steps = (5, 40) if quick else (20, 100)
    found = {(name, at): unit(bias, at)[1] for name, bias in BIASES.items() for at in (0.0, 1.0)}
    for (name, at_zero), gradients in found.items():
        print(f"{name}, ReLU′(0) = {at_zero:g}: ∂h/∂w = {gradients}; a = {INPUTS}")
    for step in tg.gradient_flow(unit(1.0)[0]).edges:
        told = f"{step.upstream:g} × {step.local:g} = {step.contribution:g}"
        print(f"   {step.child.name} → {step.parent.name}: {told}")
    nets = {(s, at): trained(s, at, seeds, steps) for s in ("He", "zero") for at in (0.0, 1.0)}
    right = {key: spread(one.accuracy) for key, one in nets.items()}
    for (start, at_zero), one in nets.items():
        print(f"{start} start, ReLU′(0) = {at_zero:g}: {one.zeros:,} pre-activations exactly 0, "
              f"accuracy {right[start, at_zero]}")  # fmt: skip
    pairs = np.all(nets["He", 0.0].parameters == nets["He", 1.0].parameters, axis=1)
    same = int(pairs.sum())
    print(f"from He's weights {same} of {seeds} networks the same in every bit")
    cut = (0.0, 0.0)
    chain = [*found.values()] == [INPUTS, INPUTS, cut, INPUTS, cut, cut]
    ours, theirs = right["zero", 0.0], right["zero", 1.0]
    graphs = [(name, unit(bias)[0]) for name, bias in BIASES.items()]
    return Finding(
        claim="B4",
        statement="The gradient of a weight is its input or 0: the slope of ReLU is 1 or 0.",
        verdict=CONFIRMED if chain and same == seeds and theirs.low > ours.high else NOT_CONFIRMED,
        note="The backward pass gives aⱼ for z > 0 and 0 for z < 0. At z = 0 the convention "
        f"decides. From random weights that never matters: {same} of {seeds} networks end the "
        f"same in every bit. From zeros accuracy is {ours.mean:.2f} with ReLU′(0) = 0 and "
        f"{theirs.mean:.2f} with 1.",
        figures={
            "∂h/∂w₁ for z > 0": found["z > 0", 0.0][0],
            "∂h/∂w₁ for z < 0": found["z < 0", 0.0][0],
            "∂h/∂w₁ for z = 0, ReLU′(0) = 0": found["z = 0", 0.0][0],
            "∂h/∂w₁ for z = 0, ReLU′(0) = 1": found["z = 0", 1.0][0],
            "networks the same in every bit, random start": float(same),
            "accuracy from zeros, ReLU′(0) = 0": ours,
            "accuracy from zeros, ReLU′(0) = 1": theirs,
        },
        pictures=(
            side_by_side(gallery / "the_slope_at_zero.svg", graphs),
            tg.gradient_flow(unit(0.0)[0]).save(gallery / "the_slope_at_zero_kink.html"),
        ),
    )


if __name__ == "__main__":
    run()
