"""Surgery: the weights of a unit are found wherever they are, or it is said why not."""

import os
import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.flow.running import run
from tinygrad_relu.lab import rescue
from tinygrad_relu.lab.surgery import Book
from tinygrad_relu.picture.units import inspect_units


def changed(net, before):
    """Which elements of which parameter differ from `before`, as index tuples."""
    return {
        name: sorted(map(tuple, np.argwhere(array != before[name]).tolist()))
        for name, array in net.state_dict().items()
        if (array != before[name]).any()
    }


def rng(seed=0):
    return np.random.default_rng(seed)


def leaves_of(*shapes, seed=0):
    r = rng(seed)
    return [Value(r.normal(size=s), label=f"p{i}") for i, s in enumerate(shapes)]


def beside():
    """Two layers of units in one input, the later one first."""
    A, a, B, b, C = leaves_of((3, 2), (3,), (3, 2), (3,), (2, 6))
    a.data, b.data = [1, -100, 1], [-100, 1, 1]

    def model(x):
        one, two = tg.linear(x, A, a).relu(), tg.linear(x, B, b).relu()
        return tg.linear(tg.concatenate([two, one], axis=1), C)

    return model, [A, a, B, b, C], [(0, 1), (1, 0)]


def columns():
    """Examples on the last axis."""
    A, a, B, b, C = leaves_of((3, 2), (3, 1), (3, 3), (3, 1), (2, 3))
    a.data, b.data = [[1], [-100], [1]], [[-100], [9], [9]]

    def model(x):
        return (C @ (B @ (A @ x.T + a).relu() + b).relu()).T

    return model, [A, a, B, b, C], [(0, 1), (1, 0)]


def channels_last():
    K, k, C = leaves_of((3, 1, 3, 3), (3,), (2, 12))
    k.data = [1, -100, 1]

    def model(x):
        h = tg.max_pool2d(tg.conv2d(x.reshape(len(x), 1, 6, 6), K, k).relu(), 2)
        return tg.linear(h.transpose((0, 2, 3, 1)).reshape(len(x), -1), C)

    return model, [K, k, C], [(0, 1)]


def stream(inside=True):
    """A path around two layers, dead inside the block; or around one, dead in the stream."""
    A, B, b, C, D = leaves_of((4, 2), (4, 4), (4,), (4, 4), (1, 4))
    b.data = [1, -100, 1, 1]

    def model(x):
        s = tg.linear(x, A)
        block = tg.linear(s, B, b).relu()
        return tg.linear(s + (tg.linear(block, C) if inside else block), D)

    return model, [A, B, b, C, D], [(0, 1)]


def in_a_row():
    """Dead units in three layers one after the other."""
    shapes = [(3, 2), (3,), (3, 3), (3,), (3, 3), (3,), (2, 3)]
    p = leaves_of(*shapes)
    p[2].data, p[4].data = abs(p[2].data), abs(p[4].data)  # what should live does
    for bias, unit in zip(p[1:6:2], (1, 0, 2), strict=True):
        bias.data = [-100 if i == unit else 9 for i in range(3)]

    def model(x):
        for i in (0, 2, 4):
            x = tg.linear(x, p[i], p[i + 1]).relu()
        return tg.linear(x, p[6])

    return model, p, [(0, 1), (1, 0), (2, 2)]


def tied():
    """The decoder is the encoder turned round."""
    A, a = leaves_of((3, 2), (3,))
    a.data = [1, -100, 1]
    return lambda x: tg.linear(x, A, a).relu() @ A, [A, a], [(0, 1)]


def cell():
    """One layer used twice; a unit of it is dead in one place only."""
    A, a, C = leaves_of((2, 2), (2,), (1, 2))
    A.data, a.data = [[1.0, 1.0], [0.1, 0.1]], [0.0, 9.0]

    def model(x):
        once, again = (tg.linear(sign * np.abs(x), A, a).relu() for sign in (-1, 1))
        return tg.linear(once + tg.linear(again, C.T @ C), C)

    return model, [A, a, C], [(0, 0)]


CAN = [beside, columns, channels_last, stream, in_a_row]
CANNOT = [(lambda: stream(False), "mixed"), (tied, "'p0' .* is used by"), (cell, "is used by|same")]


def data_for(model):
    for width in (2, 36):
        X = rng(1).normal(size=(40, width))
        try:
            model(X)
        except ValueError:
            continue
        return X
    raise AssertionError


