"""A death in layer 1 is for good; above it the layer below can bring a unit back."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos import CONFIRMED
from demos import only_the_first_layer_dies_for_good as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=8, steps=100)


def test_layer_1_never_comes_back(found: demo.Result) -> None:
    assert found.killed[0] > 20
    assert found.revived[0] == 0
    dead = found.lives[0]
    assert not (dead[:-1] & ~dead[1:]).any()  # nor do those born dead


def test_the_layers_above_do(found: demo.Result) -> None:
    assert found.revival(1).low > 0.2
    assert found.revival(2).low > 0.2


def test_by_hand_the_unit_s_own_weight_does_not_move() -> None:
    (before, weight), (after, same) = demo.lifted()
    assert before == -0.5
    assert after == pytest.approx(0.25)
    assert weight == same == 1.0


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
