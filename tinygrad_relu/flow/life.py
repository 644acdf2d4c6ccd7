"""The life of every unit: born dead, killed, revived, and which part of a step did it.

A unit is dead while its local gradient is 0 for every example of a data set. Between two
looks its mean pre-activation z̄ = W·h̄ + b + … moves by

    Δz̄ = ΔW·h̄_new + W_old·Δh̄ + Δb + something else,

what the weights did, what the inputs did (from layer 2 on they move too), what the bias did,
and whatever else is added to them: a buffer, a path around. The identity is exact, and holds
for means over examples and places since W·h is linear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_relu.flow.names import layer_called, unit_name
from tinygrad_relu.numbers import number
from tinygrad_relu.options import item

#: Up to this share of the largest part, something else is rounding.
_ROUNDING = {np.dtype(np.float32): 1e-4, np.dtype(np.float64): 1e-9}


@dataclass(frozen=True)
class Split:
    """How the mean pre-activation of a unit moved: by `weight` + `input` + `bias` + `other`.

    Attributes
    ----------
    before, after : float
    weight : float
        ΔW·h_new
    input : float
        W_old·Δh
    bias : float
        Δb
    other : float
        All the rest.
    rounding : float
        So much of it may be rounding.
    """

    before: float
    after: float
    weight: float
    input: float
    bias: float
    other: float = 0.0
    rounding: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the parts, Δz."""
        return self.weight + self.input + self.bias + self.other

    @property
    def parts(self) -> dict[str, float]:
        """What moved it, by name; something else is named where it is more than rounding."""
        parts = {"weight": self.weight, "input": self.input, "bias": self.bias}
        return parts | ({"something else": self.other} if abs(self.other) > self.rounding else {})

    @property
    def main(self) -> str:
        """The part that did most of it: ``"weight"``, ``"input"``, ``"bias"``, …"""
        down = np.sign(self.total) or 1.0
        return max(self.parts, key=lambda part: down * self.parts[part])

    def __str__(self) -> str:
        parts = (f"{part} {number(amount)}" for part, amount in self.parts.items())
        main = self.main if self.main == "something else" else f"the {self.main}"
        return (
            f"mean pre-activation {number(self.before)} → {number(self.after)}, "
            f"by {', '.join(parts)}: mostly {main}"
        )


@dataclass(frozen=True)
class Event:
    """A change in the life of a unit.

    Attributes
    ----------
    kind : str
        ``"born dead"``, ``"killed"`` or ``"revived"``.
    after, by : int
        It was otherwise at step `after`, and so at step `by`; the same for ``"born dead"``.
    split : Split or None
        Why, if an affine step with leaves for weight and bias leads into the unit.
    """

    kind: str
    after: int
    by: int
    split: Split | None = None

    @property
    def when(self) -> str:
        """The step, exact where every step was looked at."""
        exact = self.by - self.after <= 1
        return f"at step {self.by}" if exact else f"between step {self.after} and {self.by}"

    def __str__(self) -> str:
        if self.kind == "born dead":
            return f"born dead (step {self.by})"
        return f"{self.kind} {self.when}" + (f" ({self.split})" if self.split else "")


