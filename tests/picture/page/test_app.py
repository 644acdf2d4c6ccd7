"""Hands: keys, buttons, the address, the language, the search."""

import tinygrad_relu as tg
from tests.picture.graphs import (
    nested_flow,
    network,
)
from tests.picture.page.browsing import (
    figures,
    grads,
    handle,
    until,
)
from tinygrad_relu import Value


def test_keys_and_buttons_move(show):
    page = show(tg.gradient_flow(network(1.0).y))

    def at():
        return int(page.inner_text("#where").split(" / ")[0])

    page.keyboard.press("End")
    assert at() == 65
    page.keyboard.press("ArrowRight")
    assert at() == 65
    page.keyboard.press("Home")
    assert at() == 0
    page.click("#forward")
    page.click("#forward")
    page.click("#back")
    assert at() == 1
    page.focus("#position")
    page.keyboard.press("ArrowRight")
    assert at() == 2
    page.keyboard.press("Escape")
    page.select_option("#speed", "20")
    page.keyboard.press("Escape")
    page.evaluate("location.hash = '#step=55'")
    until(lambda: at() == 55)
    page.keyboard.press(" ")
    until(lambda: at() == 65)
    assert page.get_attribute("#play", "aria-label") == "Play"
    page.keyboard.press(" ")  # from the end it begins again
    until(lambda: at() < 60)
    page.keyboard.press(" ")
    stopped = at()
    page.wait_for_timeout(150)
    assert at() == stopped
    page.keyboard.press("/")
    page.keyboard.type("h3\n")
    assert page.inner_text("#selection h3") == "h3"
    page.keyboard.press("Escape")
    page.focus("#graph")
    page.keyboard.press("Shift+ArrowLeft")
    assert page.inner_text("#selection h3") != "h3"
    page.keyboard.press("Escape")
    assert page.locator("#selection h3").count() == 0


def test_the_address_remembers_the_step(show, tmp_path):
    flow = tg.gradient_flow(network(1.0).y)
    page = show(flow, "#step=40")
    assert page.inner_text("#where") == "40 / 65"
    page.keyboard.press("ArrowRight")
    until(lambda: page.evaluate("location.hash") == "#step=41")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.inner_text("#where") == "41 / 65"
    page.evaluate("location.hash = '#step=7'")
    until(lambda: page.inner_text("#where") == "7 / 65")
    assert show(flow, "#step=1e9").inner_text("#where") == "65 / 65"
    assert show(flow, "#step=<b>&frame=9").inner_text("#where") == "0 / 65"


def test_frames_are_compared_over_one_layout(show):
    def flow(activation):
        net = Value(-3.0, label="x")
        return tg.gradient_flow(activation(Value(2.0, label="w") * net + 1.0))

    flows = {"relu": flow(tg.relu), "leaky": flow(tg.leaky_relu), "elu": flow(tg.elu)}
    page = show(tg.frames(flows), "#step=99")
    w = next(n.index for n in flows["relu"].nodes if n.name == "w")
    place = "all => all.map(e => [e.getAttribute('x'), e.getAttribute('y')])"
    places = page.eval_on_selector_all(".item .frame", place)
    page.click(f'#graph [data-node="{w}"]')
    told = figures(page, "#selection .across td:last-child .figure")
    assert [n for _, n in told] == [f.nodes[w].grad + 0.0 for f in flows.values()]
    for i, (name, one) in enumerate(flows.items()):
        page.locator("#frame").fill(str(i))
        assert page.inner_text("#frame-name") == name
        assert float(dict(grads(page))[w]) == one.nodes[w].grad
        differ = page.eval_on_selector_all(
            "#graph .differs", "all => all.map(e => +e.dataset.node)"
        )
        expected = [
            n.index
            for n, m in zip(one.nodes, flows["relu"].nodes, strict=True)
            if n.value.data != m.value.data or (n.grad or 0) != (m.grad or 0)
        ]
        assert sorted(differ) == expected
    assert page.eval_on_selector_all(".item .frame", place) == places
    until(lambda: "frame=2" in page.evaluate("location.hash"))
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.inner_text("#frame-name") == "elu"
    page.keyboard.press("[")
    assert page.inner_text("#frame-name") == "leaky"


def test_the_language_is_the_browsers_and_has_a_switch(show):
    flow = tg.gradient_flow(network(-7.0).y)
    page = show(flow, "#step=99", locale="ja-JP")
    assert page.get_attribute("html", "lang") == "ja"
    assert "このステップ" not in page.inner_text("aside")
    assert page.inner_text("#cuts h2").startswith("切断")
    page.click("#leaves tbody button >> nth=0")
    assert "どの経路も" in page.inner_text("#selection")
    page.select_option("#language", "en")
    assert page.inner_text("#cuts h2").startswith("Cuts")
    assert "every path passes" in page.inner_text("#selection")
    assert show(flow).get_attribute("html", "lang") == "en"
    assert show(flow, locale="fr-FR").get_attribute("html", "lang") == "en"


def test_searching_unfolds_what_hides_a_node(show):
    page = show(nested_flow())
    page.click("#fold-all")
    assert page.locator("#graph .item.box").count() == 1  # the inner one is inside
    assert page.locator("#graph .handle:visible").count() == 1
    handle(page, "outer").focus()
    page.keyboard.press("Enter")  # just it: the inner scope stays folded
    assert page.locator("#graph .item.box").count() == 1
    assert handle(page, "outer / inner").get_attribute("aria-expanded") == "false"
    page.click("#fold-all")
    page.fill("#search", "b")
    page.keyboard.press("Enter")
    assert page.inner_text("#selection h3") == "b"
    assert page.locator("#graph .item.box").count() == 0
    assert page.locator("#graph .item.selected .title").text_content() == "b"


def test_frames_stay_folded(show):
    flows = {"a": nested_flow(), "b": nested_flow()}
    page = show(tg.frames(flows), "#step=99")
    handle(page, "outer").click()
    page.keyboard.press("]")
    assert page.inner_text("#frame-name") == "b"
    assert page.locator("#graph .item.box .title").text_content() == "outer"
    assert "stopped" in page.locator("#graph .item.box").get_attribute("class").split()


def test_reduced_motion_is_respected(show):
    page = show(tg.gradient_flow(network(1.0).y), "#step=24", reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getAnimations().length") == 0
    page = show(tg.gradient_flow(network(1.0).y), "#step=24", reduced_motion="no-preference")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getAnimations().length") == 1
