"""B11 · No other path leads into the weights of a dead unit, unless one is built past its gate.

Claim: no other path leads into the weights of a dead unit of a feed-forward network.

Prediction: however many units listen to a dead one, all their gradients arrive at its output h
and must pass the one ReLU. The analysis should name that gate as the only stop. A skip connection
that starts *behind* the weights (from z = w·x + b) brings the gradient back. One that goes from the
input x around the whole unit does not: it gives the gradient to x, and w is no part of it.

Found: confirmed. In 500 of 500 random networks with three listeners the dead unit's own ReLU is
named as the only stop. With a skip from z the weight has a gradient in 500, with one from x in 0.

要約:死んだユニットの重みへ入る道は、自分のReLUを通る1本だけである(500個中500個)。zからのスキップ接続を
加えると勾配は戻るが、入力xからユニット全体を飛び越すスキップでは、重みの勾配は0のままである。
"""

# %% A dead unit with three listeners, and two places for a skip connection
from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import tinygrad_relu as tg
from demos import CONFIRMED, GALLERY, NOT_CONFIRMED, Finding, Spread, share
from demos._dying import side_by_side
from tinygrad_relu import Value

SKIPS = ("none", "from x", "from z")


class Net(NamedTuple):
    """The loss, and the leaves of the dead unit."""

    loss: Value
    leaves: dict[str, Value]


def network(skip: str, seed: int | None = None, listeners: int = 3) -> Net:
    """A unit that is dead for its input, `listeners` units that hear it, and perhaps a skip."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=2 * listeners + 2) if seed is not None else np.ones(2 * listeners + 2)
    x = Value(0.5 if seed is None else float(rng.uniform(0.1, 2)), label="x")
    w, b = Value(float(drawn[0]), label="w"), Value(-2.0 - 3 * abs(float(drawn[0])), label="b")
    z = w * x + b
    h = z.relu()
    z.label, h.label = "z", "h"
    out = Value(0.3, label="c")
    for i in range(listeners):
        heard = Value(float(drawn[2 + i]), label=f"v{i + 1}") * h
        u = (heard + Value(1.0, label=f"a{i + 1}")).relu()
        u.label = f"u{i + 1}"
        out = out + u
    if skip != "none":
        out = out + 0.5 * (x if skip == "from x" else z)
    out.label = "y"
    loss = (out - 9.0) ** 2
    loss.label = "loss"
    loss.backward()
    return Net(loss, {"w": w, "b": b, "x": x})


def small(skip: bool) -> Value:
    """The same for the picture: no loss, and two listeners with constant weights."""
    w, x, b = Value(1.0, label="w"), Value(0.5, label="x"), Value(-5.0, label="b")
    z = w * x + b
    h = z.relu()
    y = 2 * h + 3 * h + 0.5 * z if skip else 2 * h + 3 * h
    z.label, h.label, y.label = "z", "h", "y"
    y.backward()
    return y


# %% Ask why, and count over random networks
def revived(skip: str, seeds: int) -> Spread:
    """In how many random networks the dead unit's weight gets a gradient."""
    found = [network(skip, seed).leaves["w"].grad for seed in range(seeds)]
    return share(sum(g != 0 for g in found), seeds)


def one_gate(seeds: int) -> int:
    """In how many of them the dead unit's own ReLU is named as the only stop."""
    count = 0
    for seed in range(seeds):
        net = network("none", seed)
        why = tg.gradient_flow(net.loss).why_zero(net.leaves["w"])
        count += [stop.label for stop in why.stops] == ["h"] and why.verdict == "shut"
    return count


# %% All together
def run(gallery: Path = GALLERY, quick: bool = False) -> Finding:
    """Run the demo, print what it finds, and write its pictures into `gallery`."""
    seeds = 50 if quick else 500
    for skip in SKIPS:
        net = network(skip)
        print(f"skip {skip:6}: { ({name: leaf.grad for name, leaf in net.leaves.items()}) }")
        print("   ", tg.gradient_flow(net.loss).why_zero(net.leaves["w"]).sentence)
    gates, shares = one_gate(seeds), {skip: revived(skip, seeds) for skip in SKIPS}
    figures: dict[str, Any] = {f"weight has a gradient, skip {s}": got for s, got in shares.items()}
    figures[f"own gate is the only stop, networks of {seeds}"] = gates
    print(*(f"{name}: {figure}" for name, figure in figures.items()), sep="\n")
    graphs = [("no skip: cut", small(False)), ("skip from z: w and b are back", small(True))]
    right = gates == seeds and shares["none"].mean == shares["from x"].mean == 0
    return Finding(
        claim="B11",
        statement="No other path leads into the weights of a dead feed-forward unit.",
        verdict=CONFIRMED if right and shares["from z"].mean == 1 else NOT_CONFIRMED,
        note=(
            f"In {gates} of {seeds} networks the dead unit's own ReLU is the only stop. A skip "
            "connection from z, behind the weights, always brings the gradient back; one from x, "
            "around the whole unit, never does."
        ),
        figures=figures,
        pictures=(
            side_by_side(gallery / "no_other_path.svg", graphs),
            tg.gradient_flow(network("none").loss).save(gallery / "no_other_path_cut.html"),
            tg.gradient_flow(network("from z").loss).save(gallery / "no_other_path_skip.html"),
        ),
    )


if __name__ == "__main__":
    run()
