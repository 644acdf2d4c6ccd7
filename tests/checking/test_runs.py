"""A function under check is evaluated on copies, and a pass leaves nothing behind."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.checking.runs import Subject


def test_a_run_carries_and_adds():
    run = Subject(lambda x: x * x, [3.0]).run()
    assert run.carry(1.0) == [6.0]
    assert run.carry(2.0) == [12.0]
    assert run.carry(-1.0, add=True) == [6.0]


def test_what_nothing_reaches_holds_0():
    run = Subject(lambda a, b: a * 2.0, [1.0, [1.0, 2.0]]).run()
    assert [c.tolist() for c in run.carry(1.0)] == [2.0, [0.0, 0.0]]


def test_it_moves_one_element_and_keeps_the_point():
    subject = Subject(tg.square, [[1.0, 2.0]])
    np.testing.assert_array_equal(subject.moved(0, (1,), 0.5).y, [1.0, 6.25])
    np.testing.assert_array_equal(subject.points[0], [1.0, 2.0])


def test_the_callers_gradients_come_back():
    w = Value([1.0, 2.0])
    inner = tg.tanh(w)
    w.grad = [5.0, 5.0]
    run = Subject(lambda x: (x * inner).sum(), [3.0]).run()
    with run.left_alone():
        run.carry(1.0)
        assert inner.grad is not None
    assert inner.grad is None
    np.testing.assert_array_equal(w.grad, [5.0, 5.0])


def test_the_path_tells_which_way_it_went():
    subject = Subject(lambda x: tg.where(x.data > 0, x, 0.0), [[1.0, -1.0]])
    assert subject.run().path() == subject.run().path()
    assert subject.run().path() != subject.run([np.array([1.0, 1.0])]).path()


def test_kinks_of_one_op_that_meet_share_a_place():
    run = Subject(lambda x: tg.clip(tg.relu(x), 1.0, 1.0), [[1.0, 0.0]]).run()
    assert run.distances().tolist() == [1.0, 0.0, 0.0, -1.0, 0.0, -1.0]
    relu, low, high = np.split(run.places(), 3)
    assert (low == high).all()
    assert not set(relu) & set(low)


def test_a_point_is_finite():
    with pytest.raises(ValueError, match="input 0 is not finite"):
        Subject(tg.relu, [np.nan])
