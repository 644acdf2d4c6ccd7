"""Steps worth taking, and steps to predict."""

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import network, scalar_net
from tests.picture.page.browsing import grads, until
from tests.picture.page.test_rows import PLACES, inside
from tinygrad_relu import Value


def at(page):
    return int(page.inner_text("#where").split(" / ")[0])


def seed_of(flow):
    return sum(n.value.op is not None for n in flow.nodes) + 1


def rests(page, end):
    """Where the walk rests, from where it is to its end."""
    found = []
    while at(page) < end:
        page.keyboard.press("ArrowRight")
        found.append(at(page))
    return found


def test_from_cut_to_cut(show):
    flow = tg.gradient_flow(network(1.0).y)
    page = show(flow)
    first, end = seed_of(flow) + 1, seed_of(flow) + len(flow.edges)
    cuts = sorted(first + flow.edges.index(stop.edge) for stop in flow.cuts)
    assert len(cuts) == 4
    for place in cuts:
        page.keyboard.press("c")
        assert at(page) == place
    assert page.is_disabled("#next-cut")
    page.keyboard.press("Shift+C")
    assert at(page) == cuts[-2]
    page.click("#next-cut")
    assert at(page) == cuts[-1]
    page.keyboard.press("Home")
    page.select_option("#stride", "cut")
    assert rests(page, end) == [*cuts, end]
    page.keyboard.press("ArrowLeft")
    assert at(page) == cuts[-1]


def test_what_is_starved_is_skipped(show):
    flow = tg.gradient_flow(network(-7.0).y)
    page = show(flow)
    seed, end = seed_of(flow), seed_of(flow) + len(flow.edges)
    carried = [seed + 1 + k for k, e in enumerate(flow.edges) if e.state != "starved"]
    page.select_option("#stride", "carried")
    assert rests(page, end) == [*range(1, seed + 1), *carried, end]
    assert len(carried) < len(flow.edges) / 10
    page.keyboard.press("Home")
    page.select_option("#speed", "20")
    page.keyboard.press(" ")
    until(lambda: at(page) == end)


def test_layer_by_layer(show):
    flow = tg.gradient_flow(scalar_net([3, 4, 3, 1]))
    page = show(flow)
    seed, end = seed_of(flow), seed_of(flow) + len(flow.edges)
    page.select_option("#stride", "layer")
    found = rests(page, end)
    made = [n.value.scope[0] for n in flow.nodes if n.value.op is not None]
    assert [made[place - 1] for place in found if place < seed] == ["layer1", "layer2", "layer3"]
    back = [flow.edges[place - seed - 1].child.value.scope[0] for place in found if place > seed]
    assert back == ["layer3", "layer2", "layer1"]
    plain = show(tg.gradient_flow(network(1.0).y))
    assert plain.locator("#stride option:not([hidden])").count() == 3


@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_hidden_answers_are_asked_before_they_are_told(show, locale):
    flow = tg.gradient_flow(network(1.0).y)
    page = show(flow, locale=locale)
    assert page.locator("#cuts .cut").count() == 4  # which gives them away
    page.keyboard.press("h")
    assert page.locator("#cuts .cut").count() == 0
    assert page.inner_text("#cuts .count") == "0"
    assert not page.is_visible("#next-cut")
    assert page.locator("#cuts .reasons").count() == 0
    first = seed_of(flow) + 1
    place = first + flow.edges.index(flow.cuts[0].edge)
    page.evaluate(f"location.hash = '#step={place - 1}'")
    page.wait_for_selector(f'#step [data-step="{place - 1 - first}"], #step .equation')
    while at(page) < place:
        page.keyboard.press("PageDown")
    edge = flow.cuts[0].edge
    assert "?" in page.inner_text("#status")
    assert page.inner_text("#step .contribution .figure") == "?"
    assert dict(grads(page))[edge.parent.index] == ""
    page.click(f'#leaves tr[data-node="{edge.parent.index}"] button')
    assert page.locator("#selection .why, #graph .gate").count() == 0
    assert page.locator("#cuts .cut").count() == 0
    page.keyboard.press("PageDown")
    assert at(page) == place
    assert "?" not in page.inner_text("#step")
    assert float(dict(grads(page))[edge.parent.index]) == edge.running
    assert page.locator("#cuts .cut").count() == 1
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    assert page.locator("#cuts .cut").count() == 4
    assert page.locator("#selection .why").count() == 1
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    node = next(n for n in flow.nodes if n.value.op is not None)
    assert page.locator(f'[data-node="{node.index}"] .value').text_content() == ""
    page.click("#veiled")
    assert page.locator(f'[data-node="{node.index}"] .value').text_content() != ""
    assert page.locator("#cuts .cut").count() == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_for_the_front_of_a_class(show, scheme):
    flow = tg.gradient_flow(network(1.0).y)
    page = show(flow, color_scheme=scheme)
    assert page.get_attribute("#follow", "aria-pressed") == "true"
    page.keyboard.press("f")
    page.wait_for_timeout(100)
    for _ in range(30):
        page.keyboard.press("PageDown")
    assert at(page) == 30
    page.keyboard.press("PageUp")
    assert at(page) == 29
    places = page.evaluate(PLACES)
    assert all(inside(box, places["window"]) for box in places["boxes"].values())
    assert not page.is_visible("#cuts")
    assert not page.is_visible("#search")
    assert page.is_visible("#status")
    size = page.eval_on_selector("#status", "e => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 24
    window = places["window"]
    page.keyboard.press("End")
    assert page.evaluate(PLACES)["window"] == window  # a longer sentence moves nothing
    page.click("#lecture")
    assert page.is_visible("#cuts")


def test_a_small_graph_is_large_in_class(show):
    page = show(tg.gradient_flow((Value(2.0, label="x") * 3.0).relu()))
    page.wait_for_timeout(50)
    before = page.evaluate(PLACES)["letters"]
    page.click("#lecture")
    page.wait_for_timeout(100)
    assert page.evaluate(PLACES)["letters"] > 1.4 * before
