"""The camera follows, rests, and keeps the drawing crisp."""

import re

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    scalar_net,
)
from tests.picture.page.browsing import (
    CAMERA,
    IN_SIGHT,
    camera,
    in_sight,
)


def test_following_keeps_the_step_in_sight_and_readable(show):
    flow = tg.gradient_flow(scalar_net([3, 4, 3, 1]))
    page = show(flow)
    assert page.get_attribute("#follow", "aria-pressed") == "true"  # too small to read at fit
    places = set()
    steps = int(page.inner_text("#where").split(" / ")[1])
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
        seen_at, place = page.evaluate(f"[({IN_SIGHT})('#graph .item.current .frame'), {CAMERA}]")
        assert seen_at
        places.add(place)
    assert page.locator("#graph .item.current .title").bounding_box()["height"] > 11
    assert len(places) < steps / 3  # it rests while the steps stay in sight
    assert len({place.split("transform")[0] for place in places}) == 1  # and never zooms


def test_a_hand_on_the_drawing_ends_the_following(show):
    page = show(tg.gradient_flow(scalar_net([3, 4, 3, 1])), "#step=30")
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(700, 500, steps=4)
    page.mouse.up()
    assert page.get_attribute("#follow", "aria-pressed") == "false"
    left = camera(page)
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert camera(page) == left
    page.click("#follow")
    assert in_sight(page, "#graph .item.current .frame")
    page.click("#fit")
    assert page.get_attribute("#follow", "aria-pressed") == "false"


def test_moving_keeps_the_drawing_crisp(show):
    """The sheet moves by whole pixels, and a new scale is a new size: no picture is stretched."""
    page = show(tg.gradient_flow(scalar_net([3, 4, 3, 1])), "#step=30")
    for key in ("+", "-", "ArrowRight", "0", "+"):
        page.keyboard.press(key)
        assert re.search(r"transform: translate\(-?\d+px, -?\d+px\);", camera(page))
    wide = page.locator(".sheet").bounding_box()["width"]
    page.keyboard.press("+")
    assert page.locator(".sheet").bounding_box()["width"] == pytest.approx(1.3 * wide, rel=1e-4)
    assert page.locator("#graph .item[transform], #graph .item *[transform]").count() == 0
