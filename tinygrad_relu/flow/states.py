"""What became of the gradient on an edge, element by element: the first state that fits wins.

Beside the numbers runs a **probe**: true where some path from the root is open.
At every edge the true elements are replaced by fresh random numbers in [1, 2)
before a structural op pulls them back, so the probe neither underflows nor
cancels. An elementwise op passes it exactly where its local gradient is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf, nextafter
from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.kinks import on_kink
from tinygrad_relu.node import Node
from tinygrad_relu.op import Op

#: In the order in which they are tried; "unknown" is for a recorded closure that is not linear.
STATES = (
    "nonfinite",
    "starved",
    "kink",
    "shut",
    "unselected",
    "by-zero",
    "tiny",
    "underflow",
    "cancelled",
    "flows",
    "unknown",
)
CODE = {name: np.int8(i) for i, name in enumerate(STATES)}

#: Below this a saturating op's local gradient is called tiny.
TINY = 1e-4


@dataclass(frozen=True, eq=False)
class Crossing:
    """One edge as the probe and the numbers crossed it.

    Elementwise: arrays in the child's shape. Structural: in the parent's shape. Edges of scalars
    share theirs, since there are only few.
    """

    codes: Any  # the state of each element, as an index into STATES
    kinds: Any  # the same, as if everything arrived: what a starved element would be
    passes: Any  # whether the op itself lets anything through
    stops: Any  # where something arrived and its passing ends here
    arrives: Any  # where the probe reaches the parent, in the parent's shape
    lost: Any  # where what reaches the parent was lost to underflow, in the parent's shape
    scalar: bool = False  # whether it is an elementwise op of scalars: one element each

    @cached_property
    def ends(self) -> Any:
        """Where something arrived, and nothing leaves: at a stop, or by underflow."""
        return self.stops | (self.codes == CODE["underflow"])

    @cached_property
    def blocks(self) -> bool:
        """Whether there is such an element."""
        return bool(np.any(self.ends))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many elements are in each state."""
        tally = np.bincount(np.ravel(self.codes), minlength=len(STATES))
        return {state: int(n) for state, n in zip(STATES, tally, strict=True) if n}

    @cached_property
    def state(self) -> str:
        """The state that all elements share, starved ones aside; else ``partly``."""
        return common_state(self.counts)


def common_state(counts: dict[str, int]) -> str:
    """The state that all elements share, starved ones aside; else ``partly``."""
    states = [s for s in counts if s != "starved"]
    if len(states) == 1:
        return states[0]
    return "partly" if states else "starved" if counts else "flows"


def any_of(mask: Any, shape: tuple[int, ...]) -> Any:
    """Un-broadcast a mask: true where any of the elements it was broadcast to is."""
    if mask.shape == shape:
        return mask
    return np.asarray(unbroadcast(mask.astype(np.intp), shape)) != 0


def pull(
    op: Op[Any], slot: int, mask: Any, y: Any, data: list[Any], rng: np.random.Generator
) -> Any:
    """Where a structural op carries the true elements of `mask`."""
    noise = rng.random(mask.shape) + 1
    noise *= mask
    upstream = noise.astype(y.dtype, copy=False) if mask.ndim else float(noise)
    with np.errstate(all="ignore"):
        return np.asarray(op.pull(slot)(upstream, y, *data)) != 0


