"""What became of the gradient on an edge, element by element: the first state that fits wins.

Beside the numbers runs a **probe**: true where some path from the root is open.
At every edge the true elements are replaced by fresh random numbers in [1, 2)
before a structural op pulls them back, so the probe neither underflows nor
cancels. An elementwise op passes it exactly where its local gradient is not 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
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
    codes[~passes] = CODE[op.zero]
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
        kind = op.zero
    elif op.zero == "tiny" and abs(local) < TINY:
        kind = "tiny"
    else:
        kind = "underflow" if faint else "cancelled" if vanished else "flows"
    return _between_scalars(kind, passes, reach, faint, c - c == 0)


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
    lost = pull(op, slot, lost, y, data, rng) if lost.any() else np.zeros(c.shape, bool)
    starved = (passes & ~arrives) | (not reach.any())
    codes = np.full(c.shape, CODE["flows"])
    vanished = c == 0
    if (vanished & arrives).any():
        faint = vanished & arrives & ~lost & _returns_when_scaled(op, slot, g, y, data)
        codes[vanished] = CODE["cancelled"]
        codes[faint | (vanished & lost)] = CODE["underflow"]
        lost = lost | faint
    codes[~passes] = CODE[op.zero]
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
    """Whether a recorded closure answers twice alike, and twice as much to twice as much."""
    with np.errstate(all="ignore"):
        once, again, doubled = (op.pull(slot)(u, y, *data) for u in (g, g, 2 * g))
    return bool(
        np.array_equal(once, again, equal_nan=True)
        and np.allclose(doubled, 2 * np.asarray(once), rtol=1e-9, atol=0, equal_nan=True)
    )


def _returns_when_scaled(op: Op[Any], slot: int, g: Any, y: Any, data: list[Any]) -> Any:
    """Where a zero contribution is none for a larger upstream: rounded to 0, not cancelled."""
    top = np.max(np.abs(g), initial=0.0)
    if not 0 < top < np.inf:
        return False
    with np.errstate(all="ignore"):
        return np.asarray(op.pull(slot)(g / top * 2.0**100, y, *data)) != 0
