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
@settings(max_examples=4)
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
