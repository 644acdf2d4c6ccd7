"""Data, shapes, names and ops as a picture writes them: short."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygrad_relu.flow.graph import Edge, Node
from tinygrad_relu.numbers import number
from tinygrad_relu.text import clean
from tinygrad_relu.value import Value

NOT_KNOWN = "–"


def spread(data: Any) -> str:
    """A number, or the smallest and the largest of many.

    Examples
    --------
    >>> spread(2.0), spread(np.array([1.0, -2.0, 0.5])), spread(np.ones(3)), spread(np.ones(0))
    ('2', '−2 … 1', '1', 'empty')
    """
    flat = np.ravel(data)
    if not flat.size:
        return "empty"
    if np.isnan(flat).any():
        return f"{int(np.isnan(flat).sum())} NaN of {flat.size}" if flat.size > 1 else "NaN"
    low, high = number(flat.min()), number(flat.max())
    return low if low == high else f"{low} … {high}"


def summary(data: Any) -> str:
    """A scalar's number; a small array's numbers; the spread of a large one.

    Examples
    --------
    >>> summary(0.0429), summary(np.array([1.0, -2.0])), summary(np.arange(10.0))
    ('0.0429', '[1, −2]', '0 … 9')
    """
    if data is None:
        return NOT_KNOWN
    if np.ndim(data) == 0:
        return number(float(data))
    if np.ndim(data) == 1 and 0 < np.size(data) <= 4:
        return f"[{', '.join(number(x) for x in data)}]"
    return spread(data)


def shape(dims: tuple[int, ...]) -> str:
    """A shape as a picture writes it.

    Examples
    --------
    >>> shape((64, 16)), shape((3,)), shape(())
    ('64×16', '3', '')
    """
    return "×".join(map(str, dims))


def name_all(nodes: Iterable[Node]) -> dict[int, str]:
    """A name for each node, by index; equal labels are told apart by their place.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> from tinygrad_relu import gradient_flow
    >>> flow = gradient_flow(tg.Value(1.0, label="w") * tg.Value(2.0, label="w"))
    >>> name_all(flow.nodes)
    {0: 'w (v0)', 1: 'w (v1)', 2: 'v2'}
    """
    nodes = list(nodes)
    often = Counter(node.name for node in nodes)
    return {
        node.index: f"{clean(node.name)} (v{node.index})"
        if often[node.name] > 1
        else clean(node.name)
        for node in nodes
    }


def operation(value: Value) -> str:
    """The op of a node with its constants and settings; a dot stands for a Value.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> x = tg.Value(2.0)
    >>> operation(x * 3), operation(x.leaky_relu(0.1)), operation(x + x), operation(x)
    ('mul(·, 3)', 'leaky_relu(·, alpha=0.1)', 'add', 'leaf')
    """
    op = value.op
    if op is None:
        return "leaf" if value.requires_grad else "constant"
    operands = value.operands
    first = len(operands) - op.settings  # of the settings
    parts = ["·" if isinstance(a, Value) else _short(a) for a in operands[:first]]
    shown = parts != ["·"] * len(parts)
    parameters = list(inspect.signature(op).parameters.values()) if op.settings else []
    for parameter, a in zip(parameters[-op.settings :], operands[first:], strict=True):
        default = parameter.default
        if isinstance(a, np.ndarray) or (a is not default and a != default):
            parts.append(f"{parameter.name}={_short(a)}")
            shown = True
    return f"{clean(op.name)}({', '.join(parts)})" if shown else clean(op.name)


def _short(a: Any) -> str:
    if isinstance(a, float):  # a setting is written as it was given
        return number(a, 10)
    if isinstance(a, np.ndarray):
        return f"array {shape(a.shape)}"
    return clean(a, 16) if isinstance(a, str) else clean(str(a), 16).replace("-", "−")


def tally(counts: dict[str, int], state: str) -> str:
    """How many of all elements are in `state`; empty for a scalar's one.

    Examples
    --------
    >>> tally({"shut": 40, "flows": 24}, "shut"), tally({"shut": 1}, "shut")
    ('40 of 64', '')
    """
    total = sum(counts.values())
    return f"{counts.get(state, 0)} of {total}" if total > 1 else ""


def convention(edges: Iterable[Edge]) -> str:
    """What the local gradients on a kink are taken to be, and whether they block."""
    slopes: set[float] = set()
    for edge in edges:
        if "kink" in edge.counts and edge.local is not None:
            local = np.broadcast_to(edge.local, edge.states.shape)
            slopes |= {float(s) for s in np.unique(local[edge.states == "kink"])}
        elif "kink" in edge.counts:
            return "shared by convention"
    words = ["blocks" if 0.0 in slopes else "", "passes" if slopes - {0.0} else ""]
    values = " or ".join(number(s) for s in sorted(slopes)[:3])
    return f"slope {values} by convention: {' or '.join(w for w in words if w)}"


def line_of(value: Value) -> str:
    """The user's line that made a node, without its directory: ``net.py:12``; often empty."""
    if value.source is None:
        return ""
    file, line = value.source
    base = re.split(r"[\\/]", file)[-1]
    return f"{clean(base)}:{line}"
