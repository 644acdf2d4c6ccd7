"""The report on units as a table and as a figure."""

import json
import sys

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.flow.graphs import as_model, one_of_each
from tinygrad_relu import nn
from tinygrad_relu.picture.units import inspect_units, percent


def test_one_is_told_as_one():
    net = nn.MLP(2, [1, 1], rng=0)
    assert str(inspect_units(net, [[1.0, 2.0]])).startswith("1 example, 1 unit: ")
    assert str(inspect_units(net[0], [[1.0, 2.0]])).startswith("1 example: ")


def test_the_report_prints_and_exports():
    model, X = one_of_each()
    report = inspect_units(model, X, test=X[:5])
    text = str(report)
    assert text.startswith("201 examples, 7 units: 1 dead")
    assert "✕ dead" in text
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["layers"][0]["units"][0]["state"] == "dead"
    assert plain["test"]["examples"] == 5
    html = report._repr_html_()
    assert html.count("<tr") == 8
    assert "border-collapse" in html  # without it no browser draws the colours of the rows
    assert "test open" in html
    assert "1 dead" in repr(report)
    with pytest.raises(KeyError, match="layer 1"):
        report["relu 9"]


def test_a_wide_layer_shows_its_gravest_units():
    b = np.zeros(40)
    b[33] = -9
    model = as_model([(np.ones((40, 1)), b), (np.ones((1, 40)), [0.0])], ["relu"])
    text = inspect_units(model, [[1.0], [2.0], [-1.0]]).to_text(max_units=3)
    assert "34  ✕ dead" in text
    assert "… 37 more" in text


def test_the_plot_shows_each_layer_and_set():
    plt = pytest.importorskip("matplotlib.pyplot")
    model, X = one_of_each()
    figure = inspect_units(model, X, tau=1e-3, test=X[:5]).plot()
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [
        "layer 1 (Linear 1→7) train",
        "layer 1 (Linear 1→7) test",
    ]
    assert len(axes.patches) == 7 + len(set(inspect_units(model, X[:5], tau=1e-3)[0].states))
    plt.close(figure)


def test_without_matplotlib_a_plot_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    model, X = nn.MLP(2, [3, 1], rng=0), np.ones((3, 2))
    for picture in (inspect_units(model, X), tg.lab.Monitor(model, X)):
        with pytest.raises(ImportError, match=r"tinygrad_relu\[lab\]"):
            picture.plot()


def test_a_plot_without_units_says_so():
    plt = pytest.importorskip("matplotlib.pyplot")
    model, X = nn.Linear(2, 1, rng=0), np.ones((3, 2))
    for picture in (inspect_units(model, X), tg.lab.Monitor(model, X)):
        figure = picture.plot()
        assert "no activation, so no unit" in figure.axes[0].get_title()
        plt.close(figure)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1e-5, "<0.1 %"), (0.4, "40 %"), (0.99999, ">99.9 %"), (1.0, "100 %")],
)
def test_a_share_is_0_or_100_percent_only_where_it_is(share, text):
    assert percent(share) == text
