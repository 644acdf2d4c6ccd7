"""What holds for every row of the table: its gradient, and the laws of the pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking import Verdict, gradcheck
from tinygrad_relu.testing import TABLE, calls, graphs

few = settings(max_examples=8)
every_op = pytest.mark.parametrize("name", TABLE)
ELEMENTWISE = [n for n in TABLE if getattr(getattr(tg.ops, n, None), "elementwise", False)]
BINARY = ["add", "sub", "mul", "div", "pow", "maximum", "minimum", "prelu", "where"]

pytestmark = pytest.mark.filterwarnings("error")


def upstream(y, seed=0):
    g = np.random.default_rng(seed).normal(size=y.shape)
    return g if y.ndim else float(g)


def same(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@every_op
@given(data=st.data())
def test_gradient_is_the_slope(name, data):
    call = data.draw(calls(name))
    report = gradcheck(call, *call.inputs)
    assert report.verdict in (Verdict.PASS, Verdict.KINK_INSIDE, Verdict.TOO_CLOSE)
    assert len(report.elements) == sum(a.size for a in call.inputs)


@every_op
@settings(max_examples=4)  # each is a check of every element
@given(data=st.data())
def test_second_order(name, data):
    """The rules let Values through: a gradient has a gradient, and it is right."""
    call = data.draw(calls(name))
    g = upstream(call(*map(Value, call.inputs)))

    def gradient(g, *operands):
        pieces = call(*operands).backward_closure(g)
        return tg.concatenate([tg.reshape(piece, (-1,)) for piece in pieces])

    gradcheck(gradient, g, *call.inputs)


@every_op
@few
@given(data=st.data(), a=st.floats(-3, 3), b=st.floats(-3, 3))
def test_the_pass_is_the_closure_which_is_linear_and_chains(name, data, a, b):
    call = data.draw(calls(name))
    leaves = [Value(a) for a in call.inputs]
    y = call(*leaves)
    g, h, pull = upstream(y, 1), upstream(y, 2), y.backward_closure
    y.backward(g)
    for leaf, both, one, two in zip(leaves, pull(a * g + b * h), pull(g), pull(h), strict=True):
        np.testing.assert_array_equal(leaf.grad, one)
        np.testing.assert_allclose(both, a * one + b * two, rtol=1e-9, atol=1e-9)
        leaf.zero_grad()
    tg.sin(y).backward(g)
    for leaf, piece in zip(leaves, pull(g * np.cos(y.data)), strict=True):
        same(leaf.grad, piece)


def transposed(f, inputs):
    """⟨u, Jv⟩ = ⟨Jᵀu, v⟩."""
    y, pull = tg.vjp(f, *inputs)
    u, *v = (np.random.default_rng(0).normal(size=np.shape(a)) for a in (y, *inputs))
    again, change = tg.jvp(f, inputs, v)
    np.testing.assert_array_equal(again, y)
    back = pull(u)
    scale = max([1.0, *(np.max(np.abs(b), initial=0.0) for b in back)])
    due = sum(np.sum(b * a) for b, a in zip(back, v, strict=True))
    assert abs(np.sum(u * change) - due) <= 1e-9 * scale


@every_op
@settings(max_examples=4)
@given(data=st.data())
def test_jvp_is_the_transpose_of_vjp(name, data):
    call = data.draw(calls(name))
    transposed(call, call.inputs)


@every_op
@few
@given(data=st.data())
def test_float32_stays(name, data):
    call = data.draw(calls(name))
    small = [np.asarray(a, np.float32) for a in call.inputs]
    leaves = [Value(a) for a in small]
    with np.errstate(under="ignore"):
        y = call(*leaves)
        y.backward(upstream(y))
    if any(leaf.ndim for leaf in leaves) and y.ndim:
        assert y.dtype == call.settings.get("dtype", np.float32)
    for leaf in leaves:
        assert leaf.ndim == 0 or leaf.grad.dtype == np.float32
        assert np.shape(leaf.grad) == leaf.shape
    g = Value(1.0 if not y.ndim else np.ones(y.shape, np.float32))
    for piece, leaf in zip(y.backward_closure(g), y.parents, strict=True):
        assert piece.dtype == leaf.dtype
        if piece.ndim and piece.op is not None:
            again = piece.backward_closure(Value(np.ones(piece.shape, np.float32)))
            assert [p.dtype for p in again if p is not None] == [
                p.dtype for p in piece.parents if p.requires_grad
            ]
    np.testing.assert_allclose(y.data, call(*small), rtol=1e-6)


@every_op
@few
@given(data=st.data())
def test_values_and_arrays_alike_and_left_alone(name, data):
    call = data.draw(calls(name))
    before = [a.copy() for a in call.inputs]
    y = call(*map(Value, call.inputs))
    np.testing.assert_array_equal(y.data, call(*call.inputs))
    for a, old in zip(call.inputs, before, strict=True):
        np.testing.assert_array_equal(a, old)
    assert np.shares_memory(y.data, call.inputs[0]) is False


@pytest.mark.parametrize("name", ELEMENTWISE)
@few
@given(data=st.data())
def test_scalar_engine_is_the_tensor_engine_element_by_element(name, data):
    call = data.draw(calls(name))
    tiled = [np.array(a) for a in np.broadcast_arrays(*call.inputs)]
    leaves = [Value(a) for a in tiled]
    y = call(*leaves)
    y.backward(np.ones(y.shape) if y.ndim else 1.0)
    for index in np.ndindex(y.shape):
        scalars = [Value(float(a[index])) for a in tiled]
        z = call(*scalars)
        z.backward()
        assert type(z.data) is float
        same(z.data, np.asarray(y.data)[index])
        for scalar, leaf in zip(scalars, leaves, strict=True):
            assert type(scalar.grad) is float
            same(scalar.grad, np.asarray(leaf.grad)[index])


@pytest.mark.parametrize("name", BINARY)
@given(data=st.data())
def test_broadcasting_is_tiling(name, data):
    call = data.draw(calls(name))
    shape = call(*call.inputs).shape if np.ndim(call(*call.inputs)) else ()
    leaves = [Value(a) for a in call.inputs]
    tiles = [Value(np.broadcast_to(a, shape)) for a in call.inputs]
    y, tiled = call(*leaves), call(*tiles)
    g = upstream(y)
    y.backward(g)
    tiled.backward(g)
    np.testing.assert_array_equal(y.data, tiled.data)
    for leaf, tile in zip(leaves, tiles, strict=True):
        place = np.broadcast_to(np.arange(leaf.size, dtype=np.int64).reshape(leaf.shape), shape)
        total = np.bincount(place.ravel(), np.ravel(tile.grad), minlength=leaf.size)
        same(np.ravel(leaf.grad), total)


@settings(max_examples=150)
@given(graphs())
def test_random_graphs(graph):
    gradcheck(graph, *graph.inputs)


@settings(max_examples=50)
@given(graphs(), st.floats(-3, 3))
def test_random_graphs_are_linear_in_the_upstream_gradient(graph, factor):
    once, scaled = ([Value(a) for a in graph.inputs] for _ in range(2))
    for leaves, scale in ((once, 1.0), (scaled, factor)):
        y = graph(*leaves)
        if y.requires_grad:
            y.backward(scale * upstream(y))
    for a, b in zip(once, scaled, strict=True):
        if a.grad is not None:
            np.testing.assert_allclose(factor * a.grad, b.grad, rtol=1e-9, atol=1e-9)


@given(graphs())
def test_jvp_is_the_transpose_of_vjp_in_random_graphs(graph):
    transposed(graph, graph.inputs)
