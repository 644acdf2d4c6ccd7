"""Staleness: no gradient of old numbers."""

import array

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import StaleDataError, Value


def _assign(v):
    v.data = v.data + 1


def _in_place(v):
    v.data -= 1


CHANGES = pytest.mark.parametrize("change", [_assign, _in_place])


DATA = pytest.mark.parametrize("data", [2.0, [1.0, 2.0]], ids=["scalar", "tensor"])


@CHANGES
@DATA
def test_changed_data_is_named_and_no_gradient_changes(change, data):
    w, b = Value(data, label="w"), Value(1.0, label="b")
    h = w * 3 + b
    loss = (h.relu() * w).sum()
    loss.backward()
    before = w.grad, b.grad
    change(w)
    with pytest.raises(StaleDataError, match=r"leaf 'w' of shape \(.*\) was assigned.*mul.*again"):
        loss.backward()
    assert w.grad is before[0]
    assert b.grad is before[1]


def test_a_refused_pass_leaves_no_gradient_that_was_never_computed():
    a, w = Value(2.0), Value(4.0)
    inner = a * 3
    loss = inner + w
    w.data = 5.0
    with pytest.raises(StaleDataError):
        loss.backward()
    assert (inner.grad, loss.grad, a.grad, w.grad) == (None,) * 4


@CHANGES
@DATA
@pytest.mark.parametrize("changed", ["source", "twin"])
def test_changed_data_is_caught_through_detach_in_both_directions(change, data, changed):
    source = Value(data, label="w")
    twin = source.detach()
    x = Value(data)
    used, other = (twin, source) if changed == "source" else (source, twin)
    loss = (x * used).sum()
    change(other)
    with pytest.raises(StaleDataError, match="leaf 'w'"):
        loss.backward()
    assert x.grad is None


@pytest.mark.parametrize(
    "view",
    [lambda w: w.T, lambda w: w[:2], lambda w: w.reshape(4, 1), lambda w: w.identity()],
    ids=["transpose", "slice", "reshape", "identity"],
)
def test_changed_data_is_caught_through_a_detached_view(view):
    w, x = Value(np.arange(4.0)), Value(2.0)
    loss = (x * view(w).detach()).sum()
    before = loss.data
    w.data -= 100
    try:
        loss.backward()
    except StaleDataError:
        return
    assert x.grad == before / 2  # or the old numbers were kept


def test_changed_data_of_a_leaf_that_needs_no_gradient_counts_too():
    c, x = Value(2.0, label="c", requires_grad=False), Value(3.0)
    y = x * c
    c.data = 5.0
    with pytest.raises(StaleDataError, match="'c'"):
        y.backward()


@pytest.mark.parametrize("ask", ["local_grad", "local_grads"])
def test_a_local_gradient_is_that_of_its_forward_pass_or_an_error(ask):
    x = Value(2.0, label="x")
    y = x.relu()
    x.data = -2.0
    with pytest.raises(StaleDataError, match=r"'x'.*relu"):
        getattr(y, ask)
    with pytest.raises(StaleDataError, match=r"'x'.*relu"):
        y.backward_closure(1.0)


def test_a_new_forward_pass_is_fresh_again():
    w = Value([1.0, 2.0])
    for expected in ([2.0, 4.0], [2.0, 4.0]):
        (w * w).sum().backward()
        assert w.grad.tolist() == expected
        w.zero_grad()
        w.data = [1.0, 2.0]


def test_the_usual_update_just_works():
    w = Value([1.0, 2.0])
    for _ in range(50):
        loss = (w * w).sum()
        w.zero_grad()
        loss.backward()
        w.data -= 0.1 * w.grad
    assert np.all(np.abs(w.data) < 1e-4)


# --- behind views -----------------------------------------------------------------------------


