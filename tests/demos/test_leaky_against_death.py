"""Claim A7: at a high rate ReLU units die and leaky ones do not; usually it matters little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from demos import leaky_against_death as demo
from demos.many import train


def test_leaky_units_do_not_die_where_relu_units_do(tmp_path: Path) -> None:
    relu, leaky = (demo.measure(kind, seeds=3, steps=40) for kind in ("ReLU", "leaky 0.1"))
    assert relu["dead"][:, -1].mean() > 0.2
    assert np.nanmax(leaky["dead"]) == 0
    gap = relu["accuracy"][:, 1].mean() - leaky["accuracy"][:, 1].mean()
    assert abs(gap) < 0.05


def test_a_unit_that_is_shut_for_all_counts_as_dead() -> None:
    nets = demo.networks("ReLU", [0])
    bias = nets.biases[0].data.copy()
    bias[0, 0, :6] = -100.0
    nets.biases[0].data = bias
    x = np.random.default_rng(0).random((20, 64))
    assert demo.flat(nets, x)[0] >= 6 / 48
    nets = demo.networks("leaky 0.01", [0])
    nets.biases[0].data = bias
    assert demo.flat(nets, x)[0] == 0


def test_prelu_learns_its_slope() -> None:
    nets = demo.networks("PReLU", [0, 1])
    (x, y), _ = tg.lab.digits(rng=0)
    train(nets, x[:100], y[:100], tg.cross_entropy, 0.1, 30)
    assert all(np.all(np.abs(alpha.data - 0.25) > 0.01) for alpha in nets.learnt)


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "KINDS", ("ReLU", "leaky 0.3", "PReLU"))
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed with a limit"
    assert finding.pictures[0].stat().st_size > 10_000
