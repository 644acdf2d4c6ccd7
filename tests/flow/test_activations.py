"""Activations: ops, and what is a spelling of one."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.flow.graphs import GATES
from tinygrad_relu import Value
from tinygrad_relu.flow.activations import sides, slope
from tinygrad_relu.picture.units import inspect_units


def test_a_choice_by_something_else_is_no_activation():
    w = Value(np.ones((4, 2)))
    X = np.random.default_rng(0).normal(size=(6, 2))
    mask = np.arange(4, dtype=np.int64) % 2 == 0
    for step in (lambda z: tg.where(mask, z, 0), lambda z: z * mask, lambda z: z * 2.0):
        assert len(inspect_units(lambda x, step=step: step(tg.linear(x, w)), X)) == 0
    mixing = lambda z: tg.record(z.data[::-1], [z], lambda g: g[::-1])  # noqa: E731
    assert len(inspect_units(lambda x: mixing(tg.linear(x, w)), X)) == 0


@pytest.mark.parametrize(
    ("slopes", "z", "told"),
    [
        ([1, 0], [2.0, -1.0], (1, 0)),
        ([1, 0, 0.5], [2.0, -1.0, 0.0], (1, 0)),
        ([1, 1, 0], [2.0, 0.0, -3.0], (1, 0)),
        ([0, 1], [2.0, -1.0], (0, 1)),
        ([1, 0.5], [2.0, -1.0], (1, 0.5)),
        ([1, 0], [2.0, np.nan], (1, 0)),
        ([1, 1], [2.0, -1.0], None),
        ([1, 0, 0.1], [2.0, -1.0, -2.0], None),
        ([1, 1], [2.0, 3.0], (1, 0)),
        ([0, 0], [-2.0, -3.0], (1, 0)),
        ([2, 2], [2.0, 3.0], None),
        ([0.1], [-1.0], None),
    ],
)
def test_the_slopes_on_both_sides(slopes, z, told):
    assert sides(np.array(slopes), np.array(z)) == told


#: Ways to write leaky relu.
LEAKY = {
    "maximum": lambda z: np.maximum(z, 0.1 * z),
    "maximum the other way round": lambda z: tg.maximum(z * 0.1, z),
    "where": lambda z: tg.where(z > 0, z, 0.1 * z),
    "where not": lambda z: tg.where(z <= 0, z / 10.0, z),
    "times": lambda z: z * np.where(z.data > 0, 1.0, 0.1),
    "record": lambda z: tg.record(
        np.where(z.data > 0, z.data, 0.1 * z.data), [z], lambda g: g * np.where(z.data > 0, 1, 0.1)
    ),
}


@pytest.mark.parametrize("how", LEAKY)
def test_a_leaky_relu_spelled_is_one(how):
    rng = np.random.default_rng(0)
    W, b, v = Value(rng.normal(size=(4, 2))), Value([0.0, -5.0, 5.0, 0.0]), Value(np.ones((1, 4)))
    X = rng.normal(size=(9, 2))
    known = inspect_units(lambda x: tg.linear(tg.linear(x, W, b).leaky_relu(0.1), v), X)[0]
    (spelled,) = inspect_units(lambda x: tg.linear(LEAKY[how](tg.linear(x, W, b)), v), X)
    assert spelled.states == known.states
    assert {"live", "always-on"} <= {*known.states}
    assert [u.open_share for u in spelled] == [u.open_share for u in known]
    assert [u.shut for u in spelled] == ["none"] * 4


def test_the_slope_is_that_of_the_pass():
    z = Value(np.random.default_rng(0).normal(size=(5, 3))) * 1.0
    for way in (*LEAKY.values(), *GATES.values()):
        h = way(z)
        h.sum().backward()
        np.testing.assert_allclose(np.broadcast_to(slope(h, z), h.shape), z.grad)


@pytest.mark.parametrize("factor", [1.0, np.ones((5, 1)), np.ones(4), np.ones((5, 4))])
def test_a_factor_of_one_is_no_choice(factor):
    w = Value(np.random.default_rng(0).normal(size=(4, 3)))
    x = np.random.default_rng(1).normal(size=(5, 3))
    report = inspect_units(
        lambda x: tg.linear(x, w).relu() * (factor[: len(x)] if np.ndim(factor) == 2 else factor), x
    )
    assert [layer.op for layer in report] == ["relu"]


def test_the_larger_of_two_layers_is_no_activation():
    A, B = (Value(np.random.default_rng(s).normal(size=(3, 2))) for s in (0, 1))
    model = lambda x: tg.maximum(tg.linear(x, A), tg.linear(x, B))  # noqa: E731
    assert len(inspect_units(model, np.ones((4, 2)))) == 0


def test_a_long_way_to_an_activation_is_no_matter():
    w = Value(np.ones((3, 2)))

    def model(x):
        z = tg.linear(x, w)
        for _ in range(3000):
            z = z + 0.001
        return np.maximum(z, 0.1 * z)

    assert len(inspect_units(model, np.ones((2, 2)))[0]) == 3
