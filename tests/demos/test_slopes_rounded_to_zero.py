"""Claim B6 in floating point. The thresholds of float32 lean on how NumPy rounds tanh and exp."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import LIMITED
from demos import slopes_rounded_to_zero as demo


@pytest.mark.parametrize(
    ("op", "side", "dtype", "rounded", "underflow", "slack"),
    [
        ("tanh", 1, "float64", 19.0, 373.3, 0.2),
        ("tanh", -1, "float64", 19.0, 373.3, 0.2),
        ("tanh", 1, "float32", 9.5, 52.7, 0.7),
        ("tanh", -1, "float32", 9.5, 52.7, 0.7),
        ("sigmoid", 1, "float64", 36.74, 745.1, 0.2),
        ("sigmoid", -1, "float64", 745.13, 745.1, 0.2),
        ("sigmoid", 1, "float32", 16.64, 103.97, 0.2),
    ],
)
def test_thresholds(
    op: str, side: int, dtype: str, rounded: float, underflow: float, slack: float
) -> None:
    found = demo.threshold(op, side, dtype)
    assert found.rounded == pytest.approx(rounded, abs=slack)
    assert found.underflow == pytest.approx(underflow, abs=0.1)
    assert found.stuck < found.rounded
    z = np.array([0.98, 1.02], dtype) * np.dtype(dtype).type(side * found.rounded)
    before, after = demo.slope(op, z)
    assert before > 0
    assert after == 0


def test_a_step_is_lost_only_where_no_number_moves() -> None:
    """From 17.64 to 17.70 a step of tanh still moves every other number: a tie rounds to even."""
    found = demo.threshold("tanh", 1, "float64").stuck
    z = np.linspace(17.5, found + 0.005, 10_001)
    moved = z - demo.slope("tanh", z) != z
    assert 0.2 < moved[(z > 17.65) & (z < 17.70)].mean() < 0.8
    assert not moved[z > found + 0.002].any()


def test_it_is_tiny_and_never_shut() -> None:
    assert {demo.state(op, z) for op in demo.OPS for z in (-800.0, -20.0, 20.0)} == {"tiny"}


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == LIMITED
