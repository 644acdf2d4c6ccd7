"""A rule as it is written."""

import json

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.picture import page


def test_the_rule_is_the_row_of_the_table():
    x = Value(2.0, label="x")
    y = tg.record(x.relu().data ** 2, [x], lambda g: 2 * x.data * g, op="my_square") + x.relu()
    rules = {r["name"]: r["source"] for r in json.loads(page.to_json(tg.gradient_flow(y)))["rules"]}
    assert "unless(x <= 0)" in rules["relu"]
    assert rules["relu"].startswith("@elementwise(")
    assert "lambda g: 2 * x.data * g" in rules["my_square"]
    assert "Examples" not in rules["relu"]


def test_a_rule_without_source_is_no_error():
    scope = {}
    exec("def back(g):\n    return g", scope)
    x = Value(1.0)
    flow = tg.gradient_flow(tg.record(1.0, [x], scope["back"], op="typed"))
    assert json.loads(page.to_json(flow))["rules"] == [{"name": "typed", "source": ""}]
