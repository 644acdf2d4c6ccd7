"""An autograd engine on NumPy that shows where the gradient goes, where it is cut, and why."""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygrad_relu.messages import StaleDataError
from tinygrad_relu.modes import detect_anomaly, no_grad, scope, track_source
from tinygrad_relu.ops import (
    abs,
    arctan,
    avg_pool2d,
    binary_cross_entropy_with_logits,
    broadcast_to,
    celu,
    clip,
    concatenate,
    conv2d,
    cos,
    cross_entropy,
    dropout,
    elu,
    exp,
    expand_dims,
    expm1,
    fold,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    hinge_loss,
    identity,
    leaky_relu,
    linear,
    log,
    log1p,
    log_sigmoid,
    log_softmax,
    logsumexp,
    matmul,
    max,
    max_pool2d,
    maximum,
    mean,
    min,
    minimum,
    mish,
    mse_loss,
    norm,
    outer,
    pad,
    prelu,
    prod,
    relu,
    relu6,
    reshape,
    selu,
    sigmoid,
    sign,
    silu,
    sin,
    softmax,
    softplus,
    softsign,
    sqrt,
    square,
    squeeze,
    stack,
    standardize,
    std,
    sum,
    swapaxes,
    tanh,
    transpose,
    unfold,
    var,
    where,
)
from tinygrad_relu.record import record
from tinygrad_relu.value import Value

__version__ = "0.1.0"

# glibc keeps freed memory up to twice the largest block it has seen freed. Having seen 31 MB once
# (no page of it is touched), it lets each step of a large graph reuse the pages of the last.
np.empty(31 << 20, np.uint8)

if TYPE_CHECKING:
    from tinygrad_relu import lab, nn, optim
    from tinygrad_relu.draw import draw, draw_network
    from tinygrad_relu.draw.page import frames
    from tinygrad_relu.fit import fit
    from tinygrad_relu.flow import gradient_flow
    from tinygrad_relu.flow.units import inspect_units
    from tinygrad_relu.gradcheck import GradcheckReport, GradientMismatch, gradcheck

#: Rooms with a name of their own: `tg.nn` is ``tinygrad_relu.nn``.
_ROOMS = ("lab", "nn", "optim")

#: Rooms that are opened on first use, so that the import stays quick.
_LATER = {
    "draw": "draw",
    "draw_network": "draw",
    "frames": "draw.page",
    "fit": "fit",
    "gradient_flow": "flow",
    "inspect_units": "flow.units",
    "gradcheck": "gradcheck",
    "GradcheckReport": "gradcheck",
    "GradientMismatch": "gradcheck",
}


class _Package(ModuleType):
    """Importing a room must not hide the function of the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _LATER and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _LATER and name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    module = import_module(f"{__name__}.{_LATER[name]}")
    globals().update({n: getattr(module, n) for n, room in _LATER.items() if room == _LATER[name]})
    return globals()[name]
