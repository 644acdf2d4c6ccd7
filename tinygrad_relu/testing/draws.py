"""Strategies for operands and settings that suit an op, a kind of op each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_relu import ops
from tinygrad_relu.testing.data import Shape, Strategy, arrays, broadcastable, shapes


def unary(low: float = -10.0, high: float = 10.0, **settings: Strategy) -> Strategy:
    """One array with elements in a range."""
    return st.tuples(st.tuples(arrays(None, low, high)), st.fixed_dictionaries(settings))


@st.composite
def binary(draw: Any, /, *ranges: tuple[float, float], **settings: Strategy) -> Any:
    """Two arrays that broadcast, each with elements in its range."""
    drawn = draw(broadcastable(2))
    operands = [draw(arrays(shape, *r)) for shape, r in zip(drawn, ranges, strict=True)]
    return tuple(operands), draw(st.fixed_dictionaries(settings))


@st.composite
def reduction(
    draw: Any,
    /,
    min_side: int = 0,
    keepdims: bool = True,
    one_axis: bool = False,
    limit: float = 10.0,
    **settings: Strategy,
) -> Any:
    """An array, an axis, several or all of them, and `keepdims`."""
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
def spread(draw: Any) -> Any:
    """As for a reduction, with a `ddof` that leaves some freedom."""
    operands, chosen = draw(reduction(min_side=2))
    several = np.sum(operands[0], chosen["axis"]).size < operands[0].size
    return operands, {**chosen, "ddof": draw(st.integers(0, int(several)))}


@st.composite
def matmul(draw: Any) -> Any:
    """Vectors, matrices, and stacks of them that broadcast."""
    n, k, m = (draw(st.integers(0, 3)) for _ in range(3))
    stack_a, stack_b = draw(broadcastable(2))
    a = draw(st.sampled_from([(k,), (n, k), (*stack_a, n, k)]))
    b = draw(st.sampled_from([(k,), (k, m), (*stack_b, k, m)]))
    return (draw(arrays(a)), draw(arrays(b))), {}


@st.composite
def outer(draw: Any) -> Any:
    """Two arrays of any shapes."""
    one = shapes(max_dims=2)
    return (draw(arrays(one)), draw(arrays(one))), {}


@st.composite
def linear(draw: Any) -> Any:
    """Examples, weights, and perhaps a bias."""
    n_in, n_out = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    lead = draw(shapes(max_dims=2))
    operands = [arrays((*lead, n_in)), arrays((n_out, n_in)), arrays((n_out,))]
    return tuple(draw(a) for a in operands[: draw(st.integers(2, 3))]), {}


@st.composite
def loss(draw: Any, targets: Strategy, differentiable: bool) -> Any:
    """Outputs, and targets: as an operand or as a setting."""
    shape = draw(shapes(max_dims=2, min_side=1))
    target = draw(npst.arrays(np.float64, shape, elements=targets))
    score = draw(arrays(shape))
    return ((score, target), {}) if differentiable else ((score,), {"target": target})


@st.composite
def cross_entropy(draw: Any) -> Any:
    """Scores, and the class of each."""
    shape = draw(shapes(min_dims=1, min_side=1))
    target = draw(npst.arrays(np.int64, shape[:-1], elements=st.integers(0, shape[-1] - 1)))
    return (draw(arrays(shape)),), {"target": target}


@st.composite
def shaped(draw: Any, setting: str, choose: Callable[[Shape], Strategy], min_dims: int = 0) -> Any:
    """An array, and a setting that depends on its shape."""
    shape = draw(shapes(min_dims))
    return (draw(arrays(shape)),), {setting: draw(choose(shape))}


@st.composite
def swapaxes(draw: Any) -> Any:
    """An array and two of its axes."""
    x = draw(arrays(shapes(1)))
    axis = st.integers(-x.ndim, x.ndim - 1)
    return (x,), {"axis1": draw(axis), "axis2": draw(axis)}


@st.composite
def broadcast_to(draw: Any) -> Any:
    """An array, and a shape that it broadcasts to."""
    small, other = draw(broadcastable(2))
    return (draw(arrays(small)),), {"shape": np.broadcast_shapes(small, other)}


@st.composite
def joined(draw: Any, stacked: bool) -> Any:
    """Arrays that can be joined along an axis, an old one or a new one."""
    shape = draw(shapes(min_dims=0 if stacked else 1, max_dims=2))
    axis = draw(st.integers(0, len(shape) if stacked else len(shape) - 1))
    count = draw(st.integers(1, 3))
    sizes = [shape] * count
    if not stacked:
        lengths = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
        sizes = [(*shape[:axis], n, *shape[axis + 1 :]) for n in lengths]
    return tuple(draw(arrays(size)) for size in sizes), {"axis": axis}


def indices(shape: Shape) -> Strategy:
    """Indices of an array of a shape: slices, numbers, arrays, masks."""
    basic = npst.basic_indices(shape, allow_newaxis=True)
    if not shape or 0 in shape:
        return basic
    advanced = npst.integer_array_indices(shape, result_shape=npst.array_shapes(max_dims=2))
    masks = npst.arrays(bool, shape)
    return st.one_of(basic, advanced, masks)


@st.composite
def choice(draw: Any) -> Any:
    """Two arrays and a mask, all of which broadcast."""
    a, b, condition = draw(broadcastable(3))
    mask = draw(npst.arrays(bool, condition))
    return (draw(arrays(a)), draw(arrays(b))), {"condition": mask}


@st.composite
def scatter(draw: Any) -> Any:
    """An index of an array of zeros, and what is put there."""
    shape = draw(shapes(1))
    index = draw(indices(shape))
    return (draw(arrays(np.zeros(shape)[index].shape)),), {"index": index, "shape": shape}


@st.composite
def windows(draw: Any, pool: bool = False) -> Any:
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
def standardize(draw: Any) -> Any:
    """An array, the axes of one mean, and what is added to the variance."""
    operands, chosen = draw(reduction(min_side=1, keepdims=False))
    return operands, {**chosen, "eps": draw(st.sampled_from([0.1, 1.0]))}


@st.composite
def conv2d(draw: Any) -> Any:
    """Images, kernels, and perhaps a bias."""
    (x,), how = draw(windows())
    n_out = draw(st.integers(1, 2))
    weight = draw(arrays((n_out, x.shape[1], *how.pop("kernel_size"))))
    operands = (x, weight, draw(arrays((n_out,))))
    return operands[: draw(st.integers(2, 3))], how


@st.composite
def fold(draw: Any) -> Any:
    """Columns, as `unfold` makes them."""
    (x,), how = draw(windows())
    columns = ops.unfold(x, **how)
    return (draw(arrays(columns.shape)),), {"size": x.shape[2:], **how}


@st.composite
def matrices(draw: Any, low: float = -3.0, diagonal: float = 0.0) -> Any:
    """Square matrices; with a large enough diagonal all of them have an inverse."""
    lead, n = draw(shapes(max_dims=1)), draw(st.integers(1, 3))
    return (draw(arrays((*lead, n, n), low, -low)) + diagonal * np.eye(n),), {}


@st.composite
def solve(draw: Any) -> Any:
    """Matrices that have an inverse, and right sides."""
    (a,), _ = draw(matrices(-1.0, 4.0))
    n, columns = a.shape[-1], draw(st.integers(0, 2))
    b = draw(st.sampled_from([(n,), (n, columns), (2, *[1] * (a.ndim - 2), n, columns)]))
    return (a, draw(arrays(b))), {}


@st.composite
def cholesky(draw: Any) -> Any:
    """Symmetric matrices that are positive definite."""
    (a,), _ = draw(matrices(-1.0))
    return (a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1]),), {}


@st.composite
def einsum(draw: Any) -> Any:
    """Operands of a product, some letters of length 0 or 1."""
    subscripts = draw(st.sampled_from(SUBSCRIPTS))
    lengths = {c: draw(st.integers(int(c < "m"), 3)) for c in sorted({*subscripts} - {*",.->"})}
    terms = subscripts.partition("->")[0].split(",")
    lead = {"...": draw(shapes(max_dims=1))}
    operands = []
    for term in terms:
        named = term.replace("...", "")
        operands.append(arrays((*lead.get(term[:3], ()), *(lengths[c] for c in named)), -3, 3))
    return tuple(draw(a) for a in operands), {"subscripts": subscripts}


#: Products, outer products, sums, traces and diagonals; broadcast; with and without an output.
SUBSCRIPTS = """
    mk,kn->mn mk,kn ij,ij-> ij,ij->ij a,b,c->cab ii ii-> ii->i aijj->ia m-> mn->nm
    ab,bc,ca-> am,m->ma ...i,...i->... ...i,ij ...ij->...ji ...,...i->...i
