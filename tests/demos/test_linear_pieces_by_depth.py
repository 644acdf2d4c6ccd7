"""Claim A5: depth can double the pieces; random weights have about one a unit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from demos import linear_pieces_by_depth as demo


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
def test_the_tent_map_has_exactly_two_to_the_depth(depth: int) -> None:
    assert demo.tent_pieces(depth) == 2**depth


def test_a_random_layer_has_at_most_a_piece_more_than_units() -> None:
    counts = [demo.random_pieces(16, 1, seed) for seed in range(20)]
    assert max(counts) <= 17
    assert np.mean(counts) > 12


def test_pieces_agree_with_counting_on_a_fine_grid() -> None:
    rng = np.random.default_rng(3)
    weight = demo.tg.nn.init.he_normal((4, 1), rng)
    bias = rng.normal(0, 1, 4)
    kinks = -bias / weight[:, 0]
    assert demo.random_pieces(4, 1, 3) == 1 + np.sum(np.abs(kinks) < 10)


def test_random_nets_stay_near_their_number_of_units() -> None:
    counts = demo.by_depth(8, range(1, 7), 12).mean(axis=0)
    assert np.all(np.diff(counts) > 0)  # depth does add pieces
    assert counts[-1] < 48 + 1  # about one a unit, far below 2^6 tents of 8


def test_it_runs(tmp_path: Path) -> None:
    finding = demo.run(tmp_path, quick=True)
    assert finding.verdict == "confirmed with a limit"
    assert finding.pictures[0].stat().st_size > 10_000
