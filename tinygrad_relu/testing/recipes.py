"""Random graphs: recipes of steps, in which every kind of op meets every other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinygrad_relu.testing.data import Shape, Strategy, arrays, shapes
from tinygrad_relu.testing.operands import function

LARGEST = 1e3  #: what a step may yield, so that the next one does not blow it up
MOST = 64  #: elements of it
AWAY = 0.1  #: how far from the ends of its domain an op is tried

Settings = Callable[[Shape], dict[str, Strategy]]  #: for a first operand of that shape
Step = tuple[str, tuple[int, ...], dict[str, Any]]


def _each(names: str, settings: Settings = lambda shape: {}) -> dict[str, Settings]:
    return dict.fromkeys(names.split(), settings)


def _one_of(**settings: list[Any]) -> Settings:
    return lambda shape: {name: st.sampled_from(choices) for name, choices in settings.items()}


def _axis(shape: Shape, more: int = 0) -> Strategy:
    return st.sampled_from(range(-len(shape) - more, 0))


def _axis_or_all(shape: Shape) -> dict[str, Strategy]:
    axes = st.sampled_from([None, *range(-len(shape), 0)])
    return {"axis": axes, "keepdims": st.booleans()}


_UNARY = {
    **_each("abs arctan cos exp expm1 hardsigmoid hardswish hardtanh identity log_sigmoid mish"),
    **_each("neg relu6 selu sigmoid sign silu sin softplus softsign square tanh log log1p sqrt"),
    **_each("tan arcsin arccos arcsinh arccosh arctanh sinh cosh sinc exp2 log2 log10 reciprocal"),
    **_each("elu celu leaky_relu", _one_of(alpha=[0.1, 1.0, 2.0])),
    **_each("relu", _one_of(at_zero=[0.0, 0.5, 1.0])),
    **_each("astype", _one_of(dtype=[np.float64])),
    **_each("gelu", _one_of(approximate=["none", "tanh"])),
    **_each("clip", _one_of(min=[None, -1.0, 0.0], max=[None, 0.0, 1.0])),
}
_BINARY = {
    **_each("add sub mul maximum minimum prelu div pow matmul outer mse_loss"),
    **_each("arctan2 hypot logaddexp logaddexp2 mod floor_divide kron solve"),
    **_each("tensordot", lambda shape: {"axes": st.integers(0, len(shape))}),
    **_each("einsum", _one_of(subscripts=["ij,ji", "...i,...i", "ij,jk->ik", "i...,j...->ij..."])),
    **_each("concatenate", lambda shape: {"axis": _axis(shape)}),
    **_each("stack", lambda shape: {"axis": _axis(shape, 1)}),
    **_each(
        "where",
        lambda shape: {
            "condition": st.lists(st.booleans(), min_size=shape[-1], max_size=shape[-1])
        },
    ),
}
_REDUCTION = {
    **_each("sum mean max min prod logsumexp norm std var median", _axis_or_all),
    **_each("p_norm", lambda shape: {**_axis_or_all(shape), "ord": st.sampled_from([1.5, 3.0])}),
    **_each("cumsum cumprod sort", lambda shape: {"axis": _axis(shape)}),
    **_each("inv det logabsdet"),
    **_each("softmax log_softmax", lambda shape: {"axis": _axis(shape)}),
    **_each("standardize", lambda shape: {"axis": _axis(shape), "eps": st.just(0.1)}),
}
_SHAPE = {
    **_each("reshape", lambda shape: {"shape": st.sampled_from([(-1,), shape[::-1]])}),
    **_each("transpose", lambda shape: {"axes": st.permutations(range(len(shape)))}),
    **_each("swapaxes", lambda shape: {"axis1": _axis(shape), "axis2": _axis(shape)}),
    **_each("expand_dims", lambda shape: {"axis": _axis(shape, 1)}),
    **_each("squeeze", _one_of(axis=[None])),
    **_each("broadcast_to", lambda shape: {"shape": st.just((2, *shape))}),
    **_each("pad", _one_of(pad_width=[1, (0, 1)])),
    **_each("moveaxis", lambda shape: {"source": _axis(shape), "destination": _axis(shape)}),
    **_each("flip", lambda shape: {"axis": _axis(shape)}),
    **_each("roll", _one_of(shift=[1, -2])),
    **_each("tile", _one_of(reps=[2, (2, 1)])),
    **_each("take", _one_of(indices=[0, [0, 0, -1]])),
    **_each("repeat", _one_of(repeats=[2])),
    **_each("tril triu", _one_of(k=[-1, 0, 1])),
    **_each("diagonal", _one_of(offset=[0, 1])),
    **_each("getitem", _one_of(index=[0, -1, slice(None, None, -1), [0, 0, -1], (..., 0)])),
}
_KINDS = (_UNARY, _UNARY, _BINARY, _BINARY, _REDUCTION, _SHAPE)

#: Ops that take not every number: whether they take these.
_INSIDE: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt"), lambda x: x >= AWAY),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), lambda x: np.abs(x) <= 1 - AWAY),
    **dict.fromkeys(("div", "mod", "floor_divide"), lambda a, b: np.abs(b) >= AWAY),
    **dict.fromkeys(("inv", "logabsdet"), lambda x: np.abs(np.linalg.det(x)) >= AWAY),
    "solve": lambda a, b: np.abs(np.linalg.det(a)) >= AWAY,
    "arccosh": lambda x: x >= 1 + AWAY,
    "reciprocal": lambda x: np.abs(x) >= AWAY,
    "tan": lambda x: np.abs(np.cos(x)) >= AWAY,
    "pow": lambda a, b: (a >= AWAY) & (np.abs(b) <= 3),
}


@dataclass(frozen=True)
class Graph:
    """A random function of two Values: each step applies an op to earlier results.

    ``graph(*values)`` runs it; `steps` tells it, each an op, the places of its operands among the
    inputs and earlier results, and its settings; `inputs` are operands for it.
    """

    steps: tuple[Step, ...]
    inputs: tuple[Any, ...]

    def __call__(self, *operands: Any) -> Any:
        """Run the steps on Values, or on plain arrays."""
        results = list(operands)
        for step in self.steps:
            results.append(_taken(step, results))
        return results[-1]


def _taken(step: Step, results: list[Any]) -> Any:
    name, places, settings = step
    return function(name)(*(results[i] for i in places), **settings)


def _tried(step: Step, results: list[Any]) -> Any:
    """What the step yields; None where the op does not take what it finds, or makes it large."""
    name, places, _ = step
    inside = _INSIDE.get(name)
    try:
        with np.errstate(all="ignore"):
            if inside is not None and not np.all(inside(*(results[i] for i in places))):
                return None
            y = _taken(step, results)
    except (ValueError, IndexError):  # the shapes do not fit
        return None
    kept = 0 < np.size(y) <= MOST and np.all(np.abs(y) <= LARGEST)
    return y if kept else None


@st.composite
def graphs(draw: Any, max_steps: int = 6) -> Any:
    """Random graphs with shared nodes and broadcasting, and operands for them."""
    shape = draw(shapes(min_dims=1, max_dims=2, min_side=1))
    narrow = draw(st.sampled_from([shape, (*shape[:-1], 1), shape[-1:]]))
    low = draw(st.sampled_from([-3, 0.25]))
    inputs = draw(arrays(shape, -3, 3)), draw(arrays(narrow, low, 3))
    results, steps = list(inputs), []
    for _ in range(draw(st.integers(1, max_steps))):
        kind = draw(st.sampled_from(_KINDS))
        name = draw(st.sampled_from(sorted(kind)))
        place = st.integers(0, len(results) - 1)
        places = tuple(draw(place) for _ in range(1 + (kind is _BINARY)))
        first = np.shape(results[places[0]]) or (1,)
        settings = {key: draw(s) for key, s in kind[name](first).items()}
        y = _tried((name, places, settings), results)
        if y is not None:
            steps.append((name, places, settings))
            results.append(y)
    return Graph(tuple(steps), inputs)