def cross_elementwise(
    op: Op[Any], slot: int, g: Any, local: Any, y: Any, data: list[Any], reach: Any, lost: Any
) -> Crossing:
    """Classify an elementwise edge. `reach` and `lost` are masks in the child's shape."""
    shape = reach.shape
    with np.errstate(all="ignore"):
        product = np.asarray(op.product(g, local))
    g = np.asarray(g)
    local = np.broadcast_to(local, shape)
    passes = local != 0
    vanished = (product == 0) & passes
    codes = np.full(shape, CODE["flows"])
    faint = vanished & ((g != 0) | lost)  # too small for a float, here or further up
    if vanished.any():
        codes[vanished] = CODE["cancelled"]
        codes[faint] = CODE["underflow"]
    if op.zero == "tiny":
        codes[np.abs(local) < TINY] = CODE["tiny"]
    if not passes.all():
        zeros = np.broadcast_to(_of_zeros(op, slot, y, data), shape)
        codes[~passes] = zeros[~passes]
    kinks = on_kink(op, slot, y, data)
    if kinks is not None:
        codes[np.broadcast_to(kinks, shape)] = CODE["kink"]
    kinds, codes = codes, np.where(reach, codes, CODE["starved"])
    codes[~np.isfinite(product)] = CODE["nonfinite"]
    parent = np.shape(data[slot])
    return Crossing(
        codes,
        kinds,
        passes,
        reach & ~passes,
        any_of(reach & passes, parent),
        any_of(reach & faint, parent),
    )


def cross_scalar(
    node: Node, slot: int, local: float, c: float, data: list[Any], reach: bool, lost: bool
) -> Crossing:
    """`cross_elementwise` between scalars, without an array; `c` is what the parent receives."""
    op = node.op
    passes = local != 0
    vanished = c == 0 and passes
    faint = vanished and (node._inflow != 0 or lost)
    if on_kink(op, slot, node._data, data) is not None:
        kind = "kink"
    elif not passes:
        kind = STATES[_of_zeros(op, slot, node._data, data)]
    elif op.zero == "tiny" and abs(local) < TINY:
        kind = "tiny"
    else:
        kind = "underflow" if faint else "cancelled" if vanished else "flows"
    return _between_scalars(kind, passes, reach, faint, c - c == 0)


def _of_zeros(op: Op[Any], slot: int, y: Any, data: list[Any]) -> Any:
    """What a local gradient of 0 means, as a code for each element.

    A flat side is flat around the input as well: there it is shut. hardswish has a slope of 0
    at −1.5, and a flat side below −3; tanh has no flat side, so that a 0 of its is rounded.
    """
    x = data[slot]
    if op.zero == "tiny":
        beside, other = _near_zero(op, slot, data), "tiny"
        local = op.local(slot, op.evaluate(beside), beside)
    elif op.zero == "shut" or (op.one and op.kink is not None):
        beside, other = [*data], "by-zero"
        beside[slot] = nextafter(x, inf) if x.__class__ is float else np.nextafter(x, np.inf)
        local = op.local(slot, y, beside)
    else:
        return CODE[op.zero]
    return np.where(np.asarray(local) == 0, CODE["shut"], CODE[other])


def _near_zero(op: Op[Any], slot: int, data: list[Any]) -> list[Any]:
    """The operands, that of `slot` brought close to 0, where no curve is saturated."""
    near = np.sign(data[slot]) * np.float32(2.0**-100)
    return [*data[:slot], near if np.ndim(near) else float(near), *data[slot + 1 :]]


@lru_cache
def _between_scalars(kind: str, passes: bool, reach: bool, faint: bool, finite: bool) -> Crossing:
    state = (kind if reach else "starved") if finite else "nonfinite"
    return Crossing(
        np.array(CODE[state]),
        np.array(CODE[kind]),
        np.bool_(passes),
        np.bool_(reach and not passes),
        np.bool_(reach and passes),
        np.bool_(reach and faint),
        scalar=True,
    )


FLOWS = _between_scalars("flows", True, True, False, True)  #: nothing special
STARVED = _between_scalars("cancelled", True, False, False, True)  #: nothing arrived