@pytest.mark.parametrize("make", CAN)
def test_redo_leaves_the_output_as_it_is_and_revives(make):
    model, _, units = make()
    X = data_for(model)
    before = model(X).data.copy()
    assert [(i, u.index) for i, la in enumerate(inspect_units(model, X)) for u in la
            if u.state == "dead"] == units  # fmt: skip
    change = rescue.redo(model, X, tau=0.0, rng=2)
    assert len(change.units) == len(units), change
    np.testing.assert_allclose(model(X).data, before, rtol=1e-12, atol=1e-12)
    revived = inspect_units(model, X)
    assert [revived[i][u].state for i, u in units] == ["starved"] * len(units)


@pytest.mark.parametrize(("make", "why"), CANNOT)
def test_what_redo_cannot_do_it_refuses_by_name_and_leaves_all_as_it_was(make, why):
    model, parameters, units = make()
    X = data_for(model)
    before = [p.data.copy() for p in parameters]
    change = rescue.redo(model, X, tau=0.0, rng=0)
    assert not change
    assert [unit for _, unit in change.skipped] == [unit for _, unit in units]
    (told,) = change.why.values()
    assert re.search(why, told)
    assert told in str(change)
    for p, data in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(p.data, data)


@pytest.mark.parametrize("make", [*CAN, lambda: stream(False)])
def test_redrawing_moves_the_pre_activations_of_dead_units_and_of_no_others(make):
    model, _, units = make()
    X = data_for(model)
    seen = lambda: [a.arranged(a.before.data).copy() for a in run(model, X)[1].activations]  # noqa: E731
    before = seen()
    change = rescue.redraw_dead(model, X, rng=0)
    assert [unit for _, unit in change.units] == [unit for _, unit in units]
    first = units[0][0]
    for k, (old, new) in enumerate(zip(before, seen(), strict=True)):
        if k > first and make in (columns, in_a_row):
            continue  # these move with what leads into them
        moved = {int(u) for u in np.flatnonzero((old != new).any(axis=(0, 2)))}
        assert moved == {u for layer, u in units if layer == k}


def test_a_residual_layer_is_redrawn_and_not_the_one_before_it():
    net = nn.Sequential(
        nn.Linear(2, 4, rng=0), nn.ReLU(), nn.Residual(nn.Linear(4, 4, rng=1)), nn.ReLU(),
        nn.Linear(4, 1, rng=2),
    )  # fmt: skip
    net[2].body.bias.data = [0.0, -100.0, 0.0, 0.0]
    X = rng().normal(size=(30, 2))
    before = net.state_dict()
    change = rescue.redraw_dead(net, X, rng=0)
    assert change.numbers == {"2.body.weight": 4, "2.body.bias": 1}
    assert changed(net, before) == {
        "2.body.weight": [(1, i) for i in range(4)], "2.body.bias": [(1,)],
    }  # fmt: skip


def test_a_cell_that_is_dead_in_every_place_is_redrawn():
    A, a, C = leaves_of((2, 2), (2,), (1, 2))
    a.data = [-100.0, 1.0]
    model = lambda x: tg.linear(tg.linear(tg.linear(x, A, a).relu(), A, a).relu(), C)  # noqa: E731
    change = rescue.redraw_dead(model, rng().normal(size=(20, 2)), rng=0)
    assert change.numbers == {"p0": 2, "p1": 1}
    assert len(change.units) == 2


def test_a_dead_unit_that_gives_1_is_not_silenced_and_one_that_gives_0_is():
    net = nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU6(), nn.Linear(3, 1, rng=1))
    net[0].bias.data = [0.0, 50.0, -50.0]
    X = rng().normal(size=(30, 2))
    before, y = net.state_dict(), net(X).data.copy()
    change = rescue.redo(net, X, tau=0.0, rng=0)
    assert [unit for _, unit in change.units] == [2]
    assert [unit for _, unit in change.skipped] == [1]
    assert changed(net, before).keys() == {"0.weight", "0.bias", "2.weight"}
    assert changed(net, before)["2.weight"] == [(0, 2)]
    assert "unit 2 (it gives a number other than 0" in str(change)
    np.testing.assert_allclose(net(X).data, y, rtol=1e-12)


def test_a_normalisation_behind_a_dead_unit_gives_what_weights_pass_on():
    net = nn.Sequential(
        nn.Linear(2, 3, rng=0), nn.ReLU(), nn.BatchNorm1d(3), nn.Linear(3, 1, rng=1)
    )
    net[2].bias.data = [1.0, 2.0, 3.0]
    net[0].bias.data = [0.0, -50.0, 0.0]
    X = rng().normal(size=(30, 2))
    before = net.state_dict()
    change = rescue.redo(net, X, rng=0)
    assert changed(net, before) == {}
    assert "is changed, or goes around" in str(change)


