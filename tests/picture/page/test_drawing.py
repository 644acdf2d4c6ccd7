"""Scopes are folded where they stand."""

import tinygrad_relu as tg
from tests.picture.graphs import (
    scalar_net,
)
from tests.picture.page.browsing import (
    handle,
    scope_of,
    seen,
)


def test_a_scope_is_folded_and_unfolded_where_it_stands(show):
    flow = tg.gradient_flow(scalar_net([3, 4, 3, 1]))
    page = show(flow, "#step=999")
    scope = scope_of(page, "layer2")
    place = "all => all.map(e => [e.getAttribute('x'), e.getAttribute('y')])"
    before = page.eval_on_selector_all("#graph [data-node] .frame", place)
    layer2 = handle(page, "layer2")
    assert layer2.get_attribute("aria-expanded") == "true"
    for key in ("Enter", " "):  # the focus stays where it is
        layer2.focus()
        page.keyboard.press(key)
        assert layer2.get_attribute("aria-expanded") == "false"
        assert set(seen(page)) == set(range(len(flow.nodes))) - set(scope["nodes"])
        assert page.locator("#graph .item.box").count() == 1
        page.keyboard.press(key)
        assert layer2.get_attribute("aria-expanded") == "true"
        assert len(seen(page)) == len(flow.nodes)
        assert page.locator("#graph .item.box").count() == 0
        assert page.inner_text("#where").startswith("167 /")  # it neither played nor stepped
    assert page.eval_on_selector_all("#graph [data-node] .frame", place) == before
    layer2.focus()
    page.keyboard.press("Enter")
    page.click("#fit")
    page.locator("#graph .item.box .frame").click()  # the box unfolds just itself
    assert len(seen(page)) == len(flow.nodes)
    page.click("#fold-all")
    assert page.locator("#graph .item.box").count() == 3
    assert page.is_disabled("#fold-all")
    page.click("#unfold-all")
    assert len(seen(page)) == len(flow.nodes)


def test_the_edges_of_a_folded_scope_end_at_its_box(show):
    flow = tg.gradient_flow(scalar_net([3, 4, 3, 1]))
    page = show(flow, "#step=999")
    scope = scope_of(page, "layer2")
    inside = set(scope["nodes"])
    page.evaluate("document.getElementById('fit').click()")
    handle(page, "layer2").click()
    links = page.eval_on_selector_all(
        "#graph .link[data-step]",
        """all => all.filter(e => e.style.display !== 'none').map(e => {
          const {x, y} = e.querySelector('.arrow').getPointAtLength(0);
          return [+e.dataset.step, x, y];
        })""",
    )
    scope = page.locator("#graph .item.box .frame").evaluate(
        """e => ({ x: e.x.baseVal.value, y: e.y.baseVal.value,
          w: e.width.baseVal.value, h: e.height.baseVal.value })"""
    )
    crossing = 0
    for step, x, y in links:
        edge = flow.edges[step]
        child, parent = edge.child.index in inside, edge.parent.index in inside
        assert not (child and parent)
        if parent:  # the gradient arrives at the border of the box
            crossing += 1
            away_x = min(abs(x - scope["x"]), abs(x - scope["x"] - scope["w"]))
            away_y = min(abs(y - scope["y"]), abs(y - scope["y"] - scope["h"]))
            assert min(away_x, away_y) < 1
    between = [e for e in flow.edges if (e.child.index in inside) != (e.parent.index in inside)]
    assert crossing == sum(e.parent.index in inside for e in between) > 0
    within = [e for e in flow.edges if e.child.index in inside and e.parent.index in inside]
    assert len(links) == len(flow.edges) - len(within)


def test_a_box_of_a_folded_view_unfolds_just_itself(show):
    flow = tg.gradient_flow(scalar_net([4, 12, 8, 1]))
    page = show(flow)
    page.locator('#graph .item.box[aria-label="layer3"]').focus()
    page.keyboard.press("Enter")
    assert page.locator("#view option:checked").inner_text().startswith("all")
    assert page.locator("#graph .item.box").count() == 2
    assert set(scope_of(page, "layer3")["nodes"]) <= set(seen(page))
    assert handle(page, "layer3").get_attribute("aria-expanded") == "true"
    assert handle(page, "layer1").get_attribute("aria-expanded") == "false"
