"""Layers: what they compute, and that PyTorch's compute the same from the same state."""

import pickle

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.nn.layers import Activation

RNG = np.random.default_rng(0)
ACTIVATIONS = [
    name
    for name, kind in vars(nn).items()
    if isinstance(kind, type) and issubclass(kind, Activation) and kind is not Activation
]


def test_linear():
    layer = nn.Linear(3, 2, rng=0)
    x = RNG.normal(size=(5, 3))
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data.T + layer.bias.data)
    assert nn.Linear(3, 2, bias=False).bias is None
    assert np.abs(nn.Linear(100, 50, rng=0).weight.data).max() <= 0.1


def test_a_seed_repeats():
    one, two, other = (nn.MLP(2, [4, 1], rng=seed).state_dict() for seed in (0, 0, 1))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
        assert not np.array_equal(array, other[name])


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


def test_dropout_drops_scales_and_says_unselected():
    layer = nn.Dropout(0.25, rng=0)
    x = Value(np.ones(10_000))
    y = layer(x)
    assert set(np.unique(y.data)) == {0.0, 1 / 0.75}
    assert np.mean(y.data == 0) == pytest.approx(0.25, abs=0.02)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, y.data)
    edge = next(e for e in tg.gradient_flow(y.sum()).edges if e.child.value is y)
    assert edge.counts["unselected"] == np.sum(y.data == 0)
    assert layer.eval()(x) is x


def test_dropout_keeps_float32():
    assert nn.Dropout(0.5, rng=0)(np.ones(8, np.float32)).dtype == np.float32


@pytest.mark.parametrize("p", [-0.1, 1.0, np.nan])
def test_a_probability_is_one(p):
    with pytest.raises(ValueError, match="p is a probability"):
        nn.Dropout(p)


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


def test_shapes_that_do_not_fit_name_the_layer():
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(4))
    with pytest.raises(ValueError, match=r"BatchNorm1d '1' of 4 channels.*\(5, 3\)"):
        net(np.ones((5, 2)))
    with pytest.raises(ValueError, match=r"linear of \(5, 7\), '0.weight' \(3, 2\)"):
        net(np.ones((5, 7)))
    with pytest.raises(ValueError, match="LayerNorm"):
        nn.LayerNorm(3)(np.ones((2, 4)))
    with pytest.raises(ValueError, match="two examples"):
        nn.BatchNorm1d(2)(np.ones((1, 2)))


def test_plain_lists_are_data():
    norm = nn.BatchNorm1d(1)
    np.testing.assert_array_equal(norm([[1.0], [3.0]]).data.round(2), [[-1.0], [1.0]])
    assert norm.eval()([[1.0]]).shape == (1, 1)


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match=r"layer 1 of Sequential is not a Module .* as ReLU\(\)"):
        nn.Sequential(nn.Linear(2, 3), np.tanh)
    with pytest.raises(TypeError, match="layer 0 of MLP is not a Module"):
        nn.MLP(2, [3, 1])[0] = tg.relu
    for activation in (nn.ReLU(), "relu"):
        with pytest.raises(TypeError, match="as the class ReLU, not"):
            nn.MLP(2, [3, 1], activation=activation)
    with pytest.raises(ValueError, match=r"none of length 0: not \(3, 0\)"):
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


# --- the scalar network is the tensor network --------------------------------------------------


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


# --- PyTorch -----------------------------------------------------------------------------------

NETS = {
    "mlp": (
        lambda n: [n.Linear(6, 5), n.ReLU(), n.LayerNorm(5), n.PReLU(5), n.Linear(5, 3)],
        (4, 6),
    ),
    "batch norm": (lambda n: [n.Linear(6, 5, bias=False), n.BatchNorm1d(5), n.GELU()], (7, 6)),
    "cnn": (
        lambda n: [
            n.Conv2d(2, 4, 3, padding=1),
            n.BatchNorm2d(4),
            n.SiLU(),
            n.MaxPool2d(3, 2, 1),
            n.Conv2d(4, 3, (2, 3), stride=(2, 1), padding=(0, 1), bias=False),
            n.AvgPool2d(2, 1, 1),
            n.Flatten(),
        ],
        (3, 2, 9, 8),
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_states_move_to_pytorch_and_back(name, tmp_path):
    torch = pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.numpy")
    from safetensors.torch import load_file, save_file

    layers, shape = NETS[name]
    ours, theirs = nn.Sequential(*layers(nn)), torch.nn.Sequential(*layers(torch.nn)).double()
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    safetensors.save_file(ours.state_dict(), tmp_path / "ours")
    theirs.load_state_dict(load_file(tmp_path / "ours"))
    x = np.random.default_rng(1).normal(size=shape)

    def compare():
        for kind in ("train", "eval"):
            getattr(ours, kind)(), getattr(theirs, kind)()
            ours.zero_grad(), theirs.zero_grad()
            y, z = ours(x), theirs(torch.tensor(x))
            np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-9, atol=1e-12)
            y.square().sum().backward(), z.square().sum().backward()
            for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
                np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-8, atol=1e-10)

    compare()
    for p in theirs.parameters():
        torch.nn.init.normal_(p)
    save_file(theirs.state_dict(), tmp_path / "theirs")
    ours.load_state_dict(safetensors.load_file(tmp_path / "theirs"))
    compare()
    assert dict(ours.named_buffers()).keys() == dict(theirs.named_buffers()).keys()
