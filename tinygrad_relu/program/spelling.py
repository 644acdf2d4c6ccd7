"""Symbols as text: NumPy, or for scalars plain Python with ``math``; and a block of lines."""

from __future__ import annotations

import ast
import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from tinygrad_relu.program.symbol import OPPOSITE, Symbol, erfc

BINARY: dict[Any, type[ast.operator]] = {
    operator.add: ast.Add,
    operator.sub: ast.Sub,
    operator.mul: ast.Mult,
    operator.truediv: ast.Div,
    operator.pow: ast.Pow,
    operator.mod: ast.Mod,
    operator.floordiv: ast.FloorDiv,
    operator.matmul: ast.MatMult,
    operator.and_: ast.BitAnd,
    operator.or_: ast.BitOr,
}
COMPARE: dict[Any, type[ast.cmpop]] = {
    operator.lt: ast.Lt,
    operator.le: ast.LtE,
    operator.gt: ast.Gt,
    operator.ge: ast.GtE,
    operator.eq: ast.Eq,
    operator.ne: ast.NotEq,
}
#: What an array says of itself.
METHODS = {
    np.ndarray.astype,
    *(np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std),
    *(np.reshape, np.ravel, np.transpose, np.swapaxes),
}
#: Of scalars: NumPy's function in plain Python.
PLAIN = {np.maximum: "max", np.minimum: "min", np.absolute: "abs", float: "float"}
#: Short names of what is computed in between.
SHORT = {"getitem": "part", "absolute": "abs", "astype": "cast", "truediv": "ratio", "and_": "mask"}
SHORT |= {"or_": "mask", "invert": "mask", "pow": "power"}
SHORT |= {compare.__name__: "mask" for compare in OPPOSITE}


class Unsaid(Exception):
    """What plain Python has no word for."""


def spelled(a: Any, names: dict[Symbol, str], scalar: bool) -> ast.expr:
    """An expression; what has a name in `names` is not written out again."""
    if not isinstance(a, Symbol):
        return _constant(a, names, scalar)
    if a in names:
        return ast.Name(names[a])
    if a.function is None:
        return ast.Name(a.name)

    def told(each: Any) -> ast.expr:
        return spelled(each, names, scalar)

    function, args = a.function, a.args
    if function in BINARY:
        left, right = map(told, args)
        less = {operator.add: ast.Sub, operator.sub: ast.Add}.get(function)
        if less and isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub):
            return ast.BinOp(left, less(), right.operand)
        return ast.BinOp(left, BINARY[function](), right)
    if function in COMPARE:
        return ast.Compare(told(args[0]), [COMPARE[function]()], [told(args[1])])
    if function is operator.neg:
        return ast.UnaryOp(ast.USub(), told(args[0]))
    if function is operator.invert:
        return ast.UnaryOp(ast.Not() if np.ndim(a.value) == 0 else ast.Invert(), told(args[0]))
    if function is operator.getitem:
        return ast.Subscript(told(args[0]), _index(args[1], told))
    options = [ast.keyword(name, told(each)) for name, each in a.options.items()]
    if function in METHODS and isinstance(getattr(args[0], "value", None), np.ndarray):
        if function is np.transpose and len(args) == 1:
            return ast.Attribute(told(args[0]), "T")
        method = ast.Attribute(told(args[0]), function.__name__.replace("amax", "max"))
        return ast.Call(method, [told(each) for each in args[1:]], options)
    if scalar and not a.name:
        return _plainly(function, [told(each) for each in args])
    return ast.Call(ast.Name(a.name or _called(function)), [told(each) for each in args], options)


def _plainly(function: Any, args: list[ast.expr]) -> ast.expr:
    """A function of scalars without NumPy."""
    if function in PLAIN:
        return ast.Call(ast.Name(PLAIN[function]), args, [])
    name = function.__name__.replace("arc", "a")  # arcsin is math.asin
    if (isinstance(function, np.ufunc) or function is erfc) and hasattr(math, name):
        return ast.Call(ast.Name(f"math.{name}"), args, [])
    if function is np.where:
        return ast.IfExp(*args)
    if function is np.clip and len(args) == 3:
        x, low, high = args
        for name, bound in (("max", low), ("min", high)):
            if not (isinstance(bound, ast.Constant) and bound.value is None):
                x = ast.Call(ast.Name(name), [x, bound], [])
        return x
    if function is np.sign:
        zero = ast.Constant(0)
        more, less = (ast.Compare(args[0], [way()], [zero]) for way in (ast.Gt, ast.Lt))
        return ast.BinOp(more, ast.Sub(), less)
    raise Unsaid(function)


