"""Marks: a number that was moved is recognised by its value, and its marks are to say the same."""

import os

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.flow.marks import Marks, by_unit, carry, diagonal, made_of_a_leaf, places_in_leaf
from tinygrad_relu.node import topological

ROUNDS = int(os.environ.get("ROUNDS", "40"))  # by hand: ROUNDS=10000


def moved(v, rng):
    """`v` after a random shape op."""
    axis = int(rng.integers(v.ndim))
    ways = [
        lambda: v.T,
        lambda: tg.swapaxes(v, axis, 0),
        lambda: v.reshape(-1),
        lambda: v.reshape(v.shape[::-1]),
        lambda: tg.expand_dims(v, axis),
        lambda: v[(slice(None),) * axis + (slice(None, None, -1),)],
        lambda: v[(slice(None),) * axis + (rng.permutation(v.shape[axis]),)],
        lambda: tg.concatenate([v[:1], v[1:]], axis=0),
        lambda: tg.stack([v, v], axis=axis)[(slice(None),) * axis + (1,)],
        lambda: tg.pad(v, 1, 7.0)[(slice(1, -1),) * v.ndim],
        lambda: v * 1.0,
    ]
    return ways[rng.integers(len(ways))]()


def marked(z, output, units, examples):
    """The marks at `output` of what is marked at `z`."""
    known = {id(z): {"layer": Marks(units, examples)}}
    for node in topological(output):
        if node.op is not None and node is not z:
            known[id(node)] = carry(node, known)
    return known[id(output)].get("layer")


def test_marks_go_where_the_numbers_go():
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        n, k = (int(i) for i in rng.integers(2, 5, 2))
        numbers = np.arange(1.0, n * k + 1).reshape(n, k)
        examples, units = np.indices((n, k)) + 1
        z = v = Value(numbers) * 1.0
        for _ in range(4):
            v = moved(v, rng)
        found = marked(z, v, units, examples)
        place = (v.data - 1).astype(np.int64)
        np.testing.assert_array_equal(found.examples, place // k + 1, str(seed))
        np.testing.assert_array_equal(found.units, place % k + 1, str(seed))


def layer(n=3, k=2):
    z = Value(np.arange(1.0, n * k + 1).reshape(n, k)) * 1.0
    examples, units = np.indices((n, k)) + 1
    return z, units, examples


def test_what_is_added_around_has_no_unit():
    z, units, examples = layer()
    found = marked(z, tg.pad(z, ((0, 0), (1, 0)), 5.0), units, examples)
    assert found.units.tolist() == [[0, 1, 2]] * 3
    both = tg.concatenate([z, Value(np.ones((3, 1)))], axis=1)
    assert marked(z, both, units, examples).units.tolist() == [[1, 2, 0]] * 3


def test_a_sum_over_units_is_of_no_unit_and_one_over_places_is():
    z, units, examples = layer()
    assert not marked(z, z.sum(axis=1), units, examples).units.any()
    assert marked(z, z.mean(axis=0), units, examples).units.tolist() == [1, 2]
    assert not marked(z, z.mean(axis=0), units, examples).examples.any()
    image = Value(np.ones((2, 3, 4, 4))) * 1.0
    examples, units = np.indices(image.shape)[:2] + 1
    for pooled in (tg.max_pool2d(image, 2), tg.avg_pool2d(image, 3, 1, 1), image.sum(axis=(2, 3))):
        found = marked(image, pooled, units, examples)
        at = np.indices(pooled.shape)[:2] + 1
        np.testing.assert_array_equal([found.examples, found.units], at)


def test_slope_1_and_nothing_else_are_told_apart():
    z, units, examples = layer()
    b = Value(np.ones(2))
    straight = [(z + b, True, True), (z + b + b, True, False), (z - 3.0, True, False),
                (z * 2.0, False, False), (3.0 - z, False, False), (z.T, True, True),
                (z + z, False, False), (z[:2], False, False), (z.reshape(-1), True, True),
                (tg.concatenate([z[:, :1], z[:, 1:]], 1), False, False)]  # fmt: skip
    for output, added, exact in straight:
        found = marked(z, output, units, examples)
        assert (found.added, found.exact) == (added, exact), output.op


def test_a_layer_met_twice_keeps_its_marks_only_where_they_agree():
    z, units, examples = layer(2, 2)
    assert marked(z, z + z, units, examples).units.tolist() == units.tolist()
    assert marked(z, z + z.T, units, examples) is None
    assert marked(z, z @ z, units, examples) is None


def test_a_recorded_closure_is_followed_where_it_works_number_by_number():
    z, units, examples = layer()
    twice = tg.record(2 * z.data, [z], lambda g: 2 * g)
    turned = tg.record(z.data[::-1], [z], lambda g: g[::-1])
    assert diagonal(twice)
    assert not diagonal(turned)
    assert marked(z, twice, units, examples).units.tolist() == units.tolist()
    assert marked(z, turned, units, examples) is None


def test_a_leaf_is_seen_through_shape_ops_and_no_others():
    w = Value(np.arange(6.0).reshape(2, 3))
    for v in (w, w.T, w.reshape(-1), w[:, ::-1], w[None, 0], tg.pad(w, 1)):
        assert made_of_a_leaf(v)
        leaf, places = places_in_leaf(v)
        assert leaf is w
        kept = places > 0
        np.testing.assert_array_equal(np.append(np.nan, w.data)[places][kept], v.data[kept])
    for v in (w * 1.0, tg.concatenate([w, w]), np.ones(3), 2.0):
        assert not made_of_a_leaf(v)


@pytest.mark.parametrize("shape", [(1, 3), (3,), (2, 3), ()])
def test_one_number_a_unit(shape):
    units = np.broadcast_to(np.array([2, 1, 3], np.int64), (2, 3))
    values = np.broadcast_to(np.array([20.0, 10.0, 30.0]), (2, 3)) if shape else np.array(5.0)
    given = values[:1] if shape == (1, 3) else values[0] if shape == (3,) else values
    assert by_unit(given, units, 3).tolist() == ([10, 20, 30] if shape else [5] * 3)
