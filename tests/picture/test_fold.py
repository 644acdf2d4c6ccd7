"""Large graphs as small pictures."""

from __future__ import annotations

import random
import time
from contextlib import nullcontext

import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.fold import fold
from tinygrad_relu.picture.plan import Box, Picture


def perceptron(sizes: list[int], scopes: bool = False, seed: int = 0) -> Value:
    """A net of scalars, one example."""
    rng = random.Random(seed)
    layer = [Value(rng.gauss(0, 1)) for _ in range(sizes[0])]
    for k, width in enumerate(sizes[1:], 1):
        with tg.scope(f"layer{k}") if scopes else nullcontext():
            out = []
            for _ in range(width):
                total = Value(rng.uniform(-1, 0.2))
                for x in layer:
                    total = total + Value(rng.uniform(-1, 1)) * x
                out.append(total.relu() if k < len(sizes) - 1 else total)
            layer = out
    return layer[0]


def titles(picture: Picture) -> list[str]:
    return [item.title for item in picture.items if isinstance(item, Box)]


def chain(links: int) -> Value:
    x = Value(0.5, "start")
    for i in range(links):
        x = (x * 1.001 + (0.001 if i % 3 else -0.001)).relu()
    return x


def test_a_small_graph_is_drawn_in_full() -> None:
    flow = tg.gradient_flow(perceptron([2, 3, 1]))
    picture = fold(flow)
    assert picture.items == flow.nodes
    assert sum(len(link.edges) for link in picture.links) == len(flow.edges)
    assert picture.folded == 0


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


def test_depth_folds_however_few_nodes_there_are() -> None:
    x = Value(1.0)
    with tg.scope("outer"):
        y = x * 2
        with tg.scope("inner"):
            y = y.relu() + 1
    flow = tg.gradient_flow(y * y)
    assert titles(fold(flow, depth=1)) == ["outer"]
    assert titles(fold(flow, depth=2)) == ["outer", "outer / inner"]


def test_a_long_chain_becomes_bands() -> None:
    picture = fold(tg.gradient_flow(chain(700)))
    assert 5 <= len(picture.items) <= 20
    assert len(picture.links) == len(picture.items) - 1


def test_focus_keeps_a_neighbourhood_and_says_what_is_on_either_side() -> None:
    root = perceptron([2, 8, 1])
    flow = tg.gradient_flow(root)
    cut = flow.cuts[0]
    picture = fold(flow, focus=cut, reach=1)
    assert cut.edge.child in picture.items
    assert cut.edge.parent in picture.items
    assert set(titles(picture)) <= {"toward the loss", "further back"}
    assert len(picture.items) < 12
    for focus in (cut.edge, cut.edge.child, cut.edge.child.value):
        assert [type(i) for i in fold(flow, focus=focus, reach=1).items]


def test_focus_elsewhere_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in this flow"):
        fold(tg.gradient_flow(Value(1.0) * 2), focus=Value(1.0))


def test_a_long_chain_is_folded() -> None:
    x = Value(1.0)
    for _ in range(20_000):
        x = x * 1.0
    assert len(fold(tg.gradient_flow(x)).items) <= 20


def test_folded_pictures_are_drawn_quickly_with_ids_and_classes() -> None:
    root = perceptron([2, 24, 24, 1])
    flow = tg.gradient_flow(root)
    assert len(flow.nodes) > 1900
    started = time.perf_counter()
    svg = flow.to_svg()
    assert time.perf_counter() - started < 5  # about 0.4 s; slow machines exist
    assert 'class="node box' in svg
    assert "has-shut" in svg
    assert "folded into boxes" in svg


def test_the_same_graph_folds_to_the_same_bytes() -> None:
    one, two = (tg.gradient_flow(perceptron([2, 16, 16, 1])).to_dot() for _ in range(2))
    assert one == two
