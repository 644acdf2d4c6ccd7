"""Watch a model while it trains: who lives, who dies, and how large the steps are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_relu.flow.activations import Activation
from tinygrad_relu.flow.affine import Affine
from tinygrad_relu.flow.layers import Axes
from tinygrad_relu.flow.life import History, Look
from tinygrad_relu.flow.marks import Marks, by_unit
from tinygrad_relu.flow.names import layer_names
from tinygrad_relu.flow.running import Model, batches, leaves, run
from tinygrad_relu.flow.units import Unit, check_same
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.node import plain
from tinygrad_relu.options import examples, item, whole
from tinygrad_relu.value import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: By default a look costs about a tenth of the steps between two looks: so many examples a step.
PACE = 16


@dataclass(frozen=True)
class LayerRecord:
    """One layer of units at one step, over the monitor's data.

    Attributes
    ----------
    layer : str
    dead_share : float
    open_share : float
        Share of examples, units and places with a local gradient other than 0.
    mean, std : float
        Of the outputs h.
    """

    layer: str
    dead_share: float
    open_share: float
    mean: float
    std: float


@dataclass(frozen=True)
class ParameterRecord:
    """One parameter at one step.

    Attributes
    ----------
    name : str
    norm : float
        |w|
    grad_norm : float
        |∂L/∂w| as left by the last pass; NaN if there is no gradient.
    grad_zeros : float
        Share of the gradient's elements that are 0; NaN if there is none.
    update_ratio : float
        |Δw| / |w| of the last step; NaN at the first look.
    """

    name: str
    norm: float
    grad_norm: float
    grad_zeros: float
    update_ratio: float


@dataclass(frozen=True)
class Record:
    """What a look at one step saw."""

    step: int
    layers: tuple[LayerRecord, ...]
    parameters: tuple[ParameterRecord, ...]


class Monitor:
    """Look at a model every few steps of training.

    Call it after each step, or give it to `fit` as a callback. It looks once when it is made,
    at step 0, and from then on at every step that `every` divides. Modules are looked at as in
    evaluation; nothing is changed.

    Parameters
    ----------
    model : callable
        As for `inspect_units`.
    X : array_like or Value
        The data by which a unit is dead or alive.
    every : int, optional
        Steps from look to look; 1 tells the exact step of each death. By default one for each
        16 examples in X, so that watching costs little beside training.
    batch_size : int
    limit : int
        At most so many records are kept: when there are more, every other one is dropped.
    unit_axis : int, optional
        As for `inspect_units`.

    Attributes
    ----------
    step : int
        How many steps were made.
    records : list of Record
    history : History
        The lives of all units; they are not thinned with the records.

    Raises
    ------
    TypeError, ValueError
        As `inspect_units` does.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b = tg.Value([[1.0], [-1.0]]), tg.Value([0.0, 0.0])
    >>> monitor = Monitor(lambda x: tg.linear(x, w, b).relu(), [[1.0], [2.0], [-1.0]], every=1)
    >>> b.data = [-100.0, 0.0]  # a step that kills
    >>> monitor()
    >>> monitor.records[-1].layers[0].dead_share
    0.5
    >>> print(monitor.story((0, 0)))  # doctest: +NORMALIZE_WHITESPACE
    layer 1 (Linear 1→2), unit 1: alive at step 0; killed at step 1
    (mean pre-activation 0.6667 → −99.33, by weight 0, input 0, bias −100: mostly the bias);
    dead at step 1, the last look
    """

    def __init__(
        self,
        model: Model,
        X: Any,
        every: int | None = None,
        *,
        batch_size: int = 256,
        limit: int = 512,
        unit_axis: int | None = None,
    ) -> None:
        if not isinstance(X, Value):
            X = examples("Monitor", "X", X)
        if every is None:
            every = max(1, math.ceil(len(X) / PACE))
        every, limit = whole("Monitor", "every", every), whole("Monitor", "limit", limit)
        self.model, self.X, self.every, self.batch_size = model, X, every, batch_size
        self.step = 0
        self.records: list[Record] = []
        self.history = History()
        self._limit, self._stride, self._looks = limit, 1, 0
        self._unit_axis = unit_axis
        self._axes: Axes | None = None
        self._before: dict[str, Any] = {}  # the parameters one step before the next look
        self._parameters: dict[str, Value] = {}
        self._look()

    def __call__(self, *args: Any, **settings: Any) -> None:
        """Count a step, and look if it is time; arguments are those of a callback, unused."""
        self.step += 1
        if self.step % self.every == 0:
            self._look()
        if (self.step + 1) % self.every == 0:
            self._remember()

    def __repr__(self) -> str:
        layers = zip(self.history.names, self.history.lives, strict=True)
        share = ", ".join(
            f"{name} {sum(life.dead for life in lives) / len(lives):.0%} dead"
            for name, lives in layers
        )
        return f"<monitor at step {self.step}: {share}>"

    # --- what it saw ---------------------------------------------------------------------

    def story(self, unit: Unit | tuple[int | str, int] | int) -> str:
        """The life of one unit in words.

        Parameters
        ----------
        unit : (layer, index), Unit, or int
            The layer by number or name. A number alone is for a model with one layer of units.
        """
        if isinstance(unit, Unit):
            unit = (unit.layer, unit.index)
        if not isinstance(unit, tuple):
            if len(self.history.names) != 1:
                raise ValueError(
                    f"unit {unit} of which layer? Ask for (layer, {unit}), with a layer of "
                    f"{self.history.names}"
                )
            unit = (0, unit)
        return self.history.story(*unit)

    def series(self, what: str, of: int | str = 0) -> tuple[Any, Any]:
        """Steps, and one of the recorded numbers at each: of a layer, or of a parameter.

        Parameters
        ----------
        what : str
            ``"dead_share"``, ``"open_share"``, ``"mean"``, ``"std"`` of a layer; ``"norm"``,
            ``"grad_norm"``, ``"grad_zeros"``, ``"update_ratio"`` of a parameter.
        of : int or str
            The layer or the parameter, by number or name.

        Examples
        --------
        >>> import tinygrad_relu as tg
        >>> w = tg.Value([[1.0], [-1.0]])
        >>> monitor = Monitor(lambda x: tg.linear(x, w).relu(), [[1.0], [2.0]], every=1)
        >>> monitor.series("dead_share")
        (array([0]), array([0.5]))
        """
        recorded = {**LayerRecord.__dataclass_fields__, **ParameterRecord.__dataclass_fields__}
        if not isinstance(what, str) or what not in recorded:
            raise ValueError(f"{what!r:.60} is not recorded; see LayerRecord and ParameterRecord")
        kind = "layers" if what in LayerRecord.__dataclass_fields__ else "parameters"
        if kind == "layers":
            place = self.history.layer(of)
        else:
            names = list(self._parameters)
            if isinstance(of, str) and of not in names:
                raise KeyError(f"no parameter {of!r}: there are {names}")
            of = names.index(of) if isinstance(of, str) else of
            place = item("parameter", of, range(len(names)), f"there are {names}")
        seen = [getattr(getattr(record, kind)[place], what) for record in self.records]
        return np.array([record.step for record in self.records]), np.array(seen)

    def plot(self) -> Figure:
        """The lives of all units, a timeline for each layer: ``plot().savefig("lives.png")``."""
        from tinygrad_relu.picture.lives import plot

        return plot(self.history)

    # --- looking -------------------------------------------------------------------------

    @np.errstate(all="ignore")  # a run may diverge
    def _look(self) -> None:
        sums: list[_Sum] = []
        names: list[str] = []
        n = 0
        with evaluating(self.model):
            for batch in batches(self.X, self.batch_size):
                output, layers = run(self.model, batch, self._unit_axis, self._axes)
                self._axes = layers.axes
                activations = layers.activations
                if not n:
                    names = self.history.names
                    if len(names) != len(activations):
                        names = layer_names(activations)
                    sums = [_Sum(a) for a in activations]
                    self._parameters = {k: v for k, v in leaves(output).items() if v is not batch}
                check_same([s.size for s in sums], activations)
                for one, activation in zip(sums, activations, strict=True):
                    one.add(activation)
                n += len(batch)
                del output, layers, activations
        looks = [one.look(name, n) for name, one in zip(names, sums, strict=True)]
        self.history.look(self.step, looks)
        self._keep(Record(
            self.step,
            tuple(one.record(name) for name, one in zip(names, sums, strict=True)),
            tuple(self._parameter(name, p) for name, p in self._parameters.items()),
        ))  # fmt: skip
        self._remember()

    def _keep(self, record: Record) -> None:
        if self._looks % self._stride == 0:
            self.records.append(record)
        self._looks += 1
        if len(self.records) > self._limit:
            del self.records[1::2]
            self._stride *= 2

    def _remember(self) -> None:
        for name, p in self._parameters.items():
            buffer = self._before.get(name)
            if isinstance(buffer, np.ndarray) and buffer.shape == p.shape:
                np.copyto(buffer, p.data)
            else:
                self._before[name] = np.array(p.data)

    def _parameter(self, name: str, p: Value) -> ParameterRecord:
        norm = _norm(p.data)
        grad_norm = zeros = ratio = math.nan
        if p.grad is not None:
            grad_norm = _norm(p.grad)
            zeros = 1 - int(np.count_nonzero(p.grad)) / max(1, p.size)
        if name in self._before:
            step = _norm(p.data - self._before[name])
            ratio = step / norm if norm else math.nan if step == 0 else math.inf
        return ParameterRecord(name, norm, grad_norm, zeros, ratio)


def _norm(x: Any) -> float:
    flat = np.ravel(x)
    return math.sqrt(flat.dot(flat))


class _Sum:
    """What a look adds up over the batches of one layer."""

    def __init__(self, activation: Activation) -> None:
        self.size = (activation.op.name, activation.units)
        self.alive = np.zeros(activation.units, bool)
        self.passing = self.elements = 0
        self.mean = self.squares = 0.0  # squares of the deviations from the mean
        self.z: Any = 0.0
        self.x: Any = 0.0
        self.parts: tuple[Any, ...] | None = None  # formula, rows, bias; () without a step W·x

    def add(self, activation: Activation) -> None:
        h, passes = activation.h, activation.local
        if passes.dtype != bool:
            passes = passes != 0
        self.alive |= passes.any(axis=(0, 2))
        self.passing += int(np.count_nonzero(passes))
        n, mean = h.size, float(h.sum(dtype=np.float64)) / h.size
        spread = np.subtract(h, mean, dtype=np.float64).ravel()
        away = mean - self.mean
        self.squares += float(spread.dot(spread))
        self.squares += away * away * n * self.elements / (n + self.elements)
        self.mean += away * n / (n + self.elements)
        self.elements += n
        found = None if self.parts == () else _step(activation)
        if self.parts is None:
            self.parts = () if found is None else _parts(*found)
        if found is not None:
            z = activation.arranged(activation.before.data)
            self.z = self.z + z.sum(axis=(0, 2), dtype=np.float64) / z.shape[2]
            self.x = self.x + found[0].mean_x() * len(h)

    def look(self, name: str, examples: int) -> Look:
        if not self.parts:
            return Look(name, ~self.alive)
        formula, rows, bias = self.parts
        return Look(name, ~self.alive, self.z / examples, formula, self.x / examples, rows, bias)

    def record(self, name: str) -> LayerRecord:
        return LayerRecord(
            name,
            float(1 - self.alive.mean()),
            self.passing / self.elements,
            self.mean,
            math.sqrt(self.squares / self.elements),
        )


def _step(activation: Activation) -> tuple[Affine, Marks, Any] | None:
    """The step W·x of which z is a sum with a slope of 1, and its rows; of several, the latest."""
    for step, marks in reversed(activation.steps.items()):
        if marks.added and ((rows := activation.row_of(step)) >= 0).all():
            return step, marks, rows
    return None


def _parts(step: Affine, marks: Marks, rows: Any) -> tuple[Any, ...]:
    """The formula, and the weights and biases as they are, a row a unit."""
    bias = np.zeros(step.units)
    if marks.bias is not None:
        bias = by_unit(marks.bias[0].data, marks.bias[1], step.units).astype(np.float64)
    weights = step.by_unit(plain(step.node.operands[step.slot]))
    return step.formula(), weights[rows], bias[rows]
