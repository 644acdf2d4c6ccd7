"""Monitor: who was killed, when, by what; and what it costs."""

import gc

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.lab import Monitor
from tinygrad_relu.optim import SGD
from tinygrad_relu.picture.units import inspect_units


def one_layer(n=3):
    w, b = Value(np.ones((n, 1)), label="w"), Value(np.zeros(n), label="b")
    return (lambda x: tg.linear(x, w, b).relu()), w, b


def train(model, X, y, monitor, steps, lr=0.1, seed=0):
    rng = np.random.default_rng(seed)
    optimiser = SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        i = rng.integers(0, len(X), 16)
        optimiser.zero_grad()
        tg.mse_loss(model(X[i]), y[i]).backward()
        optimiser.step()
        monitor()


def moons(n=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2))
    return X, np.sign(X[:, :1] * X[:, 1:])


# --- the life of a unit ----------------------------------------------------------------------


def test_a_unit_killed_by_hand_is_reported_dead_and_opened_again_revived():
    model, _, b = one_layer()
    X = np.array([[-1.0], [1.0], [2.0]])
    monitor = Monitor(model, X, every=1)
    monitor()
    b.data = [0.0, -100.0, 0.0]
    monitor()
    assert inspect_units(model, X)[0].states == ("live", "dead", "live")
    assert monitor.story((0, 1)) == (
        "layer 1 (Linear 1→3), unit 2: alive at step 0; killed at step 2 "
        "(mean pre-activation 0.6667 → −99.33, "
        "by weight 0, input 0, bias −100: mostly the bias); dead at step 2, the last look"
    )
    monitor()
    b.data = np.zeros(3)
    monitor()
    assert inspect_units(model, X)[0].states == ("live",) * 3
    killed, revived = monitor.history.life(0, 1).events
    assert (killed.kind, killed.by, revived.kind, revived.by) == ("killed", 2, "revived", 4)
    assert monitor.story(1).endswith("mostly the bias); alive at step 4, the last look")
    assert "revived at step 4" in monitor.story(1)
    assert monitor.history.life(0, 0).events == []
    assert monitor.history.spans(0, 1) == [(2, 4)]


def test_a_unit_dead_at_the_start_is_born_dead():
    model, _, b = one_layer()
    b.data = [-100.0, 0.0, 0.0]
    monitor = Monitor(model, [[1.0]], every=1)
    assert monitor.story(0) == (
        "layer 1 (Linear 1→3), unit 1: born dead (step 0); dead at step 0, the last look"
    )


def test_between_looks_only_the_interval_is_told():
    model, _, b = one_layer()
    monitor = Monitor(model, [[1.0]], every=10)
    for step in range(1, 31):
        if step == 13:
            b.data = [-100.0, 0.0, 0.0]
        monitor()
    (event,) = monitor.history.life(0, 0).events
    assert (event.after, event.by) == (10, 20)
    assert "killed between step 10 and 20" in monitor.story(0)
    assert [record.step for record in monitor.records] == [0, 10, 20, 30]


def test_every_event_agrees_with_inspecting_at_every_step():
    X, y = moons()
    model = nn.MLP(2, [16, 16, 1], rng=1)
    monitor = Monitor(model, X, every=1)
    seen = []

    def look():
        monitor()
        report = inspect_units(model, X)
        seen.append([[u.state == "dead" for u in layer] for layer in report])

    train(model, X, y, look, 120, lr=1.2)
    events = list(monitor.history.events())
    assert {e.kind for *_, e in events} >= {"killed", "revived"}
    for layer in range(2):
        for unit in range(16):
            dead = [step for step, d in enumerate(seen, 1) if d[layer][unit]]
            spans = monitor.history.spans(layer, unit)
            told = {s for a, b in spans for s in range(a, b)}
            if spans and spans[-1][1] == 120 and seen[-1][layer][unit]:
                told.add(120)
            assert told - {0} == set(dead), (layer, unit)


# --- the parts of a step ---------------------------------------------------------------------


def assert_exact(split):
    assert split.after - split.before == pytest.approx(split.total, rel=1e-9, abs=1e-11)


