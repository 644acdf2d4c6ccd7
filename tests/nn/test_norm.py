"""Normalisation: what is standardised, over the batch and by running statistics."""

import numpy as np
import pytest

from tinygrad_relu import nn

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("layer", "axes", "shape"),
    [
        (nn.BatchNorm1d(3), 0, (50, 3)),
        (nn.BatchNorm2d(3), (0, 2, 3), (20, 3, 4, 4)),
        (nn.LayerNorm(6), -1, (5, 6)),
        (nn.LayerNorm((4, 4)), (-1, -2), (5, 4, 4)),
    ],
)
def test_norms_standardise(layer, axes, shape):
    y = layer(RNG.normal(3.0, 2.0, shape)).data
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axes), 1, rtol=1e-4)


def test_batch_norm_learns_the_statistics_it_uses_later():
    layer = nn.BatchNorm1d(2)
    X = RNG.normal([1.0, -2.0], [0.5, 3.0], (1000, 2))
    for _ in range(200):
        layer(X)
    np.testing.assert_allclose(layer.running_mean, X.mean(0), rtol=1e-6)
    np.testing.assert_allclose(layer.running_var, X.var(0, ddof=1), rtol=1e-6)
    assert layer.num_batches_tracked == 200
    before = layer.state_dict()
    one = layer.eval()(X[:1])
    np.testing.assert_allclose(one.data, (X[:1] - X.mean(0)) / X.std(0), rtol=1e-2)
    np.testing.assert_array_equal(layer.running_mean, before["running_mean"])


def test_plain_lists_are_data():
    norm = nn.BatchNorm1d(1)
    np.testing.assert_array_equal(norm([[1.0], [3.0]]).data.round(2), [[-1.0], [1.0]])
    assert norm.eval()([[1.0]]).shape == (1, 1)


@pytest.mark.parametrize("momentum", [None, 0.1, 0.25, 1.0])
def test_running_statistics_are_pytorchs(momentum):
    torch = pytest.importorskip("torch")
    ours, theirs = nn.BatchNorm1d(3, momentum=momentum), torch.nn.BatchNorm1d(3, momentum=momentum)
    for i in range(4):
        x = RNG.normal(i, 1 + i, (5, 3)).astype(np.float32)
        ours(x)
        theirs(torch.tensor(x))
    np.testing.assert_allclose(ours.running_mean, theirs.running_mean, rtol=1e-5)
    np.testing.assert_allclose(ours.running_var, theirs.running_var, rtol=1e-5)


def test_with_momentum_1_the_last_batch_is_all_that_counts():
    layer = nn.BatchNorm1d(1, momentum=1)
    layer.running_mean = np.array([1e8], np.float32)
    layer(np.array([[1.0], [2.0]], np.float32))
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([1.5], [0.5])
