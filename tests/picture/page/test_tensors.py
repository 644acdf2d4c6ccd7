"""Tensors as JSON."""

import json

import numpy as np

import tinygrad_relu as tg
from tests.picture.reading import data_of
from tinygrad_relu import Value
from tinygrad_relu.picture import page


def test_tensors_are_stored_once_and_cut_to_a_preview():
    x = Value(np.arange(1200.0).reshape(20, 3, 20) / 7, label="x")
    data = json.loads(page.to_json(tg.gradient_flow(tg.sum(x.relu() + x))))
    frame, tensors = data["frames"][0], data["tensors"]
    node = next(n for n in frame["nodes"] if n["name"] == "x")
    tensor = tensors[node["value"]["tensor"]]
    assert tensor["shape"] == [20, 3, 20]
    assert (tensor["rows"], tensor["cols"], tensor["preview"]) == (60, 20, [16, 16])
    expected = (np.arange(1200.0) / 7).reshape(60, 20)[:16, :16].ravel()
    np.testing.assert_allclose(tensor["data"], expected, rtol=1e-4)
    assert len({json.dumps(t) for t in tensors}) == len(tensors)
    assert (tensor["zeros"], tensor["size"]) == (1, 1200)
    assert tensor["summary"] == tensor["spread"] == "0 … 171.3"  # as in the other pictures


def test_numbers_that_json_lacks_come_as_words():
    x = Value(np.array([1.0, 0.0]), label="x")
    with np.errstate(all="ignore"):
        data = json.loads(page.to_json(tg.gradient_flow(tg.sum(x.log()))))
    assert [0, "-Infinity"] in [t["data"] for t in data["tensors"]]
    assert [1, "Infinity"] in [t["data"] for t in data["tensors"]]


def test_empty_tensors_and_single_values():
    x = Value(np.zeros((0, 3)), label="empty")
    assert "empty" in tg.gradient_flow(tg.sum(x)).to_html()
    assert (
        data_of(tg.gradient_flow(Value(1.0, label="alone")).to_html())["frames"][0]["steps"] == []
    )
