"""What brings dead units back. Every way says what it changed, and whom it could not reach.

Parameters are found through the graph, so any callable model will do; only
`switch_activation` needs modules. Biases and weights are assigned, never written into, so
a graph computed before notices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tinygrad_relu import nn
from tinygrad_relu.flow.activations import Activation
from tinygrad_relu.flow.affine import Affine
from tinygrad_relu.flow.names import unit_names
from tinygrad_relu.flow.running import Model, batches, run
from tinygrad_relu.flow.units import UNIT_STATES
from tinygrad_relu.foreign import public
from tinygrad_relu.lab.surgery import Book, OutOfReach, Site, alike
from tinygrad_relu.nn.init import Seed, he_normal
from tinygrad_relu.nn.module import evaluating
from tinygrad_relu.numbers import number
from tinygrad_relu.optim import Optimiser
from tinygrad_relu.options import function, generator, instance, real

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
    why : dict
        For each layer with such units, why.
    note : str
        Anything else that was changed.
    """

    way: str
    units: tuple[tuple[str, int], ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    skipped: tuple[tuple[str, int], ...] = ()
    why: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def total(self) -> int:
        """How many numbers were written anew."""
        return sum(self.numbers.values())

    def __bool__(self) -> bool:
        return bool(self.units or self.total or self.note)

    def __str__(self) -> str:
        told = [unit_names(self.units)] if self.units else []
        told += [f"{n} of {name}" for name, n in self.numbers.items()]
        told += [self.note] if self.note else []
        told += [
            f"out of reach: {unit_names(tuple(u for u in self.skipped if u[0] == layer))} ({why})"
            for layer, why in self.why.items()
        ]
        return f"{self.way}: {'; '.join(told) or 'nothing to change'}"


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
    rng = generator("redraw_nonpositive", rng)
    std = None if std is None else real("redraw_nonpositive", "std", std)
    with evaluating(model):
        output, layers = run(model, next(batches(X, 2)))
    book = Book(output)
    for step in {id(s.weight): s for s in reversed(layers.steps)}.values():
        if step.weight is not None:
            low = step.places[step.weight.data.flat[step.places - 1] <= 0]
            scale = np.sqrt(2 / step.places[0].size) if std is None else std
            book.write(step.weight, low, rng.normal(0.0, scale, low.size))
    return Change("every weight ≤ 0 redrawn", numbers=book.numbers)


def redraw_dead(
    model: Model,
    X: Any,
    *,
    states: Iterable[str] = ("dead",),
    rule: Rule | None = None,
    rng: Seed = 0,
    unit_axis: int | None = None,
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
        Which units, by their states as in `inspect_units`.
    rule : callable, optional
        ``rule(shape, rng)`` for the weights, by default `nn.init.he_normal`.
    rng : int or Generator

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b = tg.Value([[1.0], [1.0]], label="w"), tg.Value([0.0, -9.0], label="b")
    >>> model = lambda x: tg.linear(x, w, b).relu()
    >>> print(redraw_dead(model, [[1.0], [2.0]]))
    dead units redrawn: layer 1 (Linear 1→2), unit 2; 1 of w; 1 of b
    >>> b.data
    array([0., 0.])
    """
    rng, rule = generator("redraw_dead", rng), _rule("redraw_dead", rule)
    wanted = tuple(states) if isinstance(states, Iterable) else (states,)
    if not all(isinstance(state, str) and state in UNIT_STATES for state in wanted):
        raise ValueError(f"the states of units are {UNIT_STATES}, not {states!r:.60}")

    def operate(site: Site, book: Book, place: int, a: Activation, units: Any) -> None:
        _redraw(site, book, a, units, rule, rng)

    site = _with_states(model, X, wanted, unit_axis)
    return _done(f"{', '.join(wanted)} units redrawn", site, operate)[0]


def redo(
    model: Model,
    X: Any,
    optimiser: Any = None,
    *,
    tau: float = 0.025,
    rule: Rule | None = None,
    rng: Seed = 0,
    unit_axis: int | None = None,
) -> Change:
    """ReDo: draw the incoming weights of dormant units anew and set the outgoing ones to 0.

    The output stays as it is where a unit gave 0, and the unit can learn again: it is starved
    until the next step makes its outgoing weights other than 0. Like `redraw_dead`, it may be dead
    at its new birth. What the optimiser remembers of the changed numbers is set to 0.

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
    ReDo: layer 1 (Linear 1→2), unit 2; 1 of 0.weight; 1 of 0.bias; 1 of 2.weight
    >>> float(net[2].weight.data[0, 1])
    0.0
    """
    rng, rule, tau = generator("redo", rng), _rule("redo", rule), real("redo", "tau", tau)
    instance("redo", "optimiser", optimiser, Optimiser | None, "an Optimiser or None")

    def operate(site: Site, book: Book, place: int, a: Activation, units: Any) -> None:
        gives = np.array([site.report[place][u].mean_abs for u in units])
        scores = np.array([site.report[place][u].score for u in units])
        if (scores > tau).any():
            raise OutOfReach("it gives a number other than 0, without which the output would move")
        into, after = site.into(a, units), site.out_of(a, units)
        outputs, _ = site.now(place, units)
        for leaf, places in after.values():
            book.write(leaf, places, 0.0)
        silent, reached = site.now(place, units)
        if reached or ((gives == 0).all() and not alike(outputs, silent)):
            raise OutOfReach("what it gives is changed, or goes around, on its way to the weights")
        _redraw(site, book, a, units, rule, rng, into)
        if not alike(silent, site.now(place, units)[0]):
            raise OutOfReach("its weights serve others too")

    site = Site(model, X, unit_axis)
    site.chosen = [
        np.array([u.index for u in layer if u.score <= tau or u.state == "dead"], np.int64)
        for layer in site.report
    ]
    change, book = _done("ReDo", site, operate)
    moments = 0 if optimiser is None else book.forget(optimiser)
    return replace(change, note=f"{moments} moments reset" if moments else "")


def push_bias(model: Model, X: Any, *, to: float = 0.1, unit_axis: int | None = None) -> Change:
    """Move the biases of dead units until their mean pre-activation is `to`.

    A ReLU unit is then open for at least one example. Derived here.

    Examples
    --------
    >>> import tinygrad_relu as tg
    >>> w, b = tg.Value([[1.0]], label="w"), tg.Value([-9.0], label="b")
    >>> print(push_bias(lambda x: tg.linear(x, w, b).relu(), [[1.0], [2.0]]))
    bias pushed: layer 1 (Linear 1→1), unit 1; 1 of b
    >>> b.data
    array([-1.4])
    """
    to = real("push_bias", "to", to, -np.inf)
    site = _with_states(model, X, ("dead",), unit_axis)
    means = site.mean_inputs()

    def operate(site: Site, book: Book, place: int, a: Activation, units: Any) -> None:
        for step, marks in reversed(a.steps.items()):
            bias = site.bias_of(a, step, a.row_of(step)[units]) if marks.added else None
            if bias is not None:
                leaf, places = bias
                book.write(leaf, places, leaf.data.flat[places - 1] + to - means[place][units])
                return
        raise OutOfReach("no bias of its own is added to it")

    return _done("bias pushed", site, operate)[0]


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
    words = "a Module (change a function yourself)"
    instance("switch_activation", "model", model, nn.Module, words)
    kinds = {
        kind.op.name: kind
        for kind in vars(nn).values()
        if isinstance(kind, type) and issubclass(kind, nn.Activation) and "op" in vars(kind)
    }
    if not isinstance(to, str) or to not in kinds:
        raise ValueError(f"no activation layer for {to!r:.60}: there are {sorted(kinds)}")
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
    instance("lower_learning_rate", "optimiser", optimiser, Optimiser, "an Optimiser")
    factor = real("lower_learning_rate", "factor", factor, 0.0, 1.0, above=True)
    told = []
    for group in optimiser.param_groups:
        before, group["lr"] = group["lr"], group["lr"] * factor
        told.append(f"{number(before)} → {number(group['lr'])}")
    return Change("learning rate lowered", note=", ".join(told))


# --- shared ----------------------------------------------------------------------------------


def _rule(who: str, given: Any) -> Rule:
    return he_normal if given is None else function(who, "rule", given, "a rule, as he_normal")


def _with_states(model: Model, X: Any, states: Iterable[str], unit_axis: int | None) -> Site:
    site = Site(model, X, unit_axis)
    site.chosen = [np.array(layer.where(*states), np.int64) for layer in site.report]
    return site


def _done(way: str, site: Site, operate: Callable[..., None]) -> tuple[Change, Book]:
    """Operate layer by layer, else unit by unit; where that cannot be, all there is as before."""
    whole = Book(site.output)
    done: list[tuple[str, int]] = []
    skipped: list[tuple[str, int]] = []
    why: dict[str, str] = {}
    for place, activation, units in site.activations():
        name, groups = site.names[place], [units]
        for group in groups:
            book = Book(site.output)
            listed = [(name, int(unit)) for unit in group]
            try:
                operate(site, book, place, activation, group)
            except OutOfReach as reason:
                book.undo()
                if len(group) > 1:  # then one by one
                    groups += np.split(group, len(group))
                else:
                    skipped += listed
                    why[name] = str(reason)
            else:
                done += listed
                whole.take(book)
    return Change(way, tuple(done), whole.numbers, tuple(skipped), why), whole


def _redraw(
    site: Site,
    book: Book,
    activation: Activation,
    units: Any,
    rule: Rule,
    rng: np.random.Generator,
    into: list[tuple[Affine, Any]] | None = None,
) -> None:
    for step, rows in into or site.into(activation, units):
        drawn = rule(step.places.shape, rng)
        weights, biases = drawn if isinstance(drawn, tuple) else (drawn, np.zeros(step.units))
        book.write(step.weight, step.places[rows], weights[rows])
        bias = site.bias_of(activation, step, rows)
        if bias is not None:
            book.write(*bias, biases[rows])


def _exchange(module: Any, name: str, new: Any) -> None:
    """Put `new` in the place of the part called `name`, inside a list too."""
    key, _, rest = name.partition(".")
    if not rest:
        setattr(module, key, new)
        return
    parts = list(getattr(module, key))
    parts[int(rest)] = new
    setattr(module, key, parts)


def __dir__() -> list[str]:
    return public(globals())
