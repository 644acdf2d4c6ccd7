"""Claim B10: a map is dead when all its places are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from demos import CONFIRMED
from demos import feature_map_place_by_place as demo


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return tg.lab.digits(images=True, rng=0)[0][0][:80]


def test_the_gradient_is_0_exactly_where_all_places_are_dead(images: np.ndarray) -> None:
    found = demo.measure(2, images)
    assert found.disagree == 0
    assert np.all(found.places >= found.maps)
    assert found.at(found.places, 1.5).low > found.at(found.maps, 1.5).high


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