def test_the_three_parts_of_a_killing_step_are_exact_and_those_of_the_definition():
    X, y = moons()
    model = nn.MLP(2, [16, 16, 1], rng=1)
    monitor = Monitor(model, X, every=1)
    numbers = []  # W, b and mean input of the second layer, and its mean pre-activation

    def look():
        h = np.maximum(X @ model[0].weight.data.T + model[0].bias.data, 0)
        W, b = model[2].weight.data.copy(), model[2].bias.data.copy()
        numbers.append((W, b, h, h @ W.T + b))

    look()
    train(model, X, y, lambda: (monitor(), look()), 120, lr=1.2)
    splits = [
        (u, e) for name, u, e in monitor.history.events() if name.startswith("layer 2") and e.split
    ]
    assert len(splits) > 5
    for unit, event in splits:
        W0, b0, h0, z0 = numbers[event.after]
        W1, b1, h1, z1 = numbers[event.by]
        assert_exact(event.split)
        np.testing.assert_allclose(
            [event.split.before, event.split.after, event.split.weight, event.split.input,
             event.split.bias],
            [z0[:, unit].mean(), z1[:, unit].mean(), np.mean(h1 @ (W1 - W0)[unit]),
             np.mean((h1 - h0) @ W0[unit]), b1[unit] - b0[unit]],
            rtol=1e-9, atol=1e-11,
        )  # fmt: skip
    assert any(abs(e.split.input) > 1e-3 for _, e in splits)


@pytest.mark.parametrize("form", ["linear", "matmul", "no bias", "conv2d", "sequence"])
def test_the_parts_are_exact_for_every_form_of_layer(form):
    rng = np.random.default_rng(0)
    shapes = {"matmul": (3, 4), "conv2d": (4, 3, 2, 2)}
    first = Value(rng.random((3, 1, 2, 2) if form == "conv2d" else (3, 2)))
    weight, bias = Value(rng.random(shapes.get(form, (4, 3)))), Value(rng.random(4))
    X = rng.random({"conv2d": (9, 1, 5, 5), "sequence": (9, 6, 2)}.get(form, (9, 2)))

    def model(x):
        layer = tg.conv2d if form == "conv2d" else tg.linear
        h = layer(x, first).tanh()
        if form == "matmul":
            return (h @ weight + bias).relu()
        return layer(h, weight, None if form == "no bias" else bias).relu()

    monitor = Monitor(model, X, every=1, batch_size=4)
    mean = lambda: model(X).parents[0].data  # noqa: E731
    axes = (0, 2, 3) if form == "conv2d" else (0, 1) if form == "sequence" else (0,)
    before = mean().mean(axis=axes)
    first.data, weight.data, bias.data = first.data + 0.3, -9 * weight.data, bias.data - 50
    monitor()
    splits = {u: e.split for name, u, e in monitor.history.events() if name.startswith("layer 2")}
    assert sorted(splits) == [0, 1, 2, 3]
    after = mean().mean(axis=axes)
    for unit, split in splits.items():
        assert_exact(split)
        assert split.before == pytest.approx(before[unit], rel=1e-9)
        assert split.after == pytest.approx(after[unit], rel=1e-9)
        assert split.bias == pytest.approx(0 if form == "no bias" else -50)


def test_behind_a_normalisation_a_death_has_no_parts():
    net = nn.Sequential(nn.Linear(1, 2, rng=0), nn.BatchNorm1d(2), nn.ReLU())
    net[1].bias.data = [9.0, 9.0]
    monitor = Monitor(net, [[1.0], [-1.0]], every=1)
    net[1].bias.data = [-100.0, 0.0]
    monitor()
    (event,) = [e for _, u, e in monitor.history.events() if u == 0 and e.kind == "killed"]
    assert event.split is None


# --- statistics ------------------------------------------------------------------------------


def test_statistics_are_those_of_the_definition():
    X, y = moons()
    model = nn.MLP(2, [8, 1], rng=0)
    monitor = Monitor(model, X, every=3, batch_size=64)
    copies = []

    def look():
        copies.append(model[0].weight.data.copy())
        monitor()

    train(model, X, y, look, 6)
    h = np.maximum(X @ model[0].weight.data.T + model[0].bias.data, 0)
    layer = monitor.records[-1].layers[0]
    assert layer.mean == pytest.approx(h.mean())
    assert layer.std == pytest.approx(h.std())
    assert layer.open_share == pytest.approx(np.mean(h > 0))
    assert layer.dead_share == pytest.approx(np.mean((h == 0).all(axis=0)))
    weight = monitor.records[-1].parameters[0]
    assert weight.name == "0.weight"
    assert weight.norm == pytest.approx(np.linalg.norm(copies[-1]))
    assert weight.grad_norm == pytest.approx(np.linalg.norm(model[0].weight.grad))
    step = np.linalg.norm(copies[-1] - copies[-2])
    assert weight.update_ratio == pytest.approx(step / np.linalg.norm(copies[-1]))
    steps, ratios = monitor.series("update_ratio", "0.weight")
    assert list(steps) == [0, 3, 6]
    assert np.isnan(ratios[0])
    assert ratios[-1] == weight.update_ratio


