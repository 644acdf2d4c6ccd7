"""Initial weights: shape, spread, seeds, and the laws each rule promises."""

import numpy as np
import pytest

from tinygrad_relu import nn, ops
from tinygrad_relu.nn import init

SHAPE = (200, 50, 2, 2)  # 200 inputs, 800 outputs
SPREADS = {
    init.glorot_uniform: (2 / 1000) ** 0.5,
    init.glorot_normal: (2 / 1000) ** 0.5,
    init.he_uniform: (2 / 200) ** 0.5,
    init.he_normal: (2 / 200) ** 0.5,
    init.lecun_uniform: (1 / 200) ** 0.5,
    init.lecun_normal: (1 / 200) ** 0.5,
    init.uniform: (1 / 12) ** 0.5,
    init.normal: 1.0,
}
RANDOM = [*SPREADS, init.orthogonal, init.randomized_asymmetric]


@pytest.mark.parametrize("rule", SPREADS, ids=lambda rule: rule.__name__)
def test_the_spread(rule):
    w = rule(SHAPE, rng=0)
    assert w.shape == SHAPE
    assert w.std() == pytest.approx(SPREADS[rule], rel=0.02)
    if "uniform" in rule.__name__:
        assert np.ptp(w) <= SPREADS[rule] * 12**0.5


@pytest.mark.parametrize("rule", RANDOM, ids=lambda rule: rule.__name__)
def test_a_seed_repeats_and_a_generator_goes_on(rule):
    def same(a, b):
        return np.array_equal(a[0], b[0])

    assert same(rule((4, 3), rng=1), rule((4, 3), rng=1))
    assert not same(rule((4, 3), rng=1), rule((4, 3), rng=2))
    generator = np.random.default_rng(1)
    assert same(rule((4, 3), generator), rule((4, 3), rng=1))
    assert not same(rule((4, 3), generator), rule((4, 3), rng=1))


def test_constants():
    assert not init.zeros((2, 3)).any()
    assert (init.constant((2, 3), value=0.5) == 0.5).all()


@pytest.mark.parametrize(
    ("name", "settings", "gain"),
    [
        ("linear", {}, 1.0),
        ("relu", {}, 2**0.5),
        ("leaky_relu", {"alpha": 0.1}, (2 / 1.01) ** 0.5),
        ("tanh", {}, 5 / 3),
        ("selu", {}, 0.75),
        ("identity", {}, 1.0),
    ],
)
def test_gains(name, settings, gain):
    assert init.gain(name, **settings) == pytest.approx(gain, rel=1e-9)


def test_a_gain_makes_up_for_any_activation():
    z = np.random.default_rng(0).normal(size=1_000_000)
    for name in ("elu", "gelu", "softplus", "hardtanh"):
        y = getattr(ops, name)(z)
        assert init.gain(name) ** 2 * np.mean(y * y) == pytest.approx(1, rel=0.01)


def test_gain_of_nothing_known():
    for name in ("no_such", "softmax", "linspace"):
        with pytest.raises(ValueError, match=f"no activation is called '{name}'"):
            init.gain(name)


def test_he_keeps_the_size_of_signals():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 300))
    for _ in range(20):
        x = ops.leaky_relu(x @ init.he_normal((300, 300), rng, "leaky_relu", alpha=0.2).T, 0.2)
    assert 0.5 < np.mean(x * x) < 2


def test_he_by_outputs():
    w = init.he_normal(SHAPE, rng=0, mode="fan_out")
    assert w.std() == pytest.approx((2 / 800) ** 0.5, rel=0.02)
    with pytest.raises(ValueError, match="mode is 'fan_in' or 'fan_out', not 'in'"):
        init.he_normal(SHAPE, mode="in")


@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (3, 2, 2, 2)])
def test_orthogonal(shape):
    w = init.orthogonal(shape, rng=0, gain=2.0).reshape(shape[0], -1)
    small = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)


def test_randomized_asymmetric():
    n_in = 9
    weight, bias = init.randomized_asymmetric((20_000, n_in), rng=0)
    both = np.column_stack([weight, bias])
    # A tenth of the entries are Beta(2, 1): mean 2/3, mean square 1/2. The rest are normal.
    assert both.mean() == pytest.approx(0.1 * 2 / 3, rel=0.02)
    assert np.mean(both**2) == pytest.approx(0.1 / 2 + 0.9 * 0.6007**2 / n_in, rel=0.02)
    assert np.mean(bias) == pytest.approx(both.mean(), rel=0.1)


def test_fewer_units_are_born_dead():
    """The claim of its authors, for deep narrow networks."""
    x = np.linspace(-1.7, 1.7, 100)[:, None]

    def dead(rule):
        count = 0
        for seed in range(60):
            net = nn.MLP(1, [2] * 10 + [1], rng=seed)
            init.redraw(net, rule, rng=seed)
            count += np.ptp(net(x).data) == 0
        return count

    assert dead(init.randomized_asymmetric) < 0.6 * dead(init.he_normal)


def test_redraw_reaches_every_layer():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3))
    init.redraw(net, init.constant, value=2.0)
    assert (net[0].weight.data == 2).all()
    assert (net[2].weight.data == 2).all()
    assert not net[0].bias.data.any()
    assert (net[1].weight.data == 1).all()
    init.redraw(net, init.randomized_asymmetric, rng=0)
    assert net[2].bias.data.any()


def test_redraw_reaches_scalars():
    scalar, tensor = nn.MLP(2, [3, 1], scalar=True, rng=0), nn.MLP(2, [3, 1], rng=0)
    for rule in (init.he_normal, init.randomized_asymmetric):
        init.redraw(scalar, rule, rng=1)
        init.redraw(tensor, rule, rng=1)
        flat = np.concatenate([np.ravel(p.data) for p in tensor.parameters()])
        np.testing.assert_array_equal([p.data for p in scalar.parameters()], flat)
    assert all(type(p.data) is float for p in scalar.parameters())


def test_a_vector_has_no_fans():
    with pytest.raises(ValueError, match="axes for outputs and inputs"):
        init.he_normal((3,))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: init.zeros("x"), "shape is a whole number of at least 0, not 'x'"),
        (lambda: init.uniform((2, 3), rng="x"), "rng is a seed"),
        (lambda: init.uniform((2, 3), low=None), "uniform: low is a finite number, not None"),
        (lambda: init.normal((2, 3), std=-1), "normal: std is at least 0, not -1"),
        (lambda: init.constant((2,), value=1j), "constant: value is a finite number, not 1j"),
        (lambda: init.he_normal(None), "shape is a whole number"),
        (lambda: init.glorot_normal((2, 3), gain="x"), "gain is a finite number, not 'x'"),
        (lambda: init.orthogonal((2, -3)), "shape is a whole number of at least 0, not -3"),
        (lambda: init.gain([]), r"gain: nonlinearity is the name of an activation.*not \[\]"),
        (lambda: init.gain("leaky_relu", alpha=[]), "gain: alpha is a finite number"),
        (lambda: init.redraw(None, init.zeros), "redraw: module is a Module"),
        (lambda: init.redraw(nn.Linear(2, 3), 3), "redraw: rule is a rule, as nn.init.he_normal"),
    ],
)
def test_a_rule_says_what_it_wanted(call, said):
    with pytest.raises((TypeError, ValueError), match=said):
        call()
