"""The flow as a tree for terminals."""

from __future__ import annotations

import numpy as np

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.text import to_text


def tree(root: Value, **options: object) -> str:
    return to_text(tg.gradient_flow(root), **options)  # type: ignore[arg-type]


def test_a_shut_gate_is_cut_and_what_is_behind_it_starved() -> None:
    x, w, b = Value(0.7, "x"), Value(1.0, "w"), Value(-2.0, "b")
    text = tree((w * x + b).relu())
    assert "└─ ✂ cut ×0 = 0 ─ v4  add  −1.3  ∂ 0" in text
    assert text.count("· starved ─") == 4
    assert "✂ cut: the flat side" in text


def test_the_legend_explains_only_what_occurs() -> None:
    text = tree(Value(2.0, "x").relu())
    assert text.splitlines() == ["v1  relu  2  ∂ 1", "└─ ×1 = 1 ─ x  leaf  2  ∂ 1"]


def test_a_node_used_twice_is_written_once() -> None:
    x = Value(3.0, "x")
    assert tree(x * x).count("x  leaf") == 1
    assert tree(x * x).count("x  (see above)") == 1


def test_before_a_pass_gradients_are_unknown_and_no_state_is_claimed() -> None:
    text = tree(Value(-2.0, "x").relu(), gradients=False)
    assert "∂ –" in text
    assert "∂ 0" not in text
    assert "cut" not in text


def test_a_kink_says_its_convention_and_whether_it_blocks() -> None:
    assert "◇ kink (slope 0 by convention: blocks)" in tree(Value(0.0).relu())
    assert "◇ kink (slope 0.1 by convention: passes)" in tree(Value(0.0).leaky_relu(0.1))


def test_tensors_count_their_elements() -> None:
    x = Value(np.array([-1.0, 2.0, -3.0, 4.0, 0.0]), "x")
    text = tree(x.relu().sum())
    assert "✂ cut 2 of 5" in text
    assert "◇ kink 1 of 5" in text


def test_a_cancelled_node_and_a_detached_one_say_so() -> None:
    x = Value(2.0, "x")
    assert "± cancelled here" in tree(x - x)
    y = x * 1.0
    y.label = "y"
    assert "detached from y" in tree(x * y.detach() + y)


def test_a_long_chain_is_cut_short_and_counted() -> None:
    x = Value(1.0)
    for _ in range(20_000):
        x = x * 1.0
    lines = tree(x, max_depth=5).splitlines()
    assert len(lines) == 7
    assert lines[-1].strip() == "└─ … 19995 more"


def test_a_broad_graph_is_cut_short_and_counted() -> None:
    total = Value(0.0)
    for _ in range(100):
        total = Value(1.0) + total
    lines = tree(total, max_lines=50, max_depth=1000).splitlines()
    assert len(lines) == 51
    assert lines[-1] == "… 151 more"


def test_equal_labels_are_told_apart() -> None:
    text = tree(Value(1.0, "w") * Value(2.0, "w"))
    assert "w (v0)" in text
    assert "w (v1)" in text


def test_labels_cannot_break_the_tree() -> None:
    text = tree(Value(1.0, "a\nb\x1b[31m\x00") * 2)
    assert "a b�[31m�" in text
    assert len(text.splitlines()) == 2
