"""Pictures, tested by their structure: ids, classes and text, not pixels."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    neuron,
)
from tests.picture.reading import SVG, elements, texts
from tinygrad_relu import Value
from tinygrad_relu.picture.render import render


def test_a_cut_is_drawn_with_id_class_scissors_and_dashes() -> None:
    svg = tg.gradient_flow(neuron()).to_svg()
    found = elements(svg)
    cut = [id for id, c in found.items() if "shut" in c]
    assert len(cut) == 1
    assert re.fullmatch(r"g[0-9a-f]{6}-edge-node-5-node-4-0", cut[0])
    assert {"shut", "blocks"} <= set(found[cut[0]])
    words = texts(svg)
    assert "✂ cut" in words
    assert "× 0" in words
    assert "= 0" in words
    path = next(e for e in ET.fromstring(svg).iter() if e.get("id") == cut[0]).find(f".//{SVG}path")
    assert path is not None
    assert path.get("stroke-dasharray")


def test_every_node_and_edge_has_its_element() -> None:
    flow = tg.gradient_flow(neuron())
    found = elements(flow.to_svg())
    assert sum("node" in c for c in found.values()) == len(flow.nodes)
    assert sum("edge" in c for c in found.values()) == len(flow.edges)
    assert len(found) == len(set(found))


def test_the_same_graph_gives_the_same_bytes_and_another_other_ids() -> None:
    one, two = (tg.gradient_flow(neuron()) for _ in range(2))
    assert one.to_dot() == two.to_dot()
    assert one.to_svg() == two.to_svg()
    assert render(one.to_dot(), "png") == render(two.to_dot(), "png")
    assert render(one.to_dot(), "pdf") == render(two.to_dot(), "pdf")
    other = tg.gradient_flow(neuron() + 1.0)
    assert not set(elements(one.to_svg())) & set(elements(other.to_svg()))


def test_colours_have_six_digits() -> None:
    source = tg.gradient_flow(neuron()).to_dot()
    assert all(len(c) == 6 for c in re.findall(r"#([0-9a-fA-F]+)\b", source))
    assert "curved" not in source
    assert "record" not in source


def test_before_a_pass_gradients_are_dashes() -> None:
    h = neuron()
    svg = tg.draw(h).to_svg()
    assert texts(svg).count("–") == 6
    assert "✂ cut" not in texts(svg)
    h.backward()
    assert "–" not in texts(tg.draw(h).to_svg())


def test_a_tensor_root_is_drawn_with_the_gradient_of_the_last_pass() -> None:
    x = Value(np.array([1.0, -1.0]), "x")
    y = x.relu()
    assert "–" in texts(tg.draw(y).to_svg())
    (y * np.array([3.0, 5.0])).sum().backward()
    assert "[3, 0]" in texts(tg.draw(y).to_svg())


def test_both_operands_of_a_sum_with_itself() -> None:
    x = Value(1.0, "x")
    found = elements(tg.gradient_flow(x + x).to_svg())
    assert sum("edge" in c for c in found.values()) == 2


def test_what_wants_no_gradient_has_a_plain_line() -> None:
    x = Value(2.0, "x")
    c = Value(3.0, "c", requires_grad=False)
    y = x * 2.0
    y.label = "y"
    root = x * c + y * y.detach()
    svg = tg.gradient_flow(root).to_svg()
    found = elements(svg)
    assert sum("constant" in c and "edge" in c for c in found.values()) == 2
    assert sum("detached" in c and "edge" in c for c in found.values()) == 1
    assert "detached from y" in texts(svg)


def test_the_backward_direction_turns_the_arrows() -> None:
    flow = tg.gradient_flow(neuron())
    assert "dir=back" in flow.to_dot(direction="backward")
    assert "dir=back" not in flow.to_dot()
    with pytest.raises(ValueError, match="direction is"):
        flow.to_dot(direction="sideways")
    with pytest.raises(ValueError, match="rankdir is"):
        flow.to_dot(rankdir="XY")


def test_wider_is_more() -> None:
    a, b = Value(1.0), Value(1.0)
    dot = tg.gradient_flow(a * 0.01 + b * 100.0).to_dot()
    widths = sorted({float(w.replace("−", "-")) for w in re.findall(r"penwidth=([\d.]+)", dot)})
    assert widths[-1] > 2 * widths[0]


def test_the_picture_brings_its_own_background() -> None:
    svg = tg.gradient_flow(neuron()).to_svg()
    first = next(ET.fromstring(svg).iter(f"{SVG}polygon"))
    assert first.get("fill") == "#ffffff"


def test_a_kink_that_blocks_is_dashed_and_one_that_passes_is_not() -> None:
    def line(at_zero: float) -> str:
        source = tg.gradient_flow(Value(0.0).relu(at_zero=at_zero)).to_dot(legend=False)
        return next(line for line in source.splitlines() if "->" in line)

    assert "style=dashed" in line(0.0)
    assert "style=solid" in line(1.0)


def test_a_weak_link_of_tensors_is_drawn():
    x = Value(np.ones(3), label="x")
    dot = tg.draw((x.detach() * x).sum()).dot
    assert "detached from x" in dot
    assert dot.count("class=detached") == 1


@pytest.mark.parametrize("label", [" ", "\u00a0", "\x85", "\u2003", "\u200b", "\t\n"])
def test_a_blank_label_is_a_visible_blank(label):
    a = Value(2.0, label=label)
    with tg.scope(label):
        y = tg.record(4.0, [a * 1.0], lambda g: g, op=label).relu()
    y.label = label
    flow = tg.gradient_flow(y)
    for text in (flow.to_dot(), flow.to_dot(depth=1), flow.to_text(), flow.to_svg()):
        assert "␣" in text
    assert "␣" in tg.draw_network([[a], [y]]).to_svg()