VIEWS = {
    "reshape": lambda x: x.reshape(2, 1),
    "transpose": lambda x: x[None].T,
    "getitem": lambda x: x[::-1],
    "identity": tg.identity,
    "a view of a view": lambda x: tg.identity(x)[None].reshape(2, 1),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_leaf_assigned_behind_a_view_makes_what_used_the_view_stale(view):
    w = Value([2.0, 1.0], label="w")
    y = view(w)
    z = y * y
    w.data -= 1.0
    with pytest.raises(tg.StaleDataError, match="leaf 'w'"):
        _ = z.local_grads
    with pytest.raises(tg.StaleDataError, match="leaf 'w'"):
        z.backward_closure(np.ones(z.shape))


@pytest.mark.parametrize("f", [lambda w: (w * 2).reshape(2, 1), lambda w: tg.sin(w)[None].T])
def test_a_view_of_what_an_op_made_stays_fresh(f):
    w = Value([2.0, 1.0])
    y = f(w)
    z = y * y
    w.data -= 1.0
    np.testing.assert_array_equal(z.local_grads[0], y.data)


# --- written element by element ---------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * x).sum(),
        lambda x: x.relu().sum(),
        lambda x: x.reshape(1, 2).T.sum(),
        lambda x: (Value([1.0, 1.0]) * x.detach()).sum(),
        lambda x: tg.concatenate([x, x]).sum(),
    ],
    ids=["elementwise", "unary", "views", "detached", "variadic"],
)
def test_an_array_written_element_by_element_is_caught(f):
    x = Value([1.0, 2.0], label="x")
    with tg.detect_anomaly():
        loss = f(x)
        x.data[0] = 7.0
        with pytest.raises(tg.StaleDataError, match=r"shape .*\(.*written.*again"):
            loss.backward()
    assert x.grad is None


def test_the_local_gradient_of_a_written_array_is_refused():
    x = Value([1.0, 2.0], label="x")
    with tg.detect_anomaly():
        y = x * x
    x.data[0] = 7.0
    with pytest.raises(tg.StaleDataError, match="written"):
        _ = y.local_grads
    with pytest.raises(tg.StaleDataError, match="written"):
        y.backward_closure([1.0, 1.0])


# --- what an op was given is copied -----------------------------------------------------------

