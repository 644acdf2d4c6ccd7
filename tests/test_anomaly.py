"""detect_anomaly: the op that makes the first NaN or inf is named."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


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


def test_an_infinity_from_above_is_not_blamed_on_the_rule():
    x = Value([1.0, 2.0])
    with tg.detect_anomaly():
        (x * 2).backward([np.inf, 1.0])
    assert x.grad.tolist() == [np.inf, 2.0]
