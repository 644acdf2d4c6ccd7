"""Claim A4: training finds weights as good as the text's, but not from every start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import training_finds_the_weights as demo


@pytest.fixture(scope="module")
def found() -> demo.Trained:
    return demo.train(40, 1200)


def test_some_end_closer_than_by_hand(found: demo.Trained) -> None:
    assert pytest.approx(0.0190, abs=5e-5) == demo.BY_HAND
    assert np.any(found.error < demo.BY_HAND)


def test_a_shut_outer_relu_is_for_ever(found: demo.Trained) -> None:
    born = demo.train(40, 0).shut
    assert born.any()
    assert np.all(found.shut[born])  # what was born shut has not moved
    assert found.shut.sum() > born.sum()  # and training shut more
    assert np.all(found.error[found.shut] > 0.6)
    assert np.all(found.firing[found.shut] == 0)


def test_without_the_outer_relu_nothing_is_stuck_so() -> None:
    assert not demo.train(10, 50, outer=False).shut.any()


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.claim == "A4"
    assert finding.pictures[0].stat().st_size > 10_000
