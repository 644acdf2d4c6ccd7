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
    last = np.mean([demo.sizes(demo.RULES[rule], seed)[-2] for seed in range(6)])
    assert last ** (1 / demo.LAYERS) == pytest.approx(factor, rel=0.08)


def test_zeros_kill_outputs_and_gradients() -> None:
    zeros = demo.RULES["zeros"]
    assert demo.sizes(zeros, 0) == [0] * (demo.LAYERS + 1)
    assert demo.sizes(demo.RULES["He"], 0)[-1] > 1


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed"
    assert finding.pictures[0].stat().st_size > 10_000
