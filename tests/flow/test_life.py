"""Lives: events in order, and parts that sum to what a unit moved by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygrad_relu.flow.life import Event, History, Life, Look, Split


def looked(*rows, every=1):
    history = History()
    for step, dead in enumerate(rows):
        history.look(step * every, [Look("layer 1", np.array(dead, bool))])
    return history


def test_a_life_is_told_from_its_events():
    history = looked([0, 1], [1, 1], [0, 1])
    assert history.story(0, 0) == (
        "layer 1, unit 1: alive at step 0; killed at step 1; revived at step 2; "
        "alive at step 2, the last look"
    )
    assert history.story("layer 1", -1) == (
        "layer 1, unit 2: born dead (step 0); dead at step 2, the last look"
    )
    assert history.spans(0, 0) == [(1, 2)]
    assert history.spans(0, 1) == [(0, 2)]


def test_between_two_looks_only_the_interval_is_known():
    assert "killed between step 0 and 5" in looked([0], [1], every=5).story(0, 0)


def test_of_many_events_the_first_and_the_last_are_kept():
    life = Life()
    for step in range(10):
        life.add(Event("killed" if step % 2 else "revived", step, step + 1), 4)
    assert [e.by for e in life.events] == [1, 2, 9, 10]
    assert life.forgotten == 6
    assert life.dead


def test_other_layers_are_another_history():
    history = looked([0, 1])
    with pytest.raises(ValueError, match=r"layers of \[2\] units, and now of \[3\]"):
        history.look(1, [Look("layer 1", np.zeros(3, bool))])
    with pytest.raises(ValueError, match="at least 2 events"):
        History(limit=1)


def a_look(rng, dtype, extra):
    """A layer of 3 units with numbers at random, and something else that is added to z."""
    x, W, b = rng.normal(size=4), rng.normal(size=(3, 4)).astype(dtype), rng.normal(size=3)
    z = W.astype(np.float64) @ x + b + extra
    return Look("layer 1", np.zeros(3, bool), z, lambda x, rows: rows @ x, x, W, b)


@given(st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_the_parts_always_sum_to_what_z_moved_by(seed, dtype, more):
    rng = np.random.default_rng(seed)
    extra = rng.normal(size=(2, 3)) * more
    before, after = (a_look(rng, dtype, e) for e in extra)
    for unit, split in enumerate(after.split(before, np.arange(3, dtype=np.int64))):
        assert split.total == pytest.approx(split.after - split.before, rel=1e-12, abs=1e-12)
        assert split.other == pytest.approx((extra[1] - extra[0])[unit], abs=1e-9)
        assert ("something else" in split.parts) is more
    assert after.split(before, np.arange(0, dtype=np.int64)) == []


def test_what_did_most_of_it_is_named():
    assert str(Split(1.0, -3.0, 0.0, -1.0, -3.0)) == (
        "mean pre-activation 1 → −3, by weight 0, input −1, bias −3: mostly the bias"
    )
    assert str(Split(1.0, -3.0, 1.0, 0.0, 0.0, -5.0)) == (
        "mean pre-activation 1 → −3, by weight 1, input 0, bias 0, something else −5: "
        "mostly something else"
    )
    assert Split(0.0, 1.0, 3.0, -2.0, 0.0).main == "weight"
    assert "something else" not in str(Split(1.0, 2.0, 1.0, 0.0, 0.0, 1e-12, 1e-9))
