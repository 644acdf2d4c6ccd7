"""The page without a browser: its data, its policy, its size, and that text stays text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.flow.states import STATES
from tinygrad_relu.picture import page, render
from tinygrad_relu.picture.page import layout

HOSTILE = "</script><img src=x onerror=alert(1)>&<!--\u2028\"'"


class Net(NamedTuple):
    y: Value
    leaves: dict


def network(x):
    """Four ReLUs and a skip term that make a sigmoid; below −6.3 the last one is shut."""
    leaves = {"x": Value(x, label="x")}

    def leaf(name, number):
        leaves[name] = Value(number, label=name)
        return leaves[name]

    total = leaf("v0", 0.00776) * leaves["x"]
    units = ((4.0, 0.0429), (2.0, 0.1398), (-2.0, -0.1398), (-4.0, -0.0429))
    for i, (bias, outgoing) in enumerate(units, 1):
        h = (leaf(f"w{i}", 1.0) * leaves["x"] + leaf(f"b{i}", bias)).relu()
        h.label = f"h{i}"
        total = total + leaf(f"v{i}", outgoing) * h
    y = (total + leaf("c", 0.0490)).relu()
    y.label = "y"
    return Net(y, leaves)


def scalar_net(sizes, seed=0):
    """A fully connected ReLU network of scalars, one scope a layer."""
    rng = np.random.default_rng(seed)
    xs = [Value(float(x), requires_grad=False) for x in rng.normal(size=sizes[0])]
    for layer, (n_in, n_out) in enumerate(pairwise(sizes), 1):
        with tg.scope(f"layer{layer}"):
            out = []
            for j in range(n_out):
                total = Value(0.1, label=f"b{j}")
                for i in range(n_in):
                    total = total + Value(float(rng.normal()), label=f"w{j}{i}") * xs[i]
                out.append(total.relu())
        xs = out
    return xs[0]


def tensor_net(batch=8, wide=6):
    rng = np.random.default_rng(1)
    w = Value(rng.normal(size=(wide, 4)), label="w")
    b = Value(rng.normal(size=wide) - 1, label="b")
    h = tg.relu(tg.linear(rng.normal(size=(batch, 4)), w, b))
    return tg.mean(h), w, b


class Reader(HTMLParser):
    """The elements of a page, and the content of its scripts and styles."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.content, self.policy, self.open = [], {}, "", None
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if tag in ("script", "style"):
            self.open = attributes.get("id") or tag
            self.content.setdefault(self.open, "")

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.open = None

    def handle_data(self, data):
        if self.open:
            self.content[self.open] += data


def data_of(source):
    return json.loads(Reader(source).content["flow"])


def test_the_data_are_the_flow():
    net = network(1.0)
    flow = tg.gradient_flow(net.y)
    data = json.loads(page.to_json(flow))
    frame = data["frames"][0]
    assert data["format"] == "tinygrad_relu flow 1"
    assert [n["value"] for n in frame["nodes"]] == [n.value.data for n in flow.nodes]
    assert [n["grad"] for n in frame["nodes"] if n["wanted"]] == [
        n.grad for n in flow.nodes if n.value.requires_grad
    ]
    for told, step in zip(frame["steps"], flow.steps(), strict=True):
        edge = step.edge
        assert (told["child"], told["parent"], told["slot"]) == (
            edge.child.index,
            edge.parent.index,
            edge.slot,
        )
        numbers = [told[k] for k in ("upstream", "local", "contribution", "running")]
        assert numbers == [edge.upstream, edge.local, edge.contribution, edge.running]
        assert told["state"] == edge.state
    assert [cut["sentence"] for cut in frame["cuts"]] == [cut.sentence for cut in flow.cuts]
    leaves = {z["node"]: z["sentence"] for z in frame["zeros"]}
    for node in flow.nodes:
        if node.value.op is None and node.value.requires_grad and node.grad == 0:
            assert leaves[node.index] == flow.why_zero(node.value).sentence


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda x: x.relu(), "relu: 1 × 0 = 0  (x = −1.3 ≤ 0)"),
        (lambda x: (-x).relu(), "relu: 1 × 1 = 1  (x = 1.3 > 0)"),
        (lambda x: (x + 1.3).relu(), "relu: 1 × 0 = 0  (x = 0 is on the kink)"),
        (lambda x: x * 3, "mul: g × b = 1 × 3 = 3"),
        (lambda x: x + 3, "add: 1 × 1 = 1"),
        (lambda x: x - 3, "sub: 1 × 1 = 1"),
        (lambda x: x.tanh(), "tanh: g × (1 - y * y) = 1 × 0.2574 = 0.2574  (y = −0.8617)"),
        (lambda x: x.leaky_relu(0.1), "leaky_relu: 1 × 0.1 = 0.1  (x = −1.3 ≤ 0, alpha = 0.1)"),
    ],
)
def test_a_formula_has_the_numbers_put_in(make, formula):
    flow = tg.gradient_flow(make(Value(-1.3, label="x")))
    told = json.loads(page.to_json(flow))["frames"][0]["steps"][0]["formula"]
    assert told == formula


