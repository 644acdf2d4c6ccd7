"""The units of a model over a whole data set: which are dead, which are idle, and why.

Flags and numbers first; from them one state, the first that fits:

===========  ==================================================================================
nan          its output is NaN for every example
dead         the recorded local gradient is 0 for every example
starved      the probe from the model's output arrives for no example: its output is not used
constant     its output is the same for every example
dormant      its output is small beside its layer's: E|h| / mean E|h| ≤ τ
rare         a gate with a kink at 0 that is open for at most 1 % of the examples
always-on    never on the flat or lower side: linear on this data
live         none of these
===========  ==================================================================================

A feature map of a convolution is one unit over all its places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygrad_relu.flow.activations import Activation
from tinygrad_relu.flow.layers import Axes
from tinygrad_relu.flow.names import layer_called, layer_names, unit_name
from tinygrad_relu.flow.probe import arrivals
from tinygrad_relu.flow.running import Model, batches, run
from tinygrad_relu.options import item, real

#: In the order in which they are tried.
UNIT_STATES = ("nan", "dead", "starved", "constant", "dormant", "rare", "always-on", "live")

#: A range up to this share of a unit's largest output is rounding, in float64, and one up to so
#: many steps of the last place of the layer's largest in any dtype.
_SAME, _STEPS = 1e-12, 32


@dataclass(frozen=True)
class Unit:
    """One unit over a data set.

    Attributes
    ----------
    layer, index : str, int
        The name of its layer, and its place there from 0.
    state : str
        One of `UNIT_STATES`.
    mark : str
        For a dead unit, what makes it so: empty for the flat side of a gate, ``"on kink"`` where
        the convention at the kink decides, ``"rounded to 0"`` for a curve that only fades.
    open_share : float
        Share of the examples on the open side, at any place.
    open_places : float
        The same share over examples and places.
    mean_abs : float
        E|h|.
    apoz : float
        Average percentage of zeros, as a share of examples and places (Hu, Peng, Tai and Tang
        2016, arXiv 1607.03250).
    score : float
        E|h| over its mean in the layer (Sokar, Agarwal, Castro and Evci 2023, arXiv 2302.12902).
    on_kink : float
        Share of examples and places that sit exactly on a kink.
    probe : float
        Share of the examples for which the probe from the model's output arrives.
    shut : str
        Whether the edge through the activation is shut for ``"all"``, ``"some"`` or ``"none"``
        of the examples and places. A slope that only fades is never called shut.
    """

    layer: str
    index: int
    state: str
    mark: str
    open_share: float
    open_places: float
    mean_abs: float
    apoz: float
    score: float
    on_kink: float
    probe: float
    shut: str

    @property
    def name(self) -> str:
        """What it is called in words, where units are counted from 1."""
        return unit_name(self.layer, self.index)


@dataclass(frozen=True)
class UnitLayer:
    """The units behind one activation.

    Attributes
    ----------
    name : str
    op : str
        The name of the activation.
    number : int
        Its place among the layers of units, from 0.
    units : tuple of Unit
    """

    name: str
    op: str
    number: int
    units: tuple[Unit, ...]

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, index: int) -> Unit:
        return item("unit", index, self.units, f"{self.name} has {len(self)}, from index 0")

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)

    @property
    def states(self) -> tuple[str, ...]:
        """The state of each unit."""
        return tuple(unit.state for unit in self.units)

    @property
    def counts(self) -> dict[str, int]:
        """How many units are in each state that occurs."""
        return {s: n for s in UNIT_STATES if (n := self.states.count(s))}

    @property
    def edges(self) -> dict[str, tuple[int, ...]]:
        """The units whose edge is shut for all, some and none of the examples."""
        return {
            word: tuple(unit.index for unit in self.units if unit.shut == word)
            for word in ("all", "some", "none")
        }

    def where(self, *states: str) -> tuple[int, ...]:
        """The indices of the units in one of `states`."""
        return tuple(unit.index for unit in self.units if unit.state in states)


@dataclass(frozen=True)
class Report:
    """What became of every unit of a model over a data set.

    Attributes
    ----------
    layers : tuple of UnitLayer
        From input to output.
    examples : int
    test : Report or None
        The same over the test set, if one was given.
    """

    layers: tuple[UnitLayer, ...]
    examples: int
    test: Report | None = None

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[UnitLayer]:
        return iter(self.layers)

    def __getitem__(self, layer: int | str) -> UnitLayer:
        """A layer by its place or name."""
        if isinstance(layer, str):
            layer = layer_called([one.name for one in self.layers], layer)
        return item("layer", layer, self.layers, f"there are {len(self)}, from index 0")

    @property
    def units(self) -> tuple[Unit, ...]:
        """Every unit, layer by layer."""
        return tuple(unit for layer in self.layers for unit in layer)

    @property
    def dead(self) -> tuple[Unit, ...]:
        """The dead units."""
        return tuple(unit for unit in self.units if unit.state == "dead")

    @property
    def dead_share(self) -> float:
        """Share of dead units; 0 if there are no units."""
        return len(self.dead) / max(1, len(self.units))

    @property
    def counts(self) -> dict[str, int]:
        """How many units are in each state that occurs."""
        states = [unit.state for unit in self.units]
        return {s: n for s in UNIT_STATES if (n := states.count(s))}

    @property
    def changed(self) -> tuple[tuple[Unit, Unit], ...]:
        """The units with another state over the test set: (over this set, over the test set)."""
        if self.test is None:
            return ()
        pairs = zip(self.units, self.test.units, strict=True)
        return tuple((here, there) for here, there in pairs if here.state != there.state)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain dicts, lists and numbers, for JSON or a data frame."""
        layers = [
            {
                "name": layer.name,
                "op": layer.op,
                "counts": layer.counts,
                "edges": {word: list(units) for word, units in layer.edges.items()},
                "units": [
                    {key: value for key, value in vars(unit).items() if key != "layer"}
                    for unit in layer
                ],
            }
            for layer in self.layers
        ]
        test = None if self.test is None else self.test.to_dict()
        return {"examples": self.examples, "layers": layers, "test": test}

    def __repr__(self) -> str:
        told = ", ".join(f"{n} {state}" for state, n in self.counts.items())
        return f"<units of {len(self)} layers over {self.examples} examples: {told or 'none'}>"


