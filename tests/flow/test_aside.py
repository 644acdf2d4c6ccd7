"""The aside: said of the weights and biases of a recognised unit alone, with true counts."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value

X = np.random.default_rng(0).normal(size=(5, 3))
ROWS = np.random.default_rng(1).normal(size=(4, 3))
B = np.array([0.0, -100.0, 0.0, 0.0])
LAYERS = {
    "linear": lambda W, b: tg.linear(X, W, b),
    "x @ W.T, from the right": lambda W, b: X @ W + b,
    "b + x @ W": lambda W, b: b + X @ W,
    "W @ x": lambda W, b: W @ X.T + b,
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("scaled", [1.0, 0.5])
def test_a_dead_unit_is_named_whichever_way_its_weights_stand(name, scaled):
    W = Value(ROWS.T if "W" in name and name != "W @ x" else ROWS, label="W")
    b = Value(B[:, None] if name == "W @ x" else B, label="b")
    flow = tg.gradient_flow((LAYERS[name](W, b) * scaled).relu().sum())
    for leaf in (W, b):
        reason = flow.why_zero(leaf)
        assert "but unit 2 of 4: shut for 5 of 5 examples" in reason.sentence
        assert "4個のうちユニット2：5例のうち5例で閉じています" in reason.japanese
    at = (slice(None), 1) if W.shape == (3, 4) else 1
    assert "(unit 2 of 4: shut for 5 of 5 examples)" in flow.why_zero(W, at).sentence


def test_a_convolution_tells_examples_from_places():
    K, b = Value(np.ones((2, 1, 2, 2)), label="K"), Value([-100.0, 1.0], label="b")
    flow = tg.gradient_flow(tg.conv2d(np.ones((2, 1, 4, 4)), K, b).relu().sum())
    for sentence in (flow.why_zero(K).sentence, flow.why_zero(b, 0).sentence):
        assert "unit 1 of 2: shut for 18 of 18 places of 2 examples" in sentence
    assert "2例の18か所のうち18か所で閉じています" in flow.why_zero(K).japanese


def test_each_cause_has_its_own_count():
    W = Value(-np.ones((2, 3)), label="W")
    x = np.abs(X)
    x[0] = 0.0
    z = tg.linear(x, W, None).relu() * np.array([[1.0], [0.0], [1.0], [0.0], [0.0]])
    assert (
        "unit 1 of 2: kink for 1 of 5 examples, shut for 4 of 5 examples, "
        "nothing arrives for 3 of 5 examples"
    ) in tg.gradient_flow(z.sum()).why_zero(W).sentence


def test_a_gate_that_is_not_the_reason_is_left_out():
    W = Value(ROWS, label="W")
    flow = tg.gradient_flow((tg.linear(X, W, Value(B)).relu() * 0.0).sum())
    assert flow.why_zero(W).sentence.endswith(
        "passes mul, which is a step with local gradient 0 for 20 of 20 elements"
    )


PLAIN = {
    "an input": lambda v: (v @ Value(ROWS.T) + Value(B) - 99.0).relu(),
    "an input of linear": lambda v: (tg.linear(v, Value(ROWS), None) - 99.0).relu(),
    "no layer": lambda v: (v * 0.0 - 1.0).relu(),
    "a scale": lambda v: (v * X - 99.0).relu(),
    "used twice": lambda v: ((X[:3] @ v.T) @ v - 99.0).relu(),
    "two leaves": lambda v: (v @ Value(ROWS.T) - 99.0).relu(),
}


@pytest.mark.parametrize("name", PLAIN)
def test_nothing_is_said_of_a_leaf_that_is_no_weight(name):
    v = Value(X, label="v")
    reason = tg.gradient_flow(PLAIN[name](v).sum()).why_zero(v)
    assert reason.verdict in ("shut", "mixed", "by-zero")
    assert "unit" not in reason.sentence
    assert "ユニット" not in reason.japanese


def test_a_row_of_no_unit_is_told_by_itself():
    v = Value(X, label="v")
    flow = tg.gradient_flow((v * np.array([[1.0], [0.0], [1.0], [1.0], [1.0]])).sum())
    assert flow.why_zero(v).sentence.endswith("but v.grad[1] is 0: multiplied by 0")
