"""Boxes and lines."""

from __future__ import annotations

import pytest

import tinygrad_relu as tg
from tests.picture.graphs import (
    chain,
    perceptron,
)
from tests.picture.reading import titles
from tinygrad_relu import Value
from tinygrad_relu.picture.fold import fold
from tinygrad_relu.picture.plan import Box


@pytest.mark.parametrize("root", [chain(700), perceptron([2, 16, 16, 1], scopes=True)])
def test_every_node_is_in_exactly_one_place(root: Value) -> None:
    flow = tg.gradient_flow(root)
    picture = fold(flow)
    inside = [n for i in picture.items for n in (i.nodes if isinstance(i, Box) else [i])]
    assert sorted(n.index for n in inside) == [n.index for n in flow.nodes]
    assert len(picture.items) <= 300
    between = sum(len(link.edges) for link in picture.links)
    within = sum(
        edge.parent in item.nodes
        for item in picture.items
        if isinstance(item, Box)
        for edge in item.edges
    )
    assert between + within == len(flow.edges)


def test_repeated_structure_becomes_boxes_that_count_what_is_shut() -> None:
    x = [Value(float(i)) for i in range(3)]
    units = []
    for j in range(100):
        total = Value(-1.0)
        for one in x:
            total = total + Value(-1.0 if j % 4 else 1.0) * one
        units.append(total.relu())
    root = units[0]
    for unit in units[1:]:
        root = root + unit
    picture = fold(tg.gradient_flow(root))
    assert "100 × relu" in titles(picture)
    assert "300 × mul" in titles(picture)
    relu = next(i for i in picture.items if isinstance(i, Box) and i.title == "100 × relu")
    assert relu.counts == {"shut": 75, "flows": 25}
    assert relu.share("shut") == "75 of 100"
    into = next(link for link in picture.links if link.head is relu)
    assert into.state == "partly"


def test_scopes_become_boxes_and_take_their_leaves_along() -> None:
    picture = fold(tg.gradient_flow(perceptron([2, 16, 16, 1], scopes=True)))
    assert {"layer1", "layer2", "layer3"} <= set(titles(picture))
    layer2 = next(i for i in picture.items if isinstance(i, Box) and i.title == "layer2")
    assert layer2.ops["leaf"] == 16 * 17
    assert layer2.share("shut") == f"{layer2.counts['shut']} of 16"  # of its gates, not its edges
