"""Claim B3: a high learning rate kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos import CONFIRMED
from demos import dead_share_by_learning_rate as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=4, steps=80)


def test_the_share_grows_from_rare_to_most(found: demo.Result) -> None:
    assert found.whole(0.1).high < 0.15
    assert found.whole(4.0).mean > 3 * found.whole(1.0).mean
    assert found.whole(8.0).low > 0.6
    assert found.diverged == 0


def test_few_dead_units_cost_no_accuracy_many_do(found: demo.Result) -> None:
    by_rate = found.accuracy.mean(axis=0)
    assert by_rate[demo.RATES.index(2.0)] > 0.98
    assert by_rate[demo.RATES.index(8.0)] < 0.9


def test_every_rate_starts_from_the_same_networks(found: demo.Result) -> None:
    start = found.lives[1][0].reshape(len(demo.RATES), 4, -1)
    assert (start == start[0]).all()


def test_finding(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == CONFIRMED
    assert finding.pictures[0].stat().st_size > 1000
