"""One name for each layer and each unit, in every place where it is told."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.flow.names import layer_called, layer_names, unit_name, unit_names
from tinygrad_relu.flow.running import run
from tinygrad_relu.lab import Monitor, rescue
from tinygrad_relu.picture.units import inspect_units

X = np.random.default_rng(0).normal(size=(5, 2))
W = Value(np.ones((3, 2)))


class Named(nn.Module):
    def __init__(self):
        self.hidden, self.out = nn.Linear(2, 3, rng=0), nn.Linear(3, 1, rng=0)

    def forward(self, x):
        return self.out(self.hidden(x).relu())


class Listed(nn.Module):
    def __init__(self):
        self.blocks = [nn.Linear(2, 3, rng=0), nn.Linear(3, 3, rng=0)]

    def forward(self, x):
        for block in self.blocks:
            x = block(x).tanh()
        return x


def scoped(x):
    with tg.scope("encoder"):
        return tg.linear(x, W).relu()


def labelled(x):
    h = tg.linear(x, W).relu()
    h.label = "code"
    return h


def twice(x):
    with tg.scope("cell"):
        h = tg.linear(x, W).relu()
        return tg.linear(h[:, :2], W).relu()


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (nn.MLP(2, [8, 3, 1]), ["layer 1 (Linear 2→8)", "layer 2 (Linear 8→3)"]),
        (lambda x: (W @ x.T).relu(), ["layer 1 (Linear 2→3)"]),
        (lambda x: (x * W[0]).relu(), ["layer 1 (relu)"]),
        (Named(), ["hidden"]),
        (Listed(), ["blocks.0", "blocks.1"]),
        (scoped, ["encoder"]),
        (labelled, ["code"]),
        (twice, ["cell · 1", "cell · 2"]),
    ],
)
def test_a_layer_has_the_name_it_was_given_else_its_place_and_its_weights(model, names):
    assert layer_names(run(model, X)[1].activations) == names


def test_a_feature_map_names_its_channels():
    net = nn.Sequential(nn.Conv2d(1, 4, 3, rng=0), nn.ReLU())
    assert layer_names(run(net, np.ones((2, 1, 5, 5)))[1].activations) == ["layer 1 (Conv2d 1→4)"]


def test_a_layer_is_called_by_its_name_or_what_stands_before_the_brackets():
    names = ["layer 1 (Linear 2→8)", "layer 10 (Linear 8→3)", "code"]
    assert [layer_called(names, n) for n in (*names, "layer 1", "layer 10")] == [0, 1, 2, 0, 1]
    with pytest.raises(KeyError, match=r"no layer 'layer 2': there are .*'code'"):
        layer_called(names, "layer 2")


def test_every_room_says_the_same_name():
    net = nn.MLP(2, [3, 1], rng=0)
    net[0].bias.data = [0.0, -100.0, 0.0]
    name = "layer 1 (Linear 2→3), unit 2"
    report = inspect_units(net, X)
    assert [unit.name for unit in report.dead] == [name]
    assert unit_name(report[0].name, 1) == name
    assert "  2  ✕ dead" in report.to_text()
    assert Monitor(net, X).story((0, 1)).startswith(f"{name}: born dead")
    assert report["layer 1"][1].name == name
    assert name in str(rescue.redraw_dead(net, X))


def test_units_are_told_layer_by_layer():
    units = [*(("layer 1", n) for n in range(8)), ("layer 2", 3)]
    assert unit_names(units) == ("layer 1, units 1, 2, 3, 4, 5, 6, … 2 more; layer 2, unit 4")
