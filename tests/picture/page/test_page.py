"""The page as a file: its policy, its size, and that text stays text."""

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    HOSTILE,
    frames_of,
    hostile_flow,
    network,
    scalar_net,
)
from tests.picture.reading import Reader, data_of
from tinygrad_relu import Value
from tinygrad_relu.picture.page.page import IMPORT

SCRIPTS = Path(tg.__file__).parent / "picture" / "page"


def test_a_page_of_fifty_nodes_is_small():
    flow = tg.gradient_flow(scalar_net([3, 3, 3, 1]))
    assert len(flow.nodes) > 50
    assert len(flow.to_html().encode()) < 500_000
    x, rng = Value(np.ones((64, 32)), label="x"), np.random.default_rng(0)
    for i in range(16):
        with tg.scope(f"layer {i}"):
            w = Value(rng.normal(size=(32, 32)) / 5, label=f"w{i}")
            x = tg.relu(tg.linear(x, w, Value(np.zeros(32), label=f"b{i}")))
    flow = tg.gradient_flow(tg.sum(x))
    assert len(flow.nodes) > 50
    assert len(flow.to_html().encode()) < 500_000


def test_the_policy_allows_what_is_in_the_page_and_nothing_else():
    source = tg.gradient_flow(network(1.0).y).to_html()
    reader = Reader(source)
    hashes = {
        kind: base64.b64encode(hashlib.sha256(reader.content[kind].encode()).digest()).decode()
        for kind in ("script", "style")
    }
    assert reader.policy == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; "
        f"style-src 'sha256-{hashes['style']}'; base-uri 'none'; form-action 'none'"
    )
    assert "{{" not in source.replace(reader.content["script"], "")
    for tag, attributes in reader.tags:
        assert not {"src", "style", "srcdoc"} & set(attributes), tag
        assert not any(name.startswith("on") for name in attributes), tag
        assert all(v.startswith("#") for k, v in attributes.items() if k == "href"), tag


def test_no_module_is_left_out_and_none_imports_in_a_circle():
    modules = {path.name for path in SCRIPTS.glob("*.js")}
    left = {name: set(IMPORT.findall((SCRIPTS / name).read_text("utf-8"))) for name in modules}
    assert set().union(*left.values()) == modules - {"app.js"}
    while left:
        free = {name for name, needs in left.items() if not needs & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {name: needs for name, needs in left.items() if name not in free}


def test_the_modules_run_as_they_are_written(context_of):
    """Unbundled: each imports all that it uses, and the state has one owner."""
    source = re.sub("<meta http-equiv[^>]*>", "", tg.gradient_flow(network(-7.0).y).to_html())
    start = source.index('<script type="module">')
    document = source[:start] + '<script type="module" src="/app.js"></script>'

    def serve(route):
        name = route.request.url.rsplit("/", 1)[1]
        if name.endswith(".js"):
            route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
        else:
            route.fulfill(body=document, content_type="text/html; charset=utf-8")

    page, troubles = context_of().new_page(), []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.route("**/*", serve)
    page.goto("http://page.test/")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("End")
    page.click("#cuts .cut")
    page.click("#leaves tbody button")
    page.select_option("#language", "ja")
    assert page.locator("#graph .link.gate").count() == 1
    assert page.inner_text("#cuts h2").startswith("切断")
    assert page.evaluate("import('/state.js').then((all) => Object.isFrozen(all.state))")
    page.close()
    assert troubles == []


def test_text_stays_text():
    flow = hostile_flow()
    made = [flow.to_html(), tg.frames({HOSTILE: flow, "b": flow}).to_html()]
    plain = [tag for tag, _ in Reader(tg.gradient_flow(Value(1.0).exp()).to_html()).tags]
    for source in made:
        reader = Reader(source)
        assert [tag for tag, _ in reader.tags] == plain
        assert source.count("</script>") == 2
        assert "\u2028" not in reader.content["flow"]
        assert any("<img" in n["name"] for n in data_of(source)["frames"][0]["nodes"])


def test_names_that_no_encoding_has_do_no_harm():
    y = Value(1.0, label="a\ud800b").relu()
    tg.gradient_flow(y).to_html().encode()


def test_frames_share_a_layout(tmp_path):
    path = tg.frames(frames_of(tg.relu, tg.leaky_relu, tg.elu)).save(tmp_path / "x.html")
    data = data_of(path.read_text("utf-8"))
    assert [f["name"] for f in data["frames"]] == ["relu", "leaky_relu", "elu"]
    assert len(data["views"]) == 1
    first = [f["nodes"][0]["grad"] for f in data["frames"]]
    assert first[0] == 0
    assert first[1] == pytest.approx(-0.03)
    json.loads(tg.frames(frames_of(tg.relu)).save(tmp_path / "x.json").read_text("utf-8"))


def test_choices_are_checked(tmp_path):
    flow = tg.gradient_flow(Value(1.0).exp())
    with pytest.raises(ValueError, match="language is 'en' or 'ja'"):
        flow.to_html(language="fr")
    with pytest.raises(ValueError, match="start is"):
        flow.to_html(start="middle")
    with pytest.raises(ValueError, match=r"saved as \.html"):
        tg.frames({"a": flow}).save(tmp_path / "x.svg")


def test_a_flow_saves_and_shows_itself_as_the_page(tmp_path):
    flow = tg.gradient_flow(network(1.0).y)
    saved = flow.save(tmp_path / "x.html").read_text("utf-8")
    assert saved == flow.to_html()
    bundle = flow._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["text/html"].startswith("<iframe srcdoc=")
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/html"].endswith(' title="gradient flow of y"></iframe>')
    compared = tg.frames({"a": flow, '"b"': flow})._repr_mimebundle_()["text/html"]
    assert compared.endswith(' title="gradient flow of y: a | &quot;b&quot;"></iframe>')


def test_the_same_flow_makes_the_same_page():
    def source():
        return tg.gradient_flow(network(1.0).y).to_html()

    assert source() == source()


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
