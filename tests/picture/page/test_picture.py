"""The graph on the page: cuts, folds, the camera."""

import re

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    network,
    scalar_net,
)
from tests.picture.page.browsing import (
    CAMERA,
    IN_SIGHT,
    camera,
    everything,
    grads,
    handle,
    in_sight,
    scope_of,
    seen,
)


def test_a_cut_breaks_the_line_and_what_is_behind_starves(show):
    flow = tg.gradient_flow(network(-7.0).y)
    page = show(flow, "#step=24")
    assert page.locator("#graph .item.starved").count() == 0
    page.keyboard.press("ArrowRight")
    cut = page.locator("#graph .link.blocks")
    assert cut.count() == 1
    assert cut.get_attribute("data-state") == "shut"
    broken = cut.locator(".base").evaluate("e => e.style.strokeDasharray")
    assert len(broken.replace(",", " ").split()) == 3
    assert "✂" in page.locator("#graph .mark.shut").inner_html()
    page.keyboard.press("End")
    assert page.locator("#graph .item.starved").count() == len(flow.nodes) - 1
    assert page.locator("#graph .link.starved").count() == len(flow.edges) - 1


def test_a_large_graph_folds_and_steps_without_lag(show):
    flow = tg.gradient_flow(scalar_net([3, 9, 8, 1]))
    page = show(flow)
    assert page.locator("#graph .item.box").count() > 0
    everything = page.locator("#view option", has_text="all").get_attribute("value")
    page.select_option("#view", everything)
    assert page.locator("#graph .item").count() == len(flow.nodes) > 300
    steps = page.evaluate(
        """async () => {
          const took = [];
          for (let i = 0; i < 60; i++) {
            const start = performance.now();
            document.getElementById("forward").click();
            took.push(performance.now() - start);
            await new Promise(requestAnimationFrame);
          }
          return took.sort((a, b) => a - b);
        }"""
    )
    assert steps[30] < 50  # milliseconds; about 3 on a desktop computer
    page.keyboard.press("End")
    told = dict(grads(page))
    for node in flow.nodes:
        if node.value.requires_grad:
            assert float(told[node.index]) == node.grad


def test_narrow_windows_and_paper(show):
    page = show(tg.gradient_flow(network(-7.0).y), "#step=99")
    page.set_viewport_size({"width": 380, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    page.emulate_media(media="print")
    assert not page.is_visible("#play")
    assert page.is_visible("#leaves")
    sheet, window = (page.locator(s).bounding_box() for s in (".sheet", "#graph"))
    assert sheet["width"] == window["width"] > 0  # the whole drawing, not what was in sight
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    assert page.is_visible("#play")


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


def test_a_step_inside_a_folded_scope_says_so_and_counts(show):
    flow = tg.gradient_flow(scalar_net([4, 12, 8, 1]))
    page = show(flow)
    everything(page)
    inside = set(scope_of(page, "layer2")["nodes"])
    handle(page, "layer2").evaluate("e => e.dispatchEvent(new MouseEvent('click'))")
    seed = sum(n.value.op is not None for n in flow.nodes) + 1
    within = [
        k for k, e in enumerate(flow.edges) if e.child.index in inside and e.parent.index in inside
    ]
    box = page.locator("#graph .item.box")
    for k in (within[0], within[-1]):
        page.evaluate(f"location.hash = '#step={seed + 1 + k}'")
        page.wait_for_selector(f'#step [data-step="{k}"]')
        assert "current" in box.get_attribute("class").split()
        assert "This step is inside layer2, which is folded." in page.inner_text("#status")
        stops = sum(flow.edges[i].blocks for i in within if i <= k)
        note = box.locator(".note").text_content()
        assert (f" {stops}" in note) if stops else "folded" in note
        arrived = {flow.edges[i].parent.index for i in range(k + 1)} & inside
        assert box.locator(".grad").text_content().startswith(f"{len(arrived)} / ")
    assert stops > 0
    into = next(k for k, e in enumerate(flow.edges) if k not in within and e.parent.index in inside)
    page.evaluate(f"location.hash = '#step={seed + 1 + into}'")
    page.wait_for_selector(f'#step [data-step="{into}"]')
    assert "is inside layer2, which is folded." in page.inner_text("#status")
    page.select_option("#language", "ja")
    assert "畳んである layer2 の中です" in page.inner_text("#status")
    page.keyboard.press("End")
    page.evaluate("document.getElementById('unfold-all').click()")
    shown = {n: g for n, g in grads(page) if g}
    assert {n: float(g) for n, g in shown.items()} == {
        n.index: n.grad for n in flow.nodes if n.value.requires_grad
    }


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


def test_a_step_touches_little(show):
    """However large the graph is: else it cannot be smooth."""
    page = show(tg.gradient_flow(scalar_net([3, 9, 8, 1])))
    everything(page)
    touched = page.evaluate(
        """async () => {
          const counts = [];
          const observer = new MutationObserver((list) => counts.push(list.length));
          observer.observe(document.getElementById("graph"),
            { subtree: true, childList: true, characterData: true, attributes: true });
          for (let i = 0; i < 500; i++) {
            document.getElementById("forward").click();
            await Promise.resolve();
          }
          return counts.sort((a, b) => a - b);
        }"""
    )
    assert touched[len(touched) // 2] < 38
    assert touched[-1] < 50
