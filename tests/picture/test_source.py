"""The pass as a program to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_relu as tg


def first() -> tuple[tg.Value, ...]:
    """The first example of the README."""
    x, w, b = tg.Value(0.7, "x"), tg.Value(1.0, "w"), tg.Value(-2.0, "b")
    h = (w * x + b).relu()
    h.label = "h"
    y = h + 0.5 * x
    y.label = "y"
    return y, x, w, b


def sigmoid_of_four_relus(at: float) -> tg.Value:
    """One input, four ReLUs, a skip term, and an outer ReLU that shuts on the far left."""
    x = tg.Value(at, label="x")
    y = 0.00776 * x + 0.0490
    for weight, shift in ((0.0429, 4), (0.1398, 2), (-0.1398, -2), (-0.0429, -4)):
        y = y + weight * (x + shift).relu()
    z = y
    z.label = "z"
    y = z.relu()
    y.label = "y"
    return y


def test_the_line_of_the_cut_says_so():
    lines = str(tg.source(sigmoid_of_four_relus(-7.0))).splitlines()
    cut = [line for line in lines if "cut" in line]
    assert len(cut) == 1
    assert cut[0].split("  #")[0].strip() == "d_z = d_y * (z > 0)"
    assert cut[0].endswith("y = max(z, 0.0); relu: cut")
    assert "cut" not in str(tg.source(sigmoid_of_four_relus(5.0)))


def test_how_much_of_a_layer_is_cut():
    x = tg.Value([[-1.0, 2.0], [3.0, -4.0]], label="x")
    assert "relu: cut, 2 of 4 shut" in str(tg.source(x.relu().sum()))


def test_forward_then_back_with_shapes():
    x = tg.Value(np.ones((4, 3)), label="x")
    w = tg.Value(np.ones((3, 2)), label="w")
    lines = str(tg.source((x @ w).sum())).splitlines()
    assert [line.strip() for line in lines if line.strip().startswith("# ")] == [
        "# forward",
        "# backward",
    ]
    assert any(line.endswith("# (4, 2)") for line in lines)


def test_of_one_leaf_only_its_lines():
    y, _x, w, _b = first()
    text = str(tg.source(y, w))
    back = text.partition("# backward")[2]
    assert "return y, (d_w,)" in text
    assert "d_b" not in text
    assert "d_x" not in back


def test_no_line_twice():
    x = tg.Value(np.linspace(-1, 1, 4), label="x")
    text = str(tg.source(((x.relu() + x.relu()) * x.exp() * x.expm1()).sum()))
    codes = [line.partition("#")[0].partition("=")[2].strip() for line in text.splitlines()]
    computed = [c for c in codes if "(" in c]
    assert len(computed) == len(set(computed)), text
    assert text.count("np.exp(x)") == text.count("# exp1 = np.exp(x)") + 1


def test_what_goes_to_an_operand_twice_is_computed_once():
    x = tg.Value(3.0, label="x")
    text = str(tg.source(x * x))
    assert text.count("= d_mul1 * x") == 1
    assert "d_x = d_x + mul2" in text


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_text_runs_where_this_package_never_was(dtype, tmp_path: Path):
    rng = np.random.default_rng(0)
    x = tg.Value(rng.normal(size=(4, 3)).astype(dtype), label="x", requires_grad=False)
    w = tg.Value(rng.normal(size=(3, 5)).astype(dtype), label="w")
    b = tg.Value(np.zeros(5, dtype), label="b")
    loss = tg.cross_entropy((x @ w + b).gelu(), np.array([1, 0, 4, 2], np.int64))
    loss.backward()
    tg.gradient_flow(loss).save(tmp_path / "given.py")
    (tmp_path / "data.json").write_text(json.dumps([v.data.tolist() for v in (x, w, b)]))
    code = (
        "import json, sys, numpy as np, given\n"
        f"data = [np.array(a, np.{np.dtype(dtype)}) for a in json.load(open('data.json'))]\n"
        "value, grads = given.value_and_grad(*data)\n"
        "assert 'tinygrad_relu' not in sys.modules\n"
        "print(json.dumps([float(value), *[g.tolist() for g in grads]]))\n"
    )
    run = [sys.executable, "-c", code]
    told = subprocess.run(run, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    assert not told.stderr
    value, *grads = json.loads(told.stdout)
    assert value == pytest.approx(loss.data, rel=1e-6)
    assert len(grads) == 2
    for g, v in zip(grads, (w, b), strict=True):
        np.testing.assert_allclose(g, v.grad, rtol=1e-4, atol=1e-6)


def test_of_a_function_and_an_example():
    w = tg.Value(2.0, label="w")
    shown = tg.source(lambda x, t: tg.mse_loss(w * x, t), np.ones(3), np.zeros(3))
    assert "def value_and_grad(x, t, w):" in str(shown)
    names: dict[str, object] = {}
    exec(str(shown), names)
    value, grads = names["value_and_grad"](np.ones(3), np.zeros(3), 2.0)  # type: ignore[operator]
    assert value == 4.0
    assert len(grads) == 3
    assert grads[2] == pytest.approx(4.0)


def test_an_argument_that_is_not_used_has_a_gradient_of_zeros():
    names: dict[str, object] = {}
    exec(str(tg.source(lambda x, z: x * x, 3.0, np.ones(2))), names)
    _, grads = names["value_and_grad"](3.0, np.ones(2))  # type: ignore[operator]
    assert grads[0] == 6.0
    np.testing.assert_array_equal(grads[1], [0.0, 0.0])


def test_a_notebook_shows_it_in_colours_without_markup_of_its_own():
    y, *_ = first()
    y.label = "a<b"
    bundle = tg.source(y)._repr_mimebundle_()
    assert bundle["text/plain"] == str(tg.source(y))
    assert "font-weight" in bundle["text/html"]
    x = tg.Value(np.ones(2), label="x")
    assert "x &gt; " in tg.source(x.relu().sum()).to_html()


def test_what_cannot_be_printed_is_refused_by_name():
    x = tg.Value(3.0, label="x")
    own = tg.record(9.0, [x], lambda g: 6 * g, op="my_square")
    with pytest.raises(TypeError, match="my_square"):
        tg.source(own)
    with pytest.raises(ValueError, match="only a scalar"):
        tg.source(tg.Value([1.0, 2.0]) * 2)
    with pytest.raises(TypeError, match="y is a Value"):
        tg.source(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'z' is not in this graph"):
        tg.source(x * x, tg.Value(1.0, label="z"))
    with pytest.raises(ValueError, match=r"the output of mul .*is no leaf"):
        tg.source(x * x, x * 2)
    with pytest.raises(ValueError, match="requires_grad=False"):
        tg.source((tg.Value(np.ones(20_000)) * np.ones(20_000)).sum())
    with pytest.raises(ValueError, match="ends in \\.py"):
        tg.source(x * x).save("pass.docx")


def test_stale_data_is_noticed():
    x = tg.Value(3.0)
    y = x * x
    x.data = 4.0
    with pytest.raises(tg.StaleDataError):
        tg.source(y)


def test_numba_takes_the_text_as_it_stands():
    numba = pytest.importorskip("numba", reason="numba is not installed: the extra 'numba' has it")
    rng = np.random.default_rng(0)
    x = tg.Value(rng.normal(size=(8, 2)), label="x", requires_grad=False)
    target = tg.Value(rng.normal(size=(8, 1)), label="target", requires_grad=False)
    loss = tg.mse_loss(tg.nn.MLP(2, [4, 1])(x).softplus(), target)
    loss.backward()
    shown = tg.source(loss)
    names: dict[str, object] = {}
    exec(str(shown), names)
    for name in ("softplus", "sigmoid"):
        names[name] = numba.njit(names[name])
    arguments, wanted = shown.program.arguments, shown.program.wanted
    value, grads = numba.njit(names["value_and_grad"])(*(v.data for v in arguments))
    assert value == pytest.approx(loss.data)
    for g, v in zip(grads, wanted, strict=True):
        np.testing.assert_allclose(g, v.grad, rtol=1e-9)
