"""The camera follows, rests, and keeps the drawing crisp."""

import html
import re

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import network, scalar_net
from tests.picture.page.browsing import (
    CAMERA,
    IN_SIGHT,
    camera,
    in_sight,
)
from tinygrad_relu import Value


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


HIDDEN = "display:none"


@pytest.mark.parametrize("graph", ["small", "large"])
@pytest.mark.parametrize(
    "before",
    [
        *(["width:300px"], ["width:100px"], ["width:1px"], ["width:0"], [HIDDEN]),
        *(["width:0;height:0"], [HIDDEN, "width:1px"], ["width:900px", HIDDEN]),
    ],
)
def test_a_frame_may_get_its_size_late(context_of, graph, before):
    """In a notebook, a hidden tab, a slide: what opens is what a frame of that size shows."""
    net = network(1.0).y if graph == "large" else tg.relu(Value(-1.0, label="x") * 2.0)
    source = html.escape(tg.gradient_flow(net).to_html())
    page = context_of().new_page()

    def style(text):
        whole = f"border:0;height:760px;{text}"
        page.evaluate("style => { document.querySelector('iframe').style = style }", whole)
        page.wait_for_timeout(60)
        return [page.frames[1].evaluate(CAMERA) for _ in page.frames[1:]]

    def opened(first):
        page.set_content(
            f'<iframe srcdoc="{source}" sandbox="allow-scripts allow-same-origin" '
            f'style="border:0;height:760px;{first}"></iframe>'
        )
        page.frames[1].wait_for_selector("html[data-ready]", state="attached")

    opened("width:564px")
    wanted = style("width:564px")
    opened(before[0])
    for text in before[1:]:
        style(text)
    assert style("width:564px") == wanted
    page.frames[1].click("#zoom-in")  # from now on it is the reader's
    (mine,) = style("width:564px")
    assert style("width:800px") != wanted
    assert mine.split("transform")[0] == style("width:564px")[0].split("transform")[0]
    page.close()