def cross_structural(
    op: Op[Any],
    slot: int,
    g: Any,
    contribution: Any,
    y: Any,
    data: list[Any],
    reach: Any,
    lost: Any,
    rng: np.random.Generator,
) -> Crossing:
    """Classify a structural edge. `reach` and `lost` are masks in the child's shape."""
    c = np.asarray(contribution)
    if not lost.any() and _all_flows(op, g, c, reach):
        yes, no = np.broadcast_to(np.True_, c.shape), np.broadcast_to(np.False_, c.shape)
        codes = np.broadcast_to(CODE["flows"], c.shape)
        return Crossing(codes, codes, yes, no, yes, no)
    arrives = pull(op, slot, reach, y, data, rng)
    passes = arrives
    if not reach.all() and not arrives.all():
        passes = pull(op, slot, np.ones(reach.shape, bool), y, data, rng) | arrives
    rounded = np.zeros(c.shape, bool)
    if op.zero == "tiny" and not arrives.all():
        near = _near_zero(op, slot, data)
        rounded = pull(op, slot, reach, op.evaluate(near), near, rng) & ~arrives
        passes = passes & ~rounded
    lost = pull(op, slot, lost, y, data, rng) & (c == 0) if lost.any() else rounded & False
    starved = (passes & ~arrives) | (not reach.any())
    codes = np.full(c.shape, CODE["flows"])
    vanished = c == 0
    if (vanished & arrives).any():
        faint = vanished & arrives & ~lost & _returns_when_scaled(op, slot, g, y, data)
        codes[vanished] = CODE["cancelled"]
        codes[faint | (vanished & lost)] = CODE["underflow"]
        lost = lost | faint
    codes[~passes] = CODE["by-zero" if op.zero == "tiny" else op.zero]
    codes[rounded] = CODE["tiny"]
    kinks = on_kink(op, slot, y, data)
    if kinks is not None:
        codes[kinks] = CODE["kink"]
    kinds, codes = codes, np.where(starved, CODE["starved"], codes)
    codes[~np.isfinite(c)] = CODE["nonfinite"]
    return Crossing(codes, kinds, passes, ~passes & ~starved, arrives, lost)


def _all_flows(op: Op[Any], g: Any, c: Any, reach: Any) -> bool:
    """Whether every element is reached for sure, and so needs no probe: it got a number."""
    told = op.kink is None and op.zero == "by-zero" and not op.recorded and c.all()
    return bool(told and np.isfinite(c).all() and (reach | (np.asarray(g) == 0)).all())


def is_linear(op: Op[Any], slot: int, g: Any, y: Any, data: list[Any]) -> bool:
    """Whether a recorded closure answers twice alike, and f(2u − 5v) is 2f(u) − 5f(v).

    At the upstream of this pass, and at random ones of several sizes and both signs. What is
    not finite tells nothing.
    """
    rng = np.random.default_rng(2)

    def f(upstream: Any) -> Any:
        return np.asarray(op.pull(slot)(upstream, y, *data))

    def alike(a: Any, b: Any, largest: Any) -> bool:
        eps, least = np.finfo(a.dtype).eps, np.finfo(a.dtype).tiny
        close = np.abs(a - b) <= eps**0.6 * np.max(largest, initial=0) + least
        return bool(np.all(close | ~np.isfinite(a) | ~np.isfinite(b)))

    with np.errstate(all="ignore"):
        once, again = f(g), f(g)
        if not np.array_equal(once, again, equal_nan=True):
            return False
        pairs = [(g, g)]
        for size in (1.0, 1e6, 1e-6):
            u, v = (rng.random(np.shape(g)) + 1 for _ in "uv")
            pairs.append((_like(y, size * u), _like(y, v)))
        for u, v in pairs:
            a, b = f(u), f(v)
            if not alike(f(2 * u - 5 * v), 2 * a - 5 * b, np.abs(a) + np.abs(b)):
                return False
    return True


def _like(y: Any, data: Any) -> Any:
    return data.astype(y.dtype) if np.ndim(y) else float(data)


def _returns_when_scaled(op: Op[Any], slot: int, g: Any, y: Any, data: list[Any]) -> Any:
    """Where a zero contribution is none for a larger upstream: rounded to 0, not cancelled.

    Larger by a power of 2, which is exact: what cancels does so again. What overflows then was
    no underflow before.
    """
    top = np.max(np.abs(g), initial=0.0)
    if not 0 < top < np.inf:
        return False
    with np.errstate(all="ignore"):
        scaled = np.ldexp(g, 100 - int(np.frexp(top)[1]))
        larger = np.asarray(op.pull(slot)(scaled if np.ndim(g) else float(scaled), y, *data))
    return (larger != 0) & np.isfinite(larger)
