"""Claims B5 to B7: who comes back, and how long it takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import LIMITED
from demos import who_recovers as demo

Found = dict[str, tuple[np.ndarray, np.ndarray]]


@pytest.fixture(scope="module")
def found() -> Found:
    return {name: demo.recover(name, seeds=5, limit=800) for name in demo.ACTIVATIONS}


def test_relu_never_moves(found: Found) -> None:
    steps, means = found["ReLU"]
    assert np.isinf(steps).all()
    assert np.all(means == means[0])


@pytest.mark.parametrize("name", ["leaky 0.01", "leaky 0.1", "ELU", "sigmoid", "tanh"])
def test_the_others_come_back(found: Found, name: str) -> None:
    assert np.isfinite(found[name][0][:5]).all()


def test_leaky_pays_by_the_unit_of_depth_the_curves_by_the_factor(found: Found) -> None:
    for alpha, name in ((0.1, "leaky 0.1"), (0.01, "leaky 0.01")):
        extra = np.diff(np.median(found[name][0], axis=1))[2:]
        assert extra == pytest.approx(0.46 / alpha, rel=0.35)
    assert demo.growth(found["ELU"][0]) == pytest.approx(np.e, rel=0.2)
    assert demo.growth(found["sigmoid"][0]) == pytest.approx(np.e, rel=0.2)
    assert demo.growth(found["tanh"][0]) == pytest.approx(np.e**2, rel=0.2)


def test_finding(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == LIMITED
    assert finding.figures["ReLU units back, of all"] == 0
