"""The flow as JSON: what the page reads, and anybody else may.

The format, version 1
---------------------
::

    {"format": "tinygrad_relu flow 1",
     "title":   "gradient flow of y",
     "states":  {"shut": {"letter": "d", "sign": "✂", "word": "cut", "stops": true, …}, …},
     "rules":   [{"name": "relu", "source": "@elementwise(…"}, …],
     "tensors": [Tensor, …],
     "views":   [View, …],                 layouts of the same graph, see `layout`
     "frames":  [Frame, …]}                flows over the same graph; often one

    Frame  {"name", "root": node, "seed": Data, "nodes": [Node, …], "steps": [Step, …],
            "cuts": [Cut, …], "zeros": [Zero, …]}
    Node   {"name", "op": "relu", "what": "relu(·, at_zero=0.5)", "rule": place in rules,
            "parents": [[slot, node], …], "leaf", "wanted", "detached", "cancelled",
            "arrives": "all" | "some" | "none", "shape": [8, 16], "dtype", "scope": ["layer1"],
            "line": "net.py:12", "code": "h = x.relu()", "forward": "relu(−1.3) = 0",
            "value": Data, "grad": Data}
    Step   {"child": node, "parent": node, "slot", "upstream": Data, "local": Data,
            "contribution": Data, "running": Data, "state": "shut", "blocks": true,
            "counts": {"shut": 3, "flows": 5}, "mask": Mask, "formula": "relu: 1 × 0 = 0  (…)"}
    Stop   {"step", "reason": "shut", "count", "total"}
    Cut    a Stop with "sentence", and the same in Japanese as "ja"
    Zero   {"node", "verdict", "sentence", "ja", "stops": [Stop, …], "fewest": [step, …] | null}
    Data   a number; "NaN", "Infinity" or "-Infinity"; null where there is none;
           or {"tensor": place in tensors}
    Tensor {"shape", "rows", "cols", "preview": [16, 16], "data": [row by row],
            "min", "max", "zeros", "nonfinite", "size", "summary": "0 … 9", "spread": "0 … 9"}
    Mask   {"shape", "cells": "dddj…"}, a letter of a state for each number of a preview;
           one letter alone stands for all

Nodes are in topological order, leaves first; steps in the order of the pass. A
tensor is stored once, however often it occurs, and cut to its first 16 rows and
16 columns; leading axes count as rows. Tensors of up to 64 elements and all
scalars are exact, larger ones keep five digits.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.flow.reasons import Stop, cuts, why_zero
from tinygrad_relu.flow.states import STATES
from tinygrad_relu.node import plain
from tinygrad_relu.numbers import number
from tinygrad_relu.op import Op
from tinygrad_relu.picture.look import LOOKS
from tinygrad_relu.picture.words import (
    clean,
    line_of,
    name_all,
    operation,
    shape,
    spread,
    summary,
)
from tinygrad_relu.rule import margins
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.value import Value

FORMAT = "tinygrad_relu flow 1"
PREVIEW = 16  #: rows and columns of a tensor that are stored
EXACT = 64  #: tensors of up to so many elements keep every digit
ASKED = 400  #: at most so many zeros are explained in a frame
LETTERS = dict(zip(STATES, "abcdefghijk", strict=True))
INFIX = {"add": "+", "sub": "−", "mul": "×", "div": "/", "pow": "**", "matmul": "@"}


def flow_data(frames: dict[str, Flow], views: list[Any]) -> dict[str, Any]:
    """Everything the page knows, as JSON types.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(-1.3, label="x")
    >>> data = flow_data({"": tg.gradient_flow(x.relu())}, [])
    >>> data["frames"][0]["steps"][0]["formula"]
    'relu: 1 × 0 = 0  (x = −1.3 ≤ 0)'
    """
    pool = _Pool()
    rules: dict[str, dict[str, str]] = {}
    told = [_frame(name, flow, pool, rules) for name, flow in frames.items()]
    first = next(iter(frames.values()))
    return {
        "format": FORMAT,
        "title": f"gradient flow of {name_all(first.nodes)[first.root.index]}",
        "states": {
            state: {
                "letter": LETTERS.get(state, ""),
                "sign": look.sign,
                "word": look.word,
                "meaning": look.meaning,
                "glyph": look.glyph,
                "stops": look.stops,
            }
            for state, look in LOOKS.items()
        },
        "rules": list(rules.values()),
        "tensors": pool.tensors,
        "views": views,
        "frames": told,
    }


def _frame(name: str, flow: Flow, pool: _Pool, rules: dict[str, dict[str, str]]) -> dict[str, Any]:
    names = name_all(flow.nodes)
    order = {id(edge): i for i, edge in enumerate(flow.edges)}
    return {
        "name": clean(name, 80),
        "root": flow.root.index,
        "seed": pool(flow.root.grad if flow.root.value.requires_grad else None),
        "nodes": [_node(node, flow, names, pool, rules) for node in flow.nodes],
        "steps": [_step(edge, pool) for edge in flow.edges],
        "cuts": [_cut(stop, order) for stop in cuts(flow)],
        "zeros": _zeros(flow, order),
    }


def _node(
    node: Node,
    flow: Flow,
    names: dict[int, str],
    pool: _Pool,
    rules: dict[str, dict[str, str]],
) -> dict[str, Any]:
    value = node.value
    arrives = "all" if np.all(node.arrives) else "some" if np.any(node.arrives) else "none"
    told: dict[str, Any] = {
        "name": names[node.index],
        "labelled": bool(value.label),
        "op": clean(value.op.name) if value.op else "",
        "what": operation(value),
        "wanted": value.requires_grad,
        "arrives": arrives,
        "shape": list(value.shape),
        "value": pool(value.data),
        "grad": pool(node.grad if value.requires_grad else None),
    }
    if value.ndim:
        told["dtype"] = str(value.dtype)
    if node.cancelled:
        told["cancelled"] = True
    if node.detached:
        told["detached"] = True
    if value.scope:
        told["scope"] = [clean(s) for s in value.scope]
    if value.source:
        told["line"] = line_of(value)
        told["code"] = clean(linecache.getline(*value.source), 200)
    if value.op is not None:
        told["rule"] = _place(value.op, rules)
        told["forward"] = _forward(value)
        told["parents"] = [
            [slot, parent.index]
            for slot, a in enumerate(value.operands)
            if isinstance(a, Value) and (parent := flow.node(a)) is not None
        ]
    return told


def _step(edge: Edge, pool: _Pool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "child": edge.child.index,
        "parent": edge.parent.index,
        "slot": edge.slot,
        "upstream": pool(edge.upstream),
        "local": pool(edge.local),
        "contribution": pool(edge.contribution),
        "running": pool(edge.running),
        "state": edge.state,
        "formula": _formula(edge),
    }
    if edge.blocks:
        told["blocks"] = True
    codes = edge.crossing.codes
    if codes.ndim:
        told["counts"] = edge.counts
        told["mask"] = {"shape": list(codes.shape), "cells": _cells(codes)}
    return told


def _cells(codes: Any) -> str:
    letters = "".join(LETTERS[STATES[c]] for c in _preview(codes).ravel())
    return letters[:1] if np.all(codes == codes.flat[0] if codes.size else True) else letters


def _stop(stop: Stop, order: dict[int, int]) -> dict[str, Any]:
    return {
        "step": order[id(stop.edge)],
        "reason": stop.reason,
        "count": stop.count,
        "total": stop.total,
    }


def _cut(stop: Stop, order: dict[int, int]) -> dict[str, Any]:
    told = {"sentence": stop.sentence, "ja": stop.japanese}
    short = {key: clean(_without_path(text, stop), 400) for key, text in told.items()}
    return _stop(stop, order) | short


def _without_path(sentence: str, stop: Stop) -> str:
    """A page may be shown to others: it names the file, not where it is."""
    if stop.source is None:
        return sentence
    file, line = stop.source
    return sentence.replace(f"({file}:{line})", f"({line_of(stop.edge.child.value)})")


def _zeros(flow: Flow, order: dict[int, int]) -> list[dict[str, Any]]:
    """Why the gradient is 0, for leaves first, then, in a small graph, for inner nodes."""
    wanted = [n for n in flow.nodes if n.value.requires_grad and n.value.size]
    asked = [n for n in wanted if n.value.op is None]
    if len(flow.nodes) <= 150:
        asked += [n for n in wanted if n.value.op is not None and not np.any(n.grad)]
    told = []
    for node in asked:
        zero = np.asarray(node.grad) == 0
        if not (zero.all() if zero.ndim < 2 else zero.all(axis=tuple(range(1, zero.ndim))).any()):
            continue
        reason = why_zero(flow, node.value)
        told.append(
            {
                "node": node.index,
                "verdict": reason.verdict,
                "sentence": clean(reason.sentence, 1000),
                "ja": clean(reason.japanese, 1000),
                "stops": [_stop(stop, order) for stop in reason.stops[:24]],
                "fewest": None
                if reason.fewest is None
                else [order[id(s.edge)] for s in reason.fewest],
            }
        )
        if len(told) == ASKED:
            break
    return told


# --- numbers -----------------------------------------------------------------------------


def _scalar(x: float) -> Any:
    x = float(x)
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "Infinity" if x > 0 else "-Infinity"
    return int(x) if x.is_integer() and abs(x) < 1e15 else x


def _preview(data: Any) -> Any:
    """The first rows and columns; leading axes count as rows."""
    array = np.asarray(data)
    columns = array.shape[-1] if array.ndim else 1
    rows = array.reshape(-1, columns) if columns else array.reshape(0, 0)
    return rows[:PREVIEW, :PREVIEW]


class _Pool:
    """Each tensor once, however many steps it takes part in."""

    def __init__(self) -> None:
        self.tensors: list[dict[str, Any]] = []
        self._places: dict[Any, int] = {}

    def __call__(self, data: Any) -> Any:
        """Data as JSON: a number, or the place of a tensor."""
        if data is None:
            return None
        array = np.asarray(data)
        if array.dtype.kind not in "f":
            array = array.astype(float)
        if not array.ndim:
            return _scalar(float(array))
        key = array.shape, array.dtype, array.tobytes()
        place = self._places.setdefault(key, len(self.tensors))
        if place == len(self.tensors):
            self.tensors.append(self._tensor(array))
        return {"tensor": place}

    def _tensor(self, array: Any) -> dict[str, Any]:
        preview = _preview(array)
        finite = array[np.isfinite(array)]
        numbers = preview.ravel().tolist()
        if array.size > EXACT:
            numbers = [float(f"{x:.5g}") for x in numbers]
        columns = array.shape[-1]
        return {
            "shape": list(array.shape),
            "rows": array.size // columns if columns else 0,
            "cols": columns,
            "preview": list(preview.shape),
            "data": [_scalar(x) for x in numbers],
            "min": _scalar(finite.min()) if finite.size else None,
            "max": _scalar(finite.max()) if finite.size else None,
            "zeros": int(np.count_nonzero(array == 0)),
            "nonfinite": int(array.size - finite.size),
            "size": int(array.size),
            "summary": summary(array),
            "spread": spread(array),
        }


# --- rules -------------------------------------------------------------------------------


def _place(op: Op[Any], rules: dict[str, dict[str, str]]) -> int:
    """The place of an op's source among the rules; two closures may share a name."""
    source = _source(op)
    key = f"{op.name}\n{source}"
    rules.setdefault(key, {"name": clean(op.name), "source": source})
    return list(rules).index(key)


