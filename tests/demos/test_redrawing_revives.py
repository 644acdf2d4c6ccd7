"""Claim B13: what redrawing does, and what it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import NOT_CONFIRMED
from demos import redrawing_revives as demo


@pytest.fixture(scope="module")
def runs() -> dict[str, np.ndarray]:
    ways = ("nothing", "all weights ≤ 0, He", "dead units", "ReDo")
    with np.errstate(all="ignore"):
        return {w: np.array([demo.one(w, 0.1, seed, epochs=15) for seed in range(5)]) for w in ways}


def test_redrawing_everything_kills_and_unlearns(runs: dict[str, np.ndarray]) -> None:
    he, nothing = runs["all weights ≤ 0, He"], runs["nothing"]
    assert np.nanmean(he[:, 0]) > np.nanmean(nothing[:, 0]) + 0.1
    assert np.nanmedian(he[:, 1]) > 5 * np.nanmedian(nothing[:, 1])


@pytest.mark.parametrize("way", ["dead units", "ReDo"])
def test_redrawing_the_dead_revives_them(runs: dict[str, np.ndarray], way: str) -> None:
    assert np.nanmax(runs[way][:, 0]) <= 0.05 < np.nanmean(runs["nothing"][:, 0])
    assert np.nanmedian(runs[way][:, 1]) < 0.1


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == NOT_CONFIRMED
