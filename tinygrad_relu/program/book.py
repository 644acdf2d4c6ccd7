"""The book of a program: every symbol once, and the arrays that its ops were given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygrad_relu.arrays import calmly
from tinygrad_relu.program.shorter import MORE, SIMPLER
from tinygrad_relu.program.symbol import Symbol, Unwritable, erfc, plain


class Book:
    """Every symbol of a program, each once, and its constants by name."""

    def __init__(self, apply: Callable[..., Any], unique: Callable[[str], str]) -> None:
        self.apply = apply  #: what an op of the table is, of symbols
        self.unique = unique  #: a name like this one that is not taken
        self.constants: dict[str, Any] = {}  #: arrays that the ops were given
        self._known: dict[Any, Symbol] = {}
        self._held: list[Any] = []  # so that an id stays one array's

    def named(self, name: str, value: Any) -> Symbol:
        """The symbol of a name."""
        key = (name, id(value))
        if key not in self._known:
            self._held.append(value)
            self._known[key] = Symbol(self, None, (), {}, value, name)
        return self._known[key]

    def make(self, function: Any, args: tuple[Any, ...], options: Any = None) -> Any:
        """The symbol of a call, or what it is plainly."""
        if isinstance(function, np.ufunc) and function is not getattr(np, function.__name__, 0):
            if not function.__name__.startswith("erfc"):
                raise Unwritable(function.__name__)
            function = erfc  # SciPy's, or one made of Python's
        options = {k: a for k, a in (options or {}).items() if a is not np._NoValue}
        for simpler in SIMPLER:
            args, options, plain = simpler(function, args, options)
            if plain is not MORE:
                return plain
        args = tuple(self.entered(a, function) for a in args)
        options = {k: self.entered(a, function) for k, a in options.items()}
        key = (function, _key(args), _key(tuple(options.items())))
        if key not in self._known:
            value = evaluated(function, args, options)
            self._known[key] = Symbol(self, function, args, options, value)
        return self._known[key]

    def helper(self, name: str, args: tuple[Any, ...], value: Any) -> Symbol:
        """The symbol of a call of a helper, which is known by its name."""
        key = (None, name, _key(args))
        if key not in self._known:
            self._known[key] = Symbol(self, self.helper, args, {}, value, name)
        return self._known[key]

    def entered(self, a: Any, function: Any = None) -> Any:
        """An argument as an expression has it: arrays are constants with a name."""
        if isinstance(a, np.ndarray):
            if not a.ndim:
                return a.item()
            if function in (np.pad, np.transpose):
                return a.tolist()
            return self.constant(a)
        if isinstance(a, np.generic):
            return a.item()
        if isinstance(a, tuple | list) and not hasattr(a, "_fields"):
            return type(a)(self.entered(each, function) for each in a)
        return a

    def constant(self, a: Any, name: str = "c") -> Any:
        """The symbol of an array that is no argument: known, a view of a known one, or new."""
        for known, b in self.constants.items():
            if a is b:
                return self.named(known, b)
            if a.size == b.size > 1 and np.shares_memory(a, b) and np.all(a == b.reshape(a.shape)):
                return self.named(known, b).reshape(a.shape)
        n = len(a)
        if name == "c" and a.dtype == np.int64 and np.array_equal(a, np.arange(n, dtype=np.int64)):
            return self.make(np.arange, (n,))
        for known, b in self.constants.items():
            if a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes():
                return self.named(known, b)
        unique = self.unique(name)
        self.constants[unique] = a
        return self.named(unique, a)


def evaluated(function: Any, args: Any, options: Any) -> Any:
    """What a call gives in the example; Python's floats where Python's floats go in."""
    with np.errstate(all="ignore"):
        return calmly(lambda *given: function(*given, **plain(options)), plain(args))


def _key(a: Any) -> Any:
    if isinstance(a, Symbol):
        return id(a)
    if isinstance(a, tuple | list):
        return (type(a), *map(_key, a))
    return type(a), repr(a)