def _source(op: Op[Any]) -> str:
    """The op's row, and the functions that it names as rules; or a recorded closure."""
    if op.recorded:
        return _text(_closure_of(op))
    forward = getattr(op, "__wrapped__", op.forward)
    row = _short_docstring(_text(forward))
    listed = op.rules if isinstance(op.rules, tuple) else (op.rules,)
    named = {r.__name__: r for r in listed if callable(r) and r.__name__ != "<lambda>"}
    return "\n\n".join([row, *(_short_docstring(_text(r)) for r in named.values())]).strip()


def _closure_of(op: Op[Any]) -> Callable[..., Any]:
    """The function that a learner gave to `record`."""
    outer = inspect.getclosurevars(op.rules).nonlocals["contribution"]
    closure: Callable[..., Any] = inspect.getclosurevars(outer).nonlocals["backward"]
    return closure


def _text(function: Any) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):  # typed at a prompt, or not written in Python
        return ""


def _short_docstring(source: str) -> str:
    """Only the first line of the docstring: the rule itself should be in sight."""
    try:
        tree = ast.parse(source).body[0]
    except (SyntaxError, IndexError):
        return source
    if not isinstance(tree, ast.FunctionDef) or not ast.get_docstring(tree):
        return source
    doc, lines = tree.body[0], source.splitlines()
    if doc.end_lineno is None or doc.end_lineno == doc.lineno:
        return source
    lines[doc.lineno - 1 : doc.end_lineno] = [lines[doc.lineno - 1].rstrip() + '"""']
    return "\n".join(lines)


