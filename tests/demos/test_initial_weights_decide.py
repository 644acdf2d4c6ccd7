"""Claim B12: initial weights decide how large the outputs of five layers are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import initial_weights_decide as demo


@pytest.mark.parametrize(
    ("rule", "factor"),
    [("He", 1.0), ("Glorot", 2**-0.5), ("normal, 0.01", 0.005**0.5), ("normal, 1", 50**0.5)],
)
def test_a_layer_changes_the_size_by_a_factor(rule: str, factor: float) -> None:
    last = np.mean([demo.measure(demo.RULES[rule], seed)[0] for seed in range(6)])
    assert last ** (1 / demo.LAYERS) == pytest.approx(factor, rel=0.08)


def test_zeros_kill_outputs_and_gradients() -> None:
    zeros = demo.RULES["zeros"]
    assert demo.measure(zeros, 0) == [0, 0, 1]
    assert demo.measure(demo.RULES["He"], 0)[1] > 1


def test_a_factor_shuts_no_unit() -> None:
    dead = {demo.measure(demo.RULES[n], 1)[2] for n in demo.RULES if n != "zeros"}
    assert len(dead) == 1
    assert 0 < dead.pop() < 0.2


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed"
    assert finding.pictures[0].stat().st_size > 10_000
