"""Strategies for shapes, numbers and arrays: the hard ones are common."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_relu.value import Value

Strategy = st.SearchStrategy[Any]
Shape = tuple[int, ...]

#: −0.0, subnormals, and numbers so few that ties are common.
SPECIAL = [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 0.5, 6.0, 5e-324, -1e-310]


def shapes(min_dims: int = 0, max_dims: int = 3, min_side: int = 0) -> Strategy:
    """Shapes: (), empty, of length-1 axes, and others."""
    return npst.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=3)


def broadcastable(count: int = 2) -> Strategy:
    """Tuples of `count` shapes that broadcast together."""
    shapes = npst.mutually_broadcastable_shapes(
        num_shapes=count, max_dims=3, min_side=0, max_side=3
    )
    return shapes.map(lambda drawn: drawn.input_shapes)


def numbers(low: float = -10.0, high: float = 10.0) -> Strategy:
    """Floats in [low, high]: special ones, a coarse grid that makes ties, and any other."""
    special = [n for n in SPECIAL if low <= n <= high]
    grid = st.integers(math.ceil(4 * low), math.floor(4 * high)).map(lambda n: n / 4)
    kinds = [grid, st.floats(low, high)]
    return st.one_of(st.sampled_from(special), *kinds) if special else st.one_of(kinds)


def arrays(
    shape: Shape | Strategy | None = None,
    low: float = -10.0,
    high: float = 10.0,
    dtype: Any = np.float64,
) -> Strategy:
    """Arrays with elements from `numbers`; now and then all negative or all equal.

    Parameters
    ----------
    shape : tuple of int or strategy, optional
        By default any of `shapes`.
    low, high : float
        The range of the elements.
    dtype : dtype
        float64, or float32.

    Examples
    --------
    >>> arrays((2, 3)).example().shape  # doctest: +SKIP
    (2, 3)
    """
    elements = [numbers(low, high), st.just(low / 2 + high / 2)]
    if low < 0:
        elements.append(numbers(low, min(high, -0.25)))

    @st.composite
    def array(draw: Any) -> Any:
        size = draw(shape if isinstance(shape, st.SearchStrategy) else st.just(shape))
        if size is None:
            size = draw(shapes())
        kind = draw(st.sampled_from(elements))
        flat = draw(st.lists(kind, min_size=math.prod(size), max_size=math.prod(size)))
        return np.array(flat, dtype).reshape(size)

    return array()


def values(**options: Any) -> Strategy:
    """Leaves, with data from `arrays(**options)`."""
    return arrays(**options).map(Value)
