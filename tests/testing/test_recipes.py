"""Random graphs run alike on arrays and on Values, and every op is in one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinygrad_relu import Value
from tinygrad_relu.testing import TABLE, graphs
from tinygrad_relu.testing.recipes import _BINARY, _REDUCTION, _SHAPE, _UNARY, _tried

#: Ops of images, of targets, and those made for others.
ALONE = {
    *("avg_pool2d", "max_pool2d", "conv2d", "fold", "unfold", "linear", "scatter", "dropout"),
    *("cholesky", "cross", "take_along_axis"),
    *("binary_cross_entropy_with_logits", "cross_entropy", "hinge_loss", "normal_cdf"),
}


def test_every_op_is_drawn_or_named():
    drawn = {*_UNARY, *_BINARY, *_REDUCTION, *_SHAPE}
    assert drawn | ALONE == {*TABLE}
    assert not drawn & ALONE


@pytest.mark.parametrize("kind", [_UNARY, _BINARY, _REDUCTION, _SHAPE])
@settings(max_examples=5)
@given(data=st.data())
def test_every_op_may_be_a_step(kind, data):
    x = np.array([[0.5, 1.5], [2.5, 0.25]])
    for name in kind:
        chosen = {key: data.draw(s) for key, s in kind[name](x.shape).items()}
        places = (0, 1) if kind is _BINARY else (0,)
        step = name, places, chosen
        assert any(_tried(step, [y, y.T]) is not None for y in (x, x / 3, x + 1)), name


def test_what_does_not_fit_is_no_step():
    x = np.array([[-1.0, 0.0, 9.0]])
    for name in ("log", "sqrt", "exp", "div", "matmul"):
        assert _tried((name, (0, 0)[: 1 + (name in _BINARY)], {}), [x]) is None, name


@given(graphs())
def test_graphs_run_on_arrays_and_on_values_alike(graph):
    on_values = graph(*map(Value, graph.inputs))
    np.testing.assert_array_equal(on_values.data, graph(*graph.inputs))
    assert np.isfinite(on_values.data).all()


def test_graphs_share_nodes_and_mix_kinds():
    steps = []

    @settings(max_examples=60)
    @given(graphs())
    def collect(graph):
        steps.extend(graph.steps)

    collect()
    assert any(len(places) == 2 and places[0] == places[1] for _, places, _ in steps)
    for kind in (_UNARY, _BINARY, _REDUCTION, _SHAPE):
        assert len({name for name, _, _ in steps} & {*kind}) > 1