def _called(function: Any) -> str:
    if function in (float, erfc):
        return str(function.__name__)
    name = function.__name__
    if isinstance(function, np.ufunc):
        return f"np.{ {'absolute': 'abs'}.get(name, name) }".replace(" ", "")
    module = (function.__module__ or "numpy").replace("numpy", "np", 1)
    return f"{module}.{ {'amax': 'max', 'amin': 'min'}.get(name, name) }".replace(" ", "")


def _constant(a: Any, names: dict[Symbol, str], scalar: bool) -> ast.expr:
    def told(each: Any) -> ast.expr:
        return spelled(each, names, scalar)

    if isinstance(a, slice) or (isinstance(a, tuple) and any(isinstance(e, slice) for e in a)):
        return ast.Subscript(ast.Name("np.s_"), _index(a, told))
    if isinstance(a, tuple):
        return ast.Tuple([told(each) for each in a], ast.Load())
    if isinstance(a, list):
        return ast.List([told(each) for each in a], ast.Load())
    if isinstance(a, np.dtype):
        return ast.Name("bool" if a.kind == "b" else f"np.{a}")
    if isinstance(a, float) and not math.isfinite(a):
        word = ast.Name(f"{'math' if scalar else 'np'}.{'nan' if a != a else 'inf'}")
        return ast.UnaryOp(ast.USub(), word) if a < 0 else word
    if isinstance(a, int | float) and not isinstance(a, bool) and math.copysign(1, a) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-a))
    if isinstance(a, bool | int | float | str | None | type(...)):
        return ast.Constant(a)
    raise Unsaid(a)


def _index(a: Any, told: Callable[[Any], ast.expr]) -> ast.expr:
    if isinstance(a, tuple) and a:
        return ast.Tuple([_index(each, told) for each in a], ast.Load())
    if isinstance(a, slice):
        return ast.Slice(*(None if s is None else told(s) for s in (a.start, a.stop, a.step)))
    return told(a)


def within(a: Any) -> Iterator[Symbol]:
    """The symbols an expression is directly made of, once for each time."""
    if isinstance(a, Symbol):
        for each in (*a.args, *a.options.values()):
            yield from [each] if isinstance(each, Symbol) else within(each)
    elif isinstance(a, tuple | list):
        for each in a:
            yield from [each] if isinstance(each, Symbol) else within(each)
    elif isinstance(a, slice):
        yield from within((a.start, a.stop, a.step))


def below(roots: Iterable[Any]) -> list[Symbol]:
    """The symbols that expressions are made of, each once, and themselves."""
    found = list(dict.fromkeys(a for a in roots if isinstance(a, Symbol)))
    seen = set(found)
    for a in found:
        for each in within(a):
            if each not in seen:
                seen.add(each)
                found.append(each)
    return found


class Block:
    """Lines that assign: what several of them need has a line of its own, before them.

    Parameters
    ----------
    roots : iterable of Symbol
        All that will be assigned.
    unique : callable
        A name like the one given that is not taken.
    scalar : bool
        Whether in plain Python.
    """

    def __init__(
        self, roots: Iterable[Any], unique: Callable[[str], str], scalar: bool, width: int = 72
    ) -> None:
        roots = list(roots)
        self.unique, self.scalar, self.width = unique, scalar, width
        self.names: dict[Symbol, str] = {}
        self.uses = Counter(each for a in below(roots) for each in within(a))
        self.uses.update(a for a in roots if isinstance(a, Symbol))

    def text(self, a: Any) -> str:
        """An expression as it stands on a line."""
        return ast.unparse(spelled(a, self.names, self.scalar))

    def before(self, a: Any, width: int = 0) -> list[tuple[str, str, Symbol]]:
        """The lines, as name, text and symbol, that an expression needs before it."""
        lines: list[tuple[str, str, Symbol]] = []
        for each in dict.fromkeys(within(a)):
            if each.function is None or each in self.names:
                continue
            lines += self.before(each)
            free = each.function is np.transpose and len(each.args) == 1
            if self.uses[each] > 1 and not free:
                lines.append(self.named(each))
        for _ in range(9):
            if len(self.text(a)) <= self.width:
                break
            whole = [e for e in dict.fromkeys(within(a)) if e.function and e not in self.names]
            if not whole:
                break
            lines.append(self.named(max(whole, key=lambda e: len(self.text(e)))))
        return lines

    def named(self, a: Symbol) -> tuple[str, str, Symbol]:
        """A line of its own."""
        text = self.text(a)
        word = a.name or a.function.__name__.strip("_")
        self.names[a] = name = self.unique(SHORT.get(word, word).partition("_")[0] + "#")
        return name, text, a
