"""Claim A6: ReLU makes zeros, which leaky ReLU does not; noise is dropped by neither."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import zeros_save_work as demo
from demos.many import Many


@pytest.fixture(scope="module")
def nets() -> dict[str, Many]:
    return {kind: demo.trained(kind, 3, 50) for kind in ("ReLU", "leaky 0.1")}


def test_relu_is_sparse(nets: dict[str, Many]) -> None:
    assert 0.3 < demo.zeros(nets["ReLU"]).mean() < 0.6
    assert demo.zeros(nets["leaky 0.1"]).mean() == 0


def test_every_multiplication_is_counted(nets: dict[str, Many]) -> None:
    pairs = zip(demo.WORK, nets["ReLU"].weights, strict=True)
    assert all(work == weight.data[0].size for work, weight in pairs)
    found = demo.zeros(nets["ReLU"])
    assert found.shape == (3, 2)
    assert np.all((found > 0.2) & (found < 0.7))


def test_noise_is_dropped_by_neither(nets: dict[str, Many]) -> None:
    relu, leaky = (demo.with_noise(net, draws=1).mean(axis=0) for net in nets.values())
    assert relu[-1] < relu[0] - 0.2
    assert np.max(np.abs(relu - leaky)) < 0.03


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed with a limit"
    assert finding.pictures[0].stat().st_size > 10_000
