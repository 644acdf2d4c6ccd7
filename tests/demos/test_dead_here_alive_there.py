"""Claim B14: dead is a word about a data set; rare is nearly dead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import CONFIRMED
from demos import dead_here_alive_there as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=20, steps=60)


def test_some_fire_elsewhere(found: demo.Result) -> None:
    assert found.dead.sum() > 50
    for name in ("test", "moved", "turned"):
        assert 0 < found.alive_on(name).mean < 0.6


def test_no_training_example_moves_them_but_new_data_can(found: demo.Result) -> None:
    assert np.all(found.moved[found.dead] == 0)
    assert np.any(found.moved_on_new[found.dead] > 0)


def test_rare_units_move_less(found: demo.Result) -> None:
    others = ~found.dead & ~found.rare
    assert found.rare.sum() >= 4
    assert 0 < 10 * np.median(found.moved[found.rare]) < np.median(found.moved[others])


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
