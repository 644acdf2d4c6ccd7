"""Large graphs as small pictures."""

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


def test_a_small_graph_is_drawn_in_full() -> None:
    flow = tg.gradient_flow(perceptron([2, 3, 1]))
    picture = fold(flow)
    assert picture.items == flow.nodes
    assert sum(len(link.edges) for link in picture.links) == len(flow.edges)
    assert picture.folded == 0


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


def test_folded_pictures_are_small_and_have_ids_and_classes() -> None:
    root = perceptron([2, 24, 24, 1])
    flow = tg.gradient_flow(root)
    assert len(flow.nodes) > 1900
    svg = flow.to_svg()
    assert 0 < svg.count('class="node box') <= svg.count('class="node') <= 60  # so drawn at once
    assert "has-shut" in svg
    assert "folded into boxes" in svg


def test_the_same_graph_folds_to_the_same_bytes() -> None:
    one, two = (tg.gradient_flow(perceptron([2, 16, 16, 1])).to_dot() for _ in range(2))
    assert one == two


def test_a_neighbourhood_reaches_so_many_edges() -> None:
    x = y = Value(1.0)
    for _ in range(9):
        y = y.exp()
    flow = tg.gradient_flow(y)
    middle = flow.nodes[5]
    for reach in (0, 1, 2):
        picture = fold(flow, focus=middle, reach=reach)
        assert sum(not isinstance(item, Box) for item in picture.items) == 1 + 2 * reach
    assert fold(flow, focus=x, reach=3).items[:4] == flow.nodes[:4]
