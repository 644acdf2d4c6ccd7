"""Networks that are dead at birth: theory beside Monte Carlo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import CONFIRMED
from demos import born_dead as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(nets=2000)


def test_the_formula() -> None:
    assert demo.theory(2, 10) == pytest.approx(0.925, abs=5e-4)
    assert demo.theory(5, 20) == pytest.approx(0.453, abs=5e-4)


@pytest.mark.parametrize(
    ("width", "depth", "share"), [(2, 10, 0.880), (5, 20, 0.352), (3, 10, 0.579)]
)
def test_shares(found: demo.Result, width: int, depth: int, share: float) -> None:
    got = found.born_dead(width, depth)
    assert got.mean == pytest.approx(share, abs=0.04)
    assert got.high < demo.theory(width, depth)
    one = found.born_dead(width, depth, "one")
    assert one.low - 0.01 < demo.theory(width, depth) < one.high + 0.01


def test_once_dead_always_dead(found: demo.Result) -> None:
    assert np.all(np.diff(found.all, axis=1) >= 0)
    assert np.all(found.all <= found.one)


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
