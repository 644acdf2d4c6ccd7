"""The table of derivatives: sums of products over chosen axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinygrad_relu.arrays import unbroadcast
from tinygrad_relu.op import Flow, structural
from tinygrad_relu.ops.arithmetic import mul
from tinygrad_relu.ops.products import matmul
from tinygrad_relu.ops.settings import Widths
from tinygrad_relu.ops.shape import moveaxis, ravel

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _explicit(subscripts: str, operands: Sequence[Flow]) -> tuple[list[str], str]:
    """A letter for every axis of every operand, and for those of the output."""
    before, arrow, after = subscripts.replace(" ", "").partition("->")
    parts = before.split(",")
    if not arrow:
        once = sorted(c for c in {*before} - {*",."} if before.count(c) == 1)
        after = "".join(["...", *once])
    unnamed = [np.ndim(a) - len(part) + 3 for part, a in zip(parts, operands, strict=True)]
    many = max([n for part, n in zip(parts, unnamed, strict=True) if "..." in part], default=0)
    dots = "".join([c for c in LETTERS if c not in subscripts][:many])
    inputs = [p.replace("...", dots[many - n :]) for p, n in zip(parts, unnamed, strict=True)]
    return inputs, after.replace("...", dots)


def _einsum_pullback(slot: int) -> Callable[..., Flow]:
    def pullback(g: Flow, y: Flow, *arrays_and_more: Any) -> Flow:
        """Σ g ∏ xₖ: over all other operands xₖ, with the letters of this one."""
        *arrays, subscripts, optimize = arrays_and_more
        inputs, output = _explicit(subscripts, arrays)
        lengths: dict[str, int] = {}
        for letters, a in zip(inputs, arrays, strict=True):
            for c, n in zip(letters, np.shape(a), strict=True):
                lengths[c] = n if n != 1 else lengths.get(c, 1)
        mine = inputs.pop(slot)
        terms, factors, target = [output, *inputs], [g, *arrays[:slot], *arrays[slot + 1 :]], ""
        unused = [c for c in LETTERS if c not in lengths]
        for c in mine:
            if c in target:  # twice in one operand: only its diagonal was read
                terms, factors = [*terms, c + unused[0]], [*factors, np.eye(lengths[c])]
                target += unused.pop(0)
            else:
                if c not in "".join(terms):  # in no other: summed over at once
                    terms, factors = [*terms, c], [*factors, np.ones(lengths[c])]
                target += c
        product = np.einsum(f"{','.join(terms)}->{target}", *factors, optimize=optimize)
        full = tuple(lengths[c] for c in mine)
        if np.shape(product) != full:  # what was of length 1 in all other operands
            product = np.broadcast_to(product, full)
        return unbroadcast(product, np.shape(arrays[slot]))

    return pullback


@structural(each=_einsum_pullback)
def _einsum(*operands: Flow, subscripts: str, optimize: Any = False) -> Flow:
    y = np.einsum(subscripts, *operands, optimize=optimize)
    return y.astype(np.result_type(*operands), copy=False)


def einsum(subscripts: Any, *operands: Any, optimize: Any = False) -> Flow:
    """Einstein's sum: products of elements, summed over every letter that the output lacks.

    Each operand receives the sum of products of the upstream gradient and all other operands,
    with its own letters as the output: ``ij,jk->ik`` is pulled back by ``ik,jk->ij`` and
    ``ik,ij->jk``.

    Parameters
    ----------
    subscripts : str
        A letter for each axis, as ``"ij,jk->ik"``; ``...`` for axes that broadcast. Or, as NumPy
        has it, operands and lists of axes in turn.
    *operands : Value or array_like
    optimize : bool or str or list
        The order of the products, as NumPy takes it: worth it for large arrays.

    Raises
    ------
    ValueError
        If the subscripts do not fit the operands.

    Source: NumPy's `einsum`; Laue, Mitterreiter and Giesen (2020), "A simple and efficient tensor
    calculus", AAAI 34.

    Examples
    --------
    >>> einsum("ij,j->i", np.ones((2, 3)), np.arange(3.0))
    array([3., 3.])
    """
    if not isinstance(subscripts, str):
        subscripts, operands = _spelled(subscripts, *operands)
    return _einsum(*operands, subscripts=subscripts, optimize=optimize)


def _spelled(*turns: Any) -> tuple[str, tuple[Any, ...]]:
    """Operands and lists of axes in turn, the last perhaps of the output, with letters instead."""
    *pairs, last = turns if len(turns) % 2 else (*turns, None)
    words = ["".join("..." if i is ... else LETTERS[i] for i in axes) for axes in pairs[1::2]]
    end = "" if last is None else "->" + "".join("..." if i is ... else LETTERS[i] for i in last)
    return ",".join(words) + end, tuple(pairs[::2])


def _contracted(a: Flow, b: Flow, axes: Any) -> tuple[list[int], list[int], list[int], list[int]]:
    """The axes of a that stay and that are summed over, and those of b."""
    if not np.ndim(axes):
        axes = range(np.ndim(a) - axes, np.ndim(a)), range(axes)
    of_a, of_b = (
        [int(i) % np.ndim(x) for i in np.atleast_1d(each)]
        for x, each in zip((a, b), axes, strict=True)
    )
    free_a, free_b = (
        [i for i in range(np.ndim(x)) if i not in of] for x, of in ((a, of_a), (b, of_b))
    )
    return free_a, of_a, free_b, of_b


def _tensordot_left(g: Flow, y: Flow, a: Flow, b: Flow, axes: Any) -> Flow:
    """g · b: over the axes of b that stayed, its axes in the order of a's."""
    free_a, of_a, free_b, of_b = _contracted(a, b, axes)
    product = np.tensordot(g, b, ([*range(len(free_a), np.ndim(y))], free_b))
    places = [*free_a, *[of_a[i] for i in np.argsort(of_b)]]
    return np.moveaxis(product, [*range(np.ndim(a))], places)


