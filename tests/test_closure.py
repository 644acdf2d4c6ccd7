"""record(): a node with a closure of the learner's own."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


def test_a_recorded_node_is_a_node_like_any_other():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = tg.record(a.data * b.data, [a, b], lambda g: (g * b.data, g * a.data), op="my_mul")
    (y * 10).backward()
    assert (y.op.name, y.data, a.grad, b.grad) == ("my_mul", 6.0, 30.0, 20.0)
    assert [id(p) for p in y.parents] == [id(a), id(b)]


def test_none_from_a_recorded_closure_means_nothing():
    a, b = Value([1.0, 2.0]), Value(3.0)
    tg.record(5.0, [a, b], lambda g: (None, g)).backward()
    assert (a.grad.tolist(), b.grad) == ([0.0, 0.0], 1.0)


def test_a_recorded_closure_is_called_once_a_pass():
    calls = []
    a, b = Value(1.0), Value(2.0)
    tg.record(3.0, [a, b], lambda g: calls.append(g) or (g, g)).backward()
    assert calls == [1.0]


@pytest.mark.parametrize(
    "data", [[1, 2], (1.0, 2.0), np.array([1, 2], np.int64), np.ones(2, np.float16)]
)
def test_recorded_data_follows_the_dtype_rule(data):
    y = tg.record(data, [Value([1.0, 2.0])], lambda g: g)
    assert (y.dtype, y.shape) == (np.float64, (2,))


def test_recorded_data_is_no_array_of_the_caller():
    array = np.ones(2)
    y = tg.record(array, [Value([1.0, 2.0])], lambda g: g)
    array[0] = 9.0
    assert y.data.tolist() == [1.0, 1.0]


def test_a_parent_must_be_a_value():
    with pytest.raises(TypeError, match=r"record 'mine'.*parent is a Value, not float"):
        tg.record(1.0, [2.0], lambda g: g, op="mine")


@pytest.mark.parametrize(
    ("closure", "message"),
    [
        (lambda g: (g, g), "record 'mine'.*2 contributions for 1 parent"),
        (lambda g: np.ones(3), r"record 'mine'.*parent 0, leaf 'w' of shape \(2,\).*\(3,\)"),
    ],
)
def test_a_closure_that_does_not_fit_its_parents_is_named(closure, message):
    w = Value([1.0, 2.0], label="w")
    y = tg.record(3.0, [w], closure, op="mine")
    with pytest.raises(ValueError, match=message):
        y.backward()
    assert w.grad is None


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("a", "real numbers"),
        (1j, "real numbers"),
        (Value(2.0), r"is a Value.*\.data"),
    ],
)
def test_a_closure_that_returns_no_number_is_named(returned, message):
    x = Value(1.0, label="x")
    y = tg.record(3.0, [x], lambda g: returned, op="mine")
    with pytest.raises(TypeError, match=rf"^record 'mine': .*parent 0, leaf 'x' .*{message}"):
        y.backward()


def test_a_recorded_node_refuses_what_it_cannot_keep():
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"record 'mine': backward is a function, not float"):
        tg.record(3.0, [x], 2.0, op="mine")
    with pytest.raises(TypeError, match=r"^Value 'mine' of a Value: take v\.data"):
        tg.record(x * 2, [x], lambda g: g, op="mine")


def test_a_closure_may_keep_what_it_returned():
    kept = np.ones(2)
    x = Value([1.0, 2.0])
    tg.record(3.0, [x], lambda g: kept).backward()
    x.grad *= 0.0
    assert kept.tolist() == [1.0, 1.0]


def test_one_parent_may_come_alone():
    x = Value([1.0, 2.0])
    tg.record(x.data * 3, x, lambda g: 3 * g).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0, 3.0])
    with pytest.raises(TypeError, match="a parent is a Value, not int"):
        tg.record(1.0, 3, lambda g: g)


def test_a_recorded_closure_is_asked_again_although_not_every_parent_was_served():
    calls, g = [], 1.0
    parents = [Value(1.0), Value(2.0, requires_grad=False)]
    y = tg.record(3.0, parents, lambda g: calls.append(g) or (g, g))
    assert y.backward_closure(g) == y.backward_closure(g) == (1.0, None)
    assert calls == [1.0, 1.0]


def test_an_op_is_named_by_a_text():
    with pytest.raises(TypeError, match="record: op is a text, not 3"):
        tg.record(1.0, [Value(1.0)], lambda g: g, op=3)


def test_threads_that_ask_one_recorded_closure_do_not_disturb_each_other():
    y = tg.record(3.0, [Value(1.0), Value(2.0)], lambda g: (2 * g, 3 * g))
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            asked = [float(k) for k in range(2000)]
            answers = list(zip(asked, threads.map(y.backward_closure, asked), strict=True))
    finally:
        sys.setswitchinterval(interval)
    assert [k for k, pieces in answers if pieces != (2 * k, 3 * k)] == []
