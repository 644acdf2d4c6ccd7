"""The panel beside the graph, for eyes and ears."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    HOSTILE,
    hostile_flow,
    nested_flow,
    network,
    tensor_net,
)
from tests.picture.page.browsing import (
    axe_source,
)
from tinygrad_relu import Value


def test_a_leaf_whose_gradient_is_0_lights_up_the_gates_that_block_it(show):
    net = network(1.0)
    flow = tg.gradient_flow(net.y)
    page = show(flow, "#step=999")
    assert page.locator("#cuts .cut").count() == len(flow.cuts)
    assert page.inner_text("#cuts .cut >> nth=1") == f"✂ {flow.cuts[1].sentence}"
    page.click('#leaves tr.is-zero button:text-is("b3")')
    reason = flow.why_zero(net.leaves["b3"])
    assert reason.sentence in page.inner_text("#selection")
    lit = page.eval_on_selector_all("#graph .link.gate", "all => all.map(e => +e.dataset.step)")
    assert lit == [flow.edges.index(stop.edge) for stop in reason.stops]
    page.click("#cuts .cut >> nth=1")
    assert page.locator("#graph .link.selected.blocks").count() == 1
    page.click('#graph [data-node="1"]')
    assert page.inner_text("#selection h3") == flow.nodes[1].name


def test_a_node_tells_its_rule_and_its_line(show):
    with tg.track_source():
        x = Value(-2.0, label="x")
        y = x.leaky_relu(0.1)
    page = show(tg.gradient_flow(y), "#step=9")
    page.click('#graph [data-node="1"]')
    told = page.inner_text("#selection")
    assert "unless(x <= 0)" in told
    assert "y = x.leaky_relu(0.1)" in told
    assert "test_panel.py:" in told
    assert "0.1 → x" in told


def test_labels_are_text(show):
    page = show(hostile_flow(), "#step=99")
    assert HOSTILE[:38] in page.inner_text("h1")
    titles = page.locator("#graph .title").all_text_contents()
    assert any(title.startswith("</script>") for title in titles)
    page.click('#graph [data-node="1"]')
    page.click("#leaves tbody button")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2


def test_an_error_is_walked_up_to_in_both_languages(show, tmp_path):
    x, w = Value(np.ones((4, 2)), "x"), Value(np.ones((3, 5)), "W")
    with pytest.raises(ValueError, match="matmul") as caught:
        x.relu() @ w
    path = tg.draw(caught.value, tmp_path / "error.html")
    page = show(None, path=path)
    assert page.inner_text("#where") == "2 / 2"
    assert page.locator(".item.refused").count() == 1
    assert "matmul could not be computed" in page.inner_text("body")
    page.keyboard.press("ArrowLeft")
    assert page.locator(".item.refused").count() == 0
    page = show(None, path=path, locale="ja-JP")
    assert "matmul は計算できませんでした" in page.inner_text("body")
    assert "計算できず" in page.text_content(".item.refused")


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-US"), ("dark", "ja-JP")])
def test_axe_finds_nothing_serious(show, scheme, locale):
    source = axe_source()
    if source is None:
        pytest.skip("axe-core is not installed (extra: browser)")
    loss, *_ = tensor_net()
    for shown in (tg.frames({"a": nested_flow(), "b": nested_flow()}), tg.gradient_flow(loss)):
        page = show(shown, "#step=30", locale=locale, color_scheme=scheme)
        for scope in page.locator(".handle").all()[1:]:
            scope.click()
        page.click("#leaves tbody button >> nth=0")
        page.wait_for_timeout(300)  # colours are moving
        page.evaluate(source)
        found = page.evaluate("axe.run()")
        assert found["passes"]
        bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert [(v["id"], v["nodes"][0]["html"]) for v in bad] == []
