"""Layers: the same network, laid out and spelled in many ways, has one verdict."""

import os

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.flow.graphs import GATES
from tinygrad_relu import Value, nn
from tinygrad_relu.flow.layers import outgoing
from tinygrad_relu.flow.running import run
from tinygrad_relu.picture.units import inspect_units

ROUNDS = int(os.environ.get("ROUNDS", "3"))  # by hand: ROUNDS=1000


def halves(x, W, b):
    return tg.concatenate([tg.linear(x, W[:1], b[:1]), tg.linear(x, W[1:], b[1:])], axis=1)


def vectors(x, W, b):
    return tg.stack([x @ W[i] + b[i] for i in range(b.size)], axis=1)


#: Ways to lay out x Wᵀ + b, and the way back to a row for each example.
LAYOUTS = {
    "linear": (lambda x, W, b: tg.linear(x, W, b), lambda h, n: h),
    "x @ W": (lambda x, W, b: x @ W.T + b, lambda h, n: h),
    "b + x @ W": (lambda x, W, b: b + x @ W.T, lambda h, n: h),
    "W @ x": (lambda x, W, b: W @ x.T + b[:, None], lambda h, n: h.T),
    "columns": (lambda x, W, b: W @ x[:, :, None] + b[:, None], lambda h, n: h.squeeze(2)),
    "linear of W": (lambda x, W, b: tg.linear(W, x) + b.reshape(-1, 1), lambda h, n: h.T),
    "transposed": (lambda x, W, b: tg.linear(x, W, b).T, lambda h, n: h.T),
    "flat": (lambda x, W, b: tg.linear(x, W, b).reshape(-1), lambda h, n: h.reshape(n, -1)),
    "flat, units first": (
        lambda x, W, b: tg.linear(x, W, b).T.reshape(-1),
        lambda h, n: h.reshape(-1, n).T,
    ),
    "a place": (lambda x, W, b: tg.linear(x[:, None], W, b), lambda h, n: h.squeeze(1)),
    "halves": (halves, lambda h, n: h),
    "vectors": (vectors, lambda h, n: h),
}


def plain_verdict(X, W, b, V):
    """Dead, starved, constant, dormant, always-on or live, from the formula alone."""
    z = X @ W.T + b
    h = np.maximum(z, 0)
    score = h.mean(axis=0) / (h.mean() or 1)
    states = []
    for u in range(len(b)):
        if (z[:, u] <= 0).all():
            states.append("dead")
        elif V[0, u] == 0:
            states.append("starved")
        elif np.ptp(h[:, u]) == 0:
            states.append("constant")
        elif score[u] <= 0.025:
            states.append("dormant")
        else:
            states.append("always-on" if (z[:, u] > 0).all() else "live")
    return tuple(states)


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_and_spelling_has_the_verdict_of_the_formula(layout, gate):
    before, back = LAYOUTS[layout]
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        n, d, k = rng.integers(2, 6, 3) if seed else (4, 4, 4)  # a square case first
        X, W = np.rint(rng.normal(0, 2, (n, d))), np.rint(rng.normal(0, 1, (k, d)))
        b = np.rint(rng.normal(0, 3, k)) + 0.25  # no number sits on the kink
        V = np.rint(rng.normal(0, 1, (1, k)))
        w, c, v = Value(W), Value(b), Value(V)

        def model(x, w=w, c=c, v=v):
            return back(GATES[gate](before(x, w, c)), len(x)) @ v.T

        (layer,) = inspect_units(model, X)
        assert layer.states == plain_verdict(X, W, b, V), seed
        for batch_size in range(1, n):  # a short last batch among them
            assert inspect_units(model, X, batch_size)[0].states == layer.states


def test_a_model_whose_examples_stand_last():
    W, b, v = Value([[1.0], [1.0], [-1.0]]), Value([[0.0], [-9.0], [0.0]]), Value([1.0, 1.0, 1.0])
    X = np.linspace(-2, 2, 5)[:, None]
    for model in (lambda x: v @ (W @ x.T + b).relu(), lambda x: v[None] @ (W @ x.T + b).relu()):
        assert inspect_units(model, X)[0].states == ("live", "dead", "live")
        assert inspect_units(model, X, batch_size=2)[0].states == ("live", "dead", "live")


def test_two_layers_with_examples_last():
    rng = np.random.default_rng(0)
    W1, W2, W3 = (Value(rng.normal(size=s)) for s in [(4, 2), (4, 4), (1, 4)])
    X = rng.normal(size=(4, 2))
    columns = inspect_units(lambda x: W3 @ (W2 @ (W1 @ x.T).relu()).relu(), X)
    rows = inspect_units(lambda x: tg.linear(tg.linear(tg.linear(x, W1).relu(), W2).relu(), W3), X)
    assert columns.to_dict() == rows.to_dict()


