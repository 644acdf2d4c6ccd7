"""Claim B4: aⱼ or 0, and the convention at 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from demos import CONFIRMED
from demos import the_slope_at_zero as demo


@pytest.mark.parametrize(
    ("bias", "at_zero", "expected"),
    [
        (1.0, 0.0, demo.INPUTS),
        (-1.0, 1.0, (0, 0)),
        (0.0, 0.0, (0, 0)),
        (0.0, 1.0, demo.INPUTS),
        (0.0, 0.5, (1.0, 1.5)),
    ],
)
def test_a_or_0(bias: float, at_zero: float, expected: tuple[float, ...]) -> None:
    assert demo.unit(bias, at_zero)[1] == expected


def test_at_zero_it_is_drawn_as_a_kink() -> None:
    states = [edge.state for edge in tg.gradient_flow(demo.unit(0.0)[0]).edges]
    assert states[0] == "kink"


def test_random_starts_never_meet_zero_a_zero_start_does() -> None:
    found = {
        (start, at_zero): demo.trained(start, at_zero, seeds=4, steps=40)
        for start in ("He", "zero")
        for at_zero in (0.0, 1.0)
    }
    assert found["He", 0.0].zeros == 0
    assert np.array_equal(found["He", 0.0].parameters, found["He", 1.0].parameters)
    assert found["zero", 0.0].zeros == 2 * 4 * 100 * 32
    assert np.any(found["zero", 0.0].parameters != found["zero", 1.0].parameters)
    assert np.all(found["zero", 0.0].accuracy == 0.5)
    assert np.mean(found["zero", 1.0].accuracy) > 0.7


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
