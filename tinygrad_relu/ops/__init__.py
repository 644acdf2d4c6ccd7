"""The table of derivatives, a file a family."""

import tinygrad_relu.ops.settings  # first: rows are annotated with them
from tinygrad_relu.ops.activation import (
    celu,
    elu,
    gelu,
    hardsigmoid,
    hardswish,
    hardtanh,
    identity,
    leaky_relu,
    log_sigmoid,
    mish,
    normal_cdf,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softplus,
    softsign,
)
from tinygrad_relu.ops.arithmetic import (
    abs,
    add,
    arctan,
    astype,
    clip,
    cos,
    div,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    sign,
    sin,
    sqrt,
    square,
    sub,
    tanh,
    where,
)
from tinygrad_relu.ops.conv import avg_pool2d, conv2d, fold, max_pool2d, unfold
from tinygrad_relu.ops.layer import dropout, standardize
from tinygrad_relu.ops.loss import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    mse_loss,
)
from tinygrad_relu.ops.products import dot, linear, matmul, outer
from tinygrad_relu.ops.reduction import (
    log_softmax,
    logsumexp,
    max,
    mean,
    min,
    norm,
    prod,
    softmax,
    std,
    sum,
    var,
)
from tinygrad_relu.ops.shape import (
    broadcast_to,
    concatenate,
    expand_dims,
    getitem,
    pad,
    reshape,
    scatter,
    squeeze,
    stack,
    swapaxes,
    transpose,
)
