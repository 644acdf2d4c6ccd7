"""Gradients kept within a length, and the parameters they belong to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_relu.options import real
from tinygrad_relu.value import Value


def clip_grad_norm(params: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients together until their norm is at most `max_norm`; return what it was.

    `params` may be one Value. A NaN or inf among them is left for the optimiser to refuse.

    Examples
    --------
    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> clip_grad_norm([w], 1.0), round(w.grad, 5)
    (6.0, 1.0)
    """
    max_norm = _limit("clip_grad_norm", "max_norm", max_norm)
    params = [p for p in _values("clip_grad_norm", params) if p.grad is not None]
    norm = _norm([p.grad for p in params])
    if norm > max_norm and math.isfinite(norm):
        for p in params:
            p.grad = p.grad * (max_norm / (norm + 1e-6))
    return norm


def clip_grad_value(params: Iterable[Value], limit: float) -> None:
    """Limit every element of every gradient to [−limit, limit]; `params` may be one Value.

    Examples
    --------
    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> clip_grad_value([w], 1.0); w.grad
    1.0
    """
    limit = _limit("clip_grad_value", "limit", limit)
    for p in _values("clip_grad_value", params):
        if p.grad is not None:
            p.grad = np.clip(p.grad, -limit, limit)


def _limit(who: str, name: str, given: Any) -> float:
    """A number of at least 0; inf is no limit."""
    return math.inf if isinstance(given, float) and given == math.inf else real(who, name, given)


def _norm(grads: list[Any]) -> float:
    """The root of the sum of squares, where no square over- or underflows."""
    squares = sum_of_squares(grads)
    if 1e-30 < squares < math.inf or math.isnan(squares):
        return math.sqrt(squares)
    largest = max((float(np.max(np.abs(g), initial=0.0)) for g in grads), default=0.0)
    if not 0 < largest < math.inf:
        return largest
    return largest * math.sqrt(sum_of_squares([g / largest for g in grads]))


def listed(who: str, params: Any) -> list[Any]:
    """What was given as parameters; one Value is a list of one."""
    if isinstance(params, Value):
        return [params]
    if isinstance(params, Mapping | str) or not isinstance(params, Iterable):
        raise TypeError(f"{who} takes a list of Values, as model.parameters(), not {params!r:.60}")
    return list(params)


def named(given: Any) -> tuple[str, Any]:
    """A name and a parameter; "" for one without."""
    return given if isinstance(given, tuple) and len(given) == 2 else ("", given)


def _values(who: str, params: Any) -> list[Value]:
    """The Values of a list of them, or of pairs with a name."""
    values = [named(given)[1] for given in listed(who, params)]
    for v in values:
        if not isinstance(v, Value):
            raise TypeError(f"{who} takes Values, as model.parameters(), not {v!r:.60}")
    return values


def sum_of_squares(grads: Iterable[Any]) -> float:
    """Not finite if any gradient is not; the quickest question that notices."""
    total = 0.0
    with np.errstate(all="ignore"):
        for g in grads:
            if g.__class__ is float:
                total += g * g
            elif g is not None:
                flat = g.ravel()
                total += flat.dot(flat)
    return float(total)
