"""A corpus of faults: every op below with its rule broken in one way that happens in practice."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.op import Op

rng = np.random.default_rng(5)
X = np.array([[0.7, -1.3, 0.4], [-0.2, 1.9, -0.6]])
POSITIVE = np.abs(X) + 0.3
ROW = np.array([0.3, -0.8, 1.1])

Point = tuple[tuple[Any, ...], dict[str, Any]]


def at(names: str, *operands: Any, **settings: Any) -> dict[str, Point]:
    return dict.fromkeys(names.split(), (operands, settings))


#: Name → operands away from kinks, and settings.
POINTS: dict[str, Point] = {
    **at("abs arctan cos elu exp expm1 gelu identity leaky_relu log_sigmoid mish neg relu", X),
    **at("selu sigmoid silu sin softplus softsign square tanh transpose", X),
    **at("max mean prod std sum var logsumexp cumprod", X),
    **at("log log1p sqrt", POSITIVE),
    **at("add sub mul maximum minimum prelu", X, ROW),
    **at("softmax log_softmax", X, axis=1),
    **at("div", X, np.abs(ROW)),
    **at("pow", POSITIVE, ROW),
    **at("clip", X, min=-0.5, max=1.0),
    **at("matmul", X, X.T),
    **at("linear", X, X[:, ::-1], ROW[:2]),
    **at("outer", ROW, ROW[:2]),
    **at("mse_loss", X, X[::-1]),
    **at("cross_entropy", X, target=np.array([2, 0], np.int64)),
    **at("reshape", X, shape=(3, 2)),
    **at("broadcast_to", ROW, shape=(2, 3)),
    **at("getitem", X, index=(0, slice(1, None))),
}

Pull = Callable[..., Any]


def mutant(op: Op[Any], fault: Callable[[Pull, int], Pull]) -> Op[Any]:
    """`op`, where what each operand receives is as `fault` has it."""
    other: Any = Op(op.__wrapped__, op.rules, op.elementwise, op.kink, op.zero)
    pulls: dict[int, Pull] = {}

    def pull(slot: int) -> Pull:
        return pulls.setdefault(slot, fault(op.pull(slot), slot))

    other.pull = pull
    return other


# --- seen at the first look ---------------------------------------------------------------------


def changed(change: Callable[[Any], Any]) -> Callable[[Pull, int], Pull]:
    return lambda pull, slot: lambda g, *data: change(np.asarray(pull(g, *data)))


def _one_off(c: Any) -> Any:
    c = np.array(c)
    c.flat[-1] += 1e-3
    return c


AT_ONCE = {
    "sign": changed(np.negative),
    "nothing": changed(np.zeros_like),
    "1 + 1e-5": changed(lambda c: c * (1 + 1e-5)),
    "1 − 1e-5": changed(lambda c: c * (1 - 1e-5)),
    "float16": changed(lambda c: c.astype(np.float16).astype(float)),
    "integer": changed(np.trunc),
    "one element": changed(_one_off),
    "turned around": changed(lambda c: c[::-1]),
    "upstream forgotten": lambda pull, slot: lambda g, *data: pull(np.ones_like(g), *data),
    "NaN": changed(lambda c: c * np.nan),
}

# --- linear only for the upstream gradient of one pass -------------------------------------------


def upstream(change: Callable[[Any], Any]) -> Callable[[Pull, int], Pull]:
    return lambda pull, slot: lambda g, *data: pull(change(np.asarray(g, float)), *data)


NOT_LINEAR = {
    "|g|": upstream(np.abs),
    "max(g, 0)": upstream(lambda g: np.maximum(g, 0)),
    "g²/|g|": upstream(lambda g: np.divide(g * g, np.abs(g))),
    "sign lost below 0": upstream(lambda g: np.where(g < 0, g / 2, g)),
    "leak at 0": lambda pull, slot: lambda g, *data: pull(g, *data) + 1e-3 * (not np.any(g)),
    "clipped": upstream(lambda g: np.clip(g, -0.1, 1e9)),
    "clipped far out": upstream(lambda g: np.clip(g, -100, 100)),
    "left out near 0": upstream(lambda g: np.where(abs(g) < 1e-3, 0, g)),
}

# --- seen only later -----------------------------------------------------------------------------


def _counted(after: Callable[[Any, int], Any]) -> Callable[[Pull, int], Pull]:
    def fault(pull: Pull, slot: int) -> Pull:
        calls = itertools.count(1)
        return lambda g, *data: after(np.asarray(pull(g, *data)), next(calls))

    return fault


def _memo(pull: Pull, slot: int) -> Pull:
    kept: list[Any] = []

    def pulled(g: Any, *data: Any) -> Any:
        kept.append(pull(g, *data))
        return kept[0]

    return pulled


def _gathers(pull: Pull, slot: int) -> Pull:
    kept = [0.0]

    def pulled(g: Any, *data: Any) -> Any:
        kept[0] = kept[0] + np.asarray(pull(g, *data))
        return kept[0]

    return pulled


def _first_data(pull: Pull, slot: int) -> Pull:
    kept: list[Any] = []

    def pulled(g: Any, *data: Any) -> Any:
        kept.append(data)
        return pull(g, *kept[0])

    return pulled


LATER = {
    "doubled from the second on": _counted(lambda c, n: c * (1 + (n > 1))),
    "zero from the second on": _counted(lambda c, n: c * (n < 2)),
    "the second only": _counted(lambda c, n: -c if n == 2 else c),
    "the third only": _counted(lambda c, n: -c if n == 3 else c),
    "keeps its first answer": _memo,
    "gathers": _gathers,
    "keeps its first data": _first_data,
}

KINDS = {"at once": AT_ONCE, "not linear": NOT_LINEAR, "later": LATER}

#: What changes nothing where these ops are checked: no faults.
SAME = {
    "keeps its first data": "add sub neg identity transpose sum mean reshape broadcast_to getitem "
    "abs relu leaky_relu clip max maximum minimum",
    "turned around": "sum mean",
}


def corpus() -> Iterator[tuple[str, str, str]]:
    """Every (kind, fault, op)."""
    for kind, faults in KINDS.items():
        for fault, name in itertools.product(faults, POINTS):
            if name not in SAME.get(fault, "").split():
                yield kind, fault, name


def planted(kind: str, fault: str, name: str) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """A function with the fault, and where to check it."""
    operands, settings = POINTS[name]
    op = mutant(getattr(ops, name), KINDS[kind][fault])
    return (lambda *values: op(*values, **settings)), operands