def test_the_rule_is_the_row_of_the_table():
    x = Value(2.0, label="x")
    y = tg.record(x.relu().data ** 2, [x], lambda g: 2 * x.data * g, op="my_square") + x.relu()
    rules = {r["name"]: r["source"] for r in json.loads(page.to_json(tg.gradient_flow(y)))["rules"]}
    assert "unless(x <= 0)" in rules["relu"]
    assert rules["relu"].startswith("@elementwise(")
    assert "lambda g: 2 * x.data * g" in rules["my_square"]
    assert "Examples" not in rules["relu"]


def test_a_rule_without_source_is_no_error():
    scope = {}
    exec("def back(g):\n    return g", scope)
    x = Value(1.0)
    flow = tg.gradient_flow(tg.record(1.0, [x], scope["back"], op="typed"))
    assert json.loads(page.to_json(flow))["rules"] == [{"name": "typed", "source": ""}]


def test_tensors_are_stored_once_and_cut_to_a_preview():
    x = Value(np.arange(1200.0).reshape(20, 3, 20) / 7, label="x")
    data = json.loads(page.to_json(tg.gradient_flow(tg.sum(x.relu() + x))))
    frame, tensors = data["frames"][0], data["tensors"]
    node = next(n for n in frame["nodes"] if n["name"] == "x")
    tensor = tensors[node["value"]["tensor"]]
    assert tensor["shape"] == [20, 3, 20]
    assert (tensor["rows"], tensor["cols"], tensor["preview"]) == (60, 20, [16, 16])
    expected = (np.arange(1200.0) / 7).reshape(60, 20)[:16, :16].ravel()
    np.testing.assert_allclose(tensor["data"], expected, rtol=1e-4)
    assert len({json.dumps(t) for t in tensors}) == len(tensors)
    assert (tensor["zeros"], tensor["size"]) == (1, 1200)
    assert tensor["summary"] == tensor["spread"] == "0 … 171.3"  # as in the other pictures


def test_small_tensors_keep_every_digit_and_masks_tell_each_element():
    loss, _, b = tensor_net()
    flow = tg.gradient_flow(loss)
    data = json.loads(page.to_json(flow))
    frame = data["frames"][0]
    node = next(n for n in frame["nodes"] if n["name"] == "b")
    stored = data["tensors"][node["grad"]["tensor"]]["data"]
    assert stored == flow.node(b).grad.tolist()
    place, edge = next((i, e) for i, e in enumerate(flow.edges) if e.child.value.op.name == "relu")
    letters = {look["letter"]: s for s, look in data["states"].items() if look["letter"]}
    cells = frame["steps"][place]["mask"]["cells"]
    assert [letters[c] for c in cells] == edge.states.ravel().tolist()
    assert set(letters.values()) == set(STATES)


def test_numbers_that_json_lacks_come_as_words():
    x = Value(np.array([1.0, 0.0]), label="x")
    with np.errstate(all="ignore"):
        data = json.loads(page.to_json(tg.gradient_flow(tg.sum(x.log()))))
    assert [0, "-Infinity"] in [t["data"] for t in data["tensors"]]
    assert [1, "Infinity"] in [t["data"] for t in data["tensors"]]


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


def hostile_flow():
    def back(g):
        """</script><script>alert(1)</script>"""
        return g

    with tg.scope(HOSTILE):
        x = Value(np.ones(3), label=HOSTILE)
        y = tg.sum(tg.record(x.data, [x], back, op=HOSTILE))
    y.label = HOSTILE
    return tg.gradient_flow(y)


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


def test_a_file_is_named_without_its_directory():
    with tg.track_source():
        y = Value(-1.0, label="x").relu()
    source = tg.gradient_flow(y).to_html()
    node = data_of(source)["frames"][0]["nodes"][1]
    assert re.fullmatch(r"test_page\.py:\d+", node["line"])
    assert node["code"] == 'y = Value(-1.0, label="x").relu()'
    assert __file__.rsplit("/", 1)[0] not in source


