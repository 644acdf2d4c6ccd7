"""Claims B9 and B16: neither trick keeps units alive; a large initial bias kills."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from demos import bias_against_death as demo


def test_a_large_initial_bias_kills_at_a_high_rate() -> None:
    found = demo.measure((0.0, 0.01, 1.0), (0.0,), seeds=4, steps=80, lr=2.0)
    none, small, large = found["dead"].mean(axis=0)
    assert large > none + 0.15
    assert abs(small - none) < 0.05


def test_decay_of_the_bias_does_not_prevent_death() -> None:
    dead = demo.measure((0.0,), (0.0, 1e-3, 1e-2), seeds=4, steps=80, lr=2.0)["dead"].mean(axis=0)
    assert dead[0] > 0.02
    assert np.all(dead[1:] > dead[0] / 2)


def test_decay_reaches_a_dead_unit_s_bias() -> None:
    found = demo.measure((0.0,), (0.0, 0.5), seeds=1, steps=60, lr=0.5)
    assert found["dead"].shape == (1, 2)
    assert (
        found["dead"][0, 0] != found["dead"][0, 1] or found["right"][0, 0] != found["right"][0, 1]
    )


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "not confirmed"
    assert finding.pictures[0].stat().st_size > 10_000
