"""Strategies for a call of every op: operands inside its domain, and settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinygrad_relu import ops
from tinygrad_relu.testing import draws
from tinygrad_relu.testing.data import Strategy, numbers


@dataclass(frozen=True)
class Call:
    """An op with its settings, a function of its operands, and inputs that suit it."""

    name: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    settings: dict[str, Any]

    def __call__(self, *operands: Any) -> Any:
        """Apply the op to Values, or to plain arrays."""
        return self.function(*operands, **self.settings)


def _where(a: Any, b: Any, condition: Any) -> Any:
    return ops.where(condition, a, b)


def _far_or_at_0(drawn: Any) -> Any:
    """Operands that are 0 or not near it, where the slopes are beyond the largest float."""
    operands, settings = drawn
    return tuple(np.round(a, 2) for a in operands), settings


_any = (-10.0, 10.0)
_positive = (0.25, 10.0)
_slope = st.sampled_from([0.01, 0.1, 0.5, 1.0, 2.0])


def _rows(names: str, strategy: Strategy) -> dict[str, Strategy]:
    return dict.fromkeys(names.split(), strategy)


#: How to draw (operands, settings) for every op of the table, by its name.
TABLE: dict[str, Strategy] = {
    **_rows("abs arctan cos exp expm1 hardsigmoid hardswish hardtanh identity", draws.unary()),
    **_rows(
        "mish neg normal_cdf relu6 selu sigmoid sign silu sin softplus softsign", draws.unary()
    ),
    **_rows("log_sigmoid softsign square tanh", draws.unary()),
    **_rows("arcsinh sinc sinh cosh exp2", draws.unary(-5.0, 5.0)),
    **_rows("arcsin arccos arctanh", draws.unary(-0.75, 0.75)),
    **_rows("add sub mul maximum minimum", draws.binary(_any, _any)),
    "arctan2": draws.binary(_any, _any).map(_far_or_at_0),
    **_rows("hypot logaddexp logaddexp2", draws.binary(_any, _any)),
    **_rows("mod floor_divide", draws.binary(_any, _positive)),
    **_rows("elu celu leaky_relu", draws.unary(alpha=_slope)),
    **_rows("mean logsumexp norm max min", draws.reduction(min_side=1)),
    **_rows("softmax log_softmax", draws.reduction(1, keepdims=False, one_axis=True)),
    **_rows("std var", draws.spread()),
    **_rows("log log2 log10 sqrt reciprocal", draws.unary(*_positive)),
    **_rows("inv logabsdet", draws.matrices(-1.0, 4.0)),
    **_rows("tril triu", draws.shaped("k", lambda s: st.integers(-2, 2), min_dims=2)),
    "astype": draws.unary(dtype=st.just(np.float64)),
    "tan": draws.unary(-1.25, 1.25),
    "arccosh": draws.unary(1.25, 10.0),
    "p_norm": draws.reduction(min_side=1, ord=st.sampled_from([1.5, 3.0])).map(_far_or_at_0),
    "median": draws.reduction(min_side=1),
    "cumsum": draws.along(),
    "cumprod": draws.along(2.0),
    "sort": draws.along(),
    "det": draws.matrices().map(_far_or_at_0),
    "solve": draws.solve(),
    "cholesky": draws.cholesky(),
    "einsum": draws.einsum(),
    "tensordot": draws.tensordot(),
    "kron": draws.outer(),
    "cross": draws.cross(),
    "log1p": draws.unary(-0.75, 10.0),
    "relu": draws.unary(at_zero=st.sampled_from([0.0, 0.5, 1.0])),
    "gelu": draws.unary(approximate=st.sampled_from(["none", "tanh"])),
    "clip": draws.unary(
        min=st.sampled_from([None, -3.0, 0.0]), max=st.sampled_from([None, 0.5, 3.0])
    ),
    "div": draws.binary(_any, _positive),
    "pow": draws.binary(_positive, (-3.0, 3.0)),
    "prelu": draws.binary(_any, (-1.0, 2.0)),
    "where": draws.choice(),
    "prod": draws.reduction(limit=3.0),
    "sum": draws.reduction(),
    "matmul": draws.matmul(),
    "outer": draws.outer(),
    "linear": draws.linear(),
    "mse_loss": draws.loss(numbers(), differentiable=True),
    "binary_cross_entropy_with_logits": draws.loss(st.floats(0, 1), differentiable=True),
    "hinge_loss": draws.loss(st.sampled_from([-1.0, 1.0]), differentiable=False),
    "cross_entropy": draws.cross_entropy(),
    "reshape": draws.shaped(
        "shape", lambda s: st.sampled_from([(math.prod(s),), s[::-1], (1, *s), (*s, 1)])
    ),
    "transpose": draws.shaped(
        "axes", lambda s: st.one_of(st.none(), st.permutations(range(-len(s), 0))), min_dims=1
    ),
    "swapaxes": draws.swapaxes(),
    "expand_dims": draws.shaped("axis", lambda s: st.integers(-len(s) - 1, len(s))),
    "squeeze": draws.shaped(
        "axis", lambda s: st.sampled_from([None, *(i for i, n in enumerate(s) if n == 1)])
    ),
    "broadcast_to": draws.broadcast_to(),
    "concatenate": draws.joined(stacked=False),
    "stack": draws.joined(stacked=True),
    "pad": draws.shaped(
        "pad_width",
        lambda s: st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=len(s), max_size=len(s)
        ),
        min_dims=1,
    ),
    "moveaxis": draws.moveaxis(),
    "flip": draws.along(),
    "roll": draws.along(shift=lambda length: st.integers(-4, 4)),
    "tile": draws.shaped("reps", lambda s: st.sampled_from([2, 0, (2, 1), (1, 3, 1), ()])),
    "take": draws.along(indices=draws.chosen),
    "take_along_axis": draws.take_along_axis(),
    "repeat": draws.along(repeats=draws.repeats),
    "diagonal": draws.diagonal(),
    "getitem": draws.shaped("index", draws.indices),
    "scatter": draws.scatter(),
    "conv2d": draws.conv2d(),
    "max_pool2d": draws.windows(pool=True),
    "avg_pool2d": draws.windows(pool=True),
    "unfold": draws.windows(),
    "fold": draws.fold(),
    "standardize": draws.standardize(),
    "dropout": draws.binary(_any, (0.0, 2.0)),
}

_SPELLED: dict[str, Callable[..., Any]] = {
    "where": _where,
    "cross": ops.cross,
    "einsum": lambda *operands, subscripts: ops.einsum(subscripts, *operands),
    "p_norm": ops.norm,
    "concatenate": lambda *arrays, axis: ops.concatenate(arrays, axis),
    "stack": lambda *arrays, axis: ops.stack(arrays, axis),
}


def calls(name: str) -> Strategy:
    """A `Call` of the op `name`, with settings and operands inside its domain.

    Examples
    --------
    >>> calls("log").example().name  # doctest: +SKIP
    'log'
    """
    return TABLE[name].map(lambda drawn: Call(name, function(name), *drawn))


def function(name: str) -> Callable[..., Any]:
    """The op `name`, with its operands by place and its settings by name."""
    return _SPELLED.get(name) or getattr(ops, name)
