"""The flow as JSON: what the page reads, and anybody else may.

The format, version 1
---------------------
::

    {"format": "tinygrad_relu flow 1",
     "title":   "gradient flow of y", and the same in Japanese as "ja",
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

import linecache
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Flow, Node
from tinygrad_relu.flow.phrases import reason, speaker
from tinygrad_relu.flow.reasons import why_zero, why_zeros
from tinygrad_relu.flow.states import STATES
from tinygrad_relu.flow.stops import Stop, cuts
from tinygrad_relu.picture.look import LOOKS
from tinygrad_relu.picture.page.formulas import formula_of, forward_of
from tinygrad_relu.picture.page.rules import place_of
from tinygrad_relu.picture.page.tensors import Pool, preview
from tinygrad_relu.picture.words import line_of, name_all, operation
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value

FORMAT = "tinygrad_relu flow 1"
ASKED = 400  #: at most so many zeros are explained in a frame
LETTERS = dict(zip(STATES, "abcdefghijk", strict=True))


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
    pool = Pool()
    rules: dict[str, dict[str, str]] = {}
    told = [_frame(name, flow, pool, rules) for name, flow in frames.items()]
    first = next(iter(frames.values()))
    root, name = first.root.value, name_all(first.nodes)[first.root.index]
    refused = root.note("refused") is not None
    return {
        "format": FORMAT,
        **_title(operation(root) if refused else name, refused, list(frames)),
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


def _title(name: str, refused: bool, frames: list[str]) -> dict[str, str]:
    """What the page shows, and the frames that it compares."""
    compared = ": " + " | ".join(clean(frame, 40) for frame in frames) if len(frames) > 1 else ""
    if refused:
        return {"title": f"graph up to {name}{compared}", "ja": f"{name} までのグラフ{compared}"}
    return {"title": f"gradient flow of {name}{compared}", "ja": f"{name} の勾配の流れ{compared}"}


def _frame(name: str, flow: Flow, pool: Pool, rules: dict[str, dict[str, str]]) -> dict[str, Any]:
    names = name_all(flow.nodes)
    order = {id(edge): i for i, edge in enumerate(flow.edges)}
    told = {"refused": _refused(flow.root.value)} if flow.root.value.note("refused") else {}
    return told | {
        "name": clean(name, 80),
        "root": flow.root.index,
        "seed": pool(flow.root.grad if flow.root.value.requires_grad else None),
        "nodes": [_node(node, flow, names, pool, rules) for node in flow.nodes],
        "steps": [_step(edge, pool) for edge in flow.edges],
        "cuts": [_cut(stop, order) for stop in cuts(flow)],
        "zeros": _zeros(flow, order),
    }


def _refused(value: Value) -> dict[str, str]:
    """That the op at the root could not be computed, and why."""
    return {
        key: speaker(language)(
            "refused",
            op=clean(operation(value)),
            why=clean(reason(value.note("refused"), language), 400),
        )
        for key, language in {"sentence": "en", "ja": "ja"}.items()
    }


def _node(
    node: Node,
    flow: Flow,
    names: dict[int, str],
    pool: Pool,
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
        told["rule"] = place_of(value.op, rules)
        told["forward"] = forward_of(value)
        told["parents"] = [
            [slot, parent.index]
            for slot, a in enumerate(value.operands)
            if isinstance(a, Value) and (parent := flow.node(a)) is not None
        ]
    return told


def _step(edge: Edge, pool: Pool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "child": edge.child.index,
        "parent": edge.parent.index,
        "slot": edge.slot,
        "upstream": pool(edge.upstream),
        "local": pool(edge.local),
        "contribution": pool(edge.contribution),
        "running": pool(edge.running),
        "state": edge.state,
        "formula": formula_of(edge),
    }
    if edge.blocks:
        told["blocks"] = True
    codes = edge.crossing.codes
    if codes.ndim:
        told["counts"] = edge.counts
        told["mask"] = {"shape": list(codes.shape), "cells": _cells(codes)}
    return told


def _cells(codes: Any) -> str:
    letters = "".join(LETTERS[STATES[c]] for c in preview(codes).ravel())
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
    told, leaves = [], why_zeros(flow)
    for node in asked:
        zero = np.asarray(node.grad) == 0
        if not (zero.all() if zero.ndim < 2 else zero.all(axis=tuple(range(1, zero.ndim))).any()):
            continue
        reason = leaves.get(node.value) or why_zero(flow, node.value)
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
