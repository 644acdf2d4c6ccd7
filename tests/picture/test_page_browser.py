"""The page in a real browser: what a learner sees, presses and hears is what the flow says."""

import importlib.util
import os
import re
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.test_page import HOSTILE, hostile_flow, network, scalar_net, tensor_net
from tinygrad_relu import Value
from tinygrad_relu.numbers import number

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: browser)")
if CHROMIUM is None:
    pytest.skip("no chromium on PATH; CHROMIUM=/path/to/it names one", allow_module_level=True)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def show(browser, tmp_path):
    """Open a flow or frames; at the end there was no error and no request but for the file."""
    troubles, contexts = [], []

    def open_page(shown, hash="", locale="en-US", path=None, **options):
        path = path or shown.save(tmp_path / f"{len(contexts)}.html")
        context = browser.new_context(
            locale=locale, viewport={"width": 1300, "height": 850}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: m.type in ("error", "warning") and troubles.append(m.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: troubles.append(f"dialog {dialog.message}"))
        page.on("request", lambda r: r.url.startswith("file:") or troubles.append(r.url))
        page.goto(f"{Path(path).as_uri()}{hash}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def until(what, seconds=10.0):
    """Wait in Python: the page's policy forbids what Playwright would evaluate in it."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def figures(page, selector):
    """What stands there, and the exact numbers behind it."""
    return page.eval_on_selector_all(
        selector, "all => all.map(e => [e.textContent, Number(e.dataset.exact)])"
    )


def grads(page):
    return page.eval_on_selector_all(
        "#graph [data-node]", "all => all.map(e => [Number(e.dataset.node), e.dataset.grad])"
    )


@pytest.mark.parametrize("x", [1.0, -7.0])
def test_stepping_shows_the_numbers_of_the_flow(show, x):
    net = network(x)
    flow = tg.gradient_flow(net.y)
    page = show(flow)
    computed = [n for n in flow.nodes if n.value.op is not None]
    assert page.inner_text("#where") == f"0 / {len(computed) + 1 + len(flow.edges)}"

    for node in computed:  # forward
        page.keyboard.press("ArrowRight")
        item = page.locator(f'#graph [data-node="{node.index}"]')
        assert float(item.get_attribute("data-value")) == node.value.data
        assert item.locator(".value").text_content() == number(node.value.data)
        assert item.get_attribute("data-grad") == ""
    page.keyboard.press("ArrowRight")  # the seed
    root = page.locator(f'#graph [data-node="{flow.root.index}"]')
    assert root.get_attribute("data-grad") == "1"

    for step in flow.steps():  # backward
        page.keyboard.press("ArrowRight")
        edge = step.edge
        assert page.inner_text("#step h2") == f"Backward {step.number} of {len(flow.edges)}"
        told = figures(page, "#step .equation .figure")
        numbers = [edge.upstream, edge.local, edge.contribution]
        assert told == [[number(n), n + 0.0] for n in numbers]
        total = figures(page, "#step .running .figure")
        sums = [edge.running]
        if step.before is not None:
            sums = [step.before, edge.contribution, edge.running]
        assert total == [[number(n), n + 0.0] for n in sums]
        parent = page.locator(f'#graph [data-node="{edge.parent.index}"]')
        assert float(parent.get_attribute("data-grad")) == edge.running
        link = page.locator(f'#graph [data-step="{step.number - 1}"]')
        assert link.get_attribute("data-state") == edge.state
        assert ("blocks" in link.get_attribute("class").split()) == edge.blocks
        assert number(edge.contribution) in page.inner_text("#status")

    net.y.backward()
    shown = dict(grads(page))
    for leaf in net.leaves.values():
        assert float(shown[flow.node(leaf).index]) == leaf.grad
    rows = page.eval_on_selector_all(
        "#leaves tbody tr",
        """all => all.map(row =>
            [row.cells[0].innerText, Number(row.querySelector('.grad').dataset.exact)])""",
    )
    assert dict(rows) == {name: leaf.grad + 0.0 for name, leaf in net.leaves.items()}


def test_going_back_undoes_a_step(show):
    page = show(tg.gradient_flow(network(1.0).y))

    def looks():
        drawn = page.evaluate("document.querySelector('.sheet').innerHTML")
        return drawn.replace(' style=""', "")

    page.emulate_media(reduced_motion="reduce")
    seen = []
    for _ in range(64):
        seen.append((looks(), page.inner_text("#step")))
        page.keyboard.press("ArrowRight")
    for then in reversed(seen):
        page.keyboard.press("ArrowLeft")
        assert (looks(), page.inner_text("#step")) == then


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
    assert "test_page_browser.py:" in told
    assert "0.1 → x" in told


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


def test_both_languages_say_everything(show):
    page = show(tg.gradient_flow(Value(1.0).exp()))
    missing = page.evaluate(
        """async () => {
          const code = document.querySelector('script[type=module]').textContent;
          const table = code.slice(code.indexOf('const STRINGS'), code.indexOf('let language'));
          const keys = (t) => t.split('\\n').flatMap((l) => l.match(/\\b[a-zA-Z]+(?=: ")/g) ?? []);
          const [en, ja] = table.split('ja: {');
          return keys(en).filter((key) => !keys(ja).includes(key));
        }"""
    )
    assert missing == []


def test_labels_are_text(show):
    page = show(hostile_flow(), "#step=99")
    assert HOSTILE[:38] in page.inner_text("h1")
    page.click('#graph [data-node="1"]')
    page.click("#leaves tbody button")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2


def test_tensors_are_maps_whose_numbers_can_be_read(show):
    loss, w, _ = tensor_net()
    flow = tg.gradient_flow(loss)
    page = show(flow, "#step=99")
    page.click(f'#graph [data-node="{flow.node(w).index}"]')
    heat = page.locator("#selection .heat").last
    assert heat.locator("rect:not(.cursor)").count() == w.size
    heat.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    value = flow.node(w).grad[1, 1]
    told = page.locator("#selection .readout").last.inner_text()
    shown = float(told.split(" = ")[1].split(" ·")[0].replace("−", "-"))
    assert told.startswith("[1, 1]")
    assert shown == value

    place = next(i for i, e in enumerate(flow.edges) if e.child.value.op.name == "relu")
    page.evaluate(
        f"location.hash = '#step={len([n for n in flow.nodes if n.value.op]) + 2 + place}'"
    )
    page.wait_for_selector(f'#step [data-step="{place}"]')
    shut = flow.edges[place].counts["shut"]
    contribution = page.locator("#step .tensor").nth(2)
    assert contribution.locator(".stop.shut").count() == shut


def test_a_large_graph_folds_and_steps_without_lag(show):
    flow = tg.gradient_flow(scalar_net([4, 12, 8, 1]))
    page = show(flow)
    assert page.locator("#graph .item.box").count() > 0
    everything = page.locator("#view option", has_text="all").get_attribute("value")
    page.select_option("#view", everything)
    assert page.locator("#graph .item").count() == len(flow.nodes) > 450
    steps = page.evaluate(
        """async () => {
          const took = [];
          for (let i = 0; i < 120; i++) {
            const start = performance.now();
            document.getElementById("forward").click();
            took.push(performance.now() - start);
            await new Promise(requestAnimationFrame);
          }
          return took.sort((a, b) => a - b);
        }"""
    )
    assert steps[60] < 50  # milliseconds; about 3 on a desktop computer
    page.keyboard.press("End")
    for node in flow.nodes:
        if node.value.requires_grad:
            told = page.get_attribute(f'#graph [data-node="{node.index}"]', "data-grad")
            assert float(told) == node.grad


def axe_source():
    for package in ("axe_playwright_python", "axe_core_python"):
        found = importlib.util.find_spec(package)
        if found and found.submodule_search_locations:
            return Path(found.submodule_search_locations[0], "axe.min.js").read_text("utf-8")
    return None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-US", "ja-JP"])
def test_axe_finds_nothing_serious(show, scheme, locale):
    source = axe_source()
    if source is None:
        pytest.skip("axe-core is not installed (extra: browser)")
    flows = {"a": tg.gradient_flow(network(1.0).y), "b": tg.gradient_flow(network(-7.0).y)}
    loss, *_ = tensor_net()
    for shown in (tg.frames(flows), tg.gradient_flow(loss), nested_flow()):
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


def test_reduced_motion_is_respected(show):
    page = show(tg.gradient_flow(network(1.0).y), "#step=24", reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getAnimations().length") == 0
    page = show(tg.gradient_flow(network(1.0).y), "#step=24", reduced_motion="no-preference")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getAnimations().length") == 1


def test_numbers_are_written_as_in_the_other_pictures(show):
    rng = np.random.default_rng(0)
    numbers = [*rng.normal(size=60) * 10.0 ** rng.integers(-12, 12, size=60), 0.5, 9999.5, 99999.5]
    numbers += [
        1.0625,
        -10.125,
        9998.5,
        1e4,
        12345.5,
        9999.9,
        1e-5,
        0.00012345,
        1e7,
        123456789.0,
        1e300,
        0.0,
    ]
    page = show(
        tg.gradient_flow(tg.sum(tg.stack([Value(float(x), label="n") for x in numbers]))),
        "#step=999",
    )
    told = page.eval_on_selector_all(
        "#leaves tbody tr", "all => all.map(r => r.cells[1].innerText)"
    )
    assert told == [number(x) for x in numbers]


def test_a_notebook_shows_the_page_in_a_frame(show, tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed (extra: browser)")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed (extra: browser)")
    import nbformat

    cell = """
import tinygrad_relu as tg
x = tg.Value(-2.0, label="x")
w = tg.Value(3.0, label="w")
tg.gradient_flow((w * x).relu() + x)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert set(output.data) == {"text/html", "image/svg+xml", "text/plain"}
    assert output.data["image/svg+xml"].startswith("<svg")
    assert "cut" in output.data["text/plain"]

    path = tmp_path / "notebook.html"
    body = output.data["text/html"] * 2  # two outputs on one page do not disturb each other
    path.write_text(
        f"<!DOCTYPE html><html data-ready><meta charset=utf-8><title>n</title>{body}", "utf-8"
    )
    page = show(None, path=path)
    for frame in page.frames[1:]:
        frame.wait_for_selector("html[data-ready]")
        assert frame.inner_text("#where") == "9 / 9"
    first, second = page.frames[1:]
    first.click("#back")
    assert first.inner_text("#where") == "8 / 9"
    assert second.inner_text("#where") == "9 / 9"
    assert second.locator("#graph .link.blocks").count() == 1


# --- folding a scope -----------------------------------------------------------------------


def everything(page):
    """Show all nodes; the largest graphs begin folded."""
    names = page.locator("#view option").all_inner_texts()
    page.select_option("#view", str(next(i for i, n in enumerate(names) if n.startswith("all"))))


def scope_of(page, name):
    """The places and nodes of a scope, from the page's own data."""
    return page.evaluate(
        """name => {
          const view = JSON.parse(document.getElementById("flow").textContent)
            .views.find((view) => view.name === "all");
          const scope = view.scopes.find((scope) => scope.name === name);
          return { ...scope, nodes: scope.items.flatMap((i) => view.items[i].nodes) };
        }""",
        name,
    )


def seen(page, selector="#graph [data-node]"):
    return page.eval_on_selector_all(
        selector, "all => all.filter(e => e.style.display !== 'none').map(e => +e.dataset.node)"
    )


def handle(page, name):
    return page.locator(f'#graph .handle[aria-label^="Scope {name},"]')


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


def nested_flow():
    x = Value(2.0, label="x")
    with tg.scope("outer"):
        y = x * Value(3.0, label="a")
        with tg.scope("inner"):
            y = (y * Value(-1.0, label="b")).relu()
    return tg.gradient_flow(y + x)


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


def test_frames_stay_folded(show):
    flows = {"a": nested_flow(), "b": nested_flow()}
    page = show(tg.frames(flows), "#step=99")
    handle(page, "outer").click()
    page.keyboard.press("]")
    assert page.inner_text("#frame-name") == "b"
    assert page.locator("#graph .item.box .title").text_content() == "outer"
    assert "stopped" in page.locator("#graph .item.box").get_attribute("class").split()


# --- the camera ----------------------------------------------------------------------------


def camera(page):
    return page.evaluate("document.querySelector('.sheet').getAttribute('style')")


def in_sight(page, selector):
    window = page.locator("#graph").bounding_box()
    box = page.locator(selector).bounding_box()
    return (
        window["x"] <= box["x"]
        and box["x"] + box["width"] <= window["x"] + window["width"]
        and window["y"] <= box["y"]
        and box["y"] + box["height"] <= window["y"] + window["height"]
    )


def test_following_keeps_the_step_in_sight_and_readable(show):
    flow = tg.gradient_flow(scalar_net([3, 4, 3, 1]))
    page = show(flow)
    assert page.get_attribute("#follow", "aria-pressed") == "true"  # too small to read at fit
    places = set()
    steps = int(page.inner_text("#where").split(" / ")[1])
    for _ in range(steps):
        page.keyboard.press("ArrowRight")
        assert in_sight(page, "#graph .item.current .frame")
        places.add(camera(page))
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
    page = show(tg.gradient_flow(scalar_net([4, 12, 8, 1])))
    everything(page)
    touched = page.evaluate(
        """async () => {
          const counts = [];
          const observer = new MutationObserver((list) => counts.push(list.length));
          observer.observe(document.getElementById("graph"),
            { subtree: true, childList: true, characterData: true, attributes: true });
          for (let i = 0; i < 900; i++) {
            document.getElementById("forward").click();
            await Promise.resolve();
          }
          return counts.sort((a, b) => a - b);
        }"""
    )
    assert touched[len(touched) // 2] < 38
    assert touched[-1] < 50


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
