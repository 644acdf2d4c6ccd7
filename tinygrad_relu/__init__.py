"""An autograd engine on NumPy that shows where the gradient goes, where it is cut, and why."""

import importlib
import typing

import numpy as np

import tinygrad_relu.lanes  # the fast lane of floats: without this line every result is the same
from tinygrad_relu import foreign
from tinygrad_relu.closure import record
from tinygrad_relu.modes import detect_anomaly, no_grad, scope, track_source
from tinygrad_relu.ops import (
    abs,
    append,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    array_split,
    astype,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    avg_pool2d,
    binary_cross_entropy_with_logits,
    broadcast_to,
    celu,
    cholesky,
    clip,
    column_stack,
    concatenate,
    conv2d,
    cos,
    cosh,
    cross,
    cross_entropy,
    cumprod,
    cumsum,
    det,
    diag,
    diagonal,
    dot,
    dropout,
    einsum,
    elu,
    exp,
    exp2,
    expand_dims,
    expm1,
    flip,
    floor_divide,
    fold,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    hinge_loss,
    hstack,
    hypot,
    identity,
    inner,
    inv,
    kron,
    leaky_relu,
    linear,
    log,
    log1p,
    log2,
    log10,
    log_sigmoid,
    log_softmax,
    logaddexp,
    logaddexp2,
    logsumexp,
    matmul,
    max,
    max_pool2d,
    maximum,
    mean,
    median,
    min,
    minimum,
    mish,
    mod,
    moveaxis,
    mse_loss,
    norm,
    outer,
    pad,
    prelu,
    prod,
    ptp,
    ravel,
    reciprocal,
    relu,
    relu6,
    repeat,
    reshape,
    roll,
    selu,
    sigmoid,
    sign,
    silu,
    sin,
    sinc,
    sinh,
    slogdet,
    softmax,
    softplus,
    softsign,
    solve,
    sort,
    split,
    sqrt,
    square,
    squeeze,
    stack,
    standardize,
    std,
    sum,
    swapaxes,
    take,
    take_along_axis,
    tan,
    tanh,
    tensordot,
    tile,
    trace,
    transpose,
    tril,
    triu,
    unfold,
    var,
    vdot,
    vstack,
    where,
)
from tinygrad_relu.stale import StaleDataError
from tinygrad_relu.value import Value

foreign.teach(Value, "a Value", foreign.VALUE)
foreign.refuse_steps(Value)
foreign.translate("backward", Value)

__version__ = "0.1.0"

# glibc keeps freed memory up to twice the largest block it has seen freed. Having seen 31 MB once
# (no page of it is touched), it lets each step of a large graph reuse the pages of the last.
np.empty(31 << 20, np.uint8)

if typing.TYPE_CHECKING:
    from tinygrad_relu import lab, nn, optim
    from tinygrad_relu.checking import GradcheckReport, GradientMismatch, gradcheck
    from tinygrad_relu.functional import (
        grad,
        gradients,
        hessian,
        hvp,
        jacobian,
        jvp,
        value_and_grad,
        vjp,
    )
    from tinygrad_relu.picture import draw, draw_network
    from tinygrad_relu.picture.chain import chain
    from tinygrad_relu.picture.flow import gradient_flow
    from tinygrad_relu.picture.page import frames
    from tinygrad_relu.picture.source import source
    from tinygrad_relu.picture.units import inspect_units
    from tinygrad_relu.rows import elementwise, structural
    from tinygrad_relu.training import fit

#: What is opened on first use, so that the import stays quick: names, and the rooms they are in.
#: No room has the name of something in it, which it would hide.
_LATER = {
    "lab": "lab",
    "nn": "nn",
    "optim": "optim",
    "GradcheckReport": "checking",
    "GradientMismatch": "checking",
    "gradcheck": "checking",
    "grad": "functional",
    "gradients": "functional",
    "hessian": "functional",
    "hvp": "functional",
    "jacobian": "functional",
    "jvp": "functional",
    "value_and_grad": "functional",
    "vjp": "functional",
    "elementwise": "rows",
    "structural": "rows",
    "draw": "picture",
    "draw_network": "picture",
    "gradient_flow": "picture.flow",
    "chain": "picture.chain",
    "source": "picture.source",
    "frames": "picture.page",
    "inspect_units": "picture.units",
    "fit": "training",
}


def __getattr__(name: str) -> typing.Any:
    if name not in _LATER:
        from tinygrad_relu import nn, optim

        raise foreign.missing("tinygrad_relu", name, foreign.PACKAGE, nn=nn, optim=optim)
    room = importlib.import_module(f"{__name__}.{_LATER[name]}")
    return room if name == _LATER[name] else getattr(room, name)


def __dir__() -> list[str]:
    return foreign.public(globals(), *_LATER)
