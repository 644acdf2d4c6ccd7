"""Activations as layers: each is an op of the table, with its settings."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from tinygrad_relu import ops
from tinygrad_relu.nn.module import Module, Parameter
from tinygrad_relu.op import Op
from tinygrad_relu.options import real, whole


class Activation(Module):
    """An activation op as a layer; a subclass says which."""

    single = True
    op: Op[Any]

    def __init__(self, *args: Any, **settings: Any) -> None:
        if type(self) is Activation:
            raise TypeError("Activation has no op: take a layer that has one, as nn.ReLU()")
        self._settings: Any = self.op.usual
        if args or settings:
            _, self._settings = self.op.signature.bind((None, *args), settings)
            if any(isinstance(s, float | np.floating) and np.isnan(s) for s in self._settings):
                raise ValueError(f"{self!r}: no setting can be NaN")
        if self.op.elementwise:
            self.op(0.0, *self._settings)  # an impossible setting is refused at once

    def forward(self, x: Any) -> Any:
        return self.op(x) if self._settings is self.op.usual else self.op(x, *self._settings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._settings))})"


def _layer(name: str, op: Op[Any]) -> type[Activation]:
    def __init__(self: Activation, *args: Any, **settings: Any) -> None:
        Activation.__init__(self, *args, **settings)

    first, *rest = inspect.signature(op).parameters.values()
    me = first.replace(name="self", annotation=first.empty)
    __init__.__signature__ = inspect.Signature([me, *rest], return_annotation=None)  # type: ignore[attr-defined]
    __init__.__qualname__ = f"{name}.__init__"
    about = f"{op.__doc__}".split("\n", 1)[0]
    parts = {
        "op": op,
        "__init__": __init__,
        "__doc__": f"{about}\n\nThe op `{op.name}` as a layer, with its settings.",
        "__module__": __name__,
    }
    return type(name, (Activation,), parts)


ReLU = _layer("ReLU", ops.relu)
LeakyReLU = _layer("LeakyReLU", ops.leaky_relu)
ELU = _layer("ELU", ops.elu)
SELU = _layer("SELU", ops.selu)
CELU = _layer("CELU", ops.celu)
GELU = _layer("GELU", ops.gelu)
SiLU = _layer("SiLU", ops.silu)
Mish = _layer("Mish", ops.mish)
Sigmoid = _layer("Sigmoid", ops.sigmoid)
LogSigmoid = _layer("LogSigmoid", ops.log_sigmoid)
Tanh = _layer("Tanh", ops.tanh)
Softplus = _layer("Softplus", ops.softplus)
Softsign = _layer("Softsign", ops.softsign)
Hardtanh = _layer("Hardtanh", ops.hardtanh)
Hardsigmoid = _layer("Hardsigmoid", ops.hardsigmoid)
Hardswish = _layer("Hardswish", ops.hardswish)
ReLU6 = _layer("ReLU6", ops.relu6)
Softmax = _layer("Softmax", ops.softmax)
LogSoftmax = _layer("LogSoftmax", ops.log_softmax)
Identity = _layer("Identity", ops.identity)


class PReLU(Module):
    """Leaky ReLU with a slope that is learnt: one for all, or one a channel (axis 1).

    Source: He, Zhang, Ren and Sun (2015), arXiv 1502.01852.

    Examples
    --------
    >>> PReLU()(np.array([-4.0, 4.0])).data
    array([-1.,  4.])
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        self.num_parameters = whole("PReLU", "num_parameters", num_parameters)
        self.weight = Parameter(np.full(self.num_parameters, real("PReLU", "init", init, -np.inf)))

    def forward(self, x: Any) -> Any:
        if self.num_parameters == 1:
            return ops.prelu(x, self.weight)
        return ops.prelu(x, ops.reshape(self.weight, (-1,) + (1,) * (np.ndim(x) - 2)))
