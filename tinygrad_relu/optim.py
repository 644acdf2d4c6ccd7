"""Optimisers: how parameters follow their gradients.

An update is written into a parameter's array in place, and then assigned, so that a graph
computed from the old numbers is noticed. A gradient that is not finite is refused before
anything is changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_relu import foreign
from tinygrad_relu.value import Value

Group = dict[str, Any]


class Optimiser:
    """What all optimisers share: groups of parameters, each with its settings.

    Parameters
    ----------
    params : iterable
        Of Values; of pairs (name, Value), as ``model.named_parameters()`` gives; or of dicts,
        each a group: ``{"params": [...], "lr": 0.1}`` with settings of its own.
    **defaults
        Settings of the groups that do not say otherwise.
    """

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        given = list(params)
        if not given:
            raise ValueError(f"{type(self).__name__} was given no parameters")
        if not isinstance(given[0], Mapping):
            given = [{"params": given}]
        self.param_groups: list[Group] = []
        self._names: dict[int, str] = {}
        for group in given:
            unknown = group.keys() - defaults.keys() - {"params"}
            if unknown:
                raise TypeError(
                    f"{type(self).__name__} has no setting {', '.join(sorted(unknown))}: "
                    f"it has {', '.join(defaults)}"
                )
            values = [self._named(p) for p in group["params"]]
            self.param_groups.append({**defaults, **group, "params": values})
        for group in self.param_groups:
            self._check(group)
        #: The parameters of all groups, in order, and what is remembered of each.
        self.parameters: list[Value] = [p for group in self.param_groups for p in group["params"]]
        self.state: list[dict[str, Any]] = [{} for _ in self.parameters]
        self._group_of = [group for group in self.param_groups for _ in group["params"]]

    def _named(self, given: Any) -> Value:
        name, value = given if isinstance(given, tuple) else ("", given)
        if not isinstance(value, Value) or value.op is not None:
            raise TypeError(f"an optimiser changes leaves, and {value!r:.60} is none")
        if id(value) in self._names:
            raise ValueError(f"parameter {self._names[id(value)]!r} was given twice")
        self._names[id(value)] = name or value.label or f"number {len(self._names)}"
        return value

    def _check(self, group: Group) -> None:
        """Raise if the settings of a group make no sense."""
        for name, setting in group.items():
            if name != "params" and not np.all(np.asarray(setting) >= 0):
                raise ValueError(f"{type(self).__name__}: {name} is at least 0, not {setting}")

    def zero_grad(self) -> None:
        """Forget every gradient."""
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient.

        Raises
        ------
        FloatingPointError
            If a gradient holds a NaN or inf: with the name of its parameter. Nothing has been
            changed then.
        """
        grads = [p.grad for p in self.parameters]
        if not math.isfinite(_sum_of_squares(grads)):
            self._refuse(grads)
        places = zip(self.parameters, grads, self.state, self._group_of, strict=True)
        for p, grad, state, group in places:
            if grad is not None:
                p.data = self.updated(p.data, grad, state, group)

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        """The parameter's next data: `data` itself, changed in place where it is an array."""
        raise NotImplementedError

    def _refuse(self, grads: list[Any]) -> None:
        for p, grad in zip(self.parameters, grads, strict=True):
            if grad is not None and not np.all(np.isfinite(grad)):
                bad = np.asarray(grad)[~np.isfinite(grad)][0]
                raise FloatingPointError(
                    f"the gradient of parameter {self._names[id(p)]!r} of shape {p.shape} holds "
                    f"{bad}; no parameter was changed. Find the op that made it with "
                    "tg.detect_anomaly(), lower the learning rate, or clip the gradients"
                )

    # --- saving and loading --------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A copy of all it remembers, as arrays by ``"place.name"``, and of its settings."""
        state = {
            f"{place}.{key}": np.array(content)
            for place, memory in enumerate(self.state)
            for key, content in memory.items()
            if not key.startswith("_")
        }
        for i, group in enumerate(self.param_groups):
            state |= {f"group{i}.{k}": np.array(v) for k, v in group.items() if k != "params"}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        memories: list[dict[str, Any]] = [{} for _ in self.state]
        settings: list[Group] = [{} for _ in self.param_groups]
        for name, content in state.items():
            owner, _, key = name.partition(".")
            array = np.asarray(content)
            target = settings if owner.startswith("group") else memories
            place = int(owner.removeprefix("group"))
            if place >= len(target):
                raise ValueError(
                    f"this state is of another optimiser: it has {name}, "
                    f"and there are {len(self.param_groups)} groups of {len(self.state)} parameters"
                )
            target[place][key] = array.copy() if array.ndim else array.item()
        for p, memory in zip(self.parameters, memories, strict=True):
            for key, content in memory.items():
                if np.ndim(content) and np.shape(content) != p.shape:
                    raise ValueError(
                        f"this state is of another optimiser: {key} of parameter "
                        f"{self._names[id(p)]!r} has shape {np.shape(content)}, not {p.shape}"
                    )
        for group, changes in zip(self.param_groups, settings, strict=True):
            if changes.keys() != group.keys() - {"params"}:
                raise ValueError(
                    f"this state is of another optimiser: its settings are {', '.join(changes)}"
                )
        for group, changes in zip(self.param_groups, settings, strict=True):
            group |= changes
        self.state = memories


