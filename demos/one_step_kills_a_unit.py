"""B2 · One step that is too large kills a unit.

Claim: a large gradient step leaves a unit with a large negative bias (or weights), so that it
is shut for every input. The bias is the worst of the two, since no input changes it. (The
answers disagree on the sign: one says that a large *negative* gradient does it. Under
w ← w − lr·g only a positive gradient lowers anything.)

Why: for one unit, (ReLU(w·x + b) − t)² with w = 1.5, b = 2, x = 0.5, t = 1 has
∂/∂w = 1.75 and ∂/∂b = 3.5, and z moves by −lr·3.5·(x² + 1) = −4.375·lr: from 2.75 to below 0
for lr > 0.6286. In training, Δz̄ = ΔW·h̄_new + W_old·Δh̄ + Δb says who did it. For one example
and one layer the weights do x·x times what the bias does, so that the bias is the worst only
where inputs are small.

Found: one step with lr = 1 takes z from 2.75 to −1.625, and both gradients are 0 from then on.
In training (2,305 deaths, 12 seeds, lr = 4) the mean pre-activation fell in 94.1 % of the
deaths. In layer 1 the bias did 96 % [92 %, 100 %] of them with inputs around 0.5, and all with
centred inputs, where z̄ has no other way to move; with inputs around 2 the weights did all of
them. In layer 2 the bias did 11 to 19 %: there the inputs move too.

要約:学習率が大きすぎる一歩で、ユニットはすべての入力に対して閉じ、勾配は0になる。ただし
「犯人はバイアス」と言えるのは、第1層で入力が0の近くにあるときだけ。入力が0から遠いと重みが、
第2層では下の層の変化も効く。なお w ← w − lr·g では、下げるのは正の勾配だけである。
"""

# %% One unit, one example, one step: every number can be checked by hand
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_relu as tg
from demos import GALLERY, LIMITED, NOT_CONFIRMED, Finding, Spread, spread
from demos._dying import side_by_side
from demos.style import BLUE, ORANGE, PALE, save, sheet
from tinygrad_relu import Value

X, TARGET, W, B = 0.5, 1.0, 1.5, 2.0


def unit(w: float, b: float) -> tuple[Value, Value, Value]:
    """(ReLU(w·x + b) − t)² after its backward pass, and its two leaves."""
    w_leaf, b_leaf = Value(w, label="w"), Value(b, label="b")
    z = w_leaf * X + b_leaf
    h = z.relu()
    loss = (h - TARGET) ** 2
    z.label, h.label, loss.label = "z", "h", "loss"
    loss.backward()
    return loss, w_leaf, b_leaf


def step(lr: float) -> tuple[tuple[Value, Value, Value], tuple[Value, Value, Value]]:
    """The unit before and after one step of plain gradient descent."""
    before = unit(W, B)
    _, w, b = before
    return before, unit(w.data - lr * w.grad, b.data - lr * b.grad)


# %% In training: split the step that killed into what weights, inputs and bias did
PLACES = {"centred": 0.0, "off centre": 0.5, "far off": 2.0}  # where the mean input lies


@dataclass(frozen=True)
class Deaths:
    """All deaths of one training: layer, and the parts of Δz̄ (weight, input, bias)."""

    layer: Any
    parts: Any

    def mostly(self, layer: int) -> Any:
        """Shares of a layer's deaths that were mostly weights', inputs' and bias's work."""
        worst = np.argmin(self.parts[self.layer == layer], axis=1)
        return np.bincount(worst, minlength=3) / len(worst) if len(worst) else np.full(3, np.nan)


def deaths(seed: int, centre: float, lr: float = 4.0, steps: int = 60) -> Deaths:
    """Train 2-32-32-1 on two moons, looking after every step, and split every death."""
    inputs, classes = tg.lab.two_moons(100, rng=seed)
    inputs = inputs - inputs.mean(axis=0) + centre
    model = tg.nn.MLP(2, [32, 32, 1], rng=seed)
    tg.nn.init.redraw(model, tg.nn.init.he_normal, rng=seed)
    monitor = tg.lab.Monitor(model, inputs, every=1)
    sgd = tg.optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        sgd.zero_grad()
        tg.binary_cross_entropy_with_logits(model(inputs)[:, 0], classes.astype(float)).backward()
        sgd.step()
        monitor()
    split = [
        (monitor.history.layer(name), e.split.weight, e.split.input, e.split.bias)
        for name, _, e in monitor.history.events()
        if e.kind == "killed" and e.split
    ]
    rows = np.array(split).reshape(-1, 4)
    return Deaths(rows[:, 0].astype(int), rows[:, 1:])


