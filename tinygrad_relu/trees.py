"""Nested lists, tuples and dicts of numbers and arrays, and their leaves in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def leaves(tree: Any, at: str = "") -> list[tuple[str, Any]]:
    """The leaves of a tree, each with where it is; keys of a dict in sorted order, as in JAX.

    Lists, tuples and dicts are branches, None is a branch without leaves, all else is a leaf.

    Raises
    ------
    TypeError
        If the keys of a dict have no order.

    Examples
    --------
    >>> leaves({"w": [1.0, 2.0], "b": 3.0}, "net")
    [("net['b']", 3.0), ("net['w'][0]", 1.0), ("net['w'][1]", 2.0)]
    """
    parts = _parts(tree, at)
    if parts is None:
        return [(at, tree)]
    return [leaf for key, part in parts for leaf in leaves(part, f"{at}[{key!r}]")]


def rebuilt(tree: Any, new: Iterable[Any]) -> Any:
    """A tree of the same form with `new` leaves, in order.

    Examples
    --------
    >>> rebuilt({"w": [1.0, 2.0], "b": 3.0}, ["first", "second", "third"])
    {'w': ['second', 'third'], 'b': 'first'}
    """
    return _rebuilt(tree, iter(new))


def _rebuilt(tree: Any, left: Iterator[Any]) -> Any:
    parts = _parts(tree)
    if parts is None:
        return next(left)
    made = {key: _rebuilt(part, left) for key, part in parts}
    if isinstance(tree, dict):
        return {key: made[key] for key in tree}
    if hasattr(tree, "_make"):  # a named tuple
        return tree._make(made.values())
    return tree if tree is None else tree.__class__(made.values())


def _parts(tree: Any, at: str = "") -> list[tuple[Any, Any]] | None:
    """The branches of a node with their keys; None of a leaf."""
    if tree is None:
        return []
    if isinstance(tree, tuple | list):
        return list(enumerate(tree))
    if not isinstance(tree, dict):
        return None
    try:
        return [(key, tree[key]) for key in sorted(tree)]
    except TypeError:
        raise TypeError(
            f"the keys of {at or 'a dict'} have no order, {list(tree)!r:.60}: leaves are taken "
            "in the order of their keys, so make them all words, or all numbers"
        ) from None


def matched(who: str, what: str, given: Any, tree: Any) -> list[Any]:
    """The leaves of `given`, which has the form of `tree`.

    Raises
    ------
    TypeError
        If it has another form; the first difference is named.

    Examples
    --------
    >>> matched("jvp", "tangents", (1.0, [2.0]), (0.0, [0.0, 0.0]))
    Traceback (most recent call last):
    TypeError: jvp: tangents[1] is of length 1 where 2 is due: give it the same form
    """
    parts, due = _parts(given, what), _parts(tree)
    if parts is None and due is None:
        return [given]
    if parts is None or due is None or isinstance(given, dict) != isinstance(tree, dict):
        raise TypeError(
            f"{who}: {what} is a {_kind(given)} where a {_kind(tree)} is due: give it the same form"
        )
    keys, wanted = ([key for key, _ in some] for some in (parts, due))
    if keys != wanted:
        told = (
            f"has the keys {keys} where {wanted} are due"
            if isinstance(tree, dict)
            else f"is of length {len(keys)} where {len(wanted)} is due"
        )
        raise TypeError(f"{who}: {what} {told}: give it the same form")
    pairs = zip(parts, due, strict=True)
    return [x for (k, a), (_, b) in pairs for x in matched(who, f"{what}[{k!r}]", a, b)]


def _kind(tree: Any) -> str:
    if _parts(tree) is None:
        return "leaf"
    return "None" if tree is None else type(tree).__name__
