"""Strategies for a call of every op: operands inside its domain, and settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_relu import ops
from tinygrad_relu.ops.arithmetic import where
from tinygrad_relu.ops.shape import concatenate, stack
from tinygrad_relu.testing.data import Shape, Strategy, arrays, broadcastable, numbers, shapes


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


def _unary(low: float = -10.0, high: float = 10.0, **settings: Strategy) -> Strategy:
    return st.tuples(st.tuples(arrays(None, low, high)), st.fixed_dictionaries(settings))


@st.composite
def _binary(draw: Any, /, *ranges: tuple[float, float], **settings: Strategy) -> Any:
    drawn = draw(broadcastable(2))
    operands = [draw(arrays(shape, *r)) for shape, r in zip(drawn, ranges, strict=True)]
    return tuple(operands), draw(st.fixed_dictionaries(settings))


@st.composite
def _reduction(
    draw: Any,
    /,
    min_side: int = 0,
    keepdims: bool = True,
    one_axis: bool = False,
    limit: float = 10.0,
    **settings: Strategy,
) -> Any:
    shape = draw(shapes(min_dims=int(one_axis), min_side=min_side))
    ndim = len(shape)
    one = st.integers(-ndim, ndim - 1) if ndim else st.none()
    several = st.sets(st.integers(0, ndim - 1)).map(tuple) if ndim else st.none()
    chosen = {"axis": draw(one if one_axis else st.one_of(st.none(), one, several))}
    if keepdims:
        chosen["keepdims"] = draw(st.booleans())
    chosen |= draw(st.fixed_dictionaries(settings))
    return (draw(arrays(shape, -limit, limit)),), chosen


@st.composite
def _spread(draw: Any) -> Any:
    operands, chosen = draw(_reduction(min_side=2))
    several = np.sum(operands[0], chosen["axis"]).size < operands[0].size
    return operands, {**chosen, "ddof": draw(st.integers(0, int(several)))}


@st.composite
def _matmul(draw: Any) -> Any:
    n, k, m = (draw(st.integers(0, 3)) for _ in range(3))
    stack_a, stack_b = draw(broadcastable(2))
    a = draw(st.sampled_from([(k,), (n, k), (*stack_a, n, k)]))
    b = draw(st.sampled_from([(k,), (k, m), (*stack_b, k, m)]))
    return (draw(arrays(a)), draw(arrays(b))), {}


@st.composite
def _outer(draw: Any) -> Any:
    one = shapes(max_dims=2)
    return (draw(arrays(one)), draw(arrays(one))), {}


@st.composite
def _linear(draw: Any) -> Any:
    n_in, n_out = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    lead = draw(shapes(max_dims=2))
    operands = [arrays((*lead, n_in)), arrays((n_out, n_in)), arrays((n_out,))]
    return tuple(draw(a) for a in operands[: draw(st.integers(2, 3))]), {}


@st.composite
def _loss(draw: Any, targets: Strategy, differentiable: bool) -> Any:
    shape = draw(shapes(max_dims=2, min_side=1))
    target = draw(npst.arrays(np.float64, shape, elements=targets))
    score = draw(arrays(shape))
    return ((score, target), {}) if differentiable else ((score,), {"target": target})


@st.composite
def _cross_entropy(draw: Any) -> Any:
    shape = draw(shapes(min_dims=1, min_side=1))
    target = draw(npst.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1)))
    return (draw(arrays(shape)),), {"target": target}


@st.composite
def _shaped(draw: Any, setting: str, choose: Callable[[Shape], Strategy], min_dims: int = 0) -> Any:
    shape = draw(shapes(min_dims))
    return (draw(arrays(shape)),), {setting: draw(choose(shape))}


@st.composite
def _swapaxes(draw: Any) -> Any:
    x = draw(arrays(shapes(1)))
    axis = st.integers(-x.ndim, x.ndim - 1)
    return (x,), {"axis1": draw(axis), "axis2": draw(axis)}


@st.composite
def _broadcast_to(draw: Any) -> Any:
    small, other = draw(broadcastable(2))
    return (draw(arrays(small)),), {"shape": np.broadcast_shapes(small, other)}


@st.composite
def _joined(draw: Any, stacked: bool) -> Any:
    shape = draw(shapes(min_dims=0 if stacked else 1, max_dims=2))
    axis = draw(st.integers(0, len(shape) if stacked else len(shape) - 1))
    count = draw(st.integers(1, 3))
    sizes = [shape] * count
    if not stacked:
        lengths = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
        sizes = [(*shape[:axis], n, *shape[axis + 1 :]) for n in lengths]
    return tuple(draw(arrays(size)) for size in sizes), {"axis": axis}


def _indices(shape: Shape) -> Strategy:
    basic = npst.basic_indices(shape, allow_newaxis=True)
    if not shape or 0 in shape:
        return basic
    advanced = npst.integer_array_indices(shape, result_shape=npst.array_shapes(max_dims=2))
    masks = npst.arrays(bool, shape)
    return st.one_of(basic, advanced, masks)


def _where(a: Any, b: Any, condition: Any) -> Any:
    return where(condition, a, b)


@st.composite
def _choice(draw: Any) -> Any:
    a, b, condition = draw(broadcastable(3))
    mask = draw(npst.arrays(bool, condition))
    return (draw(arrays(a)), draw(arrays(b))), {"condition": mask}


@st.composite
def _scatter(draw: Any) -> Any:
    shape = draw(shapes(1))
    index = draw(_indices(shape))
    return (draw(arrays(np.zeros(shape)[index].shape)),), {"index": index, "shape": shape}


@st.composite
def _windows(draw: Any, pool: bool = False) -> Any:
    """Images, a kernel smaller than they are, and how it goes over them."""
    height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel = draw(st.integers(1, min(height, 2))), draw(st.integers(1, min(width, 2)))
    settings = {
        "kernel_size": kernel,
        "stride": draw(st.sampled_from([None, 1, 2, (2, 1)] if pool else [1, 2, (2, 1)])),
        "padding": draw(st.sampled_from([0, 1] if not pool or kernel == (2, 2) else [0])),
    }
    x = draw(arrays((draw(st.integers(0, 2)), draw(st.integers(1, 2)), height, width)))
    return (x,), settings


@st.composite
def _standardize(draw: Any) -> Any:
    operands, chosen = draw(_reduction(min_side=1, keepdims=False))
    return operands, {**chosen, "eps": draw(st.sampled_from([0.1, 1.0]))}


@st.composite
def _conv2d(draw: Any) -> Any:
    (x,), how = draw(_windows())
    n_out = draw(st.integers(1, 2))
    weight = draw(arrays((n_out, x.shape[1], *how.pop("kernel_size"))))
    operands = (x, weight, draw(arrays((n_out,))))
    return operands[: draw(st.integers(2, 3))], how


@st.composite
def _fold(draw: Any) -> Any:
    (x,), how = draw(_windows())
    columns = ops.unfold(x, **how)
    return (draw(arrays(columns.shape)),), {"size": x.shape[2:], **how}


_any = (-10.0, 10.0)
_positive = (0.25, 10.0)
_slope = st.sampled_from([0.01, 0.1, 0.5, 1.0, 2.0])


def _rows(names: str, strategy: Strategy) -> dict[str, Strategy]:
    return dict.fromkeys(names.split(), strategy)


#: How to draw (operands, settings) for every op of the table, by its name.
TABLE: dict[str, Strategy] = {
    **_rows("abs arctan cos exp expm1 hardsigmoid hardswish hardtanh identity", _unary()),
    **_rows("mish neg normal_cdf relu6 selu sigmoid sign silu sin softplus softsign", _unary()),
    **_rows("log_sigmoid square tanh", _unary()),
    **_rows("add sub mul maximum minimum", _binary(_any, _any)),
    **_rows("elu celu leaky_relu", _unary(alpha=_slope)),
    **_rows("mean logsumexp norm max min", _reduction(min_side=1)),
    **_rows("softmax log_softmax", _reduction(1, keepdims=False, one_axis=True)),
    **_rows("std var", _spread()),
    **_rows("log sqrt", _unary(*_positive)),
    "astype": _unary(dtype=st.just(np.float64)),
    "log1p": _unary(-0.75, 10.0),
    "relu": _unary(at_zero=st.sampled_from([0.0, 0.5, 1.0])),
    "gelu": _unary(approximate=st.sampled_from(["none", "tanh"])),
    "clip": _unary(min=st.sampled_from([None, -3.0, 0.0]), max=st.sampled_from([None, 0.5, 3.0])),
    "div": _binary(_any, _positive),
    "pow": _binary(_positive, (-3.0, 3.0)),
    "prelu": _binary(_any, (-1.0, 2.0)),
    "where": _choice(),
    "prod": _reduction(limit=3.0),
    "sum": _reduction(),
    "matmul": _matmul(),
    "outer": _outer(),
    "linear": _linear(),
    "mse_loss": _loss(numbers(), differentiable=True),
    "binary_cross_entropy_with_logits": _loss(st.floats(0, 1), differentiable=True),
    "hinge_loss": _loss(st.sampled_from([-1.0, 1.0]), differentiable=False),
    "cross_entropy": _cross_entropy(),
    "reshape": _shaped(
        "shape", lambda s: st.sampled_from([(math.prod(s),), s[::-1], (1, *s), (*s, 1)])
    ),
    "transpose": _shaped(
        "axes", lambda s: st.one_of(st.none(), st.permutations(range(-len(s), 0))), min_dims=1
    ),
    "swapaxes": _swapaxes(),
    "expand_dims": _shaped("axis", lambda s: st.integers(-len(s) - 1, len(s))),
    "squeeze": _shaped(
        "axis", lambda s: st.sampled_from([None, *(i for i, n in enumerate(s) if n == 1)])
    ),
    "broadcast_to": _broadcast_to(),
    "concatenate": _joined(stacked=False),
    "stack": _joined(stacked=True),
    "pad": _shaped(
        "pad_width",
        lambda s: st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=len(s), max_size=len(s)
        ),
        min_dims=1,
    ),
    "getitem": _shaped("index", _indices),
    "scatter": _scatter(),
    "conv2d": _conv2d(),
    "max_pool2d": _windows(pool=True),
    "avg_pool2d": _windows(pool=True),
    "unfold": _windows(),
    "fold": _fold(),
    "standardize": _standardize(),
    "dropout": _binary(_any, (0.0, 2.0)),
}

_SPELLED: dict[str, Callable[..., Any]] = {
    "where": _where,
    "concatenate": lambda *arrays, axis: concatenate(arrays, axis),
    "stack": lambda *arrays, axis: stack(arrays, axis),
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
