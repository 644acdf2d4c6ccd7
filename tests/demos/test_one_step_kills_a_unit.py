"""Claim B2: the step that kills, and who did it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from demos import LIMITED, Spread
from demos import one_step_kills_a_unit as demo

Unit = tuple[tg.Value, tg.Value, tg.Value]


def step(lr: float) -> tuple[Unit, Unit]:
    """The unit before and after one step."""
    before = _, w, b = demo.unit()
    return before, demo.unit(w.data - lr * w.grad, b.data - lr * b.grad)


def test_the_step_by_hand() -> None:
    (loss, w, b), (after, w_after, b_after) = step(1.0)
    assert (loss.data, w.grad, b.grad) == (3.0625, 1.75, 3.5)
    assert (w_after.data, b_after.data) == (-0.25, -1.5)
    assert w_after.grad == b_after.grad == 0
    assert tg.gradient_flow(after).why_zero(b_after).verdict == "shut"


@pytest.mark.parametrize(("lr", "alive"), [(0.6285, True), (0.6286, False)])
def test_it_dies_beyond_the_predicted_learning_rate(lr: float, alive: bool) -> None:
    assert (step(lr)[1][2].grad != 0) is alive


def test_the_inputs_of_layer_1_do_not_move() -> None:
    found = demo.deaths(seed=0, centre=2.0)
    layer, inputs = found[:, 0], found[:, 2]
    assert np.sum(layer == 1) > 5
    assert np.all(inputs[layer == 1] == 0)
    assert np.any(inputs[layer == 2] != 0)


def test_finding(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == LIMITED
    near, far = (
        finding.figures[f"layer 1: mostly the bias, {p}"] for p in ("off centre", "far off")
    )
    assert isinstance(near, Spread)
    assert isinstance(far, Spread)
    assert near.low > 0.5 > far.high
    assert all(path.stat().st_size > 1000 for path in finding.pictures)
