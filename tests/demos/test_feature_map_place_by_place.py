"""Claim B10: a map is dead when all its places are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from demos import CONFIRMED
from demos import feature_map_place_by_place as demo


def test_the_gradient_is_0_exactly_where_all_places_are_dead() -> None:
    places, maps, disagree = demo.measure(2, 80)
    assert disagree == 0
    assert np.all(places >= maps)
    assert places[:, 3].min() > maps[:, 3].max()


def test_one_open_place_is_enough() -> None:
    image = np.zeros((1, 1, 8, 8))
    image[0, 0, 4, 4] = 1.0
    conv = demo.layer(0, 0.0, maps=1)
    conv.weight.data = np.eye(3)[1][:, None] * np.eye(3)[1] * np.ones((1, 1, 3, 3))  # the middle
    for bias, places in ((-0.5, 1), (-1.5, 0)):
        conv.bias.data = np.array([bias])
        conv.zero_grad()
        fires, grad = demo.open_places(conv, image)
        assert np.count_nonzero(fires) == places
        assert (grad[0] != 0) == bool(places)


def test_finding(tmp_path: Path) -> None:
    assert demo.run(tmp_path, quick=True).verdict == CONFIRMED
