"""A small graph opens whole and can be read, whatever the shape of the window."""

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import chain, network
from tinygrad_relu import Value

#: Boxes of items, and where the lines begin and end, in pixels; the window and the letters.
PLACES = """() => {
  const box = ({ left, top, right, bottom }) => [left, top, right, bottom];
  const boxes = Object.fromEntries([...document.querySelectorAll("#graph [data-item]")].map((e) =>
    [e.dataset.item, box(e.querySelector(".frame").getBoundingClientRect())]));
  const links = [...document.querySelectorAll("#graph .link .base")].map((e) => {
    const at = (length) => {
      const { x, y } = e.getPointAtLength(length).matrixTransform(e.getScreenCTM());
      return [x, y];
    };
    return [at(0), at(e.getTotalLength()), box(e.getBoundingClientRect())];
  });
  const letters = document.querySelector("#graph .item .title");
  return { boxes, links, window: box(document.getElementById("graph").getBoundingClientRect()),
    letters: 13 * letters.getScreenCTM().a };
}"""


def layers(count):
    """A scalar net, a unit a layer: two, three or four nodes more with each."""
    h = Value(0.5, label="x")
    for i in range(count):
        h = (h * Value(1.2 - i, label=f"w{i}") + Value(0.1, label=f"b{i}")).relu()
    return h * Value(1.5, label="v")


def inside(a, b, slack=1.0):
    return (
        a[0] >= b[0] - slack
        and a[1] >= b[1] - slack
        and a[2] <= b[2] + slack
        and a[3] <= b[3] + slack
    )


def touches(point, box):
    return inside([*point, *point], box, 4)


@pytest.mark.parametrize(
    ("root", "width", "height"),
    [
        (lambda: layers(1), 1280, 720),
        (lambda: layers(1), 1024, 640),
        (lambda: layers(3), 1400, 900),
        (lambda: layers(3), 1280, 720),
        (lambda: chain(5), 1400, 900),
    ],
)
def test_a_small_graph_opens_whole_and_can_be_read(show, root, width, height):
    flow = tg.gradient_flow(root())
    page = show(flow, "#step=999")
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(100)
    places = page.evaluate(PLACES)
    boxes = list(places["boxes"].values())
    assert len(boxes) == len(flow.nodes)
    assert all(inside(box, places["window"]) for box in boxes)
    assert places["letters"] > 9.5
    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)


def test_a_link_across_a_break_still_joins_its_nodes(show):
    page = show(tg.gradient_flow(network(-7.0).y), "#step=99")
    for size in ({"width": 1300, "height": 850}, {"width": 700, "height": 1200}):
        page.set_viewport_size(size)
        page.wait_for_timeout(100)
        places = page.evaluate(PLACES)
        assert len({round(box[1]) for box in places["boxes"].values()}) > 8
        view = page.evaluate("JSON.parse(document.getElementById('flow').textContent).views[0]")
        wound = 0
        for link, (start, end, _) in zip(view["links"], places["links"], strict=True):
            tail, head = (places["boxes"][str(link[end])] for end in ("tail", "head"))
            assert touches(start, tail)
            assert touches(end, head)
            wound += head[0] < tail[2]
        assert wound > 0


def test_a_short_graph_stays_in_one_row(show):
    page = show(tg.gradient_flow(Value(1.0, label="x").exp()))
    places = page.evaluate(PLACES)
    assert len({round(box[1]) for box in places["boxes"].values()}) == 1


def test_a_long_chain_has_the_shape_of_its_window(show):
    """It has no room for words between its nodes, and yet breaks there."""
    page = show(tg.gradient_flow(chain(52)))
    page.click("#fit")
    boxes = page.evaluate(PLACES)["boxes"].values()
    wide = max(box[2] for box in boxes) - min(box[0] for box in boxes)
    high = max(box[3] for box in boxes) - min(box[1] for box in boxes)
    assert len(boxes) > 150
    assert 0.5 < wide / high < 3


def test_the_panel_can_be_hidden(show):
    page = show(tg.gradient_flow(layers(3)))
    before = page.evaluate(PLACES)
    page.click("#panel")
    assert not page.is_visible("aside")
    page.wait_for_timeout(100)
    after = page.evaluate(PLACES)
    assert after["window"][2] == page.viewport_size["width"] > before["window"][2]
    assert after["letters"] > before["letters"]
    page.keyboard.press("p")
    assert page.is_visible("aside")
