"""Activations: closed formulas, kinks, and what happens far out."""

import math
import sys

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.ops.activation import _erfc

pytestmark = pytest.mark.filterwarnings("error")

X = np.linspace(-6.3, 6.7, 40)
SIGMOID = 1 / (1 + np.exp(-X))
PHI = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in X])

FORMULAS = {
    "relu": np.maximum(X, 0),
    "leaky_relu": np.where(X > 0, X, 0.01 * X),
    "elu": np.where(X > 0, X, np.exp(X) - 1),
    "selu": 1.0507009873554805 * np.where(X > 0, X, 1.6732632423543772 * (np.exp(X) - 1)),
    "celu": np.where(X > 0, X, np.exp(X) - 1),
    "gelu": X * PHI,
    "silu": X * SIGMOID,
    "mish": X * np.tanh(np.log(1 + np.exp(X))),
    "sigmoid": SIGMOID,
    "log_sigmoid": np.log(SIGMOID),
    "softplus": np.log(1 + np.exp(X)),
    "softsign": X / (1 + abs(X)),
    "hardtanh": np.clip(X, -1, 1),
    "hardsigmoid": np.clip(X / 6 + 0.5, 0, 1),
    "hardswish": X * np.clip(X / 6 + 0.5, 0, 1),
    "relu6": np.clip(X, 0, 6),
    "identity": X,
    "tanh": np.tanh(X),
}
ALL = pytest.mark.parametrize("name", FORMULAS)


