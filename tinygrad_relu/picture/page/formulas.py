"""Steps with their numbers put in: ``relu(−1.3) = 0`` forward, ``mul: g × b = 1 × 3 = 3`` back."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge
from tinygrad_relu.kinks import margins
from tinygrad_relu.node import plain
from tinygrad_relu.numbers import number
from tinygrad_relu.op import Op
from tinygrad_relu.picture.look import REFUSED
from tinygrad_relu.picture.page.rules import expressions, textbook
from tinygrad_relu.picture.words import shape, spread
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value

INFIX = {
    **{"add": "+", "sub": "−", "mul": "×", "div": "/", "pow": "**", "matmul": "@"},
    **{"mod": "%", "floor_divide": "//"},
}


def _operand(a: Any) -> str:
    data = plain(a)
    if data is None or isinstance(data, str | bool | tuple | list):
        return clean(str(data), 24)
    if np.ndim(data) == 0 and np.asarray(data).dtype.kind in "fiu":
        return number(float(data))
    return shape(np.shape(data)) or clean(str(data), 24)


def forward_of(value: Value) -> str:
    """The step forward with its numbers: ``relu(−1.3) = 0``, ``2 × 3 = 6``."""
    op = value.op
    assert op is not None
    operands = value.operands[: len(value.operands) - op.settings]
    words = [_operand(a) for a in operands if a is not None]
    result = f"= {number(value.data)}" if value.ndim == 0 else f"→ {shape(value.shape)}"
    if value.note("refused"):
        result = REFUSED.sign
    if op.name in INFIX and len(words) == 2:
        words = [f"({w})" if w.startswith("−") and i else w for i, w in enumerate(words)]
        return f"{words[0]} {INFIX[op.name]} {words[1]} {result}"
    more = ", …" if len(words) > 6 else ""
    return f"{clean(op.name)}({', '.join(words[:6])}{more}) {result}"


def formula_of(edge: Edge) -> str:
    """The rule with the numbers put in: ``mul: g × b = 1 × 3 = 3``."""
    op = edge.child.value.op
    assert op is not None
    name = clean(op.name)
    written = () if op.recorded else expressions(op)  # no cache may keep a graph alive
    rule = written[edge.slot] if edge.slot < len(written) else ""
    # A plain number says nothing more than its value, nor does the name of a function.
    simple = 0 < len(rule) <= 24 and not rule[-1].isdigit() and not re.search(r"\b_", rule)
    if not op.elementwise:
        short = 0 < len(rule) <= 60
        pullback = f"{rule}(g)" if rule.isidentifier() else rule if short else "pullback(g)"
        head = f"{name}: {'closure(g)' if op.recorded else textbook(op, edge.slot) or pullback}"
        return f"{head}   {_size(edge.upstream)} → {_size(edge.contribution)}"
    if edge.child.value.ndim or edge.parent.value.ndim:
        factor = _bracket(rule) if simple else _few(edge.local)
        sizes = [_size(edge.upstream), _size(edge.contribution)]
        sums = f"   Σ: {sizes[0]} → {sizes[1]}" if sizes[0] != sizes[1] else f"   {sizes[0]}"
        return f"{name}: g × {factor}{sums}"
    numbers = f"{number(edge.upstream)} × {_bracket(number(edge.local))}"
    result = number(edge.contribution)
    with_letters = f"g × {_bracket(rule)} = " if simple else ""
    return f"{name}: {with_letters}{numbers} = {result}{_given(edge, op, rule)}"


def _few(data: Any) -> str:
    """The values that occur, where they are few: ``{0, 1}`` for a gate; else from … to."""
    values = np.unique(data)
    if len(values) == 1 or len(values) > 3:
        return _bracket(spread(data))
    return f"{{{', '.join(number(x) for x in values)}}}"


def _bracket(factor: str) -> str:
    plain = factor.replace("_", "").replace(".", "").replace("e−", "")
    return factor if plain.isalnum() else f"({factor})"


def _size(data: Any) -> str:
    return shape(np.shape(data)) or number(data)


def _given(edge: Edge, op: Op[Any], rule: str) -> str:
    """The numbers that the local gradient was computed from: ``(x = −1.3 ≤ 0)``."""
    value = edge.child.value
    code = getattr(getattr(op, "__wrapped__", op.forward), "__code__", None)
    if code is None or not rule or rule.isidentifier():
        return ""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    known = {"y": value.data, **dict(zip(names, fresh_data(value), strict=False))}
    kinked = _input_with_kink(op, value, list(names))
    used = [name for name in known if name in _names_in(rule)]
    told = []
    for name in used:
        x = known.get(name)
        if not isinstance(x, float | int):
            continue
        if name == kinked:
            side = "≤ 0" if x < 0 else "> 0" if x > 0 else "is on the kink" if x == 0 else ""
            told.append(f"{name} = {number(x)} {side}".rstrip())
        elif name in ("y", *names[: len(names) - op.settings]) or x != 0:
            told.append(f"{name} = {number(x)}")
    return f"  ({', '.join(told)})" if told else ""


def _names_in(rule: str) -> set[str]:
    return {n.id for n in ast.walk(ast.parse(rule)) if isinstance(n, ast.Name)}


def _input_with_kink(op: Op[Any], value: Value, names: list[str]) -> str:
    """The operand that a gate compares with 0, if it is one."""
    data = fresh_data(value)
    distances = margins(op, value.data, data)
    return names[0] if names and len(distances) == 1 and distances[0] is data[0] else ""
