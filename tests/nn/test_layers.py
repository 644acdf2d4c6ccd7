"""Layers: what they compute, and that PyTorch's compute the same from the same state."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn

RNG = np.random.default_rng(0)


def test_linear():
    layer = nn.Linear(3, 2, rng=0)
    x = RNG.normal(size=(5, 3))
    np.testing.assert_allclose(layer(x).data, x @ layer.weight.data.T + layer.bias.data)
    assert nn.Linear(3, 2, bias=False).bias is None
    assert np.abs(nn.Linear(100, 50, rng=0).weight.data).max() <= 0.1


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
    with pytest.raises(ValueError, match="Dropout: p is at least 0 and below 1"):
        nn.Dropout(p)


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


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Linear("2", 3), "Linear: in_features"),
        (lambda: nn.Linear(2, 0), "Linear: out_features"),
        (lambda: nn.Linear(2, 1, rng="a"), "Linear: rng"),
        (lambda: nn.Linear(2, 1, bias="no"), "Linear: bias is True or False"),
        (lambda: nn.Conv2d(1, 1.5, 3), "Conv2d: out_channels"),
        (lambda: nn.Conv2d(1, 1, 0), "Conv2d: kernel_size"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "conv2d of .* weight"),
        (lambda: nn.Conv2d(1, 1, 3, padding="same"), "conv2d: padding is a whole number or a pair"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "conv2d of .* padding"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "conv2d of .* stride"),
        (lambda: nn.Conv2d(1, 1, 3, stride=(1, 1, 1)), "conv2d: stride"),
        (lambda: nn.MaxPool2d(2, padding=2), "padding 2 is more than half of the window"),
        (lambda: nn.MaxPool2d(None), "MaxPool2d: kernel_size"),
        (lambda: nn.AvgPool2d(2, 0.5), "avg_pool2d: stride"),
        (lambda: nn.Dropout("half"), "Dropout: p"),
        (lambda: nn.BatchNorm1d(None), "BatchNorm1d: num_features"),
        (lambda: nn.BatchNorm2d(3, momentum="slow"), "BatchNorm2d: momentum"),
        (lambda: nn.BatchNorm2d(3, eps=None), "BatchNorm2d: eps"),
        (lambda: nn.LayerNorm("all"), "LayerNorm: normalized_shape"),
        (lambda: nn.PReLU(0), "PReLU: num_parameters"),
        (lambda: nn.PReLU(1, 1j), "PReLU: init"),
        (lambda: nn.Hardtanh(1, -1), "min_val 1.0 is above max_val -1.0"),
        (lambda: nn.CELU(0), "alpha is not 0"),
        (lambda: nn.GELU(approximate="sine"), "approximate is"),
        (lambda: nn.GELU(approximate=None), "approximate is"),
        (lambda: nn.ReLU(at_zero="abc"), "relu: at_zero"),
        (lambda: nn.LeakyReLU([0.1]), "leaky_relu: alpha"),
        (lambda: nn.ELU(np.nan), "no setting can be NaN"),
        (lambda: nn.Softmax(axis="last"), "softmax: axis"),
        (lambda: nn.LogSoftmax(1.0), "log_softmax: axis"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_at_once(make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make()


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