@pytest.mark.parametrize("n", [3, 4, 9])
def test_what_is_made_of_parameters_alone_is_no_layer(n):
    w, gain, v = Value(np.ones((4, 2))), Value(np.ones(4)), Value(np.ones((1, 4)))
    model = lambda x: tg.linear(tg.linear(x, w).relu() * (gain * 2).relu(), v)  # noqa: E731
    assert [len(layer) for layer in inspect_units(model, np.ones((n, 2)))] == [4]
    square = Value(np.ones((n, n)))
    model = lambda x: tg.linear(x, (square * 2).relu())  # noqa: E731
    assert len(inspect_units(model, np.ones((n, n)))) == 0


def test_where_an_axis_cannot_be_known_it_is_asked_for():
    a = Value(np.ones((5, 4, 3)))
    model = lambda x: (x * a[0].mean(axis=0)).relu().sum(axis=(1, 2))  # noqa: E731
    X = np.ones((6, 2, 3))
    with pytest.raises(ValueError, match=r"relu.*\(6, 2, 3\).*cannot be followed.*unit_axis="):
        inspect_units(model, X)
    assert len(inspect_units(model, X, unit_axis=-1)[0]) == 3
    assert len(inspect_units(model, X, unit_axis=1)[0]) == 2
    with pytest.raises(ValueError, match="unit_axis="):
        inspect_units(model, X, unit_axis=7)
    with pytest.raises(ValueError, match="unit_axis="):
        inspect_units(model, X, unit_axis=0)  # those are the examples


def test_unit_axis_does_not_overrule_what_is_known():
    net = nn.MLP(2, [5, 1], rng=0)
    assert len(inspect_units(net, np.ones((4, 2)), unit_axis=0)[0]) == 5


@pytest.mark.parametrize("given", ["rows", 1.5, True])
def test_an_axis_that_is_none_is_refused_when_given(given):
    with pytest.raises(TypeError, match="unit_axis is a whole number or None"):
        inspect_units(nn.MLP(2, [3, 1]), np.ones((4, 2)), unit_axis=given)


def test_an_axis_that_no_activation_has_is_refused():
    with pytest.raises(ValueError, match="unit_axis is 9: no activation has it"):
        inspect_units(nn.MLP(2, [3, 1]), np.ones((4, 2)), unit_axis=9)


def test_rows_of_an_image_are_examples_times_places():
    w = Value(np.ones((3, 2)))
    X = np.random.default_rng(0).normal(size=(4, 5, 2))
    model = lambda x: tg.linear(x.reshape(-1, 2), w).relu().reshape(len(x), -1)  # noqa: E731
    (layer,) = inspect_units(model, X)
    assert (len(layer), layer[0].open_share) == (3, 1.0)
    z = X.sum(axis=2)
    assert layer[0].open_places == pytest.approx((z > 0).mean())
    assert layer[0].open_share == pytest.approx((z > 0).any(axis=1).mean())


def test_a_residual_layer_has_the_units_of_its_own_weights():
    rng = np.random.default_rng(0)
    net = nn.Sequential(
        nn.Linear(2, 4, rng=rng), nn.ReLU(), nn.Residual(nn.Linear(4, 4, rng=rng)), nn.ReLU(),
        nn.Linear(4, 1, rng=rng),
    )  # fmt: skip
    _, layers = run(net, rng.normal(size=(5, 2)))
    second = layers.activations[1]
    assert [step.weight.label for step in second.steps] == ["2.body.weight"]
    assert second.row_of(next(iter(second.steps))).tolist() == [0, 1, 2, 3]


def test_what_a_unit_leads_into_is_followed_through_what_lies_between():
    rng = np.random.default_rng(0)
    conv = nn.Conv2d(1, 3, 3, rng=rng)
    last = Value(rng.normal(size=(2, 12)))

    def model(x):
        h = tg.max_pool2d(conv(x).relu(), 2)
        return tg.linear(h.transpose((0, 2, 3, 1)).reshape(len(x), -1), last)  # channels last

    _, layers = run(model, rng.normal(size=(5, 1, 6, 6)))
    ((step, features),) = outgoing(layers, layers.activations[0])
    assert step.weight is last
    assert features.tolist() == [1, 2, 3] * 4


def test_two_layers_in_one_input_and_one_mixed_into_another():
    rng = np.random.default_rng(0)
    A, B, C = (Value(rng.normal(size=s)) for s in [(2, 3), (2, 3), (1, 4)])

    def beside(x):
        return tg.linear(tg.concatenate([tg.linear(x, B).relu(), tg.linear(x, A).relu()], 1), C)

    _, layers = run(beside, rng.normal(size=(5, 3)))
    told = [outgoing(layers, a)[0][1].tolist() for a in layers.activations]
    assert told == [[1, 2, 0, 0], [0, 0, 1, 2]]
    mixed = lambda x: tg.linear(tg.linear(x, A).relu() + tg.linear(x, B).relu(), C[:, :2])  # noqa: E731
    _, layers = run(mixed, rng.normal(size=(5, 3)))
    assert outgoing(layers, layers.activations[0])[0][1].tolist() == [-1, -1]