def test_it_is_a_callback_of_fit():
    X, y = moons(64)
    model = nn.MLP(2, [8, 1], rng=0)
    monitor = Monitor(model, X, every=2)
    tg.fit(model, (X, y), tg.mse_loss, SGD(model.parameters(), lr=0.01), epochs=3, batch_size=16,
           callbacks=[monitor], progress=False, rng=0)  # fmt: skip
    assert monitor.step == 12
    assert [record.step for record in monitor.records] == [0, 2, 4, 6, 8, 10, 12]


def test_looking_changes_nothing():
    X, y = moons()
    plain, watched = nn.MLP(2, [8, 8, 1], rng=0), nn.MLP(2, [8, 8, 1], rng=0)
    train(plain, X, y, lambda: None, 20)
    train(watched, X, y, Monitor(watched, X, every=1), 20)
    for a, b in zip(plain.parameters(), watched.parameters(), strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_a_diverging_run_is_watched_to_its_end_without_a_warning(recwarn):
    model, w, _ = one_layer()
    monitor = Monitor(model, [[1.0], [2.0]], every=1)
    for new in (1e200, -1e308, np.inf, np.nan):
        w.data = np.full((3, 1), new)
        monitor()
    assert monitor.step == 4
    assert not recwarn.list


def test_lives_go_on_with_another_activation_and_not_with_other_layers():
    net = nn.MLP(2, [3, 1], rng=0)
    net[0].bias.data = [-50.0, 0.0, 0.0]
    monitor = Monitor(net, np.ones((4, 2)), every=1)
    net[1] = nn.LeakyReLU()
    monitor()
    assert "revived at step 1" in monitor.story((0, 0))
    net[1] = nn.Identity()
    with pytest.raises(ValueError, match=r"layers of \[3\] units, and now of \[\]"):
        monitor()


def test_memory_is_bounded():
    model, _, b = one_layer(1)
    monitor = Monitor(model, [[1.0]], every=1, limit=16)
    for step in range(400):
        b.data = [-100.0 * (step % 2)]
        monitor()
    assert len(monitor.records) <= 16
    assert monitor.records[0].step == 0
    assert len(set(np.diff([r.step for r in monitor.records]))) == 1
    life = monitor.history.life(0, 0)
    assert len(life.events) <= 32
    assert len(life.events) + life.forgotten == 399
    assert "more changes" in monitor.story(0)


def test_its_line_is_that_of_the_last_look_even_if_the_record_is_dropped():
    model, _, b = one_layer(1)
    monitor = Monitor(model, [[1.0]], every=1, limit=2)
    for bias in (-100.0, -100.0, -100.0, 0.0, 0.0, -100.0):
        b.data = [bias]
        monitor()
    assert monitor.records[-1].step < monitor.step
    assert repr(monitor) == "<monitor at step 6: layer 1 (Linear 1→1) 100% dead>"
    b.data = [0.0]
    monitor()
    assert repr(monitor) == "<monitor at step 7: layer 1 (Linear 1→1) 0% dead>"


def test_a_monitor_holds_no_graph():

    def ids():
        return {id(o) for o in gc.get_objects() if isinstance(o, Value) and o.op is not None}

    model = nn.MLP(2, [3, 3, 1], rng=0)
    before = ids()
    monitor = Monitor(model, np.ones((7, 2)), every=1)
    monitor()
    assert ids() <= before


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda m: m.story(0), ValueError, "of which layer"),
        (lambda m: m.story(("relu 9", 0)), KeyError, "layer 1"),
        (lambda m: m.story((2, 0)), IndexError, "no layer at index 2: there are .*layer 2"),
        (lambda m: m.story((-1, 3)), IndexError, "no unit at index 3: layer 2 .* has 3"),
        (lambda m: m.series("love"), ValueError, "not recorded"),
        (lambda m: m.series("norm", "nothing"), KeyError, "0.weight"),
        (lambda m: Monitor(m.model, m.X, every=0), ValueError, "every is a whole .*, not 0"),
    ],
)
def test_a_wrong_question_is_answered_with_the_way_out(ask, error, words):
    monitor = Monitor(nn.MLP(2, [3, 3, 1], rng=0), np.ones((4, 2)))
    with pytest.raises(error, match=words):
        ask(monitor)


