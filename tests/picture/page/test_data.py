"""The data of the page are the flow."""

import json
import re

import tinygrad_relu as tg
from tests.picture.graphs import (
    network,
    tensor_net,
)
from tests.picture.reading import data_of
from tinygrad_relu import Value
from tinygrad_relu.flow.states import STATES
from tinygrad_relu.picture import page


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
    assert [cut["ja"] for cut in frame["cuts"]] == [cut.japanese for cut in flow.cuts]
    leaves = {z["node"]: z["sentence"] for z in frame["zeros"]}
    for node in flow.nodes:
        if node.value.op is None and node.value.requires_grad and node.grad == 0:
            assert leaves[node.index] == flow.why_zero(node.value).sentence


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


def test_a_file_is_named_without_its_directory():
    with tg.track_source():
        y = Value(-1.0, label="x").relu()
    source = tg.gradient_flow(y).to_html()
    node = data_of(source)["frames"][0]["nodes"][1]
    assert re.fullmatch(r"test_data\.py:\d+", node["line"])
    assert node["code"] == 'y = Value(-1.0, label="x").relu()'
    assert __file__.rsplit("/", 1)[0] not in source