def test_a_unit_that_is_given_out_as_it_is_is_refused_even_if_it_stays_dead():
    W, b, C = leaves_of((2, 2), (2,), (1, 2))
    b.data = [1.0, -100.0]
    model = lambda x: tg.concatenate([h := tg.linear(x, W, b).relu(), tg.linear(h, C)], 1)  # noqa: E731
    X = np.abs(rng().normal(size=(20, 2)))
    change = rescue.redo(model, X, tau=0.0, rule=lambda shape, rng: -np.ones(shape))
    assert not change
    assert "goes around" in str(change)


def test_a_pre_activation_that_is_used_elsewhere_is_refused():
    W, b, C, D = leaves_of((2, 2), (2,), (1, 2), (1, 2))
    b.data = [1.0, -100.0]

    def model(x):
        z = tg.linear(x, W, b)
        return tg.linear(z.relu(), C) + tg.linear(z, D)

    X = rng().normal(size=(20, 2))
    before = [p.data.copy() for p in (W, b, C, D)]
    change = rescue.redo(model, X, tau=0.0)
    assert not change
    assert "serve others too" in str(change)
    for p, data in zip((W, b, C, D), before, strict=True):
        np.testing.assert_array_equal(p.data, data)


def test_a_bias_that_units_share_is_not_pushed():
    W, b = Value([[1.0], [1.0]], label="W"), Value(-9.0, label="b")
    change = rescue.push_bias(lambda x: (x @ W.T + b).relu(), [[1.0], [20.0]])
    assert change.numbers == {}
    W.data = [[-1.0], [1.0]]
    change = rescue.push_bias(lambda x: (x @ W.T + b).relu(), [[1.0], [20.0]])
    assert (change.numbers, [u for _, u in change.skipped]) == ({}, [0])


@pytest.mark.parametrize("seed", range(int(os.environ.get("ROUNDS", "12"))))
def test_random_networks_keep_their_output(seed):
    """Layers beside, behind and around each other, at random, with units killed at random."""
    r = rng(seed)
    layers = []

    def layer(width, fan_in):
        bias = r.normal(size=width)
        bias[r.random(width) < 0.3] = -100.0
        layers.append((Value(r.normal(size=(width, fan_in))), Value(bias)))
        return layers[-1]

    def grow(width):
        kind, wide = r.integers(4), int(r.integers(2, 5))
        if kind == 0:
            p = layer(wide, width)
            return wide, lambda x: tg.linear(x, *p).relu()
        if kind == 1:
            p = layer(wide, width)
            return wide, lambda x: (p[0] @ x.T + p[1][:, None]).relu().T
        if kind == 2:
            p, q = layer(wide, width), layer(2, width)
            return wide + 2, lambda x: tg.concatenate(
                [tg.linear(x, *q).relu(), tg.linear(x, *p).relu()], axis=1
            )
        p, back = layer(wide, width), Value(r.normal(size=(width, wide)))
        return width, lambda x: x + tg.linear(tg.linear(x, *p).relu(), back)

    width, parts = 3, []
    for _ in range(int(r.integers(1, 4))):
        width, part = grow(width)
        parts.append(part)
    last = Value(r.normal(size=(2, width)))

    def model(x):
        for part in parts:
            x = part(x)
        return tg.linear(x, last)

    X = r.normal(size=(20, 3))
    try:
        dead_units = inspect_units(model, X).dead
    except ValueError:  # nothing left to flow
        return
    before = model(X).data.copy()
    change = rescue.redo(model, X, tau=0.0, rng=0)
    np.testing.assert_allclose(model(X).data, before, rtol=1e-9, atol=1e-9)
    assert len(change.units) + len(change.skipped) == len(dead_units)


def test_a_book_counts_each_number_once_and_can_be_closed_again():
    w, v = Value([[1.0, 2.0], [3.0, 4.0]], label="w"), Value([5.0], label="v")
    output = (v * (w * 1.0).sum()).reshape(1)
    book, later = Book(output), Book(output)
    book.write(w, np.array([[1, 2], [1, 4]], np.int64), np.array([[9.0, 8.0], [9.0, 7.0]]))
    later.write(v, np.array([1], np.int64), 0.0)
    later.write(w, np.array([2, 3], np.int64), 0.0)
    book.take(later)
    np.testing.assert_array_equal(w.data, [[9.0, 0.0], [0.0, 7.0]])
    assert book.numbers == {"v": 1, "w": 4}
    later.undo()
    np.testing.assert_array_equal(w.data, [[9.0, 8.0], [3.0, 7.0]])
    book.undo()
    np.testing.assert_array_equal(w.data, [[1.0, 2.0], [3.0, 4.0]])
    assert (v.data.tolist(), book.numbers) == ([5.0], {})