def test_every_node_and_step_has_a_place_in_every_view():
    flow = tg.gradient_flow(scalar_net([4, 5, 4, 1]))
    views = data_of(flow.to_html())["views"]
    assert [view["name"] for view in views] == ["all", "scopes"]  # an overview would be the same
    for view in views:
        assert sorted(i for item in view["items"] for i in item["nodes"]) == list(
            range(len(flow.nodes))
        )
        inside = [e for e in flow.edges if _item(view, e.child) == _item(view, e.parent)]
        drawn = sorted(k for link in view["links"] for k in link["steps"])
        assert len(drawn) + len(inside) == len(flow.edges)
        for item in view["items"]:
            assert 0 <= item["x"] <= view["width"] - item["w"]
            assert 0 <= item["y"] <= view["height"] - item["h"]
        boxes = [(i["x"], i["y"], i["x"] + i["w"], i["y"] + i["h"]) for i in view["items"]]
        for n, a in enumerate(boxes):
            for b in boxes[n + 1 :]:
                apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
                assert apart, (view["name"], a, b)
    assert {s["name"] for s in views[0]["scopes"]} == {"layer1", "layer2", "layer3"}


def _item(view, node):
    return next(i for i, item in enumerate(view["items"]) if node.index in item["nodes"])


def test_a_large_graph_opens_folded():
    flow = tg.gradient_flow(scalar_net([4, 12, 8, 1]))
    assert len(flow.nodes) > 450
    views = data_of(flow.to_html())["views"]
    assert len(views[0]["items"]) <= 300
    assert "all" in [view["name"] for view in views]


def test_without_a_renderer_the_page_lays_out_itself(monkeypatch):
    def none(*_):
        raise render.RendererError("no renderer")

    flow = tg.gradient_flow(network(1.0).y)
    monkeypatch.setattr(layout, "render", none)
    (view,) = data_of(flow.to_html())["views"]
    assert len(view["items"]) == len(flow.nodes)
    assert len({(item["x"], item["y"]) for item in view["items"]}) == len(flow.nodes)
    by_node = {item["nodes"][0]: item for item in view["items"]}
    for edge in flow.edges:
        assert by_node[edge.parent.index]["x"] < by_node[edge.child.index]["x"]
    bundle = page.mimebundle(flow)
    assert "text/html" in bundle
    with pytest.raises(render.RendererError):
        flow.to_html(engine="pygraphviz")


def frames_of(*activations):
    def flow(activation):
        x = Value(-3.0, label="x")
        return tg.gradient_flow(activation(Value(2.0, label="w") * x + 1.0))

    return {a.name: flow(a) for a in activations}


def test_frames_share_a_layout(tmp_path):
    path = tg.frames(frames_of(tg.relu, tg.leaky_relu, tg.elu)).save(tmp_path / "x.html")
    data = data_of(path.read_text("utf-8"))
    assert [f["name"] for f in data["frames"]] == ["relu", "leaky_relu", "elu"]
    assert len(data["views"]) == 1
    first = [f["nodes"][0]["grad"] for f in data["frames"]]
    assert first[0] == 0
    assert first[1] == pytest.approx(-0.03)
    json.loads(tg.frames(frames_of(tg.relu)).save(tmp_path / "x.json").read_text("utf-8"))


def test_frames_are_of_one_graph():
    flows = frames_of(tg.relu)
    with pytest.raises(ValueError, match="at least one flow"):
        tg.frames({})
    with pytest.raises(TypeError, match="frames: 'a' is a flow, as "):
        tg.frames({"a": Value(1.0)})
    with pytest.raises(ValueError, match="are not of the same graph: 5 nodes and 2 nodes"):
        tg.frames({**flows, "b": tg.gradient_flow(Value(1.0).exp())})
    a, b = Value(1.0, label="a"), Value(1.0, label="b")
    with pytest.raises(ValueError, match=r"node 3 .*operands \[2, 1\], or .*\[2, 0\]"):
        tg.frames({"abb": tg.gradient_flow(a * b * b), "aba": tg.gradient_flow(a * b * a)})
    fixed = Value(2.0, requires_grad=False)
    with pytest.raises(ValueError, match="wanted in different places"):
        tg.frames({"x": tg.gradient_flow(a * b), "y": tg.gradient_flow(a * fixed)})


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


def test_the_same_flow_makes_the_same_page():
    def source():
        return tg.gradient_flow(network(1.0).y).to_html()

    assert source() == source()


def test_empty_tensors_and_single_values():
    x = Value(np.zeros((0, 3)), label="empty")
    assert "empty" in tg.gradient_flow(tg.sum(x)).to_html()
    assert (
        data_of(tg.gradient_flow(Value(1.0, label="alone")).to_html())["frames"][0]["steps"] == []
    )