def plot(shares: dict[tuple[str, int], list[Spread]], path: Path) -> Path:
    """Who killed: bars with intervals, by layer and by where the inputs lie."""
    figure, both = sheet(1, 2, (8.6, 3.6), sharey=True)
    for layer, axes in enumerate(both):
        for part, (color, hatch) in enumerate(((BLUE, ""), (PALE, "//"), (ORANGE, ".."))):
            found = [shares[place, layer][part] for place in PLACES]
            mean = [one.mean for one in found]
            error = [[m - one.low for m, one in zip(mean, found, strict=True)],
                     [one.high - m for m, one in zip(mean, found, strict=True)]]  # fmt: skip
            axes.bar(np.arange(len(PLACES)) + 0.27 * (part - 1), mean, 0.25, yerr=error,
                     color=color, hatch=hatch, edgecolor="white", ecolor="black", capsize=2,
                     label=("weights ΔW·h", "inputs W·Δh", "bias Δb")[part])  # fmt: skip
        axes.set_xticks(range(len(PLACES)), [f"{p}\nx̄ = {c:g}" for p, c in PLACES.items()])
        axes.set_title(f"layer {layer + 1}")
    both[0].set_ylabel("share of the deaths\nthat were mostly its work")
    figure.legend(*both[0].get_legend_handles_labels(), loc="outside upper center", ncols=3,
                  frameon=False)  # fmt: skip
    return save(figure, path)


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    gallery.mkdir(parents=True, exist_ok=True)
    seeds = 3 if quick else 12
    before, after = step(1.0)
    why = tg.gradient_flow(after[0]).why_zero(after[2]).sentence
    print(f"∂/∂w = {before[1].grad}, ∂/∂b = {before[2].grad}; after the step: {why}")
    shares: dict[tuple[str, int], list[Spread]] = {}
    every = {place: [deaths(seed, at) for seed in range(seeds)] for place, at in PLACES.items()}
    for place, runs in every.items():
        for layer in (0, 1):
            table = np.array([one.mostly(layer) for one in runs])
            shares[place, layer] = [spread(c) for c in table[~np.isnan(table[:, 0])].T]
            told = ", ".join(map(str, shares[place, layer]))
            print(f"{place:10} layer {layer + 1}: mostly weights, inputs, bias: {told}")
    fell = np.concatenate([one.parts.sum(axis=1) < 0 for runs in every.values() for one in runs])
    print(f"{len(fell)} deaths; the mean pre-activation fell in {fell.mean():.1%} of them")
    bias = {place: shares[place, 0][2] for place in PLACES}
    graphs = [("before: it flows", tg.draw(before[0], rankdir="TB", legend=False)),
              ("after one step: cut", tg.draw(after[0], rankdir="TB", legend=False))]  # fmt: skip
    killed = before[2].grad > 0 and after[1].grad == after[2].grad == 0
    limited = killed and bias["off centre"].low > 0.5 > bias["far off"].high
    return Finding(
        claim="B2",
        statement="One step that is too large leaves a unit shut for good; the bias is the worst.",
        verdict=LIMITED if limited else NOT_CONFIRMED,
        note=(
            "A step does kill, and only a positive gradient can. Whether the bias is the worst "
            f"depends on the inputs: of the deaths in layer 1 it did {bias['centred'].mean:.0%} "
            f"where inputs are centred, {bias['off centre'].mean:.0%} off centre, and "
            f"{bias['far off'].mean:.0%} far off, where the weights did it."
        ),
        figures={
            "∂loss/∂b before the step": before[2].grad,
            "∂loss/∂b after the step": after[2].grad,
            **{f"layer 1: mostly the bias, {place}": share for place, share in bias.items()},
            **{f"layer 2: mostly the bias, {place}": shares[place, 1][2] for place in PLACES},
            "deaths in training": float(len(fell)),
            "share of deaths in which z̄ fell": float(fell.mean()),
        },
        pictures=(
            side_by_side(gallery / "one_step_kills_a_unit.svg", graphs),
            plot(shares, gallery / "one_step_kills_a_unit_who.png"),
            tg.gradient_flow(after[0]).save(gallery / "one_step_kills_a_unit_after.html"),
        ),
    )


if __name__ == "__main__":
    run()