def test_a_layer_is_asked_for_by_index_or_name():
    monitor = Monitor(nn.MLP(2, [3, 3, 1], rng=0), np.ones((4, 2)))
    asked = [monitor.series("mean", of)[1] for of in (1, -1, "layer 2", "layer 2 (Linear 3→3)")]
    assert len({*map(float, np.ravel(asked))}) == 1
    assert monitor.series("mean", 0)[1] != asked[0]


def test_a_unit_of_a_report_can_be_asked_for():
    model = nn.MLP(2, [3, 3, 1], rng=0)
    X, _ = moons()
    monitor = Monitor(model, X)
    assert monitor.story(inspect_units(model, X)[1][2]).startswith("layer 2 (Linear 3→3), unit 3: ")


# --- large means, and what is neither weight, input nor bias ----------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [7, 64, 500])
def test_the_spread_of_large_numbers_is_their_own(dtype, batch_size):
    X = np.random.default_rng(0).normal(4000.0, 0.1, (500, 1)).astype(dtype)
    w = Value(np.ones((1, 1), dtype))
    monitor = Monitor(lambda x: tg.linear(x, w).relu(), X, batch_size=batch_size)
    (layer,) = monitor.records[0].layers
    assert layer.mean == pytest.approx(X.mean(dtype=np.float64), rel=1e-9)
    assert layer.std == pytest.approx(X.std(dtype=np.float64), rel=1e-6)


class Shifted(nn.Module):
    """A layer with a plain array that is taken off, before or behind the weights."""

    def __init__(self, behind):
        self.layer, self.mean, self.behind = nn.Linear(1, 2, rng=0), np.zeros(2), behind
        self.layer.weight.data, self.layer.bias.data = [[1.0], [1.0]], [0.0, 1.0]

    def forward(self, x):
        if self.behind:
            return (self.layer(x) - self.mean).relu()
        return self.layer(x - self.mean[:1]).relu()


@pytest.mark.parametrize(("behind", "part"), [(True, "something else"), (False, "input")])
def test_a_buffer_that_moves_is_told_as_what_it_is(behind, part):
    net = Shifted(behind)
    monitor = Monitor(net, [[1.0], [2.0]], every=1)
    net.mean = np.array([3.96, 0.0])
    monitor()
    (event,) = [e for _, u, e in monitor.history.events() if u == 0]
    assert event.split.parts[part] == pytest.approx(-3.96)
    assert event.split.total == pytest.approx(event.split.after - event.split.before)
    assert event.split.main == part
    assert f"{part} −3.96" in monitor.story((0, 0))


def test_a_path_around_is_something_else():
    rng = np.random.default_rng(0)
    A, B = Value(rng.normal(size=(3, 2))), Value(rng.normal(size=(3, 2)))
    b = Value(np.full(3, 9.0))
    model = lambda x: (tg.linear(x, A).tanh() * 5.0 + tg.linear(x, B, b)).relu()  # noqa: E731
    X = rng.normal(size=(20, 2))
    monitor = Monitor(model, X, every=1)
    A.data, b.data = A.data * 3, np.full(3, -50.0)
    before, after = (np.tanh(X @ (A.data / k).T).mean(axis=0) * 5.0 for k in (3, 1))
    monitor()
    splits = [e.split for name, _, e in monitor.history.events() if e.split]
    assert len(splits) == 3
    for unit, split in enumerate(splits):
        assert split.other == pytest.approx((after - before)[unit])
        assert split.total == pytest.approx(split.after - split.before)
        assert split.bias == pytest.approx(-59.0)


def test_units_on_the_first_axis_have_their_parts_too():
    W, b = Value([[1.0], [-1.0]]), Value([[0.0], [0.0]])
    monitor = Monitor(lambda x: (W @ x.T + b).relu().T, [[1.0], [2.0], [-1.0]], every=1)
    W.data, b.data = [[2.0], [-1.0]], [[-100.0], [0.0]]
    monitor()
    (event,) = [e for _, u, e in monitor.history.events() if u == 0]
    told = [event.split.weight, event.split.input, event.split.bias, event.split.other]
    assert told == pytest.approx([2 / 3, 0, -100, 0])
