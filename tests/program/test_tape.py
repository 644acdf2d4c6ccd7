"""The printed pass is the pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu.program import program_of
from tinygrad_relu.testing import TABLE, calls, graphs


def run(program: Any) -> tuple[Any, Any]:
    """What the text says, executed as it stands."""
    names: dict[str, Any] = {}
    exec(program.text(), names)
    with np.errstate(all="ignore"):
        return names["value_and_grad"](*(v.data for v in program.arguments))  # type: ignore[no-any-return]


def agrees(y: Any) -> None:
    """The program of a graph gives the value and the gradients of its pass."""
    program = program_of(y)
    value, gradients = run(program)
    for v in program.arguments:
        v.zero_grad()
    with np.errstate(all="ignore"):
        y.backward()
    rough = any(v.dtype == np.float32 for v in program.arguments)
    close = {"rtol": 2e-4, "atol": 1e-4} if rough else {"rtol": 1e-9, "atol": 1e-11}
    np.testing.assert_allclose(value, y.data, **close)
    for v, g in zip(program.wanted, gradients, strict=True):
        assert np.shape(g) == v.shape, program.text()
        assert v.ndim == 0 or g.dtype == v.dtype, program.text()
        scale = max(1.0, float(np.max(np.abs(v.grad), initial=0)))
        np.testing.assert_allclose(
            np.divide(g, scale), np.divide(v.grad, scale), err_msg=program.text(), **close
        )


def scalar(y: Any) -> Any:
    """A graph ends in one number."""
    return (y * y).sum() if y.ndim else y


@pytest.mark.parametrize("name", sorted(TABLE))
@settings(max_examples=3)
@given(data=st.data(), dtype=st.sampled_from([np.float64, np.float32]))
def test_of_every_op(name, data, dtype):
    call = data.draw(calls(name))
    inputs = [tg.Value(np.asarray(a, dtype) if np.ndim(a) else a) for a in call.inputs]
    with np.errstate(all="ignore"):
        agrees(scalar(call(*inputs)))


@settings(max_examples=25)
@given(graphs())
def test_of_random_graphs(graph):
    with np.errstate(all="ignore"):
        agrees(scalar(graph(*map(tg.Value, graph.inputs))))


@pytest.mark.parametrize(
    "graph",
    [
        lambda x: 1.0 / x,
        lambda x: x.log() + 1.0,
        lambda x: x.sqrt() * 2.0,
        lambda x: x**-1.0,
        lambda x: (x - 8.0) ** (1 / 3),
        lambda x: (x + 800.0).exp(),
        lambda x: (tg.Value(np.float32([1, 2])) / x).sum(),
    ],
)
def test_where_python_s_floats_raise_it_is_what_numpy_answers(graph):
    with np.errstate(all="ignore"):
        agrees(graph(tg.Value(0.0, label="x")))


@pytest.mark.parametrize("at", [np.nan, np.inf, -np.inf])
def test_of_what_is_not_finite(at):
    x = tg.Value(np.array([at, 1.0, -1.0]), label="x")
    with np.errstate(all="ignore"):
        agrees((x.relu() * x.leaky_relu()).max())


def test_labels_that_are_hard_to_take():
    labels = ["np", "math", "value_and_grad", "x", "x", "d_x", "lambda", "max", "h₁", "h1", "", "1"]
    agrees(sum((tg.Value(0.5, label=label) * 1.5).sin() for label in labels))


def test_a_leaf_alone():
    assert run(program_of(tg.Value(3.0, label="x"))) == (3.0, (1.0,))


def test_a_whole_network_in_lines_that_fit():
    nn = tg.nn
    layers = [nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.5), nn.LayerNorm(4)]
    net = nn.Sequential(*layers, nn.Linear(4, 1))
    loss = tg.mse_loss(
        net(tg.Value(np.random.default_rng(0).normal(size=(6, 3)))), np.zeros((6, 1))
    )
    agrees(loss)
    assert max(map(len, program_of(loss).text().splitlines())) <= 100
