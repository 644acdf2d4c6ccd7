"""Functions that stand above a program: what is more than a line, and what NumPy lacks.

What a symbol can go through is written as it went. What branches on data, or writes into an
array, is taken over as it stands in the table, without its types and docstring.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_relu.op import Op
from tinygrad_relu.program.book import Book, evaluated
from tinygrad_relu.program.names import Names
from tinygrad_relu.program.spelling import Block, Unsaid, below
from tinygrad_relu.program.symbol import Symbol, Unwritable, erfc

INLINE = 4  #: an expression of more functions and operators than this is a function of its own


class Helpers:
    """The functions of one program, by name."""

    def __init__(self, names: Names, scalar: bool) -> None:
        self.names, self.scalar = names, scalar
        self.texts: dict[str, str] = {}
        self.given: dict[str, str] = {}  # of what is taken over: the name a program calls it by
        self.book = Book(self._of_op, names.unique)

    def _of_op(self, op: Op[Any], operands: Sequence[Any], settings: Sequence[Any]) -> Any:
        return self.forward(op, [*operands, *settings])

    def forward(self, op: Op[Any], data: list[Any]) -> Any:
        """What an op computes of symbols: an expression, or the call of a function."""
        function = op.__wrapped__  # type: ignore[attr-defined]
        return self.call(op, op.name, op.forward, function, data, _parameters(function, data))

    def slope(self, op: Op[Any], slot: int, y: Any, data: list[Any]) -> Any:
        """The local gradient of an elementwise op."""
        rule = op.rules[slot]
        if rule.__class__ is float:
            return rule
        given = _parameters(op.__wrapped__, data)  # type: ignore[attr-defined]
        name = f"{op.name}_slope" + (f"_{given[slot]}" if op.count > 1 else "")

        def local(y: Any, *data: Any) -> Any:
            return op.local(slot, y, data)

        return self.call(op, name, local, rule, [y, *data], ["y", *given])

    def pullback(self, op: Op[Any], slot: int, g: Any, y: Any, data: list[Any]) -> Any:
        """What an operand of a structural op receives."""
        given = _parameters(op.__wrapped__, data)  # type: ignore[attr-defined]
        name = f"{op.name}_pullback" + (f"_{given[slot]}" if op.count > 1 else "")
        rule = op.pull(slot)
        return self.call(op, name, rule, rule, [g, y, *data], ["g", "y", *given])

    def call(
        self,
        op: Op[Any],
        name: str,
        function: Callable[..., Any],
        source: Any,
        data: list[Any],
        parameters: list[str],
    ) -> Any:
        """function(*data): written out if it is short, else as the call of a helper."""
        formal = data
        for settings_too in (True, False):  # an op in a rule takes no symbol for a setting
            given = [a if settings_too else self._plain(a) for a in data]
            try:
                out = function(*given)
                known = set(below(given))
                if sum(a.function is not None for a in below([out]) if a not in known) <= INLINE:
                    return out
                formal = [
                    self.book.named(parameter, a.value) if isinstance(a, Symbol) else a
                    for parameter, a in zip(parameters, given, strict=True)
                ]
                out = function(*formal)
                break
            except (Unwritable, TypeError, ValueError, AttributeError, IndexError):
                pass
        else:
            if self.scalar:
                raise Unsaid(name)
            if name not in self.given:
                self.taken_over(source, op, name)
                self.given[name] = self.names.unique(name)
            args = tuple(self.book.entered(a) for a in data)
            return self.book.helper(self.given[name], args, evaluated(function, args, {}))
        met = {a.name: a for a in below([out]) if not a.function}
        pairs = [
            (p, a)
            for p, a, f in zip(parameters, given, formal, strict=True)
            if isinstance(f, Symbol) and met.pop(p, None) is not None
        ]
        pairs += [(name, a) for name, a in met.items() if name in self.book.constants]
        called = self._written(name, [p for p, _ in pairs], out)
        return self.book.helper(called, tuple(a for _, a in pairs), out.value)

    def _plain(self, a: Any) -> Any:
        """The array itself, if it is a constant of the program."""
        return self.book.constants.get(a.name, a) if isinstance(a, Symbol) else a

    def _written(self, name: str, parameters: list[str], out: Any) -> str:
        """The name of a helper that computes `out`."""
        local = Names(parameters)
        block = Block([out], local.unique, self.scalar)
        lines = [f"{target} = {text}" for target, text, _ in block.before(out)]
        lines.append(f"return {block.text(out)}")
        body = f"({', '.join(parameters)}):\n" + textwrap.indent("\n".join(lines), "    ")
        for known, text in self.texts.items():
            if text.removeprefix(f"def {known}") == body:
                return known
        name = self.names.unique(name)
        self.texts[name] = f"def {name}{body}"
        return name

    def taken_over(self, function: Any, op: Any, name: str) -> None:
        """Write a function as it stands in the table, under this name."""
        if name in self.texts:
            return
        refused = Unprintable(
            f"source: {op.name} cannot be printed: its rule branches on data or writes into an "
            "array, and is no function with a name whose text could be taken over"
        )
        try:
            tree: Any = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        except (OSError, TypeError, SyntaxError):
            raise refused from None
        if getattr(tree, "name", "") != function.__name__ or function.__code__.co_freevars:
            raise refused
        tree.name = name
        self.texts[name] = ""  # its place; a function may call itself
        tree = _Bare(function.__globals__).visit(tree)
        needed = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        needed -= {*function.__code__.co_varnames}
        for word in sorted(needed & function.__globals__.keys()):
            it = function.__globals__[word]
            if isinstance(it, Op):
                self.taken_over(it.__wrapped__, op, word)  # type: ignore[attr-defined]
            elif isinstance(it, types.FunctionType):
                self.taken_over(it, op, word)
            elif isinstance(it, int | float | str):
                self.texts[word] = f"{word} = {it!r}"
            elif it is not np and getattr(it, "__name__", "") not in ("math", *vars(builtins)):
                raise refused
        del self.texts[name]
        self.texts[name] = ast.unparse(ast.fix_missing_locations(tree))

    def above(self, text: str) -> list[str]:
        """All that a program of this text calls, in order."""
        erf = ast.unparse(_Bare({}).visit(ast.parse(inspect.getsource(erfc))))
        texts = {} if self.scalar else {"erfc": erf}
        texts |= self.texts
        texts |= {ours: f"{ours} = {name}" for name, ours in self.given.items() if ours != name}
        return list(called_by(text, texts).values())


def called_by(text: str, texts: dict[str, Any]) -> dict[str, Any]:
    """Those that a text names, or that another one of them names."""
    words = set(re.findall(r"\w+", text))
    for name, other in reversed(texts.items()):  # who calls stands below
        if name in words:
            words |= set(re.findall(r"\w+", str(other)))
    return {name: other for name, other in texts.items() if name in words}


class Unprintable(TypeError):
    """No program can be printed of this op."""


class _Bare(ast.NodeTransformer):
    """A function without decorators, types, docstring and checks; ``op.forward`` is the op."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        self.generic_visit(node)
        node.decorator_list, node.returns = [], None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        node.annotation = None
        return node

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        checks = isinstance(node.body[0], ast.Raise) and not node.orelse
        return None if checks else node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        self.generic_visit(node)
        owner = node.value
        if node.attr == "forward" and isinstance(owner, ast.Name):
            return owner if isinstance(self.names.get(owner.id), Op) else node
        return node


def _parameters(function: Any, data: list[Any]) -> list[str]:
    """A name for each operand and setting."""
    code = function.__code__
    names = list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    more = len(data) - len(names)
    return [f"x{i}" for i in range(1, more + 1)] + names
