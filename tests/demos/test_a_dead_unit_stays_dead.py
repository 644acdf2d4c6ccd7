"""Claim B1: dead means the same output for all, no gradient, no change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from demos import CONFIRMED
from demos import a_dead_unit_stays_dead as demo
from demos._dying import dead


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=4, more=150)


def test_the_dead_do_not_move_and_the_living_do(found: demo.Result) -> None:
    assert found.before.sum() > 5
    assert np.all(dead(found.nets)[0][found.before])
    assert np.all(found.moved[found.before] == 0)
    assert np.median(found.moved[~found.before]) > 0.01


def test_the_unit_report_agrees(found: demo.Result) -> None:
    for which in range(4):
        states = tg.inspect_units(demo.alone(found.nets, which), found.x[which])[0].states
        assert [state == "dead" for state in states] == dead(found.nets)[0][which].tolist()


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
