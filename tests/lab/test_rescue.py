"""Rescue: each way does what it says, to whom it says, and to no one else."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.lab import rescue
from tinygrad_relu.optim import SGD, Adam
from tinygrad_relu.picture.units import inspect_units


def network(dead=((0, 1), (2, 0)), width=4, rng=15):
    """2-4-4-1, without a dormant unit, and the given (place of the Linear layer, unit) killed."""
    net = nn.MLP(2, [width, width, 1], rng=rng)
    for p in net.parameters():
        p.data = p.data + 0.05
    for layer, unit in dead:
        b = net[layer].bias.data.copy()
        b[unit] = -100.0
        net[layer].bias.data = b
    return net, np.random.default_rng(1).normal(size=(60, 2))


def changed(net, before):
    """Which elements of which parameter differ from `before`, as index tuples."""
    return {
        name: sorted(map(tuple, np.argwhere(array != before[name]).tolist()))
        for name, array in net.state_dict().items()
        if (array != before[name]).any()
    }


def dead(net, X):
    return [(u.layer, u.index) for u in inspect_units(net, X).dead]


def test_redraw_nonpositive_draws_every_weight_that_is_not_positive_and_no_bias():
    net, X = network(())
    w = net[0].weight.data.copy()
    w[0] = [0.0, -1.0]
    net[0].weight.data = w
    before = net.state_dict()
    change = rescue.redraw_nonpositive(net, X, std=0.5, rng=3)
    expected = {
        name: sorted(map(tuple, np.argwhere(array <= 0).tolist()))
        for name, array in before.items()
        if name.endswith("weight")
    }
    assert changed(net, before) == expected
    assert change.numbers == {name: len(at) for name, at in expected.items()}
    assert change.units == ()


def test_redraw_nonpositive_draws_from_the_normal_distribution_asked_for():
    w = Value(np.full((300, 100), -1.0), label="w")
    model = lambda x: tg.linear(x, w)  # noqa: E731
    rescue.redraw_nonpositive(model, np.ones((1, 100)), std=0.3, rng=0)
    assert w.data.mean() == pytest.approx(0, abs=0.01)
    assert w.data.std() == pytest.approx(0.3, rel=0.02)
    w.data = np.full((300, 100), -1.0)
    rescue.redraw_nonpositive(model, np.ones((1, 100)), rng=0)
    assert w.data.std() == pytest.approx(np.sqrt(2 / 100), rel=0.02)


def test_redraw_dead_touches_rows_and_biases_of_dead_units_only():
    net, X = network()
    before = net.state_dict()
    change = rescue.redraw_dead(net, X, rng=0)
    assert change.units == (("layer 1 (Linear 2→4)", 1), ("layer 2 (Linear 4→4)", 0))
    assert changed(net, before) == {
        "0.weight": [(1, 0), (1, 1)], "0.bias": [(1,)],
        "2.weight": [(0, i) for i in range(4)], "2.bias": [(0,)],
    }  # fmt: skip
    assert change.numbers == {"0.weight": 2, "0.bias": 1, "2.weight": 4, "2.bias": 1}
    assert change.total == 8
    assert dead(net, X) == []


def test_redo_keeps_the_output_and_revives():
    net, X = network()
    y = net(X).data.copy()
    before = net.state_dict()
    change = rescue.redo(net, X, rng=0)
    np.testing.assert_allclose(net(X).data, y, rtol=1e-12)
    assert dead(net, X) == []
    assert (net[2].weight.data[1:, 1] == 0).all()
    assert (net[4].weight.data[:, 0] == 0).all()
    untouched = np.delete(net[4].weight.data, 0, axis=1)
    np.testing.assert_array_equal(untouched, np.delete(before["4.weight"], 0, axis=1))
    assert change.units == (("layer 1 (Linear 2→4)", 1), ("layer 2 (Linear 4→4)", 0))


def test_redo_takes_dormant_units_too():
    net, X = network(())
    net[0].weight.data = net[0].weight.data * [[1.0], [1e-4], [1.0], [1.0]]
    net[0].bias.data = net[0].bias.data * [1.0, 1e-4, 1.0, 1.0]
    assert inspect_units(net, X)[0].states[1] == "dormant"
    assert rescue.redo(net, X, rng=0).units == (("layer 1 (Linear 2→4)", 1),)
    assert rescue.redo(net, X, tau=0.0, rng=0).units == ()


@pytest.mark.parametrize("optimiser", [Adam, lambda p: SGD(p, momentum=0.9)])
def test_redo_resets_the_moments_of_what_it_changed_and_no_others(optimiser):
    net, X = network(())
    opt = optimiser(net.parameters())
    for _ in range(2):
        opt.zero_grad()
        tg.mse_loss(net(X), np.ones((60, 1))).backward()
        opt.step()
    bias = net[0].bias.data.copy()
    bias[1] = -100
    net[0].bias.data = bias
    before, state = net.state_dict(), opt.state_dict()
    change = rescue.redo(net, X, opt, rng=0)
    assert "moments reset" in change.note
    places = {name: i for i, (name, _) in enumerate(net.named_parameters())}
    after = opt.state_dict()
    memories = [k for k in state if k.split(".")[1] in ("m", "v", "velocity")]
    assert memories
    for key in memories:
        mask = np.zeros(state[key].shape, bool)
        for name, at in changed(net, before).items():
            if places[name] == int(key.split(".")[0]):
                mask[tuple(np.transpose(at))] = True
        np.testing.assert_array_equal(after[key], np.where(mask, 0, state[key]))


def test_redo_counts_a_number_once():
    net, X = network()  # the weight from one dead unit to the other is zeroed, then drawn
    opt = Adam(net.parameters())
    tg.mse_loss(net(X), np.ones((60, 1))).backward()
    opt.step()
    net[0].bias.data = net[0].bias.data - [0, 100, 0, 0]
    before = net.state_dict()
    change = rescue.redo(net, X, opt, rng=0)
    assert change.numbers == {name: len(at) for name, at in changed(net, before).items()}
    assert change.note == f"{2 * change.total} moments reset"


def test_redo_finds_the_columns_behind_pooling_and_flattening():
    net = nn.Sequential(
        nn.Conv2d(1, 3, 3, rng=0), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 2, rng=1)
    )
    net[0].bias.data = [0.1, -100.0, 0.1]
    X = np.random.default_rng(0).normal(size=(8, 1, 6, 6))
    before = net.state_dict()
    change = rescue.redo(net, X, rng=0)
    assert change.units == (("layer 1 (Conv2d 1→3)", 1),)
    assert change.numbers == {"0.weight": 9, "0.bias": 1, "4.weight": 8}
    assert (net[4].weight.data[:, 4:8] == 0).all()
    assert (np.delete(net[4].weight.data, range(4, 8), axis=1) != 0).all()
    np.testing.assert_array_equal(net[0].weight.data[[0, 2]], before["0.weight"][[0, 2]])
    assert dead(net, X) == []


def test_push_bias_moves_the_mean_where_it_says():
    net, X = network()
    before = net.state_dict()
    change = rescue.push_bias(net, X, to=0.1)
    assert changed(net, before) == {"0.bias": [(1,)], "2.bias": [(0,)]}
    z = X @ net[0].weight.data.T + net[0].bias.data
    assert z[:, 1].mean() == pytest.approx(0.1)
    assert change.total == 2
    assert ("layer 1 (Linear 2→4)", 1) not in dead(net, X)


def test_push_bias_says_which_units_it_cannot_reach():
    weight = Value([[-1.0], [1.0]], label="w")
    change = rescue.push_bias(lambda x: tg.linear(x, weight).relu(), [[1.0], [2.0]])
    assert change.skipped == (("layer 1 (Linear 1→2)", 0),)
    assert (change.units, change.total, bool(change)) == ((), 0, False)
    assert str(change) == (
        "bias pushed: out of reach: layer 1 (Linear 1→2), unit 1 "
        "(no bias of its own is added to it)"
    )


def test_ways_work_on_plain_functions_with_x_at_w_plus_b():
    w, b, v = (Value(a, label=n) for a, n in [([[1.0, 1.0]], "w"), ([-9.0, 0.0], "b"),
                                              ([[2.0], [3.0]], "v")])  # fmt: skip
    model = lambda x: (x @ w + b).relu() @ v  # noqa: E731
    X = np.array([[1.0], [2.0], [-1.0]])
    change = rescue.redo(model, X, rng=0)
    assert change.numbers == {"w": 1, "b": 1, "v": 1}
    np.testing.assert_array_equal(v.data, [[0.0], [3.0]])
    assert b.data[0] == 0
    assert w.data[0, 1] == 1.0


def test_switch_activation_exchanges_gates_wherever_they_are():
    class Net(nn.Module):
        def __init__(self):
            self.layers = [nn.Linear(2, 3, rng=0), nn.ReLU(), nn.Sequential(nn.Tanh(), nn.ReLU6())]

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    net = Net()
    change = rescue.switch_activation(net, "elu", alpha=0.5)
    assert [type(m).__name__ for _, m in net.named_modules()] == [
        "Net", "Linear", "ELU", "Sequential", "Tanh", "ELU",
    ]  # fmt: skip
    assert "layers.1 is ELU(0.5) instead of ReLU(0.0)" in change.note
    report = inspect_units(net, np.ones((2, 2)))
    assert [layer.op for layer in report] == ["elu", "tanh", "elu"]
    assert not rescue.switch_activation(net, "leaky_relu")


def test_a_dead_unit_learns_again_after_each_way():
    """The gradient of its weights, which was 0, is not 0 any more."""
    ways = {
        "redraw": lambda net, X: rescue.redraw_dead(net, X, rng=0),
        "bias": rescue.push_bias,
        "leaky": lambda net, X: rescue.switch_activation(net, "leaky_relu"),
        "nothing": lambda net, X: None,
    }
    moved = {}
    for name, way in ways.items():
        net, X = network(((0, 1),))
        way(net, X)
        tg.mse_loss(net(X), np.ones((60, 1))).backward()
        moved[name] = bool(np.any(net[0].weight.grad[1]))
    assert moved == {"redraw": True, "bias": True, "leaky": True, "nothing": False}


def test_after_redo_the_outgoing_weights_learn_first():
    net, X = network(((0, 1),))
    rescue.redo(net, X, rng=0)
    tg.mse_loss(net(X), np.ones((60, 1))).backward()
    assert np.any(net[2].weight.grad[:, 1])


def test_lower_learning_rate_is_for_every_group():
    a, b = Value(1.0), Value(2.0)
    optimiser = SGD([{"params": [a], "lr": 0.1}, {"params": [b], "lr": 2.0}])
    change = rescue.lower_learning_rate(optimiser, 0.5)
    assert [group["lr"] for group in optimiser.param_groups] == [0.05, 1.0]
    assert change.note == "0.1 → 0.05, 2 → 1"


def test_a_seed_gives_the_same_numbers_again():
    numbers = []
    for seed in (0, 0, 1):
        net, X = network()
        rescue.redraw_dead(net, X, rng=seed)
        numbers.append(net[0].weight.data[1])
    np.testing.assert_array_equal(numbers[0], numbers[1])
    assert (numbers[0] != numbers[2]).all()


def test_nothing_is_changed_where_nothing_is_dead():
    net, X = network(())
    before = net.state_dict()
    for way in (rescue.redraw_dead, rescue.redo, rescue.push_bias):
        assert not way(net, X)
    assert changed(net, before) == {}
    assert str(rescue.push_bias(net, X)) == "bias pushed: nothing to change"


def test_a_graph_from_before_is_stale_after_a_rescue():
    net, X = network()
    loss = tg.mse_loss(net(X), np.ones((60, 1)))
    rescue.push_bias(net, X)
    with pytest.raises(tg.StaleDataError):
        loss.backward()


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda: rescue.switch_activation(lambda x: x), TypeError, "a function yourself"),
        (lambda: rescue.switch_activation(nn.ReLU(), "rely"), ValueError, "there are .*'elu'"),
        (lambda: rescue.redraw_dead(*network(), states=["deaf"]), ValueError, "not .*deaf"),
        (lambda: rescue.redraw_dead(*network(), states="dead"), ValueError, "not 'dead'"),
        (
            lambda: rescue.lower_learning_rate(SGD([Value(1.0)]), 2.0),
            ValueError,
            "below 1",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_way_out(do, error, words):
    with pytest.raises(error, match=words):
        do()


def test_a_seed_that_is_none_is_refused_by_name():
    with pytest.raises(TypeError, match="redraw_dead: rng is a seed"):
        rescue.redraw_dead(nn.MLP(2, [3, 1], rng=0), np.ones((4, 2)), rng="a")


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (lambda net, X: rescue.redo(net, X, "Adam"), "redo: optimiser is an Optimiser"),
        (lambda net, X: rescue.redo(net, X, tau=np.nan), "redo: tau is at least 0"),
        (lambda net, X: rescue.redraw_nonpositive(net, X, std=np.nan), "std is at least 0"),
        (lambda net, X: rescue.push_bias(net, X, to=np.nan), "push_bias: to is a finite number"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_and_nothing_is_changed(do, words):
    net, X = network()
    before = net.state_dict()
    with pytest.raises((TypeError, ValueError), match=words):
        do(net, X)
    assert changed(net, before) == {}
