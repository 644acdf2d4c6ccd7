"""Modes: no_grad, detect_anomaly, track_source and scope, thread by thread."""

import threading

import numpy as np
import pytest

import tinygrad_relu as tg
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
    assert modes.active == 0


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
    assert modes.active == 0


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
    assert _line_of(b) == _line_of(a) + 1
    assert _line_of(c) == _line_of(a) + 2


def test_no_source_is_kept_by_default():
    assert (Value(1.0) * 2).source is None


def test_modes_combine():
    with tg.scope("model"), tg.track_source(), tg.no_grad():
        y = Value(1.0) * 2
    assert not y.requires_grad


# --- detect_anomaly ---------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize(
    ("f", "op", "made"),
    [
        (lambda x: x.log(), "log", "-inf"),
        (lambda x: (x - 1).sqrt(), "sqrt", "nan"),
        (lambda x: 1 / x, "div", "inf"),
        (lambda x: x / x, "div", "nan"),
        (lambda x: (x + 1000).exp(), "exp", "inf"),
    ],
)
@pytest.mark.parametrize("data", [0.0, [0.0, 1.0]], ids=["scalar", "tensor"])
def test_the_op_that_makes_the_first_bad_number_is_named(f, op, made, data):
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=rf"^{op}.* made {made}"):
        f(Value(data))


def test_the_message_names_op_label_shape_and_line():
    p = Value([0.0, 1.0], label="p")
    with tg.detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        p.log()
    message = str(caught.value)
    for part in ("log", "'p'", "(2,)", f"{__file__}:", "-inf"):
        assert part in message


def test_a_bad_number_made_on_the_way_back_is_named():
    x = Value([0.0, 1.0], label="x")
    with tg.detect_anomaly():
        y = x.sqrt().sum()
        with pytest.raises(
            FloatingPointError, match=rf"backward.* made inf .*sqrt.*{__file__}.*'x'"
        ):
            y.backward()
    assert x.grad is None


def test_a_nan_that_was_put_in_is_not_blamed_on_the_op():
    x = Value([np.nan, 1.0], label="x")
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"^leaf 'x' .*holds nan"):
        x * 2


def test_an_infinity_that_was_put_in_may_pass():
    x = Value([np.inf, 1.0])
    with tg.detect_anomaly():
        assert (x * 2).data[0] == np.inf


def test_a_nan_made_from_an_infinity_that_was_put_in_is_named():
    with tg.detect_anomaly():
        for make in (lambda x: x * 0.0, lambda x: x - np.inf, lambda x: x / x):
            with pytest.raises(FloatingPointError, match=r"'x' made nan"):
                make(Value([np.inf, 1.0], label="x"))


def test_a_bad_number_made_of_constants_is_named():
    X = Value([0.0, 1.0], label="X", requires_grad=False)
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"^log of 'X' made -inf"):
        X.log()
    with tg.detect_anomaly(), tg.no_grad(), pytest.raises(FloatingPointError, match=r"^log of 'w'"):
        Value(0.0, label="w").log()
    with tg.detect_anomaly():
        assert not (X + 1).log().requires_grad


def test_a_clean_graph_passes():
    x = Value([1.0, -2.0])
    with tg.detect_anomaly():
        (x.relu() * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 0.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x * x).sum(),
        lambda x: x.relu().sum(),
        lambda x: x.reshape(1, 2).T.sum(),
        lambda x: (Value([1.0, 1.0]) * x.detach()).sum(),
        lambda x: (Value([1.0, 1.0]) * x.data).sum(),
        lambda x: tg.concatenate([x, x]).sum(),
    ],
    ids=["elementwise", "unary", "views", "detached", "raw array", "variadic"],
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