def judge(
    model: Model,
    X: Any,
    batch_size: int = 256,
    tau: float = 0.025,
    rare: float = 0.01,
    unit_axis: int | None = None,
) -> tuple[tuple[UnitLayer, ...], int]:
    """The units of `model` as it is over the whole of `X`, and how many examples that is."""
    tau, rare = real("inspect_units", "tau", tau), real("inspect_units", "rare", rare)
    tallies: list[_Tally] = []
    axes: Axes | None = None
    examples = 0
    for batch in batches(X, batch_size):
        output, layers = run(model, batch, unit_axis, axes)
        axes = layers.axes
        activations = layers.activations
        if not examples:
            names = layer_names(activations)
            tallies = [_Tally(n, a) for n, a in zip(names, activations, strict=True)]
        check_same([t.size for t in tallies], activations)
        reach = arrivals(output)
        for tally, activation in zip(tallies, activations, strict=True):
            tally.add(activation, reach[id(activation.node)])
        examples += len(batch)
        del output, layers, activations, reach  # before the next batch makes its own
    return tuple(t.judge(i, examples, tau, rare) for i, t in enumerate(tallies)), examples


def check_same(sizes: list[tuple[str, int]], activations: list[Activation]) -> None:
    """Raise if the activations are not those of the batch before."""
    now = [(a.op.name, a.units) for a in activations]
    if sizes != now:
        raise ValueError(
            f"the model's graph changed from batch to batch: activations {sizes}, then {now}. "
            "Units can be followed only through the same layers"
        )


