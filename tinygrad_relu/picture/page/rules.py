"""The rule of an op as it is written: its row of the table, or the closure of a learner."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tinygrad_relu.op import Op
from tinygrad_relu.text import clean


def place_of(op: Op[Any], rules: dict[str, dict[str, str]]) -> int:
    """The place of an op's source among the rules; two closures may share a name."""
    source = source_of(op)
    key = f"{op.name}\n{source}"
    rules.setdefault(key, {"name": clean(op.name), "source": source})
    return list(rules).index(key)


def source_of(op: Op[Any]) -> str:
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
    outer = inspect.getclosurevars(op.rules).nonlocals["pullback"]
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
def expressions(op: Op[Any]) -> tuple[str, ...]:
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


def textbook(op: Op[Any], slot: int) -> str:
    """The formula with which the docstring of a named pullback begins; empty if with words.

    Examples
    --------
    >>> from tinygrad_relu import matmul, median
    >>> textbook(matmul, 0), textbook(median, 0)
    ('G Bᵀ', '')
    """
    rule = op.rules[slot] if isinstance(op.rules, tuple) else op.rules(slot)
    formula = re.split(r"[;:.]|, ", (rule.__doc__ or "").strip())[0]
    return "" if re.search(r"[a-z]{2,}(?![a-z(])", formula) else formula
