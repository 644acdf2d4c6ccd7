"""Running a model: the axis of examples is found by running it on another number of them."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.flow.running import batches, example_axes, leaves, run
from tinygrad_relu.node import topological


@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_the_axis_of_examples_is_the_one_that_follows_their_number(n):
    W, V = Value(np.ones((4, 3)), label="W"), Value(np.ones((n, n)), label="V")

    def model(x):
        h = W @ x.T
        g = (V * 2.0).sum() + h
        return g.T.reshape(-1)

    y = model(x := np.ones((n, 3)))
    told = [
        (v.label or v.op.name, axis)
        for v, axis in zip(topological(y), example_axes(model, x, y).examples, strict=True)
    ]
    assert told == [
        ("W", None), ("V", None), ("matmul", 1), ("mul", None), ("sum", None), ("add", 1),
        ("transpose", 0), ("reshape", 0),
    ]  # fmt: skip


def test_a_model_of_one_number_of_examples_only_is_judged_by_shape():
    w = Value(np.ones((2, 3)))

    def model(x):
        if len(x) != 5:
            raise ValueError("five")
        return tg.linear(x, w)

    y = model(x := np.ones((5, 3)))
    axes = example_axes(model, x, y)
    assert (axes.examples, axes.known) == ([None, 0], False)


def test_other_graphs_for_other_numbers_are_judged_by_shape():
    w = Value(np.ones((2, 3)))
    model = lambda x: tg.linear(x, w).relu() if len(x) == 5 else tg.linear(x, w).tanh()  # noqa: E731
    y = model(x := np.ones((5, 3)))
    axes = example_axes(model, x, y)
    assert (axes.examples, axes.known) == ([None, 0, 0], False)


def test_a_model_that_goes_example_by_example_is_refused_and_not_called_one_without_units():
    w = Value(np.ones((2, 3)))
    for one in (lambda x: (w @ x).relu(), lambda x: tg.linear(x[None], w).relu()[0]):
        with pytest.raises(ValueError, match=r"relu .*another graph.* Write it for a batch"):
            run(lambda x, one=one: tg.stack([one(row) for row in x]), np.ones((5, 3)))


def test_a_value_is_run_as_a_value():
    w = Value(np.ones((2, 3)), requires_grad=False)
    output, layers = run(lambda x: tg.linear(x, w).relu(), Value(np.ones((4, 3))))
    assert output.shape == (4, 2)
    assert layers.activations[0].units == 2


def test_batches_are_pieces_in_order_and_the_last_may_be_short():
    X = np.arange(10.0).reshape(5, 2)
    assert [len(b) for b in batches(X, 2)] == [2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(list(batches(X, 2))), X)
    assert all(isinstance(b, Value) for b in batches(Value(X), 2))
    with pytest.raises(ValueError, match=r"at least 1.* not 0"):
        next(batches(X, 0))


def test_leaves_have_a_name_each():
    x, w, again, frozen = Value(1.0), Value(2.0, "w"), Value(3.0, "w"), Value(4.0, "f", False)
    assert list(leaves(x * w * again * frozen)) == ["leaf 1", "w 2", "w 3"]


def test_an_output_without_examples_is_refused():
    w = Value(np.ones((3, 3)))
    for model in (lambda x: tg.linear(x, w).sum(), lambda x: tg.linear(x, w).mean(axis=0)):
        with pytest.raises(ValueError, match="where an axis counts the examples"):
            run(model, np.ones((3, 3)))
