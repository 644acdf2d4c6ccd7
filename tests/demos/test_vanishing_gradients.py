"""Claim A8: ReLU keeps the gradient through many layers, sigmoid does not, and weights decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import vanishing_gradients as demo


def exponent(kind: str, depth: int = 20, seeds: int = 3) -> float:
    return float(np.mean(np.log10([demo.ratio(kind, depth, seed) for seed in range(seeds)])))


def test_sigmoid_vanishes() -> None:
    assert exponent("sigmoid, Glorot") < 20 * np.log10(1 / 4) + 1  # at most ¼ a layer


def test_relu_with_weights_that_fit_does_not() -> None:
    assert abs(exponent("ReLU, He")) < 0.5
    assert abs(exponent("GELU, He")) < 1.5


def test_relu_with_others_loses_the_root_of_two_a_layer() -> None:
    assert exponent("ReLU, Glorot") == pytest.approx(-20 * np.log10(2) / 2, abs=0.4)


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "EXAMPLES", 16)
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed with a limit"
    assert finding.pictures[0].stat().st_size > 10_000