@ALL
def test_forward(name):
    np.testing.assert_allclose(getattr(tg, name)(X), FORMULAS[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("scipy", [True, False])
def test_the_normal_distribution_with_and_without_scipy(scipy, monkeypatch):
    if scipy:
        pytest.importorskip("scipy.special")
    else:
        monkeypatch.setitem(sys.modules, "scipy.special", None)
    _erfc.cache_clear()
    tails = [tg.ops.normal_cdf(x) for x in (-37.0, -1.0, 0.0, 1.0, 37.0)]
    expected = [5.7255712225245e-300, 0.15865525393145705, 0.5, 0.8413447460685429, 1.0]
    np.testing.assert_allclose(tails, expected, rtol=1e-12)
    np.testing.assert_allclose(tg.gelu(X), X * PHI, rtol=1e-12)
    assert tg.gelu(X.astype(np.float32)).dtype == np.float32
    _erfc.cache_clear()


def test_settings():
    np.testing.assert_allclose(tg.leaky_relu(X, 0.3), np.where(X > 0, X, 0.3 * X))
    np.testing.assert_allclose(tg.elu(X, 2.0), np.where(X > 0, X, 2 * np.expm1(X)))
    np.testing.assert_allclose(tg.celu(X, 2.0), np.where(X > 0, X, 2 * np.expm1(X / 2)))
    np.testing.assert_allclose(tg.hardtanh(X, -2.0, 3.0), np.clip(X, -2, 3))
    np.testing.assert_allclose(tg.prelu(X, np.full(40, 0.3)), np.where(X > 0, X, 0.3 * X))
    cubic = math.sqrt(2 / math.pi) * (X + 0.044715 * X**3)
    np.testing.assert_allclose(
        tg.gelu(X, approximate="tanh"), X / 2 * (1 + np.tanh(cubic)), rtol=1e-12, atol=1e-15
    )
    with pytest.raises(ValueError, match="approximate"):
        tg.gelu(X, approximate="sine")


KINKS = [
    ("relu", 0.0, 0.0),
    ("leaky_relu", 0.0, 0.01),
    ("selu", 0.0, 1.0507009873554805 * 1.6732632423543772),
    ("elu", 0.0, 1.0),
    ("celu", 0.0, 1.0),
    ("hardtanh", -1.0, 0.0),
    ("hardtanh", 1.0, 0.0),
    ("relu6", 0.0, 0.0),
    ("relu6", 6.0, 0.0),
    ("hardsigmoid", -3.0, 0.0),
    ("hardsigmoid", 3.0, 0.0),
    ("hardswish", -3.0, 0.0),
    ("hardswish", 3.0, 1.0),
]


@pytest.mark.parametrize(("name", "x", "slope"), KINKS)
def test_convention_at_the_kink(name, x, slope):
    op = getattr(tg, name)
    assert op(Value(x)).local_grad == pytest.approx(slope, rel=1e-15)
    assert op(Value([x])).local_grad[0] == pytest.approx(slope, rel=1e-15)
    assert op(Value(-x if x == 0 else x)).local_grad == pytest.approx(slope, rel=1e-15)


def test_the_kink_is_declared_unless_smooth():
    for name, x, _ in KINKS:
        op = getattr(tg, name)
        margins = op.kink(0.0, *sum(op.signature.bind((x,), {}), ())) if op.kink else ()
        assert any(m == 0 for m in margins) == (name not in ("elu", "celu")), name


# Limits (value, slope) at −inf and at +inf; None where the value has no bound.
LIMITS = {
    "relu": ((0.0, 0.0), (None, 1.0)),
    "leaky_relu": ((None, 0.01), (None, 1.0)),
    "elu": ((-1.0, 0.0), (None, 1.0)),
    "selu": ((-1.7580993408473766, 0.0), (None, 1.0507009873554805)),
    "celu": ((-1.0, 0.0), (None, 1.0)),
    "gelu": ((0.0, 0.0), (None, 1.0)),
    "silu": ((0.0, 0.0), (None, 1.0)),
    "mish": ((0.0, 0.0), (None, 1.0)),
    "sigmoid": ((0.0, 0.0), (1.0, 0.0)),
    "log_sigmoid": ((None, 1.0), (0.0, 0.0)),
    "softplus": ((0.0, 0.0), (None, 1.0)),
    "softsign": ((-1.0, 0.0), (1.0, 0.0)),
    "hardtanh": ((-1.0, 0.0), (1.0, 0.0)),
    "hardsigmoid": ((0.0, 0.0), (1.0, 0.0)),
    "hardswish": ((0.0, 0.0), (None, 1.0)),
    "relu6": ((0.0, 0.0), (6.0, 0.0)),
    "identity": ((None, 1.0), (None, 1.0)),
    "tanh": ((-1.0, 0.0), (1.0, 0.0)),
}


@ALL
@pytest.mark.parametrize("far", [50.0, 1e3, 1e30, 1e300, math.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_far_out(name, side, far):
    """No warning, no NaN, and the limit; on scalars and on arrays, in both precisions."""
    value, slope = LIMITS[name][side]
    x = far if side else -far
    tolerance = 0.05 if far < 1e3 else 2e-3
    operands = [x, np.array([x])]
    if far < 1e38 or math.isinf(far):
        operands.append(np.array([x], np.float32))
    for operand in operands:
        y = getattr(tg, name)(Value(operand))
        y.backward(np.ones(y.shape))
        number, gradient = np.ravel(y.data)[0], np.ravel(y.parents[0].grad)[0]
        if value is None:
            assert number == pytest.approx(x * slope, rel=1e-5)
        else:
            assert number == pytest.approx(value, abs=tolerance)
        assert gradient == pytest.approx(slope, abs=tolerance)


@ALL
def test_nan_is_not_swallowed(name):
    for operand in (math.nan, [math.nan]):
        with np.errstate(invalid="ignore"):  # NumPy's logaddexp warns of a NaN
            y = getattr(tg, name)(Value(operand))
            assert np.isnan(y.data).all()
            assert np.any(y.local_grad != 0)


def test_no_negative_zero_from_a_shut_gate():
    for operand in (-1.0, [-1.0]):
        assert not np.signbit(tg.relu(Value(operand)).data).any()


@pytest.mark.parametrize("x", [-math.inf, -1.0, 0.0, 2.0, math.inf])
def test_leaky_relu_without_a_leak_is_relu_also_at_infinity(x):
    for operand in (x, np.array([x])):
        np.testing.assert_array_equal(tg.leaky_relu(operand, 0.0), tg.relu(operand))


@pytest.mark.parametrize("alpha", [1e17, 1e-17, 1e300, -3.0, 0.0])
@pytest.mark.parametrize("name", ["leaky_relu", "prelu", "elu"])
def test_slopes_of_any_size_are_exactly_1_and_alpha(name, alpha):
    for x, slope in ((2.0, 1.0), (0.0, alpha), (-1e-300, alpha)):
        for operand in (x, [x]):
            v = Value(operand)
            y = getattr(tg, name)(v, alpha)
            y.backward(np.ones(y.shape))
            assert np.ravel(v.grad) == [slope]
            (again,) = y.backward_closure(Value(np.ones(y.shape)))[:1]
            assert np.ravel(again.data) == [slope]


#: To 17 digits: op, x, value, slope.
TINY = [
    ("sigmoid", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("log_sigmoid", 40.0, -4.248354255291589e-18, 4.248354255291589e-18),
    ("softplus", -40.0, 4.248354255291589e-18, 4.248354255291589e-18),
    ("silu", -40.0, -1.6993417021166356e-16, -1.6568581595637197e-16),
    ("mish", -40.0, -1.6993417021166356e-16, -1.6568581595637197e-16),
]


@pytest.mark.parametrize(("name", "x", "value", "slope"), TINY)
def test_what_is_tiny_is_not_rounded_to_0(name, x, value, slope):
    for operand in (x, [x]):
        y = getattr(tg, name)(Value(operand))
        assert np.ravel(y.data)[0] == pytest.approx(value, rel=1e-15, abs=0)
        assert np.ravel(y.local_grad)[0] == pytest.approx(slope, rel=1e-15, abs=0)


def test_the_tail_of_the_cubic_gelu():
    y = tg.gelu(Value(-6.0), approximate="tanh")
    assert y.data == pytest.approx(-8.4396467007622971e-11, rel=1e-13, abs=0)
    assert y.local_grad == pytest.approx(-7.7099739309536955e-10, rel=1e-13, abs=0)


def test_settings_that_make_no_sense_are_refused_in_the_forward():
    for call in (lambda v: v.hardtanh(1.0, -1.0), lambda v: v.celu(0.0)):
        for operand in (1.0, [1.0]):
            with pytest.raises(ValueError, match=r"(hardtanh|celu) of 'x'.*(above|not 0)"):
                call(Value(operand, label="x"))
    assert tg.hardtanh(Value(3.0), -math.inf, math.inf).data == 3.0
