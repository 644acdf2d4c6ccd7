"""The pass: what it adds, what it refuses, and what it leaves behind."""

import gc
import sys
import threading
import weakref
from contextlib import contextmanager

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.interrupts import interrupted
from tinygrad_relu import Value
from tinygrad_relu.op import elementwise

# --- accumulation -----------------------------------------------------------------------------


@pytest.mark.parametrize("data", [3.0, [3.0]], ids=["scalar", "tensor"])
def test_a_second_pass_starts_fresh_and_adds_to_the_leaf(data):
    x = Value(data)
    y = x**3
    for expected in (27.0, 54.0):
        y.backward(y.data * 0 + 1)
        assert np.all(x.grad == expected)
        assert np.all(y.grad == 1.0)


def test_an_operand_used_twice_receives_twice():
    x = Value(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0


def test_two_losses_share_a_trunk():
    x = Value(2.0)
    trunk = x * x
    first, second = trunk * 3, trunk.exp()
    first.backward()
    assert (x.grad, trunk.grad) == (12.0, 3.0)
    second.backward()
    assert x.grad == pytest.approx(12.0 + 4 * np.exp(4.0))
    assert trunk.grad == pytest.approx(np.exp(4.0))  # the last pass only


def test_a_leaf_may_be_the_root():
    x = Value([1.0, 2.0])
    x.backward([3.0, 4.0])
    x.backward([3.0, 4.0])
    assert x.grad.tolist() == [6.0, 8.0]


def test_a_leaf_that_is_reached_but_receives_nothing_has_a_gradient_of_zero():
    x, unreached = Value([1.0, 2.0]), Value(1.0)
    tg.record(5.0, [x * 2], lambda g: None).backward()
    assert (x.grad.tolist(), unreached.grad) == ([0.0, 0.0], None)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_arrays_have_empty_gradients(shape):
    x, b = Value(np.ones(shape)), Value(1.0)
    (x.relu() * 2 + b).sum().backward()
    assert (x.grad.shape, b.grad) == (shape, 0.0)


def test_broadcast_operands_receive_sums():
    x, row, column, number = (Value(np.ones(s)) for s in [(4, 3), (3,), (4, 1), ()])
    (x * row * column * number).sum().backward()
    assert row.grad.tolist() == [4.0] * 3
    assert column.grad.tolist() == [[3.0]] * 4
    assert number.grad == 12.0


# --- the root ---------------------------------------------------------------------------------


def test_a_root_that_is_no_scalar_needs_a_gradient_and_says_so():
    h = Value(np.ones((2, 3))).relu()
    h.label = "h"
    message = r"relu 'h' of shape \(2, 3\).*scalar.*\.sum\(\).*gradient of its shape"
    with pytest.raises(ValueError, match=message):
        h.backward()


def test_a_gradient_of_another_shape_is_refused():
    h = Value(np.ones((2, 3))).relu()
    with pytest.raises(ValueError, match=r"relu of shape \(2, 3\).*gradient has shape \(3,\)"):
        h.backward(np.ones(3))


def test_a_root_that_needs_no_gradient_says_how_to_get_one():
    c = Value(1.0, label="c", requires_grad=False)
    with pytest.raises(RuntimeError, match=r"leaf 'c' of shape \(\).*requires_grad=True"):
        c.backward()


def test_the_gradient_of_the_root_is_copied():
    x, seed = Value([1.0, 2.0]), np.ones(2)
    y = x + 0
    y.backward(seed)
    seed[0] = 9.0
    assert (x.grad.tolist(), y.grad.tolist()) == ([1.0, 1.0], [1.0, 1.0])


# --- nothing is computed that nobody asked for ------------------------------------------------


@pytest.mark.parametrize("wrap", [float, lambda x: np.full(2, x)], ids=["scalar", "tensor"])
def test_no_rule_runs_for_an_operand_that_needs_no_gradient(wrap):
    ran = []

    @elementwise(
        lambda y, a, b: ran.append("a") or b,
        lambda y, a, b: ran.append("b") or a,
    )
    def product(a, b):
        return a * b

    frozen, w = Value(wrap(2.0), requires_grad=False), Value(wrap(3.0))
    for left in (frozen, wrap(2.0), w.detach()):
        y = product(left, w)
        y.backward(wrap(1.0))
    assert ran == ["b", "b", "b"]
    assert frozen.grad is None


def test_a_network_computes_no_gradient_for_its_input_batch():
    x, w = np.ones((4, 3)), Value(np.ones((2, 3)))
    y = tg.linear(x, w, Value(np.zeros(2)))
    assert len(y.backward_closure(np.ones((4, 2)))) == 2


# --- errors on the way leave nothing half done ------------------------------------------------


def test_a_closure_that_fails_leaves_the_gradients_of_leaves_alone():
    a, b = Value(1.0), Value([1.0, 2.0])
    inner = a * 2

    def fail(g):
        raise ZeroDivisionError("on purpose")

    loss = (tg.record(inner.data, [inner], fail) + b * a).sum()
    a.grad, b.grad = 5.0, np.array([6.0, 7.0])
    with pytest.raises(ZeroDivisionError, match="on purpose"):
        loss.backward()
    assert (a.grad, b.grad.tolist()) == (5.0, [6.0, 7.0])
    assert (inner.grad, loss.grad) == (None, None)
    (b * a).sum().backward()
    assert (a.grad, b.grad.tolist()) == (8.0, [7.0, 8.0])


def test_a_pass_inside_a_closure_does_not_disturb_the_pass_around_it():
    """Checkpointing: the closure computes its part again, and goes back through that."""
    w, x = Value(2.0), Value(3.0)
    h = x * w

    def again(g):
        inside = Value(h.data)
        (inside * w).backward(g)
        return inside.grad

    (tg.record(h.data * w.data, [h], again) + 5 * w).backward()
    assert (x.grad, w.grad) == (4.0, 2 * 3 * 2 + 5.0)


# --- memory -----------------------------------------------------------------------------------


def test_the_gradient_of_an_inner_node_is_read_only():
    x = Value([1.0, 2.0])
    h = x * 2
    loss = (h.relu() + h).sum()
    loss.backward()
    with pytest.raises(ValueError, match="read-only"):
        h.grad[0] = 9.0


def test_the_gradient_of_a_leaf_shares_memory_with_nothing():
    a, b, c = (Value([1.0, 2.0], label=name) for name in "abc")
    h = a + b
    root = h + c.reshape(2).T
    seed = np.ones(2)
    root.backward(seed)
    arrays = [v.grad for v in (a, b, c, h, root)] + [v.data for v in (a, b, c)] + [seed]
    for leaf in (a, b, c):
        others = [array for array in arrays if array is not leaf.grad]
        assert not any(np.shares_memory(leaf.grad, other) for other in others)
        leaf.grad *= 0.5  # clipping in place changes nothing else
    assert (h.grad.tolist(), a.grad.tolist(), seed.tolist()) == ([1.0, 1.0], [0.5, 0.5], [1.0, 1.0])


@contextmanager
def no_collector():
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _with_closures(x):
    y = x.relu()
    y.backward_closure(y.data)
    return y, y.local_grads


def _scoped(x):
    with tg.scope("layer"), tg.track_source():
        return x * 2


def _anomaly(x):
    with tg.detect_anomaly():
        return x * 2


GRAPHS = {
    "arithmetic": lambda x: (x * 2 + x) / 3,
    "diamond": lambda x: (x + x) * (x + x),
    "activations": lambda x: x.relu().gelu().softplus(),
    "shapes": lambda x: tg.concatenate([x.reshape(-1, 1), np.ones((1, 1))]).T,
    "matmul": lambda x: x.reshape(1, -1) @ x.reshape(-1, 1),
    "detached": lambda x: x * x.detach(),
    "closures": _with_closures,
    "scoped": _scoped,
    "anomaly": _anomaly,
    "recorded": lambda x: tg.record(x.data, [x], lambda g: g),
}


@pytest.mark.parametrize("build", GRAPHS.values(), ids=GRAPHS)
@pytest.mark.parametrize("data", [2.0, [1.0, 2.0]], ids=["scalar", "tensor"])
def test_a_graph_dies_with_its_last_reference(build, data):
    with no_collector():
        x = Value(data)
        y = build(x)
        y = y[0] if isinstance(y, tuple) else y
        y.backward(np.ones(y.shape))
        alive = [weakref.ref(x), weakref.ref(y), weakref.ref(y.parents[0])]
        del x, y
        assert [ref() is None for ref in alive] == [True] * 3


def test_a_training_step_leaves_nothing_for_the_collector():
    w, b = Value(np.ones((2, 3))), Value(np.zeros(2))

    def step():
        loss = tg.mse_loss(tg.linear(np.ones((4, 3)), w, b).relu(), np.zeros((4, 2)))
        loss.backward()
        w.data -= 0.1 * w.grad

    step()
    with no_collector():
        step()
        assert gc.collect() == 0


# --- depth and breadth ------------------------------------------------------------------------

DEEP = 20_000  #: a twentieth of it is too deep for recursion


def test_a_long_chain_needs_no_recursion():
    x = y = Value(1.0)
    for _ in range(DEEP // 2):
        y = (y * 1.0).relu()
    y.backward()
    assert x.grad == 1.0


@pytest.mark.parametrize("link", [lambda y: y * 1.0, lambda y: y.relu()], ids=["slots", "tuple"])
@pytest.mark.parametrize("data", [1.0, [1.0]], ids=["scalar", "tensor"])
def test_a_deep_chain_is_freed_without_recursion(link, data):
    with no_collector():
        y = Value(data)
        first = weakref.ref(y)
        for _ in range(DEEP):
            y = link(y)
        del y
        assert first() is None


def test_every_rule_runs_once_however_many_paths_there_are():
    ran = []

    @elementwise(lambda y, a, b: ran.append(1) or 1.0, lambda y, a, b: ran.append(1) or 1.0)
    def add(a, b):
        return a + b

    x = y = Value(1.0)
    for _ in range(16):
        y = add(y, y)
    y.backward()
    assert (x.grad, len(ran)) == (2.0**16, 2 * 16)


def test_sixty_diamonds_in_a_row():
    x = y = Value([1.0])
    for _ in range(60):
        y = y + y
    y.sum().backward()
    assert x.grad.tolist() == [2.0**60]


def test_a_shared_node_waits_for_all_who_use_it():
    """Short and long paths to one node: it passes on only once everything has arrived."""
    x = Value(1.0)
    shared = x * 2
    long = shared
    for _ in range(10):
        long = long * 1.0
    (long + shared).backward()
    assert (shared.grad, x.grad) == (2.0, 4.0)


# --- threads ----------------------------------------------------------------------------------


def test_threads_with_graphs_of_their_own_do_not_disturb_each_other():
    grads = [None] * 4

    def work(i):
        x = y = Value(float(i + 1))
        for _ in range(300):
            y = y * 1.0 + 0.0
        (y * y).backward()
        grads[i] = x.grad

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert grads == [2.0, 4.0, 6.0, 8.0]


def test_threads_add_up_in_a_leaf_they_share_and_do_not_disturb_each_other():
    shared, lost = Value(np.ones(4)), []

    def work() -> None:
        own = Value(2.0)
        for _ in range(100):
            y = (own * own + own).tanh()
            y.backward()
            if y.grad is None:
                lost.append(y)
            (shared * 2.0).sum().backward()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not lost
    np.testing.assert_array_equal(shared.grad, np.full(4, 4 * 100 * 2.0))


# --- Ctrl-C -----------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [2.0, [1.0, 2.0]], ids=["scalar", "tensor"])
def test_an_interrupted_pass_is_all_or_nothing(data):
    places = 0
    w, b = Value(data, "w"), Value(1.0, "b")
    h = w * w + b
    loss = (h.relu() * h).sum()
    loss.backward()
    right, whole = repr([v.grad for v in (w, b, h)]), repr([w.grad, b.grad])
    w.grad = b.grad = None
    for _ in interrupted(loss.backward, lambda frame: False):
        places += 1
        assert repr([w.grad, b.grad]) in ("[None, None]", whole)
        w.grad = b.grad = None
        loss.backward()
        assert repr([v.grad for v in (w, b, h)]) == right
        w.grad = b.grad = None
    assert places > 40
