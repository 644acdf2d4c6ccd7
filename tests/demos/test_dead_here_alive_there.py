"""Claim B14: dead is a word about a data set; rare is nearly dead."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import CONFIRMED
from demos import dead_here_alive_there as demo


@pytest.fixture(scope="module")
def opened() -> dict[str, np.ndarray]:
    return demo.open_shares()


@pytest.fixture(scope="module")
def moved() -> np.ndarray:
    return np.asarray(demo.way(0.0, steps=60))


def test_some_fire_elsewhere(opened: dict[str, np.ndarray]) -> None:
    dead = demo.kinds(opened["training"])["dead"]
    assert dead.sum() > 50
    for name in ("test", "moved", "turned"):
        assert 0 < np.mean(opened[name][dead] > 0) < 0.6


def test_no_training_example_moves_them_but_new_data_can(
    opened: dict[str, np.ndarray], moved: np.ndarray
) -> None:
    dead = demo.kinds(opened["training"])["dead"]
    assert np.all(moved[dead] == 0)
    assert np.any(demo.way([1, 0], steps=60)[dead] > 0)


def test_rare_units_move_less(opened: dict[str, np.ndarray], moved: np.ndarray) -> None:
    _, rare, others = demo.kinds(opened["training"]).values()
    assert rare.sum() >= 4
    assert 0 < 10 * np.median(moved[rare]) < np.median(moved[others])


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
