"""Neurons as circles, weights as lines."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.network import find_weights, gate


def small(x: float = 1.0) -> list[list[Value]]:
    """Two hidden units, of which the second is shut for x > 0, and a skip connection."""
    a = Value(x, "x")
    h1, h2 = (Value(2.0) * a + 1).relu(), (a * -3.0).relu()
    h1.label, h2.label = "開", "閉"
    y = 0.5 * h1 - h2 / 4 + Value(0.125) * a
    y.label = "y"
    return [[a], [h1, h2], [y]]


def elements(svg: str) -> dict[str, list[str]]:
    root = ET.fromstring(svg)
    return {e.get("id", ""): e.get("class", "").split() for e in root.iter() if e.get("id")}


def ending(found: dict[str, list[str]], end: str) -> list[str]:
    return next(classes for id, classes in found.items() if re.search(end + "$", id))


def test_weights_are_found_with_sign_and_across_layers() -> None:
    found = {(w.tail, w.head): w.number for w in find_weights(small())}
    assert found == {
        ((0, 0), (1, 0)): 2.0,
        ((0, 0), (1, 1)): -3.0,
        ((0, 0), (2, 0)): 0.125,
        ((1, 0), (2, 0)): 0.5,
        ((1, 1), (2, 0)): -0.25,
    }


def test_weights_of_a_wide_diamond_are_found_once() -> None:
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    z = y.relu()
    assert find_weights([[x], [z]])[0].number == 2.0**60


def test_another_op_between_is_no_weight() -> None:
    x = Value(1.0)
    y = x.tanh() * 3.0 + 1.0
    assert [w.number for w in find_weights([[x], [y]])] == [None]


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


def test_gates() -> None:
    assert gate(Value(-1.0).relu()) == "shut"
    assert gate(Value(0.0).relu()) == "kink"
    assert gate(Value(0.0).relu(at_zero=1.0)) == ""
    assert gate(Value(-1.0).leaky_relu()) == ""
    assert gate(Value(30.0).tanh()) == "rounded to 0"
    assert gate(Value([30.0, 1.0]).tanh()) == gate(Value(9.0).tanh()) == ""
    assert gate(np.maximum(Value([-1.0, -2.0]), 0)) == "shut"
    assert gate(np.maximum(0, Value([-1.0, 2.0]))) == "1 of 2 shut"
    assert gate(np.maximum(Value(1.0), Value(2.0))) == ""
    assert gate(Value(np.array([-1.0, 2.0, -3.0])).relu()) == "2 of 3 shut"
    assert gate(Value(9.0).relu6()) == "shut"


def texts(svg: str) -> dict[str, tuple[float, float, float]]:
    """Where each text stands, and how large it is."""
    found = {}
    for e in ET.fromstring(svg).iter():
        if e.tag.endswith("text"):
            size = float(e.get("font-size", "10"))
            found["".join(e.itertext())] = (float(e.get("x", 0)), float(e.get("y", 0)), size)
    return found


def test_a_long_range_fits_into_its_circle(capfd: pytest.CaptureFixture[str]) -> None:
    x = Value(np.array([-0.0123, -0.0045]), "x")
    found = texts(tg.draw_network([[x], [(x * 1.0).tanh()]]).to_svg())
    assert "warning" not in capfd.readouterr().err.lower()
    size = found["−0.012 … −0.0045"][2]
    assert size * 0.55 * len("−0.012 … −0.0045") < 0.92 * 72


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


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        tg.draw_network([])
    with pytest.raises(ValueError, match="none empty"):
        tg.draw_network([[Value(1.0)], []])
    with pytest.raises(TypeError, match="neuron 0 of layer 1 is not a Value but float"):
        tg.draw_network([[Value(1.0)], [2.0]])  # type: ignore[list-item]
    x = Value(1.0)
    y = (x * 2.0).relu()
    z = x.relu()
    x.data = 5.0
    with pytest.raises(tg.StaleDataError):
        tg.draw_network([[x], [z, y]])
