"""Claim A2: the slopes of the common activations; GELU's least is −0.1289 at −√2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import activations_and_their_slopes as demo


def test_gelu_s_least_slope() -> None:
    gelu = demo.slopes("GELU")
    assert gelu.slope.min() == pytest.approx(-0.1289, abs=5e-5)
    assert gelu.x[gelu.slope.argmin()] == pytest.approx(-np.sqrt(2), abs=1e-3)


def test_only_relu_cuts() -> None:
    cut = {name: np.mean(demo.slopes(name, 2001).slope == 0) for name in demo.ACTIVATIONS}
    assert cut.pop("ReLU") == pytest.approx(0.5, abs=1e-3)
    assert set(cut.values()) == {0.0}


@pytest.mark.parametrize("name", demo.ACTIVATIONS)
def test_slopes_are_those_of_the_curve(name: str) -> None:
    s = demo.slopes(name, 20_001)
    rise = np.diff(s.y) / np.diff(s.x)
    assert np.max(np.abs(rise - (s.slope[1:] + s.slope[:-1]) / 2)[np.abs(s.x[1:]) > 0.01]) < 1e-4


def test_kinks_come_from_the_rows() -> None:
    kinked = [name for name in demo.ACTIVATIONS if demo.slopes(name, 11).kink]
    assert kinked == ["ReLU", "leaky ReLU, α = 0.1"]


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed"
    assert finding.figures["GELU's slope is negative up to"] == pytest.approx(-0.7518, abs=1e-3)
    assert finding.pictures[0].stat().st_size > 10_000
