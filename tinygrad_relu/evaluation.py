"""One evaluation of a function, and the pass on the part of its graph that counts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygrad_relu import modes, ops
from tinygrad_relu.anomaly import check_passed
from tinygrad_relu.arrays import is_free, own, real
from tinygrad_relu.backward import carry, one_at_a_time
from tinygrad_relu.node import Node, behind, plain, tick
from tinygrad_relu.rule import contribution
from tinygrad_relu.stale import fresh_data
from tinygrad_relu.trees import leaves, rebuilt
from tinygrad_relu.value import Value

Function = Callable[..., Any]
Argnums = int | Sequence[int]


@dataclass(frozen=True)
class Run:
    """One evaluation of a function, with the graph between its inputs and its outputs."""

    chosen: tuple[Any, ...]  #: the arguments that are differentiated by, as given
    single: bool  #: whether one was asked for, and not a tuple of them
    inputs: list[Value]  #: the leaves of `chosen`, as the function saw them
    out: Any
    outputs: list[Any]  #: the leaves of `out`
    aux: Any
    alone: bool  #: whether nothing in it hangs on a Value from outside that requires a gradient
    lasting: bool  #: whether what comes of it are Values

    @cached_property
    def between(self) -> tuple[list[Any], set[Any]]:
        """The nodes by which inputs reach outputs, oldest first; and they and the inputs."""
        return between(self.outputs, self.inputs, self.inputs)

    def pull(self, seeds: Sequence[tuple[Any, Any]]) -> list[Any]:
        """What arrives at the inputs, of what is given to some outputs."""
        if not self.alone or len(seeds) != 1 or isinstance(seeds[0][1], Value):
            return carried(*self.between, seeds, self.inputs, self.lasting)
        ((y, seed),) = seeds
        totals: dict[Any, Any] = {}
        if isinstance(y, Value) and y.requires_grad:
            with one_at_a_time:
                totals = carry(y, seed, check_passed if modes.detecting() else None)
        return [settled(totals.get(v), v, False) for v in self.inputs]

    def form(self, results: list[Any]) -> Any:
        """One result for each input, in the form of the arguments."""
        tree = rebuilt(self.chosen, results)
        return tree[0] if self.single else tree

    def value(self) -> Any:
        """The output."""
        return rebuilt(self.out, [settled(y, y, self.lasting) for y in self.outputs])


def evaluated(
    who: str, fun: Function, argnums: Argnums, has_aux: bool, args: Any, kwargs: Any
) -> Run:
    """Evaluate `fun` on fresh Values."""
    begun = tick()
    places, single = places_of(who, argnums, len(args))
    chosen = tuple(args[i] for i in places)
    given = [leaf for i in places for leaf in leaves(args[i], f"argument {i}")]
    inputs = [_input(who, at, a) for at, a in given]
    seen = dict(enumerate(args)) | dict(zip(places, rebuilt(chosen, inputs), strict=True))
    with recording():
        out = fun(*seen.values(), **kwargs)
    for v in inputs:
        v.annotate(active=False)
    aux = None
    if has_aux:
        if not isinstance(out, tuple) or len(out) != 2:
            raise TypeError(
                f"{who}: with has_aux=True the function returns a pair, the output and something "
                f"else, not {type(out).__name__}"
            )
        out, aux = out
    outputs = [
        y if isinstance(y, Value) else own(real(y, f"{who}: {at}"))
        for at, y in leaves(out, "the output")
    ]
    beside = [a for _, a in leaves(aux)]
    behind_them = _all_behind((*outputs, *beside), inputs)
    outside = [v for v in behind_them if v._stamp < begun and v.requires_grad]
    alone = not outside and all(v.op is None for v in inputs)
    asked = _asks((args, kwargs)) or any(v.note("active") for v in outside)
    lasting = asked and modes.current().recording
    if not lasting:
        aux = rebuilt(aux, [settled(a, a, False) if isinstance(a, Value) else a for a in beside])
    return Run(chosen, single, inputs, out, outputs, aux, alone, lasting)


def places_of(who: str, argnums: Any, count: int) -> tuple[list[int], bool]:
    """Which arguments are meant, counted from 0, and whether it was one number."""
    single = not isinstance(argnums, Iterable)
    try:
        asked = [operator.index(i) for i in ([argnums] if single else argnums)]
    except TypeError:
        raise TypeError(
            f"{who}: argnums is a whole number or a sequence of them, not {argnums!r:.60}"
        ) from None
    for i in asked:
        if not -count <= i < count:
            raise ValueError(
                f"{who}: argnums {i} is not among the {count} positional arguments of the call: "
                "what is differentiated by is given by position"
            )
    places = [i % count for i in asked]
    if len({*places}) < len(places):
        raise ValueError(f"{who}: argnums {tuple(asked)} names an argument twice")
    return places, single


def _input(who: str, at: str, a: Any) -> Value:
    """What the function sees of an argument: a leaf, or a node of its own above a Value.

    While the function runs it is active: a derivative in it that uses it has a graph.
    """
    if isinstance(a, Value) and a.requires_grad:
        with recording():
            seen: Value = ops.identity(a)
    else:
        seen = Value(real(plain(a), f"{who}: {at}"))
    seen.annotate(active=True, label=(isinstance(a, Value) and a.label) or at)
    return seen


def _asks(tree: Any) -> bool:
    """Whether a Value that requires a gradient is among the leaves."""
    if isinstance(tree, dict):
        return any(map(_asks, tree.values()))
    if isinstance(tree, tuple | list):
        return any(map(_asks, tree))
    return isinstance(tree, Value) and tree.requires_grad


def recording() -> Any:
    """A block in which graphs are recorded, also inside no_grad()."""
    return nullcontext() if modes.current().recording else modes.Entered(recording=True)


def _all_behind(roots: Iterable[Any], ends: Iterable[Any] = ()) -> set[Any]:
    stop = {id(v) for v in ends}
    starts = [v for v in roots if isinstance(v, Value)]
    return {v for root in starts for v in ([root] if id(root) in stop else behind(root, stop))}


def between(
    roots: Iterable[Any], inputs: Iterable[Any], ends: Iterable[Any] = ()
) -> tuple[list[Any], set[Any]]:
    """The nodes by which `inputs` reach `roots`, oldest first; and they and the inputs.

    No walk goes beyond `ends`.
    """
    reached, path = {*inputs}, []
    inner = (v for v in _all_behind(roots, ends) if v.op is not None)
    for v in sorted(inner, key=operator.attrgetter("_stamp")):
        if any(a in reached for a in v.parents):
            reached.add(v)
            path.append(v)
    return path, reached


# --- the pass --------------------------------------------------------------------------------


def carried(
    path: list[Any],
    reached: set[Any],
    seeds: Iterable[tuple[Any, Any]],
    inputs: list[Value],
    lasting: bool,
) -> list[Any]:
    """What arrives at `inputs`, in their shape and dtype: as Values if they are to last."""
    seeds = [(y, seed) for y, seed in seeds if isinstance(y, Value) and y in reached]
    asked = lasting or any(isinstance(seed, Value) for _, seed in seeds)
    lasting = asked and modes.current().recording
    begin: dict[Any, Any] = {}
    for y, seed in seeds:
        seed = as_value(seed) if lasting or modes.detecting() else plain(seed)
        begin[y] = begin[y] + seed if y in begin else seed
    arrived = swept(path, reached, begin, inputs)
    return [settled(c, v, lasting) for c, v in zip(arrived, inputs, strict=True)]


def swept(
    path: list[Any], reached: set[Any], begin: dict[Any, Any], inputs: list[Value]
) -> list[Any]:
    """Let every node, newest first, hand on what has arrived; None where nothing arrives.

    Of plain arrays it is the pass of `backward`, on some nodes only, and leaves nothing on them:
    `backward` is quicker, and has its own way with graphs that are nobody else's.
    """
    arrived = dict(begin)
    for node in reversed(path):
        g = arrived.get(node)
        if g is None:
            continue
        if g.__class__ is np.ndarray:
            g.setflags(write=False)  # several operands may receive it as it is
        data = fresh_data(node)
        for slot, a in enumerate(node.operands):
            if isinstance(a, Node) and a in reached:
                c = contribution(node, slot, g, data)
                if isinstance(g, Node) and not isinstance(c, Node):
                    if np.any(c):
                        raise TypeError(
                            f"the rule of {node.op.name} for operand {slot} left the graph: of "
                            f"Values it makes a {type(c).__name__}, which has no second order. "
                            "Write it with operators and functions of NumPy, without .data"
                        )
                    c = as_value(c)
                arrived[a] = arrived[a] + c if a in arrived else c
    return [arrived.get(v) for v in inputs]


def settled(c: Any, v: Any, lasting: bool) -> Any:
    """What arrived, or 0 in the shape of `v`: a Value, or in memory that nothing else shares."""
    if c is None:
        c = np.zeros(np.shape(v), v.dtype) if np.ndim(v) else 0.0
    if lasting:
        return as_value(c)
    c = plain(c)
    return c if c.__class__ is float or is_free(c) else np.array(c)


def as_value(c: Any) -> Value:
    """`c`, or a constant of it."""
    return c if isinstance(c, Value) else Value(c, requires_grad=False)


def alike(who: str, what: str, given: Any, y: Any) -> Any:
    """`given` in the dtype of `y`, if it has its shape; a Value if it requires a gradient."""
    again = isinstance(given, Value) and given.requires_grad
    seed = given if again else own(real(plain(given), f"{who}: {what}"))
    if np.shape(seed) != np.shape(y):
        raise ValueError(f"{who}: {what} has shape {np.shape(seed)} where {np.shape(y)} is due")
    return seed.astype(y.dtype) if np.ndim(y) and seed.dtype != y.dtype else seed
