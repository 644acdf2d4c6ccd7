"""What brings dead units back. Every way says what it changed.

Parameters are found through the graph, so any callable model will do; only
`switch_activation` needs modules. Biases and weights are assigned, never written into, so
a graph computed before notices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygrad_relu import nn
from tinygrad_relu.flow.activations import (
    Activation,
    Affine,
    Model,
    affine_steps,
    batches,
    incoming,
    layer_names,
    leaves,
    outgoing,
    run,
)
from tinygrad_relu.flow.units import UNIT_STATES, judge
from tinygrad_relu.nn.init import he_normal
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.numbers import number
from tinygrad_relu.value import Value

Seed = int | np.random.Generator
Rule = Callable[..., Any]  #: ``rule(shape, rng)``, as those of `nn.init`


@dataclass(frozen=True)
class Change:
    """What a rescue changed.

    Attributes
    ----------
    way : str
    units : tuple of (str, int)
        Layer and index of the units it was done for; empty where it is not about single units.
    numbers : dict
        How many numbers were written anew, by the name of the parameter.
    skipped : tuple of (str, int)
        Units that needed it, but that this way cannot reach.
    note : str
        Anything else that was changed.
    """

    way: str
    units: tuple[tuple[str, int], ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    skipped: tuple[tuple[str, int], ...] = ()
    note: str = ""

    @property
    def total(self) -> int:
        """How many numbers were written anew."""
        return sum(self.numbers.values())

    def __bool__(self) -> bool:
        return bool(self.units or self.total or self.note)

    def __str__(self) -> str:
        told = [f"{_names(self.units)}"] if self.units else []
        told += [f"{n} of {name}" for name, n in self.numbers.items()]
        told += [self.note] if self.note else []
        told += [f"out of reach: {_names(self.skipped)}"] if self.skipped else []
        return f"{self.way}: {'; '.join(told) or 'nothing to change'}"


def _names(units: tuple[tuple[str, int], ...], most: int = 6) -> str:
    told = ", ".join(f"{layer}[{index}]" for layer, index in units[:most])
    return told + (f", … {len(units) - most} more" if len(units) > most else "")


def redraw_nonpositive(model: Model, X: Any, *, std: float | None = None, rng: Seed = 0) -> Change:
    """Draw every weight ≤ 0 anew from a normal distribution; biases stay.

    A commenter's way, meant to be done once an epoch: of all weights, not of dead units.

    Parameters
    ----------
    model : callable
    X : array_like or Value
        A few examples, to find the weights by.
    std : float, optional
        By default √(2/n_in) of each layer, as He et al. (2015, arXiv 1502.01852).
    rng : int or Generator

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w = tg.Value([[0.5, -0.5, 0.0]], label="w")
    >>> change = redraw_nonpositive(lambda x: tg.linear(x, w), np.ones((1, 3)))
    >>> print(change)
    every weight ≤ 0 redrawn: 2 of w
    >>> float(w.data[0, 0])
    0.5
    """
    rng = np.random.default_rng(rng)
    output, _ = _first(model, X)
    book = _Book(output)
    for weight, axis in {id(a.weight): (a.weight, a.unit_axis) for _, a in
                         affine_steps(output)}.values():  # fmt: skip
        low = weight.data <= 0
        scale = np.sqrt(2 * weight.shape[axis] / weight.size) if std is None else std
        book.write(weight, low, rng.normal(0.0, scale, np.count_nonzero(low)))
    return Change("every weight ≤ 0 redrawn", numbers=book.numbers)


def redraw_dead(
    model: Model,
    X: Any,
    *,
    states: Iterable[str] = ("dead",),
    rule: Rule | None = None,
    rng: Seed = 0,
) -> Change:
    """Draw the incoming weights of the dead units anew and set their biases to 0.

    A unit may be dead again at its new birth: if all its inputs are positive, as behind a ReLU,
    and few, its weights may all be negative. A normalisation between keeps its shift, and with
    it what killed the unit.

    Parameters
    ----------
    model : callable
    X : array_like or Value
        By which a unit is dead.
    states : iterable of str
        Which units; see `flow.units`.
    rule : callable, optional
        ``rule(shape, rng)`` for the weights, by default `nn.init.he_normal`.
    rng : int or Generator

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b = tg.Value([[1.0], [1.0]], label="w"), tg.Value([0.0, -9.0], label="b")
    >>> model = lambda x: tg.linear(x, w, b).relu()
    >>> print(redraw_dead(model, [[1.0], [2.0]]))
    dead units redrawn: relu 1[1]; 1 of w; 1 of b
    >>> b.data
    array([0., 0.])
    """
    rng, wanted = np.random.default_rng(rng), tuple(states)
    if not {*wanted} <= {*UNIT_STATES}:
        raise ValueError(f"the states of units are {UNIT_STATES}, not {states!r}")
    site = _Site(model, X, wanted)
    book = _Book(site.output)
    for affine, units, _ in site.reachable():
        _redraw(book, affine, units, rule, rng)
    return Change(f"{', '.join(wanted)} units redrawn", site.told, book.numbers, site.skipped)


def redo(
    model: Model,
    X: Any,
    optimiser: Any = None,
    *,
    tau: float = 0.025,
    rule: Rule | None = None,
    rng: Seed = 0,
) -> Change:
    """ReDo: draw the incoming weights of dormant units anew and set the outgoing ones to 0.

    The output stays as it is where a unit gave 0, and the unit can learn again. What the
    optimiser remembers of the changed numbers is set to 0.

    Source: Sokar, Agarwal, Castro and Evci (2023), arXiv 2302.12902.

    Parameters
    ----------
    model : callable
    X : array_like or Value
    optimiser : Optimiser, optional
        Whose moments to reset.
    tau : float
        Units with a score E|h| / mean E|h| up to this, dead ones among them.
    rule : callable, optional
        ``rule(shape, rng)`` for the weights, by default `nn.init.he_normal`.
    rng : int or Generator

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> net = nn.MLP(1, [2, 1], rng=0)
    >>> net[0].bias.data = [0.0, -9.0]
    >>> print(redo(net, [[1.0], [-1.0]]))
    ReDo: relu 1[1]; 1 of 0.weight; 1 of 0.bias; 1 of 2.weight
    >>> float(net[2].weight.data[0, 1])
    0.0
    """
    rng = np.random.default_rng(rng)
    site = _Site(model, X, (), tau)
    book = _Book(site.output)
    for affine, units, activation in site.reachable():
        _redraw(book, affine, units, rule, rng)
        for after, width in outgoing(site.output, activation):
            columns = (units[:, None] * width + np.arange(width)).ravel()
            mask = _rows(after.weight, 1 - after.unit_axis, columns)
            book.write(after.weight, mask, 0.0)
    moments = 0 if optimiser is None else book.forget(optimiser)
    note = f"{moments} moments reset" if moments else ""
    return Change("ReDo", site.told, book.numbers, site.skipped, note)


def push_bias(model: Model, X: Any, *, to: float = 0.1) -> Change:
    """Move the biases of dead units until their mean pre-activation is `to`.

    A ReLU unit is then open for at least one example. Derived here.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b = tg.Value([[1.0]], label="w"), tg.Value([-9.0], label="b")
    >>> print(push_bias(lambda x: tg.linear(x, w, b).relu(), [[1.0], [2.0]]))
    bias pushed: relu 1[0]; 1 of b
    >>> b.data
    array([-1.4])
    """
    site = _Site(model, X, ("dead",))
    book = _Book(site.output)
    means = _mean_inputs(model, X)
    for affine, units, activation in site.reachable(lambda a: a.exact and a.bias is not None):
        bias = affine.bias
        assert bias is not None
        mask = _rows(bias, 0, units)
        mean = means[site.activations.index(activation)][units]
        book.write(bias, mask, bias.data[units] + to - mean)
    return Change("bias pushed", site.told, book.numbers, site.skipped)


def switch_activation(model: Any, to: str = "leaky_relu", **settings: Any) -> Change:
    """Put another activation in the place of every gate: ReLU, ReLU6, hard tanh, …

    Parameters
    ----------
    model : Module
    to : str
        The op: ``"leaky_relu"``, ``"elu"``, …
    **settings
        Of the op, as ``alpha=0.1``.

    Raises
    ------
    TypeError
        If `model` is no Module, whose parts can be exchanged.
    ValueError
        If no activation layer is called so.

    Examples
    --------
    >>> from tinygrad_relu import nn
    >>> net = nn.MLP(2, [3, 1])
    >>> print(switch_activation(net, "leaky_relu", alpha=0.1))
    activation switched: 1 is LeakyReLU(0.1) instead of ReLU(0.0)
    """
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"switch_activation exchanges layers of a Module, and {type(model).__name__} is none: "
            "write the other activation into the function"
        )
    kinds = {
        kind.op.name: kind
        for kind in vars(nn).values()
        if isinstance(kind, type) and issubclass(kind, nn.Activation) and "op" in vars(kind)
    }
    if to not in kinds:
        raise ValueError(f"no activation layer for {to!r}: there are {sorted(kinds)}")
    told = []
    for owner, module in list(model.named_modules()):
        for name, part in list(module.parts()):
            if getattr(getattr(part, "op", None), "zero", "") == "shut" and part.op.name != to:
                new = kinds[to](**settings)
                _exchange(module, name, new)
                told.append(f"{owner and owner + '.'}{name} is {new} instead of {part}")
    return Change("activation switched", note=", ".join(told))


def lower_learning_rate(optimiser: Any, factor: float = 0.1) -> Change:
    """Multiply the learning rate of every group by `factor`.

    It prevents deaths; alone it revives no unit in the first layer.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> from tinygrad_relu.optim import SGD
    >>> print(lower_learning_rate(SGD([tg.Value(1.0)], lr=0.5)))
    learning rate lowered: 0.5 → 0.05
    """
    if not 0 < factor < 1:
        raise ValueError(f"a factor that lowers is between 0 and 1, not {factor}")
    told = []
    for group in optimiser.param_groups:
        before = group["lr"]
        group["lr"] = before * factor
        told.append(f"{number(before)} → {number(group['lr'])}")
    return Change("learning rate lowered", note=", ".join(told))


# --- shared ----------------------------------------------------------------------------------


def _first(model: Model, X: Any) -> tuple[Value, list[Activation]]:
    """The graph of the first examples: its parameters are those of any."""
    with evaluating(model):
        return run(model, next(batches(X, 2)))


class _Site:
    """The units to rescue, and where their parameters are."""

    def __init__(
        self, model: Model, X: Any, states: tuple[str, ...], tau: float | None = None
    ) -> None:
        with evaluating(model):
            report, _ = judge(model, X, 256, 0.025, 0.01)
        self.output, self.activations = _first(model, X)
        self.names = layer_names(self.activations)
        self.units = [
            np.array([u.index for u in layer if u.state in states or (tau is not None
                      and (u.score <= tau or u.state == "dead"))], int)
            for layer in report
        ]  # fmt: skip
        self.told: tuple[tuple[str, int], ...] = ()
        self.skipped: tuple[tuple[str, int], ...] = ()

    def reachable(
        self, fits: Callable[[Affine], bool] = lambda affine: True
    ) -> Iterable[tuple[Affine, Any, Activation]]:
        """The step into each layer with such units; the others are noted as skipped."""
        for name, activation, units in zip(self.names, self.activations, self.units, strict=True):
            if not len(units):
                continue
            affine = incoming(activation)
            listed = tuple((name, int(i)) for i in units)
            if affine is None or not fits(affine):
                self.skipped += listed
            else:
                self.told += listed
                yield affine, units, activation


class _Book:
    """Writes into parameters, and keeps book of which of their numbers were written."""

    def __init__(self, output: Value) -> None:
        self._names = {id(v): name for name, v in leaves(output).items()}
        self._written: dict[int, tuple[Value, Any]] = {}

    def write(self, parameter: Value, mask: Any, new: Any) -> None:
        """Assign `new` where `mask` holds."""
        if not mask.any():
            return
        data = parameter.data.copy()
        data[mask] = new
        parameter.data = data
        _, before = self._written.get(id(parameter), (parameter, False))
        self._written[id(parameter)] = parameter, before | mask

    @property
    def numbers(self) -> dict[str, int]:
        """How many numbers of each parameter were written, each counted once."""
        return {
            self._names.get(key, p.label or "a frozen parameter"): int(np.count_nonzero(mask))
            for key, (p, mask) in self._written.items()
        }

    def forget(self, optimiser: Any) -> int:
        """Set to 0 what an optimiser remembers of the numbers written; returns how many."""
        count = 0
        for p, memory in zip(optimiser.parameters, optimiser.state, strict=True):
            _, mask = self._written.get(id(p), (p, False))
            for key, content in memory.items():
                if np.any(mask) and key[0] != "_" and np.shape(content) == p.shape:
                    content[mask] = 0.0
                    count += int(np.count_nonzero(mask))
        return count


def _rows(parameter: Value, axis: int, units: Any) -> Any:
    mask = np.zeros(parameter.shape, bool)
    np.moveaxis(mask, axis, 0)[units] = True
    return mask


def _redraw(
    book: _Book, affine: Affine, units: Any, rule: Rule | None, rng: np.random.Generator
) -> None:
    weight, axis = affine.weight, affine.unit_axis
    shape = np.moveaxis(np.empty(weight.shape), axis, 0).shape
    drawn = (rule or he_normal)(shape, rng)
    weights, biases = drawn if isinstance(drawn, tuple) else (drawn, np.zeros(shape[0]))
    mask = _rows(weight, axis, units)
    book.write(weight, mask, np.moveaxis(weights, 0, axis)[mask])
    if affine.bias is not None:
        book.write(affine.bias, _rows(affine.bias, 0, units), biases[units])


def _mean_inputs(model: Model, X: Any) -> list[Any]:
    """The mean pre-activation of every unit, layer by layer."""
    sums: list[Any] = []
    count = 0
    with evaluating(model):
        for batch in batches(X, 256):
            _, activations = run(model, batch)
            parts = []
            for a in activations:
                z = a.before.data.reshape(a.h.shape)
                rest = tuple(i for i in range(1, z.ndim) if i != a.axis)
                parts.append(z.mean(axis=rest, dtype=np.float64).sum(axis=0))
            sums = [s + p for s, p in zip(sums, parts, strict=True)] if count else parts
            count += len(batch)
    return [s / count for s in sums]


def _exchange(module: Any, name: str, new: Any) -> None:
    """Put `new` in the place of the part called `name`, inside a list too."""
    key, _, rest = name.partition(".")
    if not rest:
        setattr(module, key, new)
        return
    parts = list(getattr(module, key))
    parts[int(rest)] = new
    setattr(module, key, parts)
