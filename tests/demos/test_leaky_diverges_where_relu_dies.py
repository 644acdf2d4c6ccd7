"""The same learning rate kills ReLU units and makes leaky networks diverge."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos import CONFIRMED
from demos import leaky_diverges_where_relu_dies as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=4, steps=60)


def test_relu_dies_and_does_not_diverge(found: demo.Result) -> None:
    assert found.dead["ReLU"][:, -1].mean() > 0.6
    assert not found.diverged["ReLU"].any()


def test_leaky_diverges_and_does_not_die(found: demo.Result) -> None:
    assert found.diverged["leaky 0.1"][:, -1].all()
    assert found.diverged["leaky 0.3"][:, -1].all()


def test_at_a_low_rate_both_learn(found: demo.Result) -> None:
    for name in demo.ACTIVATIONS:
        assert found.accuracy[name][:, 0].min() > 0.85


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