KEPT = {
    "operand": (lambda w, c: (w * c).sum(), lambda c: c),
    "operand on the left": (lambda w, c: (c * w).sum(), lambda c: c),
    "view": (lambda w, c: (w * c[::-1]).sum(), lambda c: c[::-1]),
    "read-only view": (lambda w, c: (w * np.broadcast_to(c, (2, 2))).sum(), lambda c: 2 * c),
    "matmul": (lambda w, c: w @ c, lambda c: c),
    "linear": (lambda w, c: tg.linear(c[None], w[None]).sum(), lambda c: c),
    "np.dot": (lambda w, c: np.dot(c, w), lambda c: c),
    "target": (lambda w, c: tg.mse_loss(w, c), lambda c: 3.0 - c),
    "where": (lambda w, c: tg.where(c > 0, w, 0).sum(), lambda c: 1.0 * (c > 0)),
    "in a list": (lambda w, c: tg.concatenate([w * 2, c]).sum(), lambda c: 2.0 + 0 * c),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize(("f", "right"), KEPT.values(), ids=KEPT)
def test_a_constant_written_into_later_is_used_as_it_was(f, right, dtype):
    w, c = Value([3.0, 3.0]), np.array([1, 2], dtype)
    expected = right(c.astype(np.float64))
    y = f(w, c)
    c[:] = -7
    y.backward()
    np.testing.assert_allclose(w.grad, expected)


SETTINGS = {
    "mask": (np.array([True, False, True]), lambda w, i: w[i].sum()),
    "index": (np.array([0, 2], np.int64), lambda w, i: w[i].sum()),
    "index in a tuple": (np.array([0, 2], np.int64), lambda w, i: w[None][0, i].sum()),
    "list": ([0, 2], lambda w, i: w[i].sum()),
    "condition": (np.array([1.0, 0.0, 1.0]), lambda w, i: tg.where(i, w, 0.0).sum()),
    "condition view": (np.array([1.0, 0.0, 1.0]), lambda w, i: tg.where(i[:], w, 0.0).sum()),
}


@pytest.mark.parametrize(("index", "f"), SETTINGS.values(), ids=SETTINGS)
def test_a_setting_written_into_later_is_used_as_it_was(index, f):
    w = Value([1.0, 2.0, 3.0])
    y = f(w, index)
    index[0], index[1] = 1, 1
    y.backward()
    assert w.grad.tolist() == [1.0, 0.0, 1.0]


def test_targets_written_into_later_are_used_as_they_were():
    logits, target = Value(np.zeros((1, 2))), np.array([0], np.int64)
    loss = tg.cross_entropy(logits, target)
    target[0] = 1
    loss.backward()
    assert logits.grad.tolist() == [[-0.5, 0.5]]


def test_a_buffer_used_again_and_again():
    w, total, buffer = Value([3.0, 4.0]), 0.0, np.empty(2)
    for row in ((1, 2), (10, 20)):
        buffer[:] = row
        total = total + (w * buffer).sum()
    total.backward()
    assert w.grad.tolist() == [11.0, 22.0]


def test_a_frozen_array_may_be_written_through_an_older_view():
    w, c = Value([3.0, 4.0]), np.array([1.0, 2.0])
    older = c[:]
    c.setflags(write=False)
    y = (w * c).sum()
    older[:] = 9.0
    y.backward()
    assert w.grad.tolist() == [1.0, 2.0]


class Late:
    """What NumPy takes for an array, and is none."""

    def __init__(self, *numbers):
        self.numbers = np.array(numbers, np.int64)

    def __array__(self, dtype=None, copy=None):
        return self.numbers

    def __setitem__(self, place, number):
        self.numbers[place] = number


class Longer(list):
    """A list of another class."""


def number(n):
    return np.array(n, np.int64)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize(
    ("setting", "f"),
    [
        (lambda: Longer([0, 2]), lambda w, i: w[i]),
        (lambda: array.array("q", [0, 2]), lambda w, i: w[i]),
        (lambda: memoryview(array.array("q", [0, 2])), lambda w, i: w[i]),
        (lambda: bytearray([0, 2]), lambda w, i: w[None, i]),
        (lambda: Late(0, 2), lambda w, i: w[i]),
        (lambda: np.asmatrix(number([0, 2])), lambda w, i: w[i]),
        (lambda: number([0, 2]).view(np.recarray), lambda w, i: w[..., i]),
        (lambda: number([0, 2]), lambda w, i: w[[i, i]]),
        (lambda: number([0, 2]), lambda w, i: w[i[:1].reshape(()) : i[1:].reshape(())]),
        (lambda: {0: 2}, lambda w, i: w.pad(i)),
        (lambda: {0: [0, 2]}, lambda w, i: w.pad(i)),
        (lambda: Longer([0, 2]), lambda w, i: w.pad(i)),
        (lambda: array.array("q", [0, 1]), lambda w, i: w.reshape((1, 3)).transpose(i)),
        (lambda: Longer([0, 1]), lambda w, i: w.reshape((1, 3)).transpose(i)),
    ],
)
def test_a_setting_of_any_kind_is_used_as_it_was(setting, f):
    w, again, i = Value([1.0, 2.0, 3.0]), Value([1.0, 2.0, 3.0]), setting()
    y, right = (np.square(f(v, i)).sum() for v in (w, again))
    right.backward()
    if isinstance(i, dict) and isinstance(i[0], list):
        i[0][0] = 1
    elif isinstance(i, np.matrix):
        i[0, 0] = 1
    else:
        i[0] = 1
    y.backward()
    assert w.grad.tolist() == again.grad.tolist()
