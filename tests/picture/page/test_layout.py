"""Everything has its place in every view."""

import re

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    frames_of,
    network,
    scalar_net,
)
from tests.picture.reading import data_of
from tinygrad_relu import Value
from tinygrad_relu.picture import page, render
from tinygrad_relu.picture.page import layout


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


@pytest.mark.parametrize("engine", ["graphviz", "none"])
def test_a_line_begins_at_its_operand_and_ends_at_its_user(engine, monkeypatch):
    def none(*_):
        raise render.RendererError("no renderer")

    if engine == "none":
        monkeypatch.setattr(layout, "render", none)
    (view,) = layout.views(tg.gradient_flow(network(1.0).y))
    assert len(view["links"]) > 20
    for link in view["links"]:
        points = re.findall(r"(-?[\d.]+),(-?[\d.]+)", link["d"])
        for end, item in ((points[0], link["tail"]), (points[-1], link["head"])):
            box, (x, y) = view["items"][item], map(float, end)
            assert box["x"] - 3 <= x <= box["x"] + box["w"] + 3
            assert box["y"] - 3 <= y <= box["y"] + box["h"] + 3