@dataclass
class Life:
    """What happened to one unit: its first and its last events, if they are many.

    Attributes
    ----------
    events : list of Event
    forgotten : int
        How many events in the middle are not kept.
    """

    events: list[Event] = field(default_factory=list)
    forgotten: int = 0

    def add(self, event: Event, limit: int) -> None:
        """Append `event`; of more than `limit`, one in the middle is forgotten."""
        self.events.append(event)
        if len(self.events) > limit:
            del self.events[limit // 2]
            self.forgotten += 1

    @property
    def dead(self) -> bool:
        """Whether the unit is dead after the last event."""
        return bool(self.events) and self.events[-1].kind != "revived"


@dataclass(frozen=True)
class Look:
    """One layer at one step: which units are dead, and what z̄ = W·h̄ + b + … is made of.

    Attributes
    ----------
    name : str
    dead : ndarray of bool
    z : ndarray or None
        The mean pre-activation of each unit; None, and what follows, without a step W·h.
    formula : callable or None
        W·h̄, averaged over places, from h̄ and rows of weights.
    x, rows, bias : ndarray or None
        h̄, W and b as they are at this step, a row a unit.
    """

    name: str
    dead: Any
    z: Any = None
    formula: Callable[[Any, Any], Any] | None = None
    x: Any = None
    rows: Any = None
    bias: Any = None

    def split(self, before: Look, units: Any) -> list[Split | None]:
        """How the mean pre-activations of `units` moved since `before`."""
        if self.formula is None or before.formula is None or not len(units):
            return [None] * len(units)
        old, new = (look.rows[units].astype(np.float64) for look in (before, self))
        by_weight = self.formula(self.x, new - old)
        by_input = self.formula(self.x - before.x, old)
        by_bias = (self.bias - before.bias)[units]
        one, two = before.z[units], self.z[units]
        rest = (two - one) - (by_weight + by_input + by_bias)
        scale = sum(np.abs(part) for part in (one, two, by_weight, by_input, by_bias))
        rounding = _ROUNDING[self.rows.dtype] * scale
        numbers = zip(one, two, by_weight, by_input, by_bias, rest, rounding, strict=True)
        return [Split(*map(float, row)) for row in numbers]


class History:
    """The lives of all units, layer by layer, in memory that does not grow with time.

    Attributes
    ----------
    names : list of str
    lives : list of list of Life
        By layer and unit.
    steps : tuple of int
        The first and the last step looked at.

    Examples
    --------
    >>> history = History()
    >>> for step, dead in enumerate([[False, True], [True, True], [True, False]]):
    ...     history.look(step, [Look("layer 1", np.array(dead))])
    >>> print(history.story(0, 0))
    layer 1, unit 1: alive at step 0; killed at step 1; dead at step 2, the last look
    >>> print(history.story(0, 1))
    layer 1, unit 2: born dead (step 0); revived at step 2; alive at step 2, the last look
    """

    def __init__(self, limit: int = 32) -> None:
        if limit < 2:
            raise ValueError(f"at least 2 events a unit are kept, not {limit}")
        self.names: list[str] = []
        self.lives: list[list[Life]] = []
        self.steps = (0, 0)
        self._limit = limit
        self._last: list[Look] = []

    def look(self, step: int, looks: Sequence[Look]) -> None:
        """Compare with the look before, and note who was killed or revived."""
        if not self._last:
            self.names = [look.name for look in looks]
            self.lives = [[Life() for _ in look.dead] for look in looks]
            self.steps = (step, step)
            for lives, look in zip(self.lives, looks, strict=True):
                for unit in np.flatnonzero(look.dead):
                    lives[unit].add(Event("born dead", step, step), self._limit)
        if [len(look.dead) for look in looks] != [len(lives) for lives in self.lives]:
            raise ValueError(
                f"the model had layers of {[len(lives) for lives in self.lives]} units, and now of "
                f"{[len(look.dead) for look in looks]}: their lives cannot go on. Start anew"
            )
        for lives, last, look in zip(self.lives, self._last or looks, looks, strict=True):
            changed = np.flatnonzero(look.dead != last.dead)
            for unit, split in zip(changed, look.split(last, changed), strict=True):
                kind = "killed" if look.dead[unit] else "revived"
                lives[unit].add(Event(kind, self.steps[1], step, split), self._limit)
        self.steps = (self.steps[0], step)
        self._last = list(looks)

    def events(self) -> Iterator[tuple[str, int, Event]]:
        """Layer, unit and event, of all that are kept."""
        for name, lives in zip(self.names, self.lives, strict=True):
            for unit, life in enumerate(lives):
                for event in life.events:
                    yield name, unit, event

    def layer(self, layer: int | str) -> int:
        """The number of a layer, by number or name."""
        if isinstance(layer, str):
            return layer_called(self.names, layer)
        return item("layer", layer, range(len(self.names)), f"there are {self.names}")

    def life(self, layer: int | str, unit: int) -> Life:
        """The life of one unit."""
        place = self.layer(layer)
        lives = self.lives[place]
        there = f"{self.names[place]} has {len(lives)}, from index 0"
        return lives[item("unit", unit, range(len(lives)), there)]

    def story(self, layer: int | str, unit: int) -> str:
        """The life of one unit in words."""
        life = self.life(layer, unit)
        told = [str(event) for event in life.events]
        if life.forgotten:
            told.insert(self._limit // 2, f"… {life.forgotten} more changes")
        if not life.events or life.events[0].kind != "born dead":
            told.insert(0, f"alive at step {self.steps[0]}")
        told.append(f"{'dead' if life.dead else 'alive'} at step {self.steps[1]}, the last look")
        place = self.layer(layer)
        name = unit_name(self.names[place], unit % len(self.lives[place]))
        return f"{name}: {'; '.join(told)}"

    def spans(self, layer: int | str, unit: int) -> list[tuple[int, int]]:
        """From which step to which a unit was dead, as far as events are kept."""
        spans: list[tuple[int, int]] = []
        since: int | None = None
        for event in self.life(layer, unit).events:
            if event.kind != "revived":
                since = event.by if since is None else since
            elif since is not None:
                spans.append((since, event.by))
                since = None
        return spans if since is None else [*spans, (since, self.steps[1])]