def _tensordot_right(g: Flow, y: Flow, a: Flow, b: Flow, axes: Any) -> Flow:
    """a · g: over the axes of a that stayed, its axes in the order of b's."""
    free_a, of_a, free_b, of_b = _contracted(a, b, axes)
    product = np.tensordot(a, g, (free_a, [*range(len(free_a))]))
    places = [*[of_b[i] for i in np.argsort(of_a)], *free_b]
    return np.moveaxis(product, [*range(np.ndim(b))], places)


@structural(_tensordot_left, _tensordot_right)
def tensordot(a: Flow, b: Flow, axes: Widths = 2) -> Flow:
    """The sum of products over the last axes of a and the first of b, so many, or over given ones.

    Examples
    --------
    >>> tensordot(np.ones((2, 3, 4)), np.ones((4, 3)), ((1, 2), (1, 0)))
    array([12., 12.])
    """
    return np.tensordot(a, b, axes).astype(np.result_type(a, b), copy=False)


def inner(a: Flow, b: Flow) -> Flow:
    """The sum of products over the last axes of a and b; a · b of a number.

    Examples
    --------
    >>> inner(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    11.0
    """
    return tensordot(a, b, (-1, -1)) if np.ndim(a) and np.ndim(b) else mul(a, b)


def vdot(a: Flow, b: Flow) -> Flow:
    """The sum of all products aᵢbᵢ, whatever the shapes.

    Examples
    --------
    >>> vdot(np.ones((2, 2)), np.ones((2, 2)))
    4.0
    """
    return matmul(ravel(a), ravel(b))


def _blocks(g: Flow, a: Flow, b: Flow) -> tuple[Flow, Flow, Flow]:
    """g with its axes in pairs, one of a and one of b; a and b so that they broadcast to it."""
    ndim = max(np.ndim(a), np.ndim(b))
    shape_a, shape_b = ((1,) * (ndim - np.ndim(x)) + np.shape(x) for x in (a, b))
    pairs = [n for pair in zip(shape_a, shape_b, strict=True) for n in pair]
    wide_a, wide_b = ([n for n in shape for _ in "ab"] for shape in (shape_a, shape_b))
    wide_a[1::2] = wide_b[::2] = [1] * ndim
    return np.reshape(g, pairs), np.reshape(a, wide_a), np.reshape(b, wide_b)


def _kron_left(g: Flow, y: Flow, a: Flow, b: Flow) -> Flow:
    """Σ g b: of each block."""
    blocks, _, b = _blocks(g, a, b)
    return np.reshape(np.sum(blocks * b, axis=tuple(range(1, np.ndim(blocks), 2))), np.shape(a))


def _kron_right(g: Flow, y: Flow, a: Flow, b: Flow) -> Flow:
    """Σ a g: of all blocks, each times its element of a."""
    blocks, a, _ = _blocks(g, a, b)
    return np.reshape(np.sum(blocks * a, axis=tuple(range(0, np.ndim(blocks), 2))), np.shape(b))


@structural(_kron_left, _kron_right)
def kron(a: Flow, b: Flow) -> Flow:
    """Kronecker's product: a with each element replaced by its product with all of b.

    Examples
    --------
    >>> kron(np.array([1.0, 2.0]), np.array([1.0, 1.0]))
    array([1., 1., 2., 2.])
    """
    return np.kron(a, b).astype(np.result_type(a, b), copy=False)


@structural(
    lambda g, y, a, b: unbroadcast(np.cross(b, g), np.shape(a)),
    lambda g, y, a, b: unbroadcast(np.cross(g, a), np.shape(b)),
)
def _cross(a: Flow, b: Flow) -> Flow:
    if np.shape(a)[-1:] != (3,) or np.shape(b)[-1:] != (3,):
        raise ValueError("a vector has three elements")
    return np.cross(a, b)


def cross(
    a: Flow, b: Flow, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Flow:
    """The cross product of vectors of three elements, along the last axis or a given one.

    Examples
    --------
    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    last = [x if i == -1 else moveaxis(x, i, -1) for x, i in ((a, axisa), (b, axisb))]
    y = _cross(*last)
    return y if axisc == -1 else moveaxis(y, -1, axisc)
