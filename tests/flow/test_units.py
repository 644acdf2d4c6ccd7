"""inspect_units: the verdict on every unit, against a reference that goes one by one."""

import math
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tests.flow.graphs import as_model, one_of_each
from tinygrad_relu import Value, nn
from tinygrad_relu.flow.units import UNIT_STATES
from tinygrad_relu.picture.units import inspect_units

# --- a reference with nothing in common: plain loops, one example, one unit, one place at a time --

#: h, local gradient, whether it fires, whether it is on a kink, of one pre-activation.
REFERENCE = {
    "relu": lambda z: (max(z, 0.0), float(z > 0), z > 0, z == 0),
    "leaky_relu": lambda z: (z if z > 0 else 0.01 * z, 1.0 if z > 0 else 0.01, z > 0, z == 0),
    "hardtanh": lambda z: (min(max(z, -1.0), 1.0), float(-1 < z < 1), -1 < z < 1, abs(z) == 1),
    "relu6": lambda z: (min(max(z, 0.0), 6.0), float(0 < z < 6), 0 < z < 6, z in (0, 6)),
    "tanh": lambda z: (math.tanh(z), 1 - math.tanh(z) ** 2, 1 - math.tanh(z) ** 2 != 0, False),
}
GATES_AT_ZERO, KINKED = ("relu", "relu6"), ("relu", "leaky_relu", "hardtanh", "relu6")


def verdict(op, cells, mean_of_layer):
    """The state of a unit from its cells, a list an example of (h, local, fires, arrives)."""
    flat = [cell for example in cells for cell in example]
    h = [cell[0] for cell in flat]
    if all(local == 0 for _, local, _, _ in flat):
        return "dead"
    if not any(arrives for *_, arrives in flat):
        return "starved"
    if max(h) - min(h) <= 1e-12 * max(map(abs, h)):
        return "constant"
    score = sum(map(abs, h)) / len(h) / mean_of_layer if mean_of_layer else 0.0
    if score <= 0.025:
        return "dormant"
    fired = sum(any(fires for _, _, fires, _ in example) for example in cells)
    if op in GATES_AT_ZERO and fired / len(cells) <= 0.01:
        return "rare"
    if op in KINKED and all(fires for _, _, fires, _ in flat):
        return "always-on"
    return "live"


def verdicts(op, table):
    """The states of a layer from ``table[example][unit][place]``."""
    units = range(len(table[0]))
    means = [np.mean([abs(c[0]) for row in table for c in row[u]]) for u in units]
    return tuple(verdict(op, [row[u] for row in table], np.mean(means)) for u in units)


def brute_force(layers, ops, X):
    """States of the units of a fully connected network that ends in a layer without activation."""
    tables = [[] for _ in ops]
    for x in X:
        h, seen = [float(a) for a in x], []
        for (W, b), op in zip(layers, ops, strict=False):
            z = [sum(w * a for w, a in zip(row, h, strict=True)) + c
                 for row, c in zip(W, b, strict=True)]  # fmt: skip
            seen.append([REFERENCE[op](one) for one in z])
            h = [cell[0] for cell in seen[-1]]
        reach = [True] * len(layers[-1][0])
        for k in reversed(range(len(ops))):
            W = layers[k + 1][0]
            arrives = [any(reach[i] and W[i][j] != 0 for i in range(len(W)))
                       for j in range(len(seen[k]))]  # fmt: skip
            tables[k].append([[(h, local, fires, a)] for (h, local, fires, _), a
                              in zip(seen[k], arrives, strict=True)])  # fmt: skip
            reach = [a and cell[1] != 0 for a, cell in zip(arrives, seen[k], strict=True)]
    return [verdicts(op, table) for op, table in zip(ops, tables, strict=True)]


