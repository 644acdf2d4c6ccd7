"""Modes: no_grad, track_source and scope, thread by thread."""

import threading

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.interrupts import interrupted
from tinygrad_relu import Value, modes


def _line_of(v):
    file, line = v.source
    assert file == __file__
    return line


# --- no_grad ----------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [2.0, [1.0, 2.0]], ids=["scalar", "tensor"])
def test_no_grad_records_nothing(data):
    w = Value(data)
    with tg.no_grad():
        y = (w * 3).relu()
    assert (y.requires_grad, y.op, y.parents) == (False, None, ())
    assert (w * 3).requires_grad


def test_no_grad_ends_also_by_an_error():
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        raise ZeroDivisionError
    assert (Value(1.0) * 2).requires_grad
    assert not modes.active


def test_no_grad_decorates_a_function():
    @tg.no_grad()
    def predict(w):
        return w * 2

    assert not predict(Value(1.0)).requires_grad
    assert not predict(Value(1.0)).requires_grad


def test_what_no_grad_made_cannot_start_a_pass_and_says_so():
    w = Value([1.0, 2.0], label="w")
    with tg.no_grad():
        loss = (w * 2).sum()
    with pytest.raises(RuntimeError, match=r"shape \(\).*require.*no_grad\(\)"):
        loss.backward()


def test_no_grad_in_one_thread_leaves_another_alone():
    entered, finished = threading.Event(), threading.Event()
    inside = []

    def work():
        with tg.no_grad():
            entered.set()
            finished.wait(10)
            inside.append((Value(1.0) * 2).requires_grad)

    thread = threading.Thread(target=work)
    thread.start()
    entered.wait(10)
    outside = (Value(1.0) * 2).requires_grad
    finished.set()
    thread.join()
    assert (outside, inside) == (True, [False])
    assert not modes.active


# --- scope and track_source -------------------------------------------------------------------


def test_scopes_nest_and_end():
    x = Value(1.0)
    with tg.scope("model"):
        outer = x * 2
        with tg.scope("layer1"):
            inner = outer.relu()
    assert (outer.scope, inner.scope) == (("model",), ("model", "layer1"))
    assert ((x * 2).scope, x.scope) == ((), ())


def test_track_source_remembers_the_line_of_the_user():
    x = Value([1.0, -2.0])
    with tg.track_source():
        a = x * 2
        b = x.relu()
        c = np.exp(x)
        d = np.polynomial.polynomial.polyval(x, [1.0, 2.0])
    assert _line_of(b) == _line_of(a) + 1
    assert _line_of(c) == _line_of(a) + 2
    assert _line_of(d) == _line_of(a) + 3  # computed by Python code of NumPy's


def test_no_source_is_kept_by_default():
    assert (Value(1.0) * 2).source is None


def test_modes_combine():
    with tg.scope("model"), tg.track_source(), tg.no_grad():
        y = Value(1.0) * 2
    assert not y.requires_grad


def test_a_scope_is_named_by_a_text():
    for name in (3, None, b"a"):
        with pytest.raises(TypeError, match="scope: name is a text, not"):
            tg.scope(name)


# --- Ctrl-C -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [tg.no_grad, tg.detect_anomaly, lambda: tg.scope("a")])
def test_a_mode_ends_with_its_block_by_an_interrupt_too(mode):
    def work():
        with mode():
            pass

    def leaving(frame):  # before the first instruction of __exit__, Python has no hold
        return frame.f_code.co_name == "__exit__" and frame.f_lasti < 2

    places = 0
    before = modes.current()
    for _ in interrupted(work, leaving):
        places += 1
        assert modes.current() is before
        assert not modes.active
    assert places > 5
