"""Claims B5 to B7: who comes back, and how long it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import LIMITED
from demos import who_recovers as demo


@pytest.fixture(scope="module")
def found() -> demo.Result:
    return demo.measure(seeds=5, limit=800)


def test_relu_never_moves(found: demo.Result) -> None:
    assert np.isinf(found.steps["ReLU"]).all()
    assert np.all(found.path["ReLU"] == found.path["ReLU"][0])


@pytest.mark.parametrize("name", ["leaky 0.01", "leaky 0.1", "ELU", "sigmoid", "tanh"])
def test_the_others_come_back(found: demo.Result, name: str) -> None:
    assert np.isfinite(found.steps[name][:5]).all()


def test_leaky_pays_by_the_unit_of_depth_the_curves_by_the_factor(found: demo.Result) -> None:
    for alpha, name in ((0.1, "leaky 0.1"), (0.01, "leaky 0.01")):
        extra = np.diff(np.median(found.steps[name], axis=1))[2:]
        assert extra == pytest.approx(0.46 / alpha, rel=0.35)
    assert demo.growth(found, "ELU") == pytest.approx(np.e, rel=0.2)
    assert demo.growth(found, "sigmoid") == pytest.approx(np.e, rel=0.2)
    assert demo.growth(found, "tanh") == pytest.approx(np.e**2, rel=0.2)


def test_finding(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == LIMITED
    assert finding.figures["ReLU units back, of all"] == 0
