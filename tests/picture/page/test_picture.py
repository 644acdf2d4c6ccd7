"""The graph on the page, painted as the walk goes on."""

import tinygrad_relu as tg
from tests.picture.graphs import (
    network,
    scalar_net,
)
from tests.picture.page.browsing import (
    everything,
    grads,
    handle,
    scope_of,
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


def test_a_large_graph_folds_and_a_step_touches_few_elements(show):
    flow = tg.gradient_flow(scalar_net([3, 9, 8, 1]))
    page = show(flow)
    assert page.locator("#graph .item.box").count() > 0
    everything = page.locator("#view option", has_text="all").get_attribute("value")
    page.select_option("#view", everything)
    assert page.locator("#graph .item").count() == len(flow.nodes) > 300
    most, elements = page.evaluate(
        """async () => {
          const counts = [], graph = document.getElementById("graph");
          let touched = new Set();
          new MutationObserver((records) => records.forEach((one) => touched.add(one.target)))
            .observe(graph, { subtree: true, childList: true, attributes: true });
          for (let i = 0; i < 60; i++) {
            touched = new Set();
            document.getElementById("forward").click();
            await new Promise(requestAnimationFrame);
            counts.push(touched.size);
          }
          return [Math.max(...counts), graph.querySelectorAll("*").length];
        }"""
    )
    assert 0 < most < 40 < elements / 100
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
