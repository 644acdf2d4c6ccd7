"""One evaluation of a function, and the pass on part of its graph."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.evaluation import between, evaluated, places_of, swept


def test_only_what_lies_between_is_passed():
    x, w = Value(2.0), Value(3.0)
    side = w * 5
    h = x * side
    y = h.tanh()
    path, reached = between([y], [x])
    assert path == [h, y]
    assert reached == {x, h, y}


def test_a_sweep_of_plain_arrays_is_the_pass_and_leaves_nothing():
    x, w = Value([1.0, 2.0]), Value(3.0)
    y = (x * w + x).tanh().sum()
    path, reached = between([y], [x, w])
    arrived = swept(path, reached, {y: 1.0}, [x, w])
    assert (x.grad, y.grad, path[0].grad) == (None, None, None)
    y.backward()
    for c, leaf in zip(arrived, (x, w), strict=True):
        np.testing.assert_array_equal(c, leaf.grad)


def test_the_function_sees_values_of_its_own():
    x = Value([1.0, 2.0], label="x")
    run = evaluated("grad", lambda x, n: (x * n).sum(), 0, False, (x, 2.0), {})
    (seen,) = run.inputs
    assert seen is not x
    assert (seen.parents, seen.label) == ((x,), "x")
    assert run.lasting
    assert not evaluated("grad", lambda x: x, 0, False, (2.0,), {}).lasting


@pytest.mark.parametrize(
    ("argnums", "kind", "told"),
    [
        (2, ValueError, "argnums 2 is not among the 2 positional arguments"),
        ((0, -3), ValueError, "argnums -3 is not among the 2"),
        ((0, -2), ValueError, r"argnums \(0, -2\) names an argument twice"),
        ("x", TypeError, "argnums is a whole number or a sequence of them, not 'x'"),
        (1.0, TypeError, "argnums is a whole number"),
    ],
)
def test_arguments_that_are_not_there(argnums, kind, told):
    with pytest.raises(kind, match=f"grad: {told}"):
        places_of("grad", argnums, 2)


def test_a_rule_that_leaves_the_graph_is_named():
    @tg.op.structural(lambda g, y, x: 2 * x.data if isinstance(x, Value) else 2 * x * g)
    def stray(x):
        return x * x

    assert tg.grad(stray)(3.0) == 6.0
    with pytest.raises(TypeError, match="rule of stray for operand 0 left the graph"):
        tg.grad(tg.grad(stray))(3.0)
