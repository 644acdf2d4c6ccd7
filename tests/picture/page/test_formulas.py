"""A step with its numbers put in."""

import json

import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture import page


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda x: x.relu(), "relu: 1 × 0 = 0  (x = −1.3 ≤ 0)"),
        (lambda x: (-x).relu(), "relu: 1 × 1 = 1  (x = 1.3 > 0)"),
        (lambda x: (x + 1.3).relu(), "relu: 1 × 0 = 0  (x = 0 is on the kink)"),
        (lambda x: x * 3, "mul: g × b = 1 × 3 = 3"),
        (lambda x: x + 3, "add: 1 × 1 = 1"),
        (lambda x: x - 3, "sub: 1 × 1 = 1"),
        (lambda x: x.tanh(), "tanh: g × (1 - y * y) = 1 × 0.2574 = 0.2574  (y = −0.8617)"),
        (lambda x: x.leaky_relu(0.1), "leaky_relu: 1 × 0.1 = 0.1  (x = −1.3 ≤ 0, alpha = 0.1)"),
    ],
)
def test_a_formula_has_the_numbers_put_in(make, formula):
    flow = tg.gradient_flow(make(Value(-1.3, label="x")))
    told = json.loads(page.to_json(flow))["frames"][0]["steps"][0]["formula"]
    assert told == formula
