"""Activation layers: an op with its settings, and a signature that says which."""

import inspect
import pickle

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.nn.activation import Activation

RNG = np.random.default_rng(0)
ACTIVATIONS = [
    name
    for name, kind in vars(nn).items()
    if isinstance(kind, type) and issubclass(kind, Activation) and kind is not Activation
]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_op(name):
    layer = getattr(nn, name)()
    x = Value(RNG.normal(size=(3, 4)))
    assert layer(x).op is layer.op
    np.testing.assert_array_equal(layer(x).data, layer.op(x.data))


def test_every_activation_of_the_table_has_a_layer():
    have = {getattr(nn, name).op.name for name in ACTIVATIONS} | {"prelu"}
    from tinygrad_relu.ops import activation

    table = {op.name for op in vars(activation).values() if isinstance(op, tg.op.Op)}
    assert table - {"normal_cdf"} <= have


def test_settings_of_an_activation():
    assert nn.LeakyReLU(0.1)(np.array([-1.0])) == pytest.approx(-0.1)
    assert repr(nn.Hardtanh(-2.0, max_val=2.0)) == "Hardtanh(-2.0, 2.0)"
    with pytest.raises(TypeError, match="unexpected keyword argument 'beta'"):
        nn.ELU(beta=1.0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_can_be_pickled(name):
    layer = pickle.loads(pickle.dumps(getattr(nn, name)()))
    assert type(layer) is getattr(nn, name)
    assert layer(np.array([2.0])) == getattr(nn, name)()(np.array([2.0]))


def test_prelu_has_a_slope_a_channel():
    layer = nn.PReLU(2)
    layer.weight.data = [0.5, 0.25]
    y = layer(-np.ones((1, 2, 1, 1)))
    np.testing.assert_array_equal(y.data.ravel(), [-0.5, -0.25])
    y.sum().backward()
    np.testing.assert_array_equal(layer.weight.grad, [-1.0, -1.0])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_signature_of_a_layer_is_that_of_its_op(name):
    kind = getattr(nn, name)
    _, *settings = inspect.signature(kind.op).parameters.values()
    assert list(inspect.signature(kind).parameters.values()) == settings
    me, *rest = inspect.signature(kind.__init__).parameters.values()
    assert (me.name, rest) == ("self", settings)


@pytest.mark.parametrize("name", [n for n, kind in vars(nn).items() if isinstance(kind, type)])
def test_help_shows_what_a_layer_takes(name):
    parameters = inspect.signature(getattr(nn, name)).parameters.values()
    kinds = {p.kind for p in parameters if name not in ("Activation", "Sequential")}
    assert not kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
