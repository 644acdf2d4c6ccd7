"""A network of Values: its weights, its gates."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.network import find_weights, gate_of, network_of_values


def small(x: float = 1.0) -> list[list[Value]]:
    """Two hidden units, of which the second is shut for x > 0, and a skip connection."""
    a = Value(x, "x")
    h1, h2 = (Value(2.0) * a + 1).relu(), (a * -3.0).relu()
    h1.label, h2.label = "開", "閉"
    y = 0.5 * h1 - h2 / 4 + Value(0.125) * a
    y.label = "y"
    return [[a], [h1, h2], [y]]


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


def test_a_weight_assigned_since_is_still_walked_past() -> None:
    x, w = Value(1.0), Value(2.0)
    y = w * x
    w.data = 5.0  # newer than what it made
    assert [one.number for one in find_weights([[x], [y]])] == [5.0]


def test_a_neuron_holds_what_it_gave_and_what_came_back() -> None:
    layers = small()
    layers[-1][0].backward()
    network = network_of_values(layers)
    assert [[n.label for n in layer] for layer in network.layers] == [["x"], ["開", "閉"], ["y"]]
    assert network.layers[1][0].data == 3.0
    assert [n.grad for n in network.layers[1]] == [0.5, -0.25]
    assert [n.gate for n in network.layers[1]] == ["", "shut"]


def test_gates() -> None:
    assert gate_of(Value(-1.0).relu()) == "shut"
    assert gate_of(Value(0.0).relu()) == "kink"
    assert gate_of(Value(0.0).relu(at_zero=1.0)) == ""
    assert gate_of(Value(-1.0).leaky_relu()) == ""
    assert gate_of(Value(30.0).tanh()) == "rounded to 0"
    assert gate_of(Value([30.0, 1.0]).tanh()) == gate_of(Value(9.0).tanh()) == ""
    assert gate_of(np.maximum(Value([-1.0, -2.0]), 0)) == "shut"
    assert gate_of(np.maximum(0, Value([-1.0, 2.0]))) == "1 of 2 shut"
    assert gate_of(np.maximum(Value(1.0), Value(2.0))) == ""
    assert gate_of(Value(np.array([-1.0, 2.0, -3.0])).relu()) == "2 of 3 shut"
    assert gate_of(Value(9.0).relu6()) == "shut"


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        tg.draw_network([])
    with pytest.raises(ValueError, match="none empty"):
        tg.draw_network([[Value(1.0)], []])
    with pytest.raises(TypeError, match="neuron 0 of layer 1 is a Value, not 2"):
        tg.draw_network([[Value(1.0)], [2.0]])  # type: ignore[list-item]
    x = Value(1.0)
    y = (x * 2.0).relu()
    z = x.relu()
    x.data = 5.0
    with pytest.raises(tg.StaleDataError):
        tg.draw_network([[x], [z, y]])
