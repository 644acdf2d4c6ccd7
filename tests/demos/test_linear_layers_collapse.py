"""Claim A1: layers without an activation are one layer; with ReLU they are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from demos import linear_layers_collapse as demo


@pytest.mark.parametrize("seed", range(5))
def test_a_stack_without_activation_is_one_layer(seed: int) -> None:
    parts = demo.layers(seed)
    assert demo.difference(seed) < 1e-14
    assert demo.pieces(parts, tg.identity) == 1
    slope = demo.slopes(parts, tg.identity, np.linspace(-5, 5, 11))
    assert slope == pytest.approx(np.full(11, demo.collapse(parts)[0].item()))


@pytest.mark.parametrize("seed", range(5))
def test_with_relu_it_is_not(seed: int) -> None:
    parts = demo.layers(seed)
    assert demo.pieces(parts, tg.relu) > 3
    x = np.linspace(-5, 5, 101)[:, None]
    y = demo.stack(x, parts, tg.relu)
    best = np.polynomial.polynomial.polyfit(x[:, 0], y[:, 0], 1)  # the best straight line
    assert np.max(np.abs(y[:, 0] - best[0] - best[1] * x[:, 0])) > 0.1


def test_pieces_counts_kinks() -> None:
    one = [(np.array([[1.0], [1.0]]), np.array([0.5, -2.5])), (np.ones((1, 2)), np.zeros(1))]
    assert demo.pieces(one, tg.relu) == 3


def test_it_runs(tmp_path: Path) -> None:
    tmp_path.joinpath("g").mkdir()
    finding = demo.run(tmp_path / "g", quick=True)
    assert finding.verdict == "confirmed"
    assert finding.figures["pieces without activation"] == 1
    assert finding.pictures[0].stat().st_size > 10_000
