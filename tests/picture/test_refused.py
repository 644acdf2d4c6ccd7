"""The graph up to an op that could not be computed."""

import json
import weakref
from functools import partial

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture.page.page import to_json
from tinygrad_relu.picture.refused import refused_flow


def error_of(f):
    try:
        f()
    except Exception as error:
        return error
    raise AssertionError("nothing was refused")


X = Value(np.ones((4, 2)), "x")
W = Value(np.ones((3, 5)), "W")
H = (X * 2.0).relu()
PRODUCT = error_of(lambda: H @ W)


def test_the_text_marks_the_op_and_says_why():
    lines = tg.draw(PRODUCT).text.splitlines()
    assert lines[0].startswith("v4  matmul  ✗ refused: matmul of (4, 2), 'W' (3, 5): the last axis")
    assert lines[1] == "├─ v3  relu  (4×2)  2  ∂ –"
    assert lines[-1] == "└─ W  leaf  (3×5)  1  ∂ –"


def test_the_picture_marks_the_op():
    drawing = tg.draw(PRODUCT)
    assert drawing.dot.count("✗ refused") == 1
    assert "which could not be computed" in drawing.dot
    assert "no gradient" not in drawing.dot
    svg = drawing.to_svg()
    assert svg.count("op-matmul refused root") == 1
    assert "#cf222e" in svg


def test_the_page_ends_at_the_op_in_both_languages(tmp_path):
    page = tg.draw(PRODUCT, tmp_path / "a.html").read_text("utf-8")
    assert "✗ refused: matmul" in page
    data = json.loads(to_json(refused_flow(PRODUCT)))
    (frame,) = data["frames"]
    assert data["title"] == "graph up to matmul"
    assert frame["steps"] == frame["cuts"] == frame["zeros"] == []
    assert frame["refused"]["sentence"].startswith("matmul could not be computed: matmul of (4, 2)")
    assert frame["refused"]["ja"].startswith("matmul は計算できませんでした：matmul of (4, 2)")
    assert frame["refused"]["ja"].endswith("最後から2番目の軸の長さが違います")
    assert frame["nodes"][-1]["forward"] == "4×2 @ 3×5 ✗"


@pytest.mark.parametrize("f", [lambda: H + W, lambda: H + None, lambda: tg.maximum(H, [1, 2, 3])])
def test_a_reason_of_ours_is_told_in_japanese_too(f):
    refused = json.loads(to_json(refused_flow(error_of(f))))["frames"][0]["refused"]
    assert refused["ja"].endswith(("なければなりません", "いけません"))
    assert refused["sentence"].endswith(("of length 1", "not None"))


@pytest.mark.parametrize(
    ("f", "first"),
    [
        (lambda: H + "x", "v3  add(·, x)"),
        (lambda: H + None, "v3  add(·, None)"),
        (lambda: np.add(H, [[1, 2], [3]]), "v3  add(·, [[1, 2], [3]])"),
        (lambda: H.sum(axis=7), "v3  sum(·, axis=7)"),
        (lambda: H[9], "v3  getitem(·, index=9)"),
        (lambda: H.reshape(3, 9), "v3  reshape(·, shape=(3, 9))"),
        (lambda: tg.concatenate([H, W]), "v4  concatenate"),
        (lambda: tg.linear(H, None, None), "v3  linear(·, None, None)"),
        (lambda: tg.mse_loss(H, W), "v4  mse_loss"),
    ],
)
def test_any_op(f, first):
    error = error_of(f)
    assert tg.draw(error).text.startswith(f"{first}  ✗ refused: ")
    assert json.loads(to_json(refused_flow(error)))["frames"][0]["refused"]


@pytest.mark.parametrize(
    "f",
    [
        lambda: H.clip(1j, 2.0),
        lambda: H.clip(max="a"),
        lambda: H.sum(axis="a"),
        lambda: H.sum(dim=1),
        lambda: tg.mean(H, 0, True, "more"),
        lambda: tg.clip(H, Value(0.0, "low")),
        lambda: tg.softmax(H, axis=1.5),
        lambda: tg.unfold(H, "a"),
    ],
)
def test_a_refused_setting_too(f, tmp_path):
    error = error_of(f)
    assert [node.name for node in refused_flow(error).nodes][:3] == ["x", "v1", "v2"]
    assert tg.draw(error).text.count("✗ refused") == 1
    assert "refused" in tg.draw(error, tmp_path / "refused.html").read_text("utf-8")


def test_an_anomaly_too():
    with np.errstate(divide="ignore"), tg.detect_anomaly():
        error = error_of(lambda: Value(0.0, "p").log())
    assert (
        tg.draw(error).text.splitlines()[0].startswith("v1  log  ✗ refused: log of 'p' made -inf")
    )


def test_a_graph_that_is_old_by_now_is_drawn_all_the_same():
    x = Value([1.0, 2.0], "x")
    error = error_of(lambda: x.exp() + np.ones(3))
    x.data = [5.0, 6.0]
    assert "✗ refused" in tg.draw(error).text


def test_an_error_of_no_op_has_no_graph():
    with pytest.raises(TypeError, match="this KeyError is not of an op"):
        tg.draw(KeyError("a"))


def test_only_the_error_holds_the_graph():
    x = Value([1.0, 2.0])
    kept = weakref.ref(x)
    error = error_of(partial(np.add, x, np.ones(3)))
    del x
    assert kept() is not None
    del error
    assert kept() is None
