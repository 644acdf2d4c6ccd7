"""An op beside PyTorch: its value, its gradient, and the gradient of that."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinygrad_relu import Value
from tinygrad_relu.checking.second import gradient


def same_in_torch(ours: Callable[..., Any], theirs: Callable[..., Any], *inputs: Any) -> None:
    """Compare, in float64, to 1e-8; `theirs` is given torch first."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    leaves = [Value(a) for a in inputs]
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in inputs]
    y, z = ours(*leaves), theirs(torch, *tensors)
    near(y.data, z)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, y.shape)  # as `gradient` draws them
    total = (z * torch.tensor(weights)).sum()
    first = torch.autograd.grad(total, tensors, create_graph=True, materialize_grads=True)
    flat = torch.cat([g.reshape(-1) for g in first])
    slopes = gradient(ours, 0)(*leaves)[: len(flat)]
    near(slopes.data, flat)
    again = rng.normal(size=len(flat))
    slopes.backward(again)
    if flat.requires_grad:
        total = (flat * torch.tensor(again)).sum()
        second = torch.autograd.grad(total, tensors, materialize_grads=True)
        for leaf, due in zip(leaves, second, strict=True):
            near(leaf.grad, due)


def near(ours: Any, theirs: Any) -> None:
    """Equal to 1e-8."""
    due = theirs.detach().numpy(force=True)
    assert np.shape(ours) == due.shape
    np.testing.assert_allclose(ours, due, rtol=1e-8, atol=1e-8)