@lru_cache(maxsize=256)
def _expressions(op: Op[Any]) -> tuple[str, ...]:
    """The rule of each operand as it is written in the row; empty where it cannot be read."""
    try:
        row = ast.parse(_text(getattr(op, "__wrapped__", None))).body[0]
        call = row.decorator_list[0] if isinstance(row, ast.FunctionDef) else None
    except (SyntaxError, IndexError):
        return ()
    if not isinstance(call, ast.Call):
        return ()
    rules = [a.body if isinstance(a, ast.Lambda) else a for a in call.args]
    return tuple(ast.unparse(rule) for rule in rules)


# --- formulas ----------------------------------------------------------------------------


def _operand(a: Any) -> str:
    data = plain(a)
    if data is None or isinstance(data, str | bool | tuple):
        return clean(str(data), 24)
    if np.ndim(data) == 0 and np.asarray(data).dtype.kind in "fiu":
        return number(float(data))
    return shape(np.shape(data)) or clean(str(data), 24)


def _forward(value: Value) -> str:
    """The step forward with its numbers: ``relu(−1.3) = 0``, ``2 × 3 = 6``."""
    op = value.op
    assert op is not None
    operands = value.operands[: len(value.operands) - op.settings]
    words = [_operand(a) for a in operands if a is not None]
    result = f"= {number(value.data)}" if value.ndim == 0 else f"→ {shape(value.shape)}"
    if op.name in INFIX and len(words) == 2:
        words = [f"({w})" if w.startswith("−") and i else w for i, w in enumerate(words)]
        return f"{words[0]} {INFIX[op.name]} {words[1]} {result}"
    more = ", …" if len(words) > 6 else ""
    return f"{clean(op.name)}({', '.join(words[:6])}{more}) {result}"


def _formula(edge: Edge) -> str:
    """The rule with the numbers put in: ``mul: g × b = 1 × 3 = 3``."""
    op = edge.child.value.op
    assert op is not None
    name = clean(op.name)
    written = () if op.recorded else _expressions(op)  # no cache may keep a graph alive
    rule = written[edge.slot] if edge.slot < len(written) else ""
    # A plain number says nothing more than its value, nor does the name of a function.
    simple = 0 < len(rule) <= 24 and not rule[-1].isdigit() and not rule.startswith("_")
    if not op.elementwise:
        short = 0 < len(rule) <= 60
        pullback = f"{rule}(g)" if rule.isidentifier() else rule if short else "pullback(g)"
        head = f"{name}: {'closure(g)' if op.recorded else pullback}"
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
