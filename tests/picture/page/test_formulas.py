"""A step with its numbers put in."""

import json

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture import page
from tinygrad_relu.picture.page.formulas import INFIX, formula_of, forward_of
from tinygrad_relu.testing import TABLE, calls


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
        (lambda x: tg.logaddexp(x, -1.3), "logaddexp: 1 × 0.5 = 0.5  (a = −1.3, b = −1.3)"),
        (lambda x: x.leaky_relu(0.1), "leaky_relu: 1 × 0.1 = 0.1  (x = −1.3 ≤ 0, alpha = 0.1)"),
    ],
)
def test_a_formula_has_the_numbers_put_in(make, formula):
    flow = tg.gradient_flow(make(Value(-1.3, label="x")))
    told = json.loads(page.to_json(flow))["frames"][0]["steps"][0]["formula"]
    assert told == formula


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda x: tg.cumsum(x), "cumsum: flip(cumsum(flip(g)))   4 → 2×2"),
        (lambda x: tg.det(x), "det: g |X| X⁻ᵀ   1 → 2×2"),
        (lambda x: tg.inv(x), "inv: −Yᵀ G Yᵀ   2×2 → 2×2"),
        (lambda x: tg.einsum("ij->i", x), "einsum: Σ g ∏ xₖ   2 → 2×2"),
        (lambda x: tg.tril(x), "tril: unbroadcast(np.tril(g, k), np.shape(x))   2×2 → 2×2"),
        (lambda x: tg.max(x), "max: _winner_pullback(g)   1 → 2×2"),
    ],
)
def test_a_pullback_is_told_by_the_formula_in_its_docstring_or_as_it_is_written(make, formula):
    y = make(Value([[1.0, 0.5], [0.25, 2.0]]))
    (edge,) = [e for e in tg.gradient_flow(y.sum()).edges if e.child.value is y]
    assert formula_of(edge) == formula


@pytest.mark.parametrize("name", TABLE)
@settings(max_examples=2, phases=[Phase.generate])
@given(data=st.data())
def test_every_op_is_drawn_and_has_a_formula(name, data):
    call = data.draw(calls(name))
    y = call(*map(Value, call.inputs))
    flow = tg.gradient_flow(y.sum())
    assert INFIX.get(name, name) in forward_of(y)
    assert name in flow.to_dot()
    for edge in flow.edges:
        if edge.child.value is y:
            assert formula_of(edge).startswith(f"{name}: ")
