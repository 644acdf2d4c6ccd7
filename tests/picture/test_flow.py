"""A flow that answers, shows and saves itself."""

import warnings

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


def cut():
    return (Value(-2.0, label="x") * Value(3.0, label="w")).relu()


def test_a_flow_counts_its_cuts_once_and_explains_its_zeros():
    y = cut()
    flow = tg.gradient_flow(y)
    assert repr(flow) == "<gradient flow of v3: 4 nodes, 1 cuts>"
    assert flow.cuts is flow.cuts
    assert [stop.reason for stop in flow.cuts] == ["shut"]
    assert flow.why_zero(flow.nodes[0].value).verdict == "shut"


@pytest.mark.parametrize("passed", [False, True])
def test_html_is_the_page_to_step_through_whatever_the_options(tmp_path, passed):
    y = cut()
    if passed:
        y.backward()
    page = tg.draw(y, tmp_path / "a.html").read_bytes()
    assert b'id="position"' in page
    assert page == tg.gradient_flow(y).save(tmp_path / "b.html").read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        defaults = {"legend": True, "rankdir": "LR", "focus": None, "max_nodes": 300}
        assert tg.draw(y, tmp_path / "a.HTML", **defaults).read_bytes() == page
    for option in ({"legend": False}, {"rankdir": "TB"}, {"focus": y}, {"gradients": False}):
        with pytest.warns(UserWarning, match=rf"a\.html .* where {next(iter(option))} changes not"):
            assert tg.draw(y, tmp_path / "a.html", **option).read_bytes() == page


def test_the_page_takes_its_own_options_and_no_unknown_ones(tmp_path):
    y = cut()
    page = tg.draw(y, tmp_path / "a.html", language="ja", start="end").read_text("utf-8")
    assert '"options":{"language":"ja","start":"end"}' in page
    with pytest.raises(TypeError, match="colour"):
        tg.draw(y, tmp_path / "a.html", colour="red")
    with pytest.raises(TypeError, match="language"):
        tg.draw(y, tmp_path / "a.svg", language="ja")


def test_a_tensor_is_drawn_with_the_gradient_that_is_given(tmp_path):
    x = Value(np.array([1.0, -1.0]), label="x")
    assert "∂ [5, 0]" in str(tg.draw(x.relu(), gradient=[5.0, 7.0]))