class SGD(Optimiser):
    """Stochastic gradient descent: p ← p − lr · g.

    Parameters
    ----------
    params : iterable
        See `Optimiser`.
    lr : float
        Learning rate.
    momentum : float
        μ in v ← μ·v + g, and v takes the place of g.
    weight_decay : float
        λ in g ← g + λ·p.
    nesterov : bool
        g + μ·v takes the place of g: a look ahead.

    Source: Sutskever, Martens, Dahl and Hinton (2013), "On the importance of initialization
    and momentum in deep learning".

    Examples
    --------
    >>> w = Value(2.0)
    >>> (w * w).backward()
    >>> SGD([w], lr=0.25).step()
    >>> w.data
    1.0
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(
            params, lr=lr, momentum=momentum, weight_decay=weight_decay, nesterov=nesterov
        )

    def _check(self, group: Group) -> None:
        super()._check(group)
        if group["nesterov"] and not group["momentum"]:
            raise ValueError("SGD: Nesterov's look ahead needs momentum")

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * data
        if group["momentum"]:
            if "velocity" not in state:
                state["velocity"] = grad * 0.0
            state["velocity"] *= group["momentum"]
            state["velocity"] += grad
            velocity = state["velocity"]
            grad = grad + group["momentum"] * velocity if group["nesterov"] else velocity
        data -= _scaled(grad, group["lr"], state)
        return data


class Adam(Optimiser):
    """Steps of about lr in every direction: the mean gradient over its root mean square.

    m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², p ← p − lr · m̂ / (√v̂ + ε), where m̂ and v̂ make
    up for starting at 0.

    Parameters
    ----------
    params : iterable
        See `Optimiser`.
    lr : float
    betas : pair of float
    eps : float
    weight_decay : float
        λ in g ← g + λ·p; for decay beside the gradient see `AdamW`.

    Source: Kingma and Ba (2014), arXiv 1412.6980.

    Examples
    --------
    >>> w = Value(2.0)
    >>> (w * w).backward()
    >>> Adam([w], lr=0.25).step()
    >>> round(w.data, 6)
    1.75
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _check(self, group: Group) -> None:
        super()._check(group)
        if not max(group["betas"]) < 1:
            raise ValueError(f"{type(self).__name__}: betas are below 1, not {group['betas']}")

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        if group["weight_decay"]:
            grad = grad + group["weight_decay"] * data
        return self._moved(data, grad, state, group)

    def _moved(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        beta1, beta2 = group["betas"]
        if "t" not in state:
            state |= {"t": 0, "m": grad * 0.0, "v": grad * 0.0}
        t, m, v = state["t"] + 1, state["m"], state["v"]
        m *= beta1
        m += _scaled(grad, 1 - beta1, state)
        v *= beta2
        v += _scaled(grad, 1 - beta2, state) * grad
        state |= {"t": t, "m": m, "v": v}  # where these are floats, they are new ones
        root = np.sqrt(v) / math.sqrt(1 - beta2**t) + group["eps"]
        data -= group["lr"] / (1 - beta1**t) * m / root
        return data


class AdamW(Adam):
    """Adam with weight decay that does not pass through the moments: first p ← p − lr·λ·p.

    Source: Loshchilov and Hutter (2017), arXiv 1711.05101.

    Examples
    --------
    >>> w = Value(2.0)
    >>> (w * w).backward()
    >>> AdamW([w], lr=0.25, weight_decay=0.1).step()
    >>> round(w.data, 6)
    1.7
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay)

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        data *= 1 - group["lr"] * group["weight_decay"]
        return self._moved(data, grad, state, group)


def clip_grad_norm(params: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients together until their norm is at most `max_norm`; return what it was.

    A NaN or inf among them is left for the optimiser to refuse.

    Examples
    --------
    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> clip_grad_norm([w], 1.0), round(w.grad, 5)
    (6.0, 1.0)
    """
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm: a norm is at least 0, not {max_norm}")
    params = [p for p in params if p.grad is not None]
    norm = math.sqrt(_sum_of_squares([p.grad for p in params]))
    if norm == math.inf:  # perhaps only the squares are
        largest = max(float(np.max(np.abs(p.grad))) for p in params)
        if largest < math.inf:
            norm = largest * math.sqrt(_sum_of_squares([p.grad / largest for p in params]))
    if norm > max_norm and math.isfinite(norm):
        for p in params:
            p.grad = p.grad * (max_norm / (norm + 1e-6))
    return norm


def clip_grad_value(params: Iterable[Value], limit: float) -> None:
    """Limit every element of every gradient to [−limit, limit].

    Examples
    --------
    >>> w = Value(3.0)
    >>> (w * w).backward()
    >>> clip_grad_value([w], 1.0); w.grad
    1.0
    """
    if not limit >= 0:
        raise ValueError(f"clip_grad_value: a limit is at least 0, not {limit}")
    for p in params:
        if p.grad is not None:
            p.grad = np.clip(p.grad, -limit, limit)


def _sum_of_squares(grads: Iterable[Any]) -> float:
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


def _scaled(grad: Any, factor: float, state: dict[str, Any]) -> Any:
    """grad · factor, in memory that is kept for it: taking large arrays anew is slow."""
    if grad.__class__ is float:
        return grad * factor
    if "_room" not in state:
        state["_room"] = np.empty_like(grad)
    return np.multiply(grad, factor, state["_room"])


foreign.translate("__init__", SGD, Adam, AdamW)
foreign.translate("zero_grad", Optimiser)


def __getattr__(name: str) -> object:
    raise foreign.missing("tg.optim", name, foreign.OPTIMISERS)
