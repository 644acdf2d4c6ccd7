"""Claim B4: aⱼ or 0, and the convention at 0."""

from __future__ import annotations

from pathlib import Path

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
    assert demo.unit(bias, at_zero).gradients == expected


def test_at_zero_it_is_drawn_as_a_kink() -> None:
    states = [edge.state for edge in tg.gradient_flow(demo.unit(0.0).h).edges]
    assert states[0] == "kink"


def test_random_starts_never_meet_zero_a_zero_start_does() -> None:
    found = demo.measure(seeds=4, steps=40)
    assert found.zeros["He"] == 0
    assert found.same("He") == 4
    assert found.zeros["zero"] > 0
    assert found.same("zero") == 0
    assert found.right("zero", 0).high == 0.5
    assert found.right("zero", 1).low > 0.7


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