@st.composite
def networks(draw):
    """Small whole numbers, so that zeros, ties and kinks are everywhere."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=3, max_size=5))
    ops = draw(st.lists(st.sampled_from(list(REFERENCE)), min_size=len(sizes) - 2,
                        max_size=len(sizes) - 2))  # fmt: skip
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    spread = draw(st.sampled_from([0.6, 1.0, 4.0]))
    layers = [
        (np.rint(rng.normal(0, spread, (b, a))), np.rint(rng.normal(0, 2 * spread, b)))
        for a, b in pairwise(sizes)
    ]
    X = np.rint(rng.normal(0, 2, (draw(st.integers(1, 9)), sizes[0])))
    return layers, ops, X


@given(networks(), st.integers(1, 10))
def test_verdicts_agree_with_going_through_every_example_one_by_one(network, batch_size):
    layers, ops, X = network
    report = inspect_units(as_model(layers, ops), X, batch_size)
    assert [layer.states for layer in report] == brute_force(layers, ops, X)


def test_random_networks_reach_every_state_but_rare():
    """Else the test above would compare little; rare needs a hundred examples."""
    rng, seen = np.random.default_rng(0), set()
    for _ in range(200):
        W, v = np.rint(rng.normal(0, 1, (6, 2))), np.rint(rng.normal(0, 1, (1, 6)))
        b = np.rint(rng.normal(0, 3, 6))
        b[0], W[0] = 40.0, np.abs(W[0])
        layers, X = [(W, b), (v, np.zeros(1))], np.rint(rng.normal(0, 2, (9, 2)))
        expected = brute_force(layers, ["relu"], X)
        assert [layer.states for layer in inspect_units(as_model(layers, ["relu"]), X)] == expected
        seen.update(*expected)
    assert seen >= {"dead", "starved", "constant", "always-on", "live"}


@given(st.integers(0, 2**32), st.sampled_from([1, 2, 5]), st.sampled_from(["relu", "hardtanh"]))
def test_a_feature_map_is_one_unit_over_all_its_places(seed, batch_size, op):
    rng = np.random.default_rng(seed)
    X = np.rint(rng.normal(0, 1.5, (5, 2, 4, 4)))
    K, b = np.rint(rng.normal(0, 1, (3, 2, 3, 3))), np.rint(rng.normal(-6, 6, 3))
    V = np.rint(rng.normal(0, 0.7, (1, 12)))
    weight, bias, out = Value(K), Value(b), Value(V)

    def model(x):
        h = getattr(tg, op)(tg.conv2d(x, weight, bias))
        return tg.linear(tg.reshape(h, (len(x), -1)), out)

    table = []
    for x in X:
        row = []
        for u in range(3):
            cells = []
            for i in range(2):
                for j in range(2):
                    z = b[u]
                    for c in range(2):
                        for p in range(3):
                            for q in range(3):
                                z += x[c, i + p, j + q] * K[u, c, p, q]
                    h, local, fires, _ = REFERENCE[op](float(z))
                    cells.append((h, local, fires, V[0, u * 4 + i * 2 + j] != 0))
            row.append(cells)
        table.append(row)
    report = inspect_units(model, X, batch_size)
    assert [layer.states for layer in report] == [verdicts(op, table)]


# --- networks built to have exactly one of each ---------------------------------------------


def test_one_network_has_one_unit_of_each_state():
    model, X = one_of_each()
    # score of the rare unit: E|h| = .5/201 against about .7: it has to be judged by its firing
    report = inspect_units(model, X, tau=1e-3)
    assert ("nan", *report[0].states) == UNIT_STATES
    assert report.counts == dict.fromkeys(UNIT_STATES[1:], 1)
    assert [unit.index for unit in report.dead] == [0]
    assert report.dead_share == 1 / 7
    assert report[0].edges == {"all": (0,), "some": (1, 3, 4, 6), "none": (2, 5)}


def test_numbers_of_a_unit():
    model = as_model([([[1.0]], [0.0]), ([[1.0]], [0.0])], ["relu"])
    unit = inspect_units(model, [[-1.0], [0.0], [1.0], [2.0]], 3)[0][0]
    assert (unit.open_share, unit.open_places, unit.apoz, unit.on_kink) == (0.5, 0.5, 0.5, 0.25)
    assert (unit.mean_abs, unit.score, unit.probe, unit.shut) == (0.75, 1.0, 1.0, "some")


def test_a_unit_at_the_threshold_is_dormant():
    model = as_model([([[1.0], [3.0]], [0.0, 0.0]), ([[1.0, 1.0]], [0.0])], ["relu"])
    X = [[1.0], [2.0], [-1.0]]
    assert [unit.score for unit in inspect_units(model, X)[0]] == [0.5, 1.5]
    assert inspect_units(model, X, tau=0.5)[0].states == ("dormant", "live")
    assert inspect_units(model, X, tau=0.49)[0].states == ("live", "live")


def test_what_makes_a_unit_dead_is_marked():
    X = np.array([[-1.0], [0.0]])
    out = ([[1.0, 1.0]], [0.0])
    relu = inspect_units(as_model([([[1.0], [1.0]], [0.0, -1.0]), out], ["relu"]), X)[0]
    assert [(u.state, u.mark) for u in relu] == [("dead", "on kink"), ("dead", "")]
    tanh = inspect_units(as_model([([[1.0], [1.0]], [0.0, 30.0]), out], ["tanh"]), X)[0]
    assert [(u.state, u.mark) for u in tanh] == [("live", ""), ("dead", "rounded to 0")]
    assert [u.shut for u in tanh] == ["none", "none"]


def test_the_recorded_local_gradient_decides_and_not_the_sign_of_the_output():
    w, b = Value([[0.0]]), Value([0.0])
    X = np.ones((3, 1))
    assert inspect_units(lambda x: tg.linear(x, w, b).relu(), X)[0].states == ("dead",)
    open_ = inspect_units(lambda x: tg.relu(tg.linear(x, w, b), at_zero=1.0), X)[0]
    assert open_.states == ("constant",)
    leaky = inspect_units(lambda x: tg.leaky_relu(tg.linear(x, w, b), 0.0), X)[0]
    assert leaky.states == ("dead",)


def test_a_unit_is_starved_where_a_shut_layer_above_keeps_the_probe_out():
    layers = [([[1.0], [-1.0]], [0.0, 0.0]), ([[1.0, 1.0]], [-50.0]), ([[1.0]], [0.0])]
    report = inspect_units(as_model(layers, ["relu", "relu"]), np.linspace(-2, 2, 9)[:, None])
    assert [layer.states for layer in report] == [("starved", "starved"), ("dead",)]


def test_paths_that_cancel_do_not_starve():
    w = Value([[1.0]])
    model = lambda x: (h := tg.linear(x, w).relu()) - h  # noqa: E731
    assert inspect_units(model, [[1.0], [2.0], [-1.0]])[0][0].probe == 1.0


def test_an_output_without_a_gate_is_not_judged_and_one_with_a_gate_is():
    assert [layer.name for layer in inspect_units(nn.MLP(2, [3, 1], rng=0), np.ones((4, 2)))] == [
        "layer 1 (Linear 2→3)"
    ]
    net = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Sigmoid())
    assert len(inspect_units(net, np.ones((4, 2)))) == 1
    report = inspect_units(nn.Linear(2, 1, rng=0), np.ones((4, 2)))
    assert (len(report), report.dead_share) == (0, 0.0)
    assert "no activation" in str(report)


ACTIVATIONS = [
    kind
    for kind in vars(nn).values()
    if getattr(getattr(kind, "op", None), "elementwise", False) and kind is not nn.Identity
]


@pytest.mark.parametrize("kind", [*ACTIVATIONS, nn.PReLU, lambda: nn.PReLU(5)])
def test_every_activation_has_its_units_found(kind):
    assert len(ACTIVATIONS) > 15
    net = nn.Sequential(nn.Linear(2, 5, rng=0), kind(), nn.Linear(5, 1, rng=1))
    report = inspect_units(net, np.random.default_rng(0).normal(size=(50, 2)))
    assert [len(layer) for layer in report] == [5]
    assert not report.dead


def test_train_and_test_stand_side_by_side():
    model = as_model([([[1.0], [-1.0]], [0.0, 0.0]), ([[1.0, 1.0]], [0.0])], ["relu"])
    report = inspect_units(model, [[1.0], [2.0]], test=[[-1.0], [1.0], [-2.0]])
    assert report[0].states == ("always-on", "dead")
    assert report.test[0].states == ("live", "live")
    assert [(a.state, b.state) for a, b in report.changed] == [
        ("always-on", "live"), ("dead", "live"),
    ]  # fmt: skip
    assert "test state" in str(report)


def test_modules_are_looked_at_as_in_evaluation_and_left_as_they_were():
    net = nn.Sequential(
        nn.Linear(2, 4, rng=0), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.9, rng=0)
    )
    net[3].eval()
    before = {k: v.copy() for k, v in net.state_dict().items()}
    X = np.random.default_rng(0).normal(size=(20, 2))
    assert inspect_units(net, X).to_dict() == inspect_units(net, X).to_dict()
    assert [m.training for m in net] == [True, True, True, False]
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


def test_frozen_layers_are_found_if_X_is_a_value():
    w, v = Value(np.ones((3, 2)), requires_grad=False), Value(np.ones((1, 3)))
    model = lambda x: tg.linear(tg.linear(x, w).relu(), v)  # noqa: E731
    X = np.ones((4, 2))
    assert len(inspect_units(model, X)) == 0
    assert inspect_units(model, Value(X), 3)[0].states == ("constant",) * 3


def test_memory_does_not_grow_with_the_data():
    net = nn.MLP(4, [32, 32, 1], rng=0)

    def peak(n):
        X = np.ones((n, 4))
        tracemalloc.start()
        inspect_units(net, X, 64)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(64)
    assert peak(8_000) < peak(400) + 500_000  # the activations alone would be 4,000,000


def test_no_gradient_is_touched():
    net = nn.MLP(2, [3, 1], rng=0)
    inspect_units(net, np.ones((4, 2)))
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize(
    ("model", "X", "error", "words"),
    [
        (lambda x: x, [[1.0]], TypeError, "ndarray, not a Value"),
        (lambda x: Value(x), [[1.0]], ValueError, "no graph"),
        (lambda x: Value(1.0) * 2.0, [[1.0]], ValueError, "ask gradient_flow"),
        (lambda x: Value(x) * 2, np.ones((0, 1)), ValueError, "at least one is needed"),
        (lambda x: Value(x) * 2, 3.0, ValueError, "axis 0 counts the examples"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_way_out(model, X, error, words):
    with pytest.raises(error, match=words):
        inspect_units(model, X)


def test_a_graph_that_changes_from_batch_to_batch_is_refused():
    w = Value([[1.0]])
    model = lambda x: tg.linear(x, w).relu() if len(x) == 2 else tg.linear(x, w).tanh()  # noqa: E731
    with pytest.raises(ValueError, match=r"changed from batch to batch.*relu.*tanh"):
        inspect_units(model, np.ones((3, 1)), 2)


def test_a_nan_is_shown_and_kills_nothing():
    w = Value([[1.0], [1.0]])
    report = inspect_units(lambda x: tg.linear(x, w).relu(), [[math.nan], [-1.0]])
    assert report[0].states == ("live", "live")
    assert "NaN" in str(report)


def test_infinities_are_judged_without_a_warning(recwarn):
    w = Value([[1.0], [-1.0]])
    report = inspect_units(lambda x: tg.linear(x, w).relu(), [[math.inf], [1.0]])
    assert report[0].states == ("always-on", "dead")
    assert not recwarn.list


# --- rounding, NaN, threads -------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [1, 2, 4, 5, 9])
def test_equal_rows_are_constant_in_any_dtype_and_batch(dtype, batch_size):
    rng = np.random.default_rng(0)
    for width in (3, 40, 300):
        net = nn.MLP(width, [16, 16, 1], rng=rng).to(dtype)
        X = np.repeat(rng.normal(size=(1, width)), 9, axis=0).astype(dtype)
        for layer in inspect_units(net, X, batch_size):
            assert {*layer.states} <= {"dead", "constant", "starved"}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_small_difference_is_none_only_below_the_last_places(dtype):
    w, v = Value(np.ones((1, 1), dtype)), Value(np.ones((1, 1), dtype))
    model = lambda x: tg.linear(tg.linear(x, w).relu(), v)  # noqa: E731
    step = 200 * np.finfo(dtype).eps if dtype is np.float32 else 1e-11
    rows = [np.array([[1.0], [1.0 + s]], dtype) for s in (step, 4 * np.finfo(dtype).eps)]
    assert [inspect_units(model, X)[0].states for X in rows] == [("always-on",), ("constant",)]


def test_a_unit_of_nothing_but_nan_has_a_state_of_its_own():
    w, b = Value([[1.0], [1.0], [-1.0]]), Value([math.nan, 0.0, 0.0])
    for act in ("relu", "tanh", "leaky_relu", "hardtanh"):
        model = lambda x, act=act: getattr(tg, act)(tg.linear(x, w, b))  # noqa: E731
        report = inspect_units(model, [[1.0], [2.0], [-1.0]], 2)
        assert report[0].states[0] == "nan"
        assert "nan" not in report[0].states[1:]
        assert report.counts["nan"] == 1
        assert "? nan" in str(report).lower()


def test_two_looks_at_once_agree_and_leave_the_model_as_it_was():
    net = nn.Sequential(
        nn.Linear(2, 8, rng=0),
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(8, 1, rng=1),
    )
    X = np.random.default_rng(0).normal(size=(60, 2))
    alone = inspect_units(net, X, 4).to_dict()
    with ThreadPoolExecutor(4) as pool:
        for report in pool.map(lambda _: inspect_units(net, X, 4).to_dict(), range(8)):
            assert report == alone
    assert all(module.training for _, module in net.named_modules())


@pytest.mark.parametrize("option", [{"tau": "a"}, {"tau": math.nan}, {"rare": -1}])
def test_a_threshold_that_is_none_is_refused(option):
    with pytest.raises((TypeError, ValueError), match=r"(tau|rare) is at least 0"):
        inspect_units(nn.MLP(2, [3, 1]), np.ones((4, 2)), **option)
