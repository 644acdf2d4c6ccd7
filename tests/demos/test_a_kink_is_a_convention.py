"""Theory: at a kink the computed gradient is a convention; it matters only at exactly 0."""

from __future__ import annotations

from pathlib import Path

import pytest

import tinygrad_relu as tg
from demos import a_kink_is_a_convention as demo


@pytest.mark.parametrize("c", demo.CONVENTIONS)
def test_the_computed_gradient_is_twice_the_convention(c: float) -> None:
    assert demo.gradient(0.0, c) == 2 * c
    assert demo.gradient(1e-300, c) == demo.gradient(-1e-300, c) == 1


def test_the_function_is_x() -> None:
    for x in (-3.0, -0.0, 2.5):
        assert demo.same(tg.Value(x), 0.0).data == x


def test_it_matters_only_on_the_kink() -> None:
    usual, zeros = demo.matters(0, zero=False), demo.matters(0, zero=True)
    assert (usual.on_kink, usual.differ) == (0, False)
    assert zeros.on_kink == zeros.total / 2
    assert zeros.size[0] == 0 < zeros.size[1]


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed"
    assert all(picture.stat().st_size > 1000 for picture in finding.pictures)
