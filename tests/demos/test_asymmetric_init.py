"""RAI against He."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import CONFIRMED
from demos import asymmetric_init as demo
from demos.born_dead import theory


@pytest.fixture(scope="module")
def found() -> demo.Found:
    return demo.measure(nets=500)


def test_he_s_weights_stay_below_the_bound(found: demo.Found) -> None:
    assert found["He", 2][8].mean == pytest.approx(0.88, abs=0.05)
    assert found["He", 2][8].mean < theory(2, 10)


@pytest.mark.parametrize("width", demo.WIDTHS)
def test_one_positive_entry_saves_most(found: demo.Found, width: int) -> None:
    assert found["asymmetric", width][8].high < 0.5 * found["He", width][8].low


def test_the_asymmetric_rows_have_one_number_from_0_to_1() -> None:
    weight, bias = demo.layer("asymmetric", 4000, 2, 2, np.random.default_rng(0))
    assert (np.concatenate([weight, bias], axis=1) > 0).mean() == pytest.approx(2 / 3, abs=0.02)


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