""".split()  # noqa: SIM905


@st.composite
def tensordot(draw: Any) -> Any:
    """Two arrays, and axes of one length: the last and the first, or any."""
    shared, left, right = (draw(shapes(max_dims=2)) for _ in range(3))
    a, b = draw(arrays((*left, *shared), -3, 3)), draw(arrays((*shared, *right), -3, 3))
    if draw(st.booleans()):
        return (a, b), {"axes": len(shared)}
    axes = [*range(len(left), a.ndim)], [*range(-b.ndim, len(shared) - b.ndim)]
    return (a.T, b), {"axes": ([a.ndim - 1 - i for i in axes[0]], axes[1])}


@st.composite
def cross(draw: Any) -> Any:
    """Vectors of three elements that broadcast."""
    a, b = draw(broadcastable(2))
    return (draw(arrays((*a, 3))), draw(arrays((*b, 3)))), {}


@st.composite
def moveaxis(draw: Any) -> Any:
    """An array, some of its axes, and where they go."""
    x = draw(arrays(shapes(1)))
    axes = st.permutations(range(-x.ndim, 0))
    count = draw(st.integers(1, x.ndim))
    return (x,), {"source": draw(axes)[:count], "destination": draw(axes)[:count]}


@st.composite
def along(draw: Any, /, limit: float = 10.0, **settings: Callable[[int], Strategy]) -> Any:
    """An array, an axis or None, and settings that depend on how many elements lie along it."""
    x = draw(arrays(shapes(1, min_side=int("indices" in settings)), -limit, limit))
    axis = draw(st.one_of(st.none(), st.integers(-x.ndim, x.ndim - 1)))
    length = x.size if axis is None else x.shape[axis]
    return (x,), {"axis": axis, **{name: draw(s(length)) for name, s in settings.items()}}


@st.composite
def take_along_axis(draw: Any) -> Any:
    """An array, an axis, and indices for each row along it."""
    (x,), settings = draw(along(indices=lambda n: st.just(n)))
    axis = -1 if settings["axis"] is None else settings["axis"]
    size = list(x.shape)
    size[axis] = draw(st.integers(0, 3))
    places = st.integers(-x.shape[axis], x.shape[axis] - 1)
    return (x,), {
        "axis": axis,
        "indices": draw(npst.arrays(np.int64, tuple(size), elements=places)),
    }


@st.composite
def diagonal(draw: Any) -> Any:
    """An array, two of its axes, and which diagonal."""
    x = draw(arrays(shapes(2)))
    axis1, axis2 = draw(st.permutations(range(-x.ndim, 0)))[:2]
    room = st.integers(-x.shape[axis1], x.shape[axis2])
    return (x,), {"offset": draw(room), "axis1": axis1, "axis2": axis2}


def repeats(length: int) -> Strategy:
    """How often each of so many elements is repeated."""
    each = st.lists(st.integers(0, 2), min_size=length, max_size=length)
    return st.one_of(st.integers(0, 2), each.map(lambda n: np.array(n, np.int64)))


def chosen(length: int) -> Strategy:
    """Indices of so many elements."""
    place = st.integers(-length, length - 1)
    return st.one_of(place, st.lists(place, min_size=1, max_size=3), st.just([[0], [-1]]))
