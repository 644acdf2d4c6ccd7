"""A model drawn as neurons: the right numbers, weights and crosses."""

import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.picture.model import network_of_model
from tinygrad_relu.picture.units import inspect_units


def data(n=30):
    return np.random.default_rng(0).normal(size=(n, 2))


def test_neurons_hold_what_the_model_computes():
    net, X = nn.MLP(2, [5, 4, 3], nn.Tanh, rng=0), data()
    layers = network_of_model(net, X).layers
    assert [len(layer) for layer in layers] == [2, 5, 4, 3]
    h1 = np.tanh(X @ net[0].weight.data.T + net[0].bias.data)
    for expected, layer in zip([X, h1, None, net(X).data], layers, strict=True):
        if expected is not None:
            np.testing.assert_allclose(np.transpose([v.data for v in layer]), expected, rtol=1e-12)


@pytest.mark.parametrize("form", ["linear", "matmul"])
def test_lines_are_the_weights_of_the_model(form):
    W, V = np.arange(6.0).reshape(3, 2) - 2.5, np.array([[1.0, -2.0, 0.5]])
    if form == "linear":
        w, v = Value(W), Value(V)
        model = lambda x: tg.linear(tg.linear(x, w).relu(), v)  # noqa: E731
    else:
        w, v = Value(W.T.copy()), Value(V.T.copy())
        model = lambda x: (x @ w + Value([1.0, 2.0, 3.0])).relu() @ v  # noqa: E731
    found = {(w.tail, w.head): w.number for w in network_of_model(model, data()).weights}
    expected = {((0, j), (1, i)): W[i, j] for i in range(3) for j in range(2)}
    expected |= {((1, j), (2, 0)): V[0, j] for j in range(3)}
    assert found == pytest.approx(expected)


def test_crosses_are_the_dead_units_of_the_report():
    net, X = nn.MLP(2, [6, 6, 1], rng=0), data()
    bias = net[0].bias.data.copy()
    bias[[1, 4]] = -50
    net[0].bias.data = bias
    layers = network_of_model(net, X).layers
    for layer, judged in zip(layers[1:], inspect_units(net, X), strict=False):
        assert [v.gate in ("dead", "kink") for v in layer] == [u.state == "dead" for u in judged]
    crossed = [v.gate == "dead" for layer in layers for v in layer]
    assert str(tg.draw_network(net, X)).count("✕ dead") == sum(crossed) > 1


def test_layers_and_units_have_the_names_of_the_report():
    net, X = nn.MLP(2, [3, 2, 1], rng=0), data()
    drawing = tg.draw_network(net, X)
    lines = str(drawing).splitlines()
    report = inspect_units(net, X)
    assert [line.partition(":")[0] for line in lines] == [
        "inputs", *(layer.name for layer in report), "outputs",
    ]  # fmt: skip
    for layer, line in zip(report, lines[1:], strict=False):
        assert re.findall(r"unit \d+", line) == [u.name.rpartition(", ")[2] for u in layer]
    svg = drawing.to_svg().replace("&#45;", "-").replace("&#160;", " ")
    assert all(f'"{unit.name}' in svg for unit in report.units)


@pytest.mark.parametrize("kind", [nn.Tanh, nn.ReLU6, lambda: nn.Hardtanh(-1.0, 1.0)])
def test_dead_units_of_any_activation_are_crossed_out(kind):
    net, X = nn.MLP(2, [4, 1], kind, rng=0), data()
    net[0].bias.data = [-50.0, 0.0, 50.0, 0.0]
    (judged,) = inspect_units(net, X)
    assert judged.states.count("dead") == 2
    lines = str(tg.draw_network(net, X)).splitlines()[1].split(", ")
    assert [unit.state == "dead" for unit in judged] == [
        any(f"unit {i} =" in line and "✕" in line for line in lines) for i in range(1, 5)
    ]


def test_where_more_than_weights_lies_between_there_are_lines_without_a_number():
    rng = np.random.default_rng(0)
    cnn = nn.Sequential(
        nn.Conv2d(1, 3, 2, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2, rng=0), nn.ReLU()
    )
    found = network_of_model(cnn, rng.normal(size=(4, 1, 3, 3))).weights
    expected = {((0, 0), (1, i)) for i in range(3)}
    expected |= {((1, i), (2, j)) for i in range(3) for j in range(2)}
    assert {(w.tail, w.head) for w in found} == expected
    assert {w.number for w in found} == {None}
    body = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    skip = nn.Sequential(nn.Residual(body), nn.Linear(2, 1, rng=0))
    network = network_of_model(skip, data())
    found = network.weights
    assert {(w.tail[0], w.head[0], w.number is None) for w in found} == {
        (0, 1, False),
        (0, 2, True),
        (1, 2, True),
    }
    np.testing.assert_allclose(network.layers[-1][0].data, skip(data()).data[:, 0])


def test_no_examples_are_refused():
    with pytest.raises(ValueError, match="at least one is needed"):
        tg.draw_network(nn.MLP(2, [3, 1], rng=0), np.ones((0, 2)))


def test_a_feature_map_is_crossed_out_only_if_shut_at_every_place():
    net = nn.Sequential(nn.Conv2d(1, 3, 2, rng=0), nn.ReLU(), nn.Flatten(), nn.Linear(12, 1, rng=0))
    net[0].bias.data = [0.0, -50.0, 50.0]
    X = np.random.default_rng(0).normal(size=(4, 1, 3, 3))
    layers = network_of_model(net, X).layers
    assert [v.gate for v in layers[1]][1:] == ["dead", ""]
    assert layers[1][0].gate.endswith("of 16 shut")


def test_a_wide_layer_is_folded_and_the_sums_stay_right():
    net, X = nn.MLP(2, [40, 40, 1], rng=0), data()
    network = network_of_model(net, X, max_units=4)
    np.testing.assert_allclose(network.layers[-1][0].data, net(X).data[:, 0], rtol=1e-12)
    assert "… 37 more" in str(tg.draw_network(net, X, max_units=4))
    assert max(w.head[1] for w in network.weights) < 4


def test_one_example_is_drawn_with_plain_numbers():
    layers = network_of_model(nn.MLP(2, [3, 1], rng=0), data()[:1]).layers
    assert {type(v.data) for layer in layers for v in layer} == {float}


def test_a_slope_a_channel_and_a_maximum_are_taken_along():
    net = nn.Sequential(nn.Linear(2, 2, rng=0), nn.PReLU(2))
    net[1].weight.data = [0.5, 0.0]
    w = Value(np.eye(2))
    X = data()
    for model in (net, lambda x: np.maximum(tg.linear(x, w), 0)):
        layers = network_of_model(model, X).layers
        np.testing.assert_allclose(np.transpose([v.data for v in layers[1]]), model(X).data)
        assert len(layers) == 2


def test_it_saves_a_picture(tmp_path):
    path = tg.draw_network(nn.MLP(2, [3, 1], rng=0), data(), tmp_path / "net.svg")
    assert "<svg" in path.read_text()
