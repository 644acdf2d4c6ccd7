"""Theory: at a kink the computed gradient is a convention; it matters only at exactly 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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
    z, at_0, at_1 = demo.both_ways(0, zero=False)
    assert not np.any(z == 0)
    assert all(np.array_equal(a, b) for a, b in zip(at_0, at_1, strict=True))
    z, at_0, at_1 = demo.both_ways(0, zero=True)
    assert np.mean(z == 0) == 0.5
    assert np.linalg.norm(at_0[0]) == 0 < np.linalg.norm(at_1[0])


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed"
    assert all(picture.stat().st_size > 1000 for picture in finding.pictures)
