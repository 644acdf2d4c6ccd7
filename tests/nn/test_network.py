"""Networks: layers in order, around each other, and as single neurons."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn

RNG = np.random.default_rng(0)


def test_a_seed_repeats():
    one, two, other = (nn.MLP(2, [4, 1], rng=seed).state_dict() for seed in (0, 0, 1))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
        assert not np.array_equal(array, other[name])


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match=r"layer 1 of Sequential is not a Module .* as ReLU\(\)"):
        nn.Sequential(nn.Linear(2, 3), np.tanh)
    with pytest.raises(TypeError, match="layer 0 of MLP is not a Module"):
        nn.MLP(2, [3, 1])[0] = tg.relu
    for activation in (nn.ReLU(), "relu"):
        with pytest.raises(TypeError, match="as the class ReLU, not"):
            nn.MLP(2, [3, 1], activation=activation)
    with pytest.raises(ValueError, match=r"Linear: in_features is .* at least 1, not 0"):
        nn.Linear(0, 3)


def test_residual_has_a_way_around():
    body = nn.Linear(3, 3, rng=0)
    nn.init.redraw(body, nn.init.zeros)
    x = Value(RNG.normal(size=(2, 3)))
    y = nn.Residual(body)(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.data, x.data)
    np.testing.assert_array_equal(x.grad, np.ones((2, 3)))


def test_sequential_is_a_list_of_layers():
    net = nn.Sequential(nn.Linear(2, 2, rng=0), nn.ReLU())
    assert len(net) == 2
    assert isinstance(net[-1], nn.ReLU)
    net[-1] = nn.Tanh()
    x = np.ones((1, 2))
    np.testing.assert_array_equal(net(x).data, np.tanh(net[0](x).data))
    assert [type(layer).__name__ for layer in net] == ["Linear", "Tanh"]


def test_scalars_compute_what_tensors_compute():
    tensor = nn.MLP(2, [5, 4, 1], activation=nn.Tanh, rng=3)
    scalar = nn.MLP(2, [5, 4, 1], activation=nn.Tanh, scalar=True, rng=3)
    X = RNG.normal(size=(6, 2))
    outputs = [scalar(list(map(float, x))) for x in X]
    np.testing.assert_allclose([y.data for y in outputs], tensor(X).data[:, 0], rtol=1e-12)
    sum(outputs[1:], outputs[0]).backward()
    tensor(X).sum().backward()
    flat = np.concatenate([np.ravel(p.grad) for p in tensor.parameters()])
    np.testing.assert_allclose([p.grad for p in scalar.parameters()], flat, rtol=1e-9)
    assert all(type(p.data) is float for p in scalar.parameters())
    assert scalar[2].weight[0][1].label == "2.weight.0.1"


def test_several_outputs_are_a_list():
    assert len(nn.MLP(2, [3, 2], scalar=True, rng=0)([1.0, 2.0])) == 2
    with pytest.raises(ValueError, match=r"Neurons '0' takes 2 numbers, one .* not data"):
        nn.MLP(2, [3, 2], scalar=True, rng=0)([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"one example at a time, not data of shape \(2, 2\)"):
        nn.MLP(2, [3, 2], scalar=True, rng=0)(np.ones((2, 2)))