class _Tally:
    """What is counted of one layer, batch by batch: a few numbers a unit."""

    def __init__(self, name: str, activation: Activation) -> None:
        n = activation.units
        self.name, self.dtype = name, activation.node.dtype
        self.op = activation.op
        self.size = (activation.op.name, n)
        self.kinked = activation.kinked
        self.rare = activation.gate and activation.kink_at_zero
        self.flat = self.op.zero != "tiny"
        self.fade = "" if self.flat else "rounded to 0"
        self.elements = 0
        self.passing, self.firing, self.zeros, self.kinks, self.closed_kinks = np.zeros(
            (5, n), np.int64
        )
        self.fired, self.reached, self.nans = np.zeros((3, n), np.int64)
        self.sum = np.zeros(n)
        self.low, self.high = np.full(n, np.inf), np.full(n, -np.inf)

    @np.errstate(all="ignore")  # of infinities
    def add(self, activation: Activation, reach: Any) -> None:
        """Count one batch, where the probe arrives as in `reach`."""
        h, axes = activation.h, (0, 2)
        passes, fires, kinks = activation.local != 0, activation.fires, activation.on_kink
        self.elements += h.size // activation.units
        self.passing += np.count_nonzero(passes, axis=axes)
        self.firing += np.count_nonzero(fires, axis=axes)
        self.fired += np.count_nonzero(fires.any(axis=2), axis=0)
        self.reached += np.count_nonzero(activation.arranged(reach).any(axis=2), axis=0)
        self.nans += np.count_nonzero(np.isnan(h), axis=axes)
        self.zeros += np.count_nonzero(h == 0, axis=axes)
        if kinks is not None:
            self.kinks += np.count_nonzero(kinks, axis=axes)
            self.closed_kinks += np.count_nonzero(kinks & ~passes, axis=axes)
        self.sum += np.abs(h).sum(axis=axes, dtype=np.float64)
        self.low = np.minimum(self.low, h.min(axis=axes))
        self.high = np.maximum(self.high, h.max(axis=axes))

    @np.errstate(all="ignore")
    def judge(self, number: int, examples: int, tau: float, rare: float) -> UnitLayer:
        """Numbers and state of each unit."""
        mean = self.sum / self.elements
        whole = mean.mean()
        score = mean / whole if whole else np.zeros_like(mean)
        share = self.fired / examples
        spread, largest = self.high - self.low, np.maximum(abs(self.high), abs(self.low))
        same = np.maximum(
            _SAME * largest, _STEPS * np.finfo(self.dtype).eps * np.nanmax(largest, initial=0)
        )
        flags = {
            "nan": self.nans == self.elements,
            "dead": self.passing == 0,
            "starved": self.reached == 0,
            "constant": np.isfinite(spread) & (spread <= same),
            "dormant": score <= tau,
            "rare": self.rare & (share <= rare),
            "always-on": self.kinked & (self.firing == self.elements),
            "live": np.ones(len(mean), bool),
        }
        marks = np.where(self.closed_kinks > 0, "on kink", self.fade)
        open_ = self.passing if self.flat else np.full(len(mean), self.elements)
        shut = np.select([open_ == 0, open_ == self.elements], ["all", "none"], "some")
        units = tuple(
            Unit(
                layer=self.name,
                index=i,
                state=(state := next(s for s in UNIT_STATES if flags[s][i])),
                mark=str(marks[i]) if state == "dead" else "",
                open_share=float(share[i]),
                open_places=float(self.firing[i] / self.elements),
                mean_abs=float(mean[i]),
                apoz=float(self.zeros[i] / self.elements),
                score=float(score[i]),
                on_kink=float(self.kinks[i] / self.elements),
                probe=float(self.reached[i] / examples),
                shut=str(shut[i]),
            )
            for i in range(len(mean))
        )
        return UnitLayer(self.name, self.op.name, number, units)
