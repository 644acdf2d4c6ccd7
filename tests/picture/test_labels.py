"""What nodes and edges say."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.reading import texts
from tinygrad_relu import Value


def test_a_kink_says_convention_and_whether_it_blocks() -> None:
    words = texts(tg.gradient_flow(Value(0.0).relu()).to_svg())
    assert "slope 0 by convention" in words
    assert "blocks" in words
    assert "passes" in texts(tg.gradient_flow(Value(0.0).relu(at_zero=1.0)).to_svg())


def test_tensor_edges_count() -> None:
    x = Value(np.arange(-5.0, 3.0).reshape(2, 4), "x")
    words = texts(tg.gradient_flow(x.relu().sum()).to_svg())
    assert "✂ cut 5 of 8" in words
    assert "2×4" in words


@pytest.mark.parametrize(
    "label",
    [
        "<b>&amp;\"'",
        "\\N \\G \\n",
        "<",
        "重みの勾配",
        "a\x00b\x1b",
        "x" * 500,
        "]]>",
        "%s {}",
        "]; evil [",
        "\ud800",
    ],
)
def test_labels_are_escaped(label: str, capfd: pytest.CaptureFixture[str]) -> None:
    svg = tg.gradient_flow(Value(1.0, label) * 2.0).to_svg()
    clean = label[:39] + "…" if len(label) > 40 else label
    clean = re.sub("[\x00\x1b\ud800]", "�", clean)
    assert clean in texts(svg)
    assert "rror" not in capfd.readouterr().err


def test_no_negative_zero() -> None:
    x = Value(-0.0, "x")
    svg = tg.gradient_flow(x * -0.0).to_svg()
    assert "−0" not in texts(svg)


def test_a_strip_shows_zeros_blank_and_signs_in_two_colours() -> None:
    x = Value(np.array([-1.0, 0.0, 0.0, 1.0, 0.5]), "x")
    source = tg.gradient_flow(x.sum()).to_dot()
    cells = re.findall(r'HEIGHT="9" BGCOLOR="(#\w+)"', source)[:5]
    assert cells[1:3] == ["#ffffff"] * 2
    assert cells[0] == "#004f80"  # blue below 0
    assert cells[3] == "#e69f00"  # orange above
    assert cells[4] not in {"#ffffff", *cells[:4]}
