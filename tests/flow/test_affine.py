"""Steps W·x: which axis is which, and which number of which leaf a weight is."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.flow.running import run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
W, K = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2, 3, 3))

#: A product with weights of 4 units, over 5 examples.
FORMS = {
    "linear": lambda x, w: tg.linear(x, w),
    "x @ W": lambda x, w: x @ w.T,
    "W @ x": lambda x, w: w @ x.T,
    "linear of W": lambda x, w: tg.linear(w, x),
    "a part of a leaf": lambda x, w: tg.linear(x, w[::-1]),
    "a vector of weights": lambda x, w: x @ w[2],
    "a vector on the left": lambda x, w: w[2] @ x.T,
    "a sequence": lambda x, w: tg.linear(np.stack([x, 2 * x], 1), w),
    "columns": lambda x, w: w @ np.stack([x, 2 * x], 2),
    "a stack of one": lambda x, w: w[None] @ np.stack([x, 2 * x], 2),
    "a stack of one on the right": lambda x, w: np.stack([x, 2 * x], 1) @ w.T[None],
}


def only_step(model, x):
    _, layers = run(model, x)
    (step,) = layers.steps
    return step


@pytest.mark.parametrize("form", FORMS)
def test_places_are_where_the_weights_of_a_unit_stand(form):
    w = Value(W, label="w")
    step = only_step(lambda x: FORMS[form](x, w), X)
    assert step.weight is w
    rows = {"a part of a leaf": W[::-1]}.get(form, W[2:3] if "vector" in form else W)
    np.testing.assert_array_equal(w.data.flat[step.places - 1], rows)
    assert (step.units, step.fan_in, step.kind) == (len(rows), 3, f"Linear 3→{len(rows)}")


@pytest.mark.parametrize("form", FORMS)
def test_the_formula_gives_the_mean_over_examples_and_places(form):
    step = only_step(lambda x: FORMS[form](x, w), X) if (w := Value(W)) is not None else None
    z = step.node.data if step.axis is None else np.moveaxis(step.node.data, step.axis, 0)
    mean = z.reshape(step.units, -1).mean(axis=1)
    rows = step.by_unit(step.node.operands[step.slot].data)
    np.testing.assert_allclose(step.formula()(step.mean_x(), rows), mean)


def test_a_convolution():
    w = Value(K)
    step = only_step(lambda x: tg.conv2d(x, w, None, 2, 1), x := RNG.normal(size=(5, 2, 6, 6)))
    assert (step.units, step.fan_in, step.kind) == (4, 2, "Conv2d 2→4")
    np.testing.assert_array_equal(w.data.flat[step.places - 1], K)
    mean = tg.conv2d(x, K, None, 2, 1).mean(axis=(0, 2, 3))
    np.testing.assert_allclose(step.formula()(step.mean_x(), K), mean)


@pytest.mark.parametrize("size", [3, 5])
def test_a_product_of_examples_with_each_other_or_of_parameters_is_no_step(size):
    w, v = Value(RNG.normal(size=(size, size))), Value(RNG.normal(size=(size, size)))
    x = RNG.normal(size=(size, size))
    for model in (lambda x: (h := x * w) @ h.T, lambda x: x + w @ v):
        _, layers = run(lambda x, model=model: model(x) + 0 * (x * w), x)
        assert layers.steps == []


def test_weights_that_are_computed_are_of_no_leaf():
    w = Value(W)
    step = only_step(lambda x: tg.linear(x, w * 2), X)
    assert (step.weight, step.units) == (None, 4)
