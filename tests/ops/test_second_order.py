"""Gradients and second derivatives of every op that PyTorch has, against PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ops.peers import same_in_torch
from tinygrad_relu.testing import TABLE, calls

torch = pytest.importorskip("torch")
F = torch.nn.functional


def same(names):
    """Ops that PyTorch calls the same."""
    places = (torch, F)
    return {n: next(getattr(p, n) for p in places if hasattr(p, n)) for n in names.split()}


def reduction(f):
    """Along any axes: they become one, the last."""

    def along(x, axis=None, keepdims=False, **settings):
        axes = (
            range(x.ndim) if axis is None else sorted(int(i) % x.ndim for i in np.atleast_1d(axis))
        )
        rest = [i for i in range(x.ndim) if i not in axes]
        several = math.prod(x.shape[i] for i in axes)
        flat = x.permute((*rest, *axes)).reshape([*(x.shape[i] for i in rest), several])
        y = f(flat, **settings)
        return y.reshape([1 if i in axes else n for i, n in enumerate(x.shape)]) if keepdims else y

    return along


def along(f):
    """Along one axis, or, of None, along all elements."""
    return lambda x, axis: f(x.reshape(-1), 0) if axis is None else f(x, axis)


def chosen(shape, index):
    return torch.tensor(np.arange(math.prod(shape), dtype=np.int64).reshape(shape)[index].copy())


def scatter(x, index, shape):
    zeros = torch.zeros(math.prod(shape), dtype=x.dtype)
    return zeros.index_add(0, chosen(shape, index).reshape(-1), x.reshape(-1)).reshape(shape)


def standardize(x, axis, eps):
    spread = reduction(lambda x: torch.var(x, -1, correction=0))(x, axis, True)
    return (x - reduction(lambda x: x.mean(-1))(x, axis, True)) / torch.sqrt(spread + eps)


def per_row(x, target):
    return F.cross_entropy(x.reshape(-1, x.shape[-1]), torch.tensor(target).reshape(-1))


#: Our op → PyTorch's, with our names of settings.
THEIRS = {
    **same("abs arctan cos exp expm1 hardswish hardtanh neg relu6 selu sigmoid sign"),
    **same("mish silu sin softplus softsign square tanh add sub mul div pow maximum minimum gelu"),
    **same("log log1p sqrt matmul linear mse_loss reshape"),
    **same("conv2d max_pool2d avg_pool2d unfold"),
    **same("arcsinh sinc sinh cosh exp2 arcsin arccos arctanh arccosh arctan2 hypot tan kron"),
    **same("log2 log10 logaddexp logaddexp2 reciprocal"),
    "tril": lambda x, k: torch.tril(x, k),
    "triu": lambda x, k: torch.triu(x, k),
    "mod": torch.remainder,
    "floor_divide": lambda a, b: torch.floor(a / b),
    "inv": torch.linalg.inv,
    "det": torch.linalg.det,
    "logabsdet": lambda x: torch.linalg.slogdet(x)[1],
    "solve": torch.linalg.solve,
    "einsum": lambda *xs, subscripts: torch.einsum(subscripts, *xs),
    "p_norm": reduction(lambda x, ord: torch.linalg.vector_norm(x, ord, dim=-1)),
    "median": reduction(lambda x: torch.quantile(x, 0.5, dim=-1)),
    "cumsum": along(torch.cumsum),
    "cumprod": along(torch.cumprod),
    "sort": along(lambda x, axis: torch.sort(x, axis)[0]),
    "flip": lambda x, axis: torch.flip(x, (*range(x.ndim),) if axis is None else (axis,)),
    "roll": lambda x, shift, axis: torch.roll(x, shift, axis),
    "hardsigmoid": lambda x: torch.clamp(x / 6 + 0.5, 0, 1),
    "swapaxes": lambda x, axis1, axis2: torch.swapaxes(x, axis1, axis2),
    "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
    "identity": lambda x: x * 1,
    "astype": lambda x, dtype: x * 1,
    "normal_cdf": torch.special.ndtr,
    "log_sigmoid": F.logsigmoid,
    "relu": lambda x, at_zero: F.relu(x),
    "elu": F.elu,
    "celu": F.celu,
    "leaky_relu": lambda x, alpha: F.leaky_relu(x, alpha),
    "prelu": lambda x, alpha: torch.where(x > 0, x, alpha * x),
    "clip": lambda x, min, max: x * 1 if min is max is None else torch.clamp(x, min, max),
    "where": lambda a, b, condition: torch.where(torch.tensor(condition), a, b),
    "dropout": lambda x, keep: x * keep,
    "sum": reduction(lambda x: x.sum(-1)),
    "mean": reduction(lambda x: x.mean(-1)),
    "max": reduction(lambda x: torch.amax(x, -1)),
    "min": reduction(lambda x: torch.amin(x, -1)),
    "prod": reduction(lambda x: torch.prod(x, -1)),
    "norm": reduction(lambda x: torch.linalg.vector_norm(x, dim=-1)),
    "logsumexp": reduction(lambda x: torch.logsumexp(x, -1)),
    "var": reduction(lambda x, ddof: torch.var(x, -1, correction=ddof)),
    "std": reduction(lambda x, ddof: torch.std(x, -1, correction=ddof)),
    "softmax": lambda x, axis: torch.softmax(x, axis),
    "log_softmax": lambda x, axis: torch.log_softmax(x, axis),
    "standardize": standardize,
    "outer": lambda a, b: torch.outer(a.reshape(-1), b.reshape(-1)),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "hinge_loss": lambda x, target: F.relu(1 - torch.tensor(target) * x).mean(),
    "cross_entropy": per_row,
    "transpose": lambda x, axes: x.permute(*(axes or range(x.ndim)[::-1])),
    "expand_dims": torch.unsqueeze,
    "squeeze": lambda x, axis: x.squeeze() if axis is None else x.squeeze(axis),
    "concatenate": lambda *xs, axis: torch.cat(xs, axis),
    "stack": lambda *xs, axis: torch.stack(xs, axis),
    "pad": lambda x, pad_width: F.pad(x, [n for pair in pad_width[::-1] for n in pair]),
    "getitem": lambda x, index: x.reshape(-1)[chosen(x.shape, index)],
    "scatter": scatter,
    "fold": lambda x, size, **settings: F.fold(x, size, **settings),
}


@pytest.mark.parametrize("name", THEIRS)
@settings(max_examples=4)
@given(data=st.data())
def test_as_in_pytorch(name, data):
    call = data.draw(calls(name))
    rng = np.random.default_rng(0)
    # off the kinks, where the second derivative is a convention
    inputs = [np.asarray(a) + rng.uniform(1e-3, 1e-2, np.shape(a)) for a in call.inputs]
    same_in_torch(call, lambda torch, *xs: THEIRS[name](*xs, **call.settings), *inputs)


def test_every_name_is_in_the_table():
    assert THEIRS.keys() <= TABLE.keys()
