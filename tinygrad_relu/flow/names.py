"""One name for each layer and each unit, wherever it is told.

A layer has the label or the scope that the learner gave it, else its place and its weights:
"layer 1 (Linear 2→8)". Layers and units are counted from 1 in words, and from 0 in Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from tinygrad_relu.flow.activations import Activation
from tinygrad_relu.text import clean


def layer_names(activations: list[Activation]) -> list[str]:
    """A name for each layer, from input to output.

    Examples
    --------
    >>> from tinygrad_relu.flow.running import run
    >>> from tinygrad_relu import nn
    >>> import numpy as np
    >>> layer_names(run(nn.MLP(2, [8, 3, 1]), np.ones((4, 2)))[1].activations)
    ['layer 1 (Linear 2→8)', 'layer 2 (Linear 8→3)']
    """
    names = [_given(a) or _counted(a, number) for number, a in enumerate(activations, 1)]
    return [
        name if names.count(name) == 1 else f"{name} · {number}"
        for number, name in enumerate(names, 1)
    ]


def layer_called(names: Sequence[str], wanted: str) -> int:
    """The number of a layer, by its name; what stands in brackets may be left out.

    Examples
    --------
    >>> layer_called(["layer 1 (Linear 2→8)", "hidden"], "layer 1")
    0
    """
    for number, name in enumerate(names):
        if wanted in (name, name.partition(" (")[0]):
            return number
    raise KeyError(f"no layer {wanted!r}: there are {list(names)}")


def unit_name(layer: str, index: int) -> str:
    """The name of a unit, by its layer and its index from 0.

    Examples
    --------
    >>> unit_name("layer 1 (Linear 2→8)", 5)
    'layer 1 (Linear 2→8), unit 6'
    """
    return f"{layer}, unit {index + 1}"


def unit_names(units: Iterable[tuple[str, int]], most: int = 6) -> str:
    """Units, each a layer and an index from 0, told layer by layer; of each layer at most so many.

    Examples
    --------
    >>> unit_names([("layer 1", 0), ("layer 1", 4), ("layer 2", 2)])
    'layer 1, units 1, 5; layer 2, unit 3'
    """
    told = []
    for layer, group in groupby(units, key=itemgetter(0)):
        numbers = [str(index + 1) for _, index in group]
        more = [f"… {len(numbers) - most} more"] if len(numbers) > most else []
        word = "unit" if len(numbers) == 1 else "units"
        told.append(f"{layer}, {word} {', '.join([*numbers[:most], *more])}")
    return "; ".join(told)


def _given(activation: Activation) -> str:
    """The label of a layer, or the scope it was made in, if the learner chose its words."""
    scopes = [step.node.scope for step in reversed(activation.steps)] + [activation.node.scope]
    chosen = (s for s in scopes if not all(part.isdigit() for part in s))
    return clean(activation.node.label or ".".join(next(chosen, ())))


def _counted(activation: Activation, number: int) -> str:
    last = [*activation.steps][-1:]
    return f"layer {number} ({last[0].kind if last else activation.op.name})"
