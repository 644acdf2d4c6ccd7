"""The backward pass as a program to read and to run: lines, and what the gradient met on each."""

from __future__ import annotations

import html
import inspect
import io
import keyword
import os
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinygrad_relu.files import write
from tinygrad_relu.flow.graph import Edge, Flow
from tinygrad_relu.flow.trace import replay
from tinygrad_relu.messages import describe
from tinygrad_relu.options import file_path, instance
from tinygrad_relu.picture.look import FAINT, LOOKS
from tinygrad_relu.picture.words import clean, convention, tally
from tinygrad_relu.program import Comments, Line, Program, program_of
from tinygrad_relu.value import Value

LONG = 48  #: a forward line of more characters is told in a comment by its op


class Source:
    """A backward pass as text: ``str()`` of it is a program that runs as printed.

    Attributes
    ----------
    flow : Flow
        What the example showed.
    program : Program
        The lines, and the Value that each belongs to.
    """

    def __init__(self, flow: Flow, program: Program) -> None:
        self.flow, self.program = flow, program

    def __str__(self) -> str:
        return self.program.text(self._comments())

    def __repr__(self) -> str:
        lines = len(self.program.forward), len(self.program.backward)
        return f"<source of {lines[0]} lines forward and {lines[1]} back; print it, or save it>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}

    def to_html(self) -> str:
        """The program, highlighted."""
        return highlighted(str(self))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the program to a file, whose name ends in ``.py`` or ``.txt``.

        Raises
        ------
        ValueError
            If the suffix is another.
        """
        path = file_path("save", path)
        if path.suffix.lower() not in (".py", ".txt"):
            raise ValueError(f"cannot save {path.name!r}: the name of a program ends in .py")
        return write(path, f"{self}\n".encode())

    def _comments(self) -> Comments:
        p = self.program
        told = {line.node: line for line in p.forward if line.node is not None}
        met: dict[Any, list[Edge]] = {}
        for edge in self.flow.edges:
            child = edge.child.value
            met.setdefault((p.same.get(child, child), edge.slot), []).append(edge)
        comments: Comments = {id(a): (str(a.shape),) for a in p.forward if a.shape}
        for line in p.backward:
            if line.node is not None:
                comments[id(line)] = _wordings(told[line.node], p, met[line.node, line.slot])
        return comments


def _wordings(forward: Line, program: Program, edges: list[Edge]) -> tuple[str, ...]:
    """The forward line of a backward line, and what the gradient met there; and in short."""
    op = forward.node.op
    text = str(forward)
    if len(text) > LONG:
        given = ", ".join(program.names[v] for v in forward.node.parents)
        text = f"{forward.target} = {clean(op.name)}({given})"
    words = "; ".join(dict.fromkeys(filter(None, map(met, edges))))
    more = f"; {clean(op.name)}: {words}" if words else ""
    return text + more, forward.target + more


def met(edge: Edge) -> str:
    """What a gradient met on an edge, in words; empty where it flows.

    Examples
    --------
    >>> x = Value([-1.0, 2.0, -3.0])
    >>> met(Flow(replay(x.relu().sum())).edges[1])
    'cut, 2 of 3 shut'
    """
    told = []
    for state in sorted(edge.counts, key=lambda state: not LOOKS[state].stops):
        if state != "flows":
            count = tally(edge.counts, state)
            more = convention([edge]) if state == "kink" else ""
            shut = " shut" if state == "shut" and count else ""
            told.append(", ".join(filter(None, (LOOKS[state].word, count + shut, more))))
    return "; ".join(told)


def source(y: Value | Callable[..., Any], *example: Any) -> Source:
    """The backward pass as a program: one function that returns a value and its gradients.

    ``str()`` of it imports NumPy (scalars: `math`) and runs as printed, without this package:
    ``value_and_grad(x, w, …)`` takes every leaf under its label and returns ``(value, (d_x,
    d_w, …))``, a gradient for each leaf that requires one. It is written for numbers and shapes
    like those of the example: a branch on NaN that the example does not meet is left out, and
    constants of the ops are written out. Where its ops allow it, `numba.njit` takes it unchanged,
    once each function above it is taken too.

    Parameters
    ----------
    y : Value or callable
        A scalar, such as a loss; or a function that returns one.
    *example
        After a Value: at most one leaf, and only the lines that its gradient needs are there on
        the way back. After a function: what it is called with. Numbers and arrays of floats become
        leaves that require a gradient, under the names of its parameters; whole numbers, which
        are indices, stay what they are.

    Returns
    -------
    Source
        Print it, or ``save("pass.py")``; a notebook shows it highlighted.

    Raises
    ------
    TypeError
        If an op cannot be printed, such as one made by `record`.
    ValueError
        If y is no scalar, a leaf is not in its graph, or a constant array is too large to print.

    Examples
    --------
    >>> x = Value(3.0, label="x")
    >>> print(source(x * x.relu()))
    def value_and_grad(x):
        # forward
        relu1 = max(x, 0.0)
        mul1 = x * relu1
    <BLANKLINE>
        # backward
        d_mul1 = 1.0
        d_x = d_mul1 * relu1           # mul1 = x * relu1
        d_relu1 = d_mul1 * x           # mul1 = x * relu1
        d_x = d_x + d_relu1 * (x > 0)  # relu1 = max(x, 0.0)
    <BLANKLINE>
        return mul1, (d_x,)
    """
    if not callable(y):
        root = instance("source", "y", y, Value, "a Value, such as a loss, or a function")
        if len(example) > 1:
            raise TypeError("source: of a Value, give one leaf at most; of a function its example")
        flow = Flow(replay(root))
        return source_of(flow, leaf_of("source", flow, *example))
    leaves = _leaves(y, example)
    root = instance("source", "f(*example)", y(*leaves), Value, "a Value")
    given = [v for v in leaves if isinstance(v, Value) and v.op is None]
    return Source(Flow(replay(root)), program_of(root, given))


def source_of(flow: Flow, only: Value | None = None) -> Source:
    """The program of a flow, or of the gradient of one leaf in it."""
    return Source(flow, program_of(flow.root.value, (), only, float(flow.root.grad)))


def leaf_of(who: str, flow: Flow, leaf: Any = None) -> Any:
    """A leaf whose gradient is asked for, or None for all."""
    if leaf is None:
        return None
    instance(who, "leaf", leaf, Value, "a Value of the graph")
    name = repr(leaf.label) if leaf.label else "a Value without a label"
    if leaf.op is not None or not leaf.requires_grad:
        why = "is no leaf" if leaf.op is not None else "requires no gradient"
        raise ValueError(f"{who}: {describe(leaf)} {why}; give a leaf that requires a gradient")
    if flow.node(leaf) is None:
        raise ValueError(f"{who}: {name} is not in this graph")
    return leaf


def _leaves(f: Callable[..., Any], example: tuple[Any, ...]) -> list[Any]:
    """The example as Values, under the names of the parameters."""
    parameters = [*inspect.signature(f).bind(*example).arguments]
    names = iter(parameters)
    leaves = []
    for a in example:
        name = next(names, "")
        whole = isinstance(a, np.ndarray) and a.dtype.kind in "iub"
        leaves.append(a if isinstance(a, Value) or whole else Value(a, label=name))
    return leaves


# --- highlighting ----------------------------------------------------------------------------

_STYLE = {
    "keyword": "color:#8250df",
    "comment": f"color:{FAINT}",
    "stop": f"color:{LOOKS['shut'].ink};font-weight:600",
    "number": "color:#0550ae",
}


def highlighted(text: str) -> str:
    """Python as HTML, in colours; a comment that tells of a stop stands out.

    Examples
    --------
    >>> highlighted("x = 1")[-49:]
    '<span style="color:#0550ae">1</span></code></pre>'
    """
    lines = text.splitlines(keepends=True)
    out: list[str] = []
    row, column = 1, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        while row < token.start[0]:
            out.append(html.escape(lines[row - 1][column:]))
            row, column = row + 1, 0
        if row <= len(lines):
            out.append(html.escape(lines[row - 1][column : token.start[1]]))
        kind = _kind(token)
        word = html.escape(token.string)
        out.append(f'<span style="{_STYLE[kind]}">{word}</span>' if kind and word else word)
        row, column = token.end
    return f'<pre style="line-height:1.45"><code>{"".join(out)}</code></pre>'


def _kind(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.COMMENT:
        words = [look.word for look in LOOKS.values() if look.stops]
        return "stop" if any(f": {word}" in token.string for word in words) else "comment"
    if token.type == tokenize.NAME:
        return "keyword" if keyword.iskeyword(token.string) else ""
    return "number" if token.type == tokenize.NUMBER else ""
