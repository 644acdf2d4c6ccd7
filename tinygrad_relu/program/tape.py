"""A graph as a program: a line an op, forward; then a line an edge, newest first, back."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.backward import seed_of
from tinygrad_relu.messages import describe
from tinygrad_relu.node import Node, topological
from tinygrad_relu.program.helpers import Helpers, Unprintable, called_by
from tinygrad_relu.program.names import Names, identifier
from tinygrad_relu.program.spelling import Block, Unsaid
from tinygrad_relu.program.symbol import Symbol

MOST = 10_000  #: numbers of an array that are written out
ABOVE = 16  #: arrays of more numbers stand below the function


#: What to say of a line, found by its id: the first wording that fits beside it.
Comments = dict[int, tuple[str, ...]]


@dataclass
class Line:
    """``target = text``.

    Attributes
    ----------
    target, text : str
    shape : tuple of int
        Of what is assigned.
    node : Value or None
        The node it computes, or whose edge it is; None for what several lines need.
    slot : int
        Which operand of `node` receives it, on the way back.
    """

    target: str
    text: str
    shape: tuple[int, ...]
    node: Any = None
    slot: int = -1

    def __str__(self) -> str:
        return f"{self.target} = {self.text}"


@dataclass
class Program:
    """A pass, line by line.

    Attributes
    ----------
    names : dict
        The name of each Value.
    arguments : list of Value
        The leaves, in order.
    wanted : list of Value
        Those whose gradients are returned.
    forward, backward : list of Line
    same : dict
        Nodes that compute the same as an earlier one, which stands for them.
    value, gradients : str, list of str
        The names of what is returned.
    helpers : list of str
        The functions that stand above.
    constants : dict
        Arrays that the ops were given, by name.
    scalar : bool
        Whether it is plain Python.
    """

    scalar: bool
    arguments: list[Any]
    wanted: list[Any]
    names: dict[Any, str] = field(default_factory=dict)
    forward: list[Line] = field(default_factory=list)
    backward: list[Line] = field(default_factory=list)
    same: dict[Any, Any] = field(default_factory=dict)
    helpers: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)
    value: str = ""
    gradients: list[str] = field(default_factory=list)

    def runs(self) -> bool:
        """Whether it runs on the example: plain Python has no 1/0, and turns complex."""
        names: dict[str, Any] = {}
        try:
            exec(self.text(), names)
            with np.errstate(all="ignore"):
                value, gradients = names["value_and_grad"](*(v._data for v in self.arguments))
        except (ArithmeticError, ValueError):
            return False
        return not any(np.iscomplexobj(a) for a in (value, *gradients))

    def text(self, comments: Comments | None = None) -> str:
        """The program, with comments beside or above its lines."""
        comments = comments or {}
        before: list[str] = []
        after: list[str] = []
        for name, a in self.constants.items():
            (before if a.size <= ABOVE else after).append(f"{name} = {_literal(a)}")
        arguments = [self.names[v] for v in self.arguments]
        body = [_listed("def value_and_grad(", arguments, "):")]
        body += ["    # forward", *_aligned(self.forward, comments), ""] * bool(self.forward)
        body += ["    # backward", *_aligned(self.backward, comments), ""]
        body.append(
            textwrap.indent(_listed(f"return {self.value}, (", self.gradients, ")"), "    ")
        )
        code = "\n".join([*self.helpers, *before, *after, *body])
        imports = [f"import {m}" for m in ("math",) if "math." in code]
        imports += ["import numpy as np"] * ("np." in code)
        blocks = ["\n".join(imports), *self.helpers, *before, "\n".join(body), *after]
        return "\n\n\n".join(filter(None, blocks))


def _listed(before: str, names: list[str], after: str) -> str:
    """Names in brackets; on lines of their own where they are many."""
    short = f"{before}{', '.join(names)}{',' * (len(names) == 1 and after == ')')}{after}"
    if len(short) < 96:
        return short
    rows = textwrap.fill(", ".join(names), 88)
    return f"{before}\n{textwrap.indent(rows, '    ' * (1 + (after == '):')))}\n{after}"


def _aligned(lines: list[Line], comments: Comments) -> list[str]:
    """Lines with their comments below each other."""
    told = []
    codes = [f"    {line}" for line in lines]
    width = max((len(c) for c in codes if len(c) <= 48), default=0)
    for code, line in zip(codes, lines, strict=True):
        wordings = comments.get(id(line), ())
        beside = [f"{code:<{width}}  # {wording}" for wording in wordings]
        fitting = next((text for text in beside if len(text) <= 100), "")
        told += [fitting] if fitting else [*(f"    # {w}" for w in wordings[:1]), code]
    return told


def _literal(a: Any) -> str:
    """An array as NumPy reads it, to the last digit."""
    flat = ", ".join(repr(each) for each in a.tolist())
    flat = flat.replace("nan", "np.nan").replace("inf", "np.inf")
    dtype = "" if a.dtype in (np.float64, np.bool_, np.int64) else f", np.{a.dtype}"
    text = f"np.array([{flat}]{dtype})"
    if len(text) > 90:
        rows = textwrap.fill(flat, 92, break_long_words=False)
        text = f"np.array(\n    [\n{textwrap.indent(rows, ' ' * 8)}\n    ]{dtype},\n)"
        text = text.replace("\n    ],\n)", "\n    ]\n)")
    return text if a.size else f"np.zeros({a.shape}, np.{a.dtype})"


def program_of(
    root: Any, leaves: Sequence[Any] = (), only: Any = None, seed: float = 1.0
) -> Program:
    """The backward pass of a scalar as a program.

    Parameters
    ----------
    root : Value
    leaves : sequence of Value
        The first arguments; all others follow in the order of their use.
    only : Value, optional
        The one leaf whose gradient is wanted.
    seed : float
        The gradient at the root.

    Raises
    ------
    TypeError
        If an op cannot be printed.
    ValueError
        If the root is no scalar, or an array is too large to be written out.
    """
    seed_of(root, None)
    nodes = topological(root)
    scalar = all(d.__class__ is not np.ndarray for v in nodes for d in (v._data, *v.operands))
    if scalar:
        try:
            program = _Writer(nodes, leaves, only, seed, scalar=True).program
            if program.runs():
                return program
        except Unsaid:
            pass
    program = _Writer(nodes, leaves, only, seed).program
    if all(v.ndim for v in program.arguments) or program.runs():
        return program
    return _Writer(nodes, leaves, only, seed, careful=True).program


def name_all(nodes: Iterable[Any], names: Names) -> dict[Any, str]:
    """A name for every Value: first the labels, then its op and a number."""
    found, unnamed = {}, []
    for v in dict.fromkeys(nodes):
        wanted = identifier(v.label)
        if wanted:
            found[v] = names.unique(wanted)
        else:
            unnamed.append(v)
    for v in unnamed:
        found[v] = names.unique("x#" if v.op is None else f"{identifier(v.op.name) or 'v'}#")
    return found


class _Writer:
    """Goes through a graph, forward and back."""

    def __init__(
        self,
        nodes: list[Any],
        leaves: Sequence[Any],
        only: Any,
        seed: float,
        scalar: bool = False,
        careful: bool = False,
    ) -> None:
        self.nodes, self.seed, self.careful = nodes, seed, careful
        self.names = Names()
        self.helpers = Helpers(self.names, scalar)
        self.book = self.helpers.book
        found = [v for v in nodes if v.op is None]
        arguments = list(dict.fromkeys([*leaves, *found]))
        wanted = [v for v in arguments if v.requires_grad and (only is None or v is only)]
        self.program = Program(scalar, arguments, wanted)
        self.single = any(v.dtype == np.float32 for v in nodes)
        self.symbols: dict[Any, Any] = {}
        self.program.names = name_all([*arguments, *nodes], self.names)
        done, back = self._forward(), self._backward()
        self._write(done, back)

    def _symbol(self, a: Any, node: Any = None, name: str = "c") -> Any:
        """An operand or setting in a rule."""
        if isinstance(a, Node):
            return self.symbols[self.program.same.get(a, a)]
        if isinstance(a, np.ndarray) and a.ndim:
            if a.size > MOST:
                raise ValueError(
                    f"source: {describe(node)} was given a plain array of shape {a.shape}: too "
                    "many numbers to print. Make it a Value(array, requires_grad=False), and it "
                    "becomes an argument"
                )
            return self.book.constant(a, name)
        return a

    def _forward(self) -> list[tuple[Any, Any]]:
        """Each inner node, and what computes it."""
        p = self.program
        for v in p.arguments:
            data = v._data
            if self.careful and not v.ndim:  # 1/0 raises of Python's floats, and not of NumPy's
                data = np.float64(data)
                p.forward.append(Line(p.names[v], f"np.float64({p.names[v]})", ()))
            self.symbols[v] = self.book.named(p.names[v], data)
        made: dict[Any, Any] = {}
        lines = []
        for v in self.nodes:
            op = v.op
            if op is None:
                continue
            if op.recorded:
                raise Unprintable(
                    f"source: {describe(v)} has a backward closure of its own, from record(), "
                    "and no forward that could be printed: compute it with ops"
                )
            first = len(v.operands) - op.settings
            data = [self._symbol(a, v) for a in v.operands[:first]] + list(v.operands[first:])
            for a, name in zip(v.operands[first:], _setting_names(op), strict=True):
                self._symbol(a, v, name)  # so that it has the name of the setting
            expression = self.helpers.forward(op, data)
            expression = self._fitted(expression, v)
            twin = made.setdefault((op, _identity(expression)), v)
            if twin is not v:
                p.same[v] = twin
                continue
            self.symbols[v] = self.book.named(
                p.names[v], expression.value if isinstance(expression, Symbol) else expression
            )
            lines.append((v, expression))
        return lines

    def _fitted(self, c: Any, v: Any) -> Any:
        """As `arrays.fit` has it: in the shape and dtype of a Value."""
        if isinstance(c, Symbol):
            if c.shape != v.shape:
                c = unbroadcast(c, v.shape)
            if v.ndim:
                return c.astype(v.dtype)
            if self.single and not self.careful and c.value.__class__ is not float:
                return self.book.make(float, (c,))
        return c

    def _backward(self) -> list[tuple[Any, int, Any, Any]]:
        """Each edge in the order of the pass: node, slot, contribution, and what it adds to."""
        p = self.program
        reaches = self._reaching()
        root = p.same.get(self.nodes[-1], self.nodes[-1])
        gradients: dict[Any, Any] = {root: self.book.named(f"d_{p.names[root]}", self.seed)}
        lines: list[tuple[Any, int, Any, Any]] = []
        for v in reversed(self.nodes):
            if v.op is None or v in p.same or v not in gradients:
                continue
            op, g, y = v.op, gradients[v], self.symbols[v]
            first = len(v.operands) - op.settings
            names = _setting_names(op)
            data = [self._symbol(a, v) for a in v.operands[:first]]
            data += [self._symbol(a, v, n) for a, n in zip(v.operands[first:], names, strict=True)]
            for slot, a in enumerate(v.operands[:first]):
                a = p.same.get(a, a) if isinstance(a, Node) else a
                if not isinstance(a, Node) or a not in reaches:
                    continue
                if op.elementwise:
                    local = self.helpers.slope(op, slot, y, data)
                    c = op.product(g, local) if local.__class__ is not float else g * local
                else:
                    c = self.helpers.pullback(op, slot, g, y, data)
                c = self._fitted(c, a)
                before = gradients.get(a)
                total = c if before is None else before + c
                value = total.value if isinstance(total, Symbol) else total
                gradients[a] = self.book.named(f"d_{p.names[a]}", value)
                lines.append((v, slot, a, total))
        return lines

    def _reaching(self) -> set[Any]:
        """The nodes on the way from the root to a wanted leaf."""
        found = set(self.program.wanted)
        for v in self.nodes:
            if any(isinstance(a, Node) and a in found for a in v.operands):
                found.add(v)
        return found

    def _write(self, done: list[tuple[Any, Any]], back: list[tuple[Any, int, Any, Any]]) -> None:
        p = self.program
        root = p.same.get(self.nodes[-1], self.nodes[-1])
        roots = [e for _, e in done] + [c for _, _, _, c in back]
        block = Block(roots, self.names.unique, p.scalar)

        def needed(a: Any, lines: list[Line]) -> None:
            for name, text, symbol in block.before(a):
                lines.append(Line(name, text, symbol.shape))

        for v, expression in done:
            needed(expression, p.forward)
            p.forward.append(Line(p.names[v], block.text(expression), v.shape, v))
            if isinstance(expression, Symbol) and expression.function is not None:
                block.names.setdefault(expression, p.names[v])
        p.backward.append(Line(f"d_{p.names[root]}", repr(self.seed), ()))
        for v, slot, a, c in back:
            needed(c, p.backward)
            if isinstance(c, Symbol) and c.function and c not in block.names and block.uses[c] > 1:
                name, text, _ = block.named(c)
                p.backward.append(Line(name, text, c.shape))
            p.backward.append(Line(f"d_{p.names[a]}", block.text(c), a.shape, v, slot))
        reached = {root, *(a for _, _, a, _ in back)}
        for v in p.wanted:
            if v not in reached:
                text = f"np.zeros_like({p.names[v]})" if v.ndim else "0.0"
                p.backward.append(Line(f"d_{p.names[v]}", text, v.shape))
        p.value, p.gradients = p.names[root], [f"d_{p.names[v]}" for v in p.wanted]
        lines = "\n".join(map(str, [*p.forward, *p.backward]))
        p.helpers = self.helpers.above(lines)
        p.constants = called_by("\n".join([lines, *p.helpers]), self.book.constants)


def _setting_names(op: Any) -> list[str]:
    code = op.__wrapped__.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return list(names[len(names) - op.settings :])


def _identity(a: Any) -> Any:
    return id(a) if isinstance(a, Symbol) else (type(a), repr(a))
