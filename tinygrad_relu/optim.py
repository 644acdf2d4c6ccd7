"""Optimisers: how parameters follow their gradients.

An update is written into a parameter's array in place, and then assigned, so that a graph
computed from the old numbers is noticed. A step that would leave a number that is not finite is
refused before anything is changed.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygrad_relu import foreign
from tinygrad_relu.clipping import clip_grad_norm as clip_grad_norm
from tinygrad_relu.clipping import clip_grad_value as clip_grad_value
from tinygrad_relu.clipping import listed, named, sum_of_squares
from tinygrad_relu.options import flag, instance, real
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

    Raises
    ------
    TypeError
        If one of `params` is no leaf, or a setting is unknown or of a wrong type.
    ValueError
        If there are no parameters, one is given twice, or a setting makes no sense.
    """

    #: What is remembered of a parameter: an array of its shape each, but for the count of steps t.
    memory: tuple[str, ...] = ()
    #: Whether weight decay is a part of the gradient: g ← g + λ·p.
    decays = True

    def __init__(self, params: Iterable[Any], **defaults: Any) -> None:
        who = type(self).__name__
        groups = listed(who, params)
        if not groups:
            raise ValueError(f"{who} was given no parameters")
        if not isinstance(groups[0], Mapping):
            groups = [{"params": groups}]
        self.param_groups: list[Group] = []
        self._names: dict[int, str] = {}
        for group in groups:
            if not isinstance(group, Mapping) or "params" not in group:
                raise TypeError(f"{who}: a group is a dict with 'params', not {group!r:.60}")
            unknown = group.keys() - defaults.keys() - {"params"}
            if unknown:
                raise TypeError(
                    f"{who} has no setting {', '.join(map(str, unknown))}: "
                    f"it has {', '.join(defaults)}"
                )
            settings = {k: v for k, v in {**defaults, **group}.items() if k != "params"}
            values = [self._named(p) for p in listed(who, group["params"])]
            self.param_groups.append({**self._checked(settings), "params": values})
        #: The parameters of all groups, in order, and what is remembered of each.
        self.parameters: list[Value] = [p for group in self.param_groups for p in group["params"]]
        self.state: list[dict[str, Any]] = [{} for _ in self.parameters]
        self._group_of = [group for group in self.param_groups for _ in group["params"]]

    def _named(self, given: Any) -> Value:
        name, value = named(given)
        if not isinstance(value, Value) or value.op is not None:
            raise TypeError(f"an optimiser changes leaves, and {value!r:.60} is none")
        if id(value) in self._names:
            raise ValueError(f"parameter {self._names[id(value)]!r} was given twice")
        self._names[id(value)] = name or value.label or f"number {len(self._names)}"
        return value

    def _checked(self, settings: Group) -> Group:
        """Settings as Python's numbers; raises if they make no sense."""
        return {k: _checks.get(k, real)(type(self).__name__, k, v) for k, v in settings.items()}

    def zero_grad(self) -> None:
        """Forget every gradient."""
        for p in self.parameters:
            p.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient.

        Raises
        ------
        FloatingPointError
            If a gradient, what would be remembered of it, or the parameter's new data holds a
            NaN or inf: with the name of the parameter. Nothing has been changed then.
        """
        grads = [p.grad for p in self.parameters]
        if self.decays and any(group.get("weight_decay") for group in self.param_groups):
            places = zip(self.parameters, grads, self._group_of, strict=True)
            grads = [
                g if g is None else g + float(group["weight_decay"]) * p.data
                for p, g, group in places
            ]
        if not math.isfinite(sum_of_squares(grads)) or any(map(_is_wild, self.param_groups)):
            self._rehearse(grads)
        for p, grad, state, group in zip(
            self.parameters, grads, self.state, self._group_of, strict=True
        ):
            if grad is not None:
                p.data = self.updated(p.data, grad, state, group)

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        """The parameter's next data: `data` itself, changed in place where it is an array."""
        raise NotImplementedError

    def _rehearse(self, grads: list[Any]) -> None:
        """Take the step with copies; raise if one of its numbers is not finite."""
        for p, grad, state, group in zip(
            self.parameters, grads, self.state, self._group_of, strict=True
        ):
            if grad is None:
                continue
            memory, data = copy.deepcopy((state, p.data))
            with np.errstate(all="ignore"):
                data = self.updated(data, grad, memory, group)
            after = {"gradient": p.grad, **{k: memory[k] for k in self.memory if k in memory}}
            for what, numbers in {**after, "data": data}.items():
                bad = np.asarray(numbers)[~np.isfinite(numbers)]
                if bad.size:
                    self._refuse(p, what, bad[0])

    def _refuse(self, p: Value, what: str, bad: Any) -> None:
        whose = f"parameter {self._names[id(p)]!r} of shape {p.shape}"
        told = (
            f"the gradient of {whose} holds {bad}"
            if what == "gradient"
            else f"this step of {type(self).__name__} would make {what} of {whose} {bad}: its "
            f"gradient goes up to {np.max(np.abs(p.grad)):.3g}, in {p.dtype}"
        )
        raise FloatingPointError(
            f"{told}; no parameter was changed. Find the op that made it with "
            "tg.detect_anomaly(), lower the learning rate, or clip the gradients"
        )

    # --- saving and loading --------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A copy of all it remembers, as arrays by ``"place.name"``, and of its settings."""
        state = {
            f"{place}.{key}": np.array(memory[key])
            for place, memory in enumerate(self.state)
            for key in self.memory
            if key in memory
        }
        for i, group in enumerate(self.param_groups):
            state |= {f"group{i}.{k}": np.array(v) for k, v in group.items() if k != "params"}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises
        ------
        ValueError
            If it is of another optimiser, or of other parameters. Nothing has been changed then.
        """
        instance("load_state_dict", "state", state, Mapping, "a dict of arrays by name")
        memories: list[dict[str, Any]] = [{} for _ in self.state]
        settings: list[Group] = [{} for _ in self.param_groups]
        for name, content in state.items():
            found = re.fullmatch(r"(group)?(\d+)\.(\w+)", f"{name}")
            target = settings if found and found[1] else memories
            if not found or int(found[2]) >= len(target):
                raise _other(
                    f"it has {name}, and there are {len(self.param_groups)} groups "
                    f"of {len(self.state)} parameters"
                )
            target[int(found[2])][found[3]] = np.asarray(content)
        for p, memory in zip(self.parameters, memories, strict=True):
            if memory and memory.keys() != {*self.memory}:
                raise _other(f"it remembers {', '.join(memory)} of {self._names[id(p)]!r}")
            for key, content in memory.items():
                shape = () if key == "t" else p.shape
                if content.shape != shape or content.dtype.kind not in "fiu":
                    raise _other(
                        f"{key} of parameter {self._names[id(p)]!r} has shape {content.shape} "
                        f"of {content.dtype}, not {shape}"
                    )
                memory[key] = content.astype(p.dtype) if shape else content.item()
        groups = []
        for group, saved in zip(self.param_groups, settings, strict=True):
            if saved.keys() != group.keys() - {"params"}:
                raise _other(f"its settings are {', '.join(saved) or 'missing'}")
            try:
                groups.append(self._checked({k: array.tolist() for k, array in saved.items()}))
            except TypeError as error:
                raise _other(str(error)) from None
        for group, changes in zip(self.param_groups, groups, strict=True):
            group |= changes
        self.state = memories


def _other(why: str) -> ValueError:
    return ValueError(f"this state is of another optimiser: {why}")


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

    memory = ("velocity",)

    def _checked(self, settings: Group) -> Group:
        settings = super()._checked(settings)
        if settings["nesterov"] and not settings["momentum"]:
            raise ValueError("SGD: Nesterov's look ahead needs momentum")
        return settings

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        momentum = float(group["momentum"])
        if momentum:
            if "velocity" not in state:
                state["velocity"] = grad * 0.0
            state["velocity"] *= momentum
            state["velocity"] += grad
            velocity = state["velocity"]
            grad = grad + momentum * velocity if group["nesterov"] else velocity
        data -= _scaled(grad, float(group["lr"]), state)
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

    memory = ("t", "m", "v")

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        beta1, beta2 = group["betas"]
        if "t" not in state:
            state |= {"t": 0, "m": grad * 0.0, "v": grad * 0.0}
        t, m, v = state["t"] + 1, state["m"], state["v"]
        m *= beta1
        m += _scaled(grad, 1 - beta1, state)
        v *= beta2
        v += _scaled(grad, 1 - beta2, state) * grad
        state |= {"t": t, "m": m, "v": v}  # where these are floats, they are new ones
        root = np.sqrt(v)
        root /= math.sqrt(1 - beta2**t)
        root += group["eps"]
        if not group["eps"]:
            root = root + (m == 0) * (root == 0)  # 0/0 is no step
        data -= float(group["lr"]) / (1 - beta1**t) * m / root
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

    decays = False

    def updated(self, data: Any, grad: Any, state: dict[str, Any], group: Group) -> Any:
        data *= 1 - float(group["lr"]) * float(group["weight_decay"])
        return super().updated(data, grad, state, group)


def _betas(who: str, name: str, given: Any) -> tuple[float, ...]:
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise TypeError(f"{who}: betas is a pair of numbers, not {given!r:.60}")
    return tuple(real(who, name, beta, below=1.0) for beta in given)


#: What asks about a setting, if not `real`.
_checks: dict[str, Any] = {"betas": _betas, "nesterov": flag}


def _is_wild(group: Group) -> bool:
    """Whether a step may be infinite though the squares of the gradients are not."""
    of = group.get
    return not of("eps", 1.0) or of("momentum", 0.0) >= 1 or of("lr", 0.0) > 1e9


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


def __dir__() -> list[str]:
    return foreign.public(globals(), "clip_grad_norm", "clip_grad_value")
