"""Neurons as circles, weights as lines."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.test_network import small
from tinygrad_relu import Value
from tinygrad_relu.picture.circles import width


def elements(svg: str) -> dict[str, list[str]]:
    root = ET.fromstring(svg)
    return {e.get("id", ""): e.get("class", "").split() for e in root.iter() if e.get("id")}


def ending(found: dict[str, list[str]], end: str) -> list[str]:
    return next(classes for id, classes in found.items() if re.search(end + "$", id))


def test_the_picture_has_units_weights_and_crosses() -> None:
    layers = small()
    layers[-1][0].backward()
    drawing = tg.draw_network(layers)
    found = elements(drawing.to_svg())
    assert {"neuron", "input"} <= set(ending(found, "unit-0-0"))
    assert "shut" in ending(found, "unit-1-1")
    assert "shut" not in ending(found, "unit-1-0")
    assert sum("cross" in c for c in found.values()) == 4
    assert "negative" in ending(found, "weight-0-0-1-1")
    assert "positive" in ending(found, "weight-0-0-1-0")
    assert "開" in drawing.to_svg()
    assert "layer 1: 開 = 3 (∂ 0.5), 閉 = 0 (∂ −0.25) ✕ shut" in str(drawing)


def test_before_a_pass_gradients_are_dashes() -> None:
    assert "∂ –" in str(tg.draw_network(small()))


def test_a_wide_layer_is_folded_and_counts_its_shut_units() -> None:
    x = Value(1.0, "x")
    hidden = [(x * (1.0 if i % 3 else -1.0)).relu() for i in range(128)]
    drawing = tg.draw_network([[x], hidden, [tg.stack(hidden).sum()]], max_units=10)
    assert "… 119 more, 40 shut" in str(drawing)
    assert "… 119 more, 40 shut" in drawing.to_svg()
    units = [id for id in elements(drawing.to_svg()) if re.match(r"net\w+-unit-1-\d+$", id)]
    assert len(units) == 9
    assert "… 119 more'" in repr(str(tg.draw_network([hidden[1:2] * 128], max_units=10)))


def test_the_legend_tells_of_a_weight_of_0() -> None:
    x = Value(1.0, "x")
    for weight in (0.0, 2.0):
        svg = tg.draw_network([[x], [(x * weight + 1).relu()]]).to_svg()
        assert (">weight 0<" in svg) == (weight == 0)


def texts(svg: str) -> dict[str, tuple[float, float]]:
    """Where each text stands."""
    found = {}
    for e in ET.fromstring(svg).iter():
        if e.tag.endswith("text"):
            found["".join(e.itertext())] = (float(e.get("x", 0)), float(e.get("y", 0)))
    return found


#: How wide DejaVu Sans is, which is what a bare machine has; bold: up to a tenth more.
DEJAVU = {**dict.fromkeys("0123456789", 0.636), "−": 0.838, ".": 0.318, "…": 1.0, "∂": 0.517}
DEJAVU |= {" ": 0.318, "e": 0.615, "x": 0.592, "W": 0.989, "i": 0.278, "開": 1.0, "–": 0.5}
DEJAVU |= {"n": 0.634, "d": 0.635, "a": 0.613}
DEJAVU |= {"✕": 0.838, "s": 0.521, "h": 0.634, "u": 0.634, "t": 0.392, "o": 0.612, "f": 0.352}


def test_no_text_is_taken_for_narrower_than_it_is() -> None:
    for character, wide in DEJAVU.items():
        assert width(character) >= wide
        assert width(character, bold=True) >= 1.1 * wide


LONG = np.array([-0.0123, -0.0045, -1.234e-12])


@pytest.mark.parametrize(
    "unit",
    [
        Value(LONG, "x"),
        Value(LONG * 1e-200, "WWWWWWWWWWWW").relu(),
        Value(-1.0, "開開開開開開開開").relu(),
        (Value(LONG * [1, -1, 1], "ii") * 1).relu(),
    ],
)
def test_every_text_fits_into_its_circle(unit: Value, capfd: pytest.CaptureFixture[str]) -> None:
    """By the widths of a wide font, whichever fonts there are; and as the renderer measures."""
    if unit.op is not None:
        unit.label = unit.parents[0].label
    svg = tg.draw_network([[unit]], legend=False).to_svg()
    assert "too small" not in capfd.readouterr().err
    root = ET.fromstring(svg)
    circle = next(e for e in root.iter() if e.tag.endswith("ellipse"))
    x, y, radius = (float(circle.get(name, 0)) for name in ("cx", "cy", "rx"))
    words = [e for e in root.iter() if e.tag.endswith("text")]
    assert len(words) >= 3
    for e in words:
        size, at = float(e.get("font-size", 0)), float(e.get("y", 0)) - y
        far = max(abs(at - 0.75 * size), abs(at + 0.1 * size))
        wide = size * sum(DEJAVU[c] for c in "".join(e.itertext()))
        wide *= 1.1 if e.get("font-weight") == "bold" else 1.0
        assert (e.get("text-anchor"), float(e.get("x", 0))) == ("middle", x)
        assert wide <= 2 * (radius**2 - far**2) ** 0.5
        assert size > 3


def test_numbers_on_lines_do_not_cover_each_other() -> None:
    xs = [Value(float(i), f"x{i}") for i in range(4)]
    ys = [sum(((10 * i + j + 11) * x for j, x in enumerate(xs)), Value(0.0)) for i in range(4)]
    svg = tg.draw_network([xs, ys]).to_svg()
    found = texts(svg)
    spots = [found[str(10 * i + j + 11)][:2] for i in range(4) for j in range(4)]
    for n, (x, y) in enumerate(spots):
        assert all(abs(x - x2) > 12 or abs(y - y2) > 9 for x2, y2 in spots[:n])
    assert "weight positive" not in svg[svg.index(">11<") :]  # lines do not strike them out


def test_saved_and_the_same_bytes(tmp_path: Path) -> None:
    one = tg.draw_network(small(), tmp_path / "one.svg")
    two = tg.draw_network(small(), tmp_path / "two.svg")
    assert one.read_bytes() == two.read_bytes()


def test_labels_are_escaped(capfd: pytest.CaptureFixture[str]) -> None:
    x = Value(1.0, "<b>\\N&")
    svg = tg.draw_network([[x], [x.relu()]]).to_svg()
    assert "<b>\\N&" in ["".join(e.itertext()) for e in ET.fromstring(svg).iter()]
    assert "rror" not in capfd.readouterr().err


def test_a_layer_is_folded_to_at_least_one_unit() -> None:
    with pytest.raises(ValueError, match="draw_network: max_units is a whole number of at least 1"):
        tg.draw_network(small(), max_units=0)
