"""What even good engines get wrong, a test a case, on scalars and on tensors.

And the other way round: what learners already have, written for micrograd, runs unchanged.
"""

import importlib
import math

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value

both = pytest.mark.parametrize("wrap", [float, lambda x: [x]], ids=["scalar", "tensor"])
inf, nan = math.inf, math.nan


def slope(f, x, upstream=1.0):
    """The value of f at x and what x receives, as floats."""
    v = Value(x)
    y = f(v)
    y.backward(np.full(y.shape, upstream))
    return np.ravel(y.data)[0], np.ravel(v.grad)[0]


# --- at the kinks -----------------------------------------------------------------------------


@both
def test_leaky_relu_at_0_has_the_slope_from_the_left(wrap):
    assert slope(lambda x: x.leaky_relu(0.1), wrap(0.0)) == (0.0, 0.1)


@both
def test_relu_at_0_has_slope_0_unless_told_otherwise(wrap):
    assert slope(lambda x: x.relu(), wrap(0.0)) == (0.0, 0.0)
    assert slope(lambda x: x.relu(at_zero=0.5), wrap(0.0)) == (0.0, 0.5)
    assert slope(lambda x: x.relu(at_zero=1.0), wrap(-0.0))[1] == 1.0


@both
def test_elu_at_0_is_smooth(wrap):
    assert slope(lambda x: x.elu(), wrap(0.0)) == (0.0, 1.0)


@both
@pytest.mark.parametrize("f", [tg.maximum, tg.minimum])
def test_the_maximum_of_x_and_x_is_x(f, wrap):
    assert slope(lambda x: f(x, x), wrap(3.0)) == (3.0, 1.0)


@pytest.mark.parametrize("f", [tg.max, tg.min])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_tied_winners_share_a_gradient_that_sums_to_1(f, axis):
    x = Value(np.full((2, 2), 3.0))
    f(x, axis=axis).sum().backward()
    assert x.grad.sum() == (1.0 if axis is None else 2.0)
    assert np.ptp(x.grad) == 0.0


# --- NaN and infinity -------------------------------------------------------------------------


@both
@pytest.mark.parametrize("at_zero", [0.0, 0.5])
def test_relu_swallows_no_nan_forward_or_backward(wrap, at_zero):
    value, gradient = slope(lambda x: x.relu(at_zero), wrap(nan), upstream=5.0)
    assert math.isnan(value)
    assert gradient == 5.0


@both
def test_a_nan_goes_back_through_an_open_relu(wrap):
    assert math.isnan(slope(lambda x: x.relu(), wrap(1.0), upstream=nan)[1])


@both
def test_relu_of_minus_infinity_is_0(wrap):
    assert slope(lambda x: x.relu(), wrap(-inf)) == (0.0, 0.0)


@both
@pytest.mark.parametrize("gate", [tg.relu, tg.relu6, tg.hardtanh, lambda x: x.clip(0, 1)])
@pytest.mark.parametrize("upstream", [inf, -inf])
def test_a_shut_gate_stops_an_infinite_gradient(gate, upstream, wrap):
    assert slope(gate, wrap(-3.0), upstream)[1] == 0.0


@both
def test_a_shut_gate_hides_no_nan_from_above(wrap):
    assert math.isnan(slope(lambda x: x.relu(), wrap(-1.0), upstream=nan)[1])


def test_an_infinite_gradient_passes_beside_a_shut_gate():
    x = Value([-1.0, 2.0])
    x.relu().backward([inf, inf])
    assert x.grad.tolist() == [0.0, inf]


@both
def test_relu_of_a_negative_number_is_plus_zero(wrap):
    value, gradient = slope(lambda x: x.relu(), wrap(-1.0))
    assert math.copysign(1, value) == 1.0
    assert math.copysign(1, gradient) == 1.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_trap_of_where_and_log_is_documented_and_named():
    x = Value([0.0, 1.0], label="x")
    np.where(x > 0, np.log(x), 0).sum().backward()
    assert math.isnan(x.grad[0])
    for doc in (tg.where.__doc__, tg.log.__doc__):
        assert "NaN" in doc
    with tg.detect_anomaly(), pytest.raises(FloatingPointError, match=r"^log of 'x' made -inf"):
        np.where(x > 0, np.log(x), 0)


def test_the_documented_way_out_of_that_trap_works():
    x = Value([0.0, 2.0])
    np.log(np.where(x > 0, x, 1.0)).sum().backward()
    assert x.grad.tolist() == [0.0, 0.5]


def test_400_links_of_slope_one_hundredth_underflow_and_none_of_them_is_shut():
    x, chain = Value(-1.0), []
    y = x
    for _ in range(400):
        y = y.leaky_relu(0.01)
        chain.append(y)
    y.backward()
    assert x.grad == 0.0
    assert {node.local_grad for node in chain[:100]} == {0.01}
    assert chain[300].grad > 0.0


# --- written for micrograd: only the import changes -------------------------------------------


@pytest.fixture(params=["tinygrad_relu", "micrograd.engine"])
def V(request):
    return pytest.importorskip(request.param).Value


def test_a_relu_expression_of_one_variable(V):
    x = V(-4.0)
    z = 3 * x + 2
    q = z.relu() + x * z
    y = (z**2).relu() + q + x * q
    y.backward()
    assert (y.data, x.grad) == (-20.0, 46.0)


def test_the_expression_of_the_readme(V):
    a, b = V(-4.0), V(2.0)
    c = a + b
    c += c + 1
    c += 1 + c + -a
    d = a * b + b**3
    d += 2 * d + (a + b).relu()
    d += 3 * d + (b - a).relu()
    f = (c - d) ** 2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert f"{g.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


def test_a_network_of_scalars_learns(V):
    """A 1-2-1 network, every way a plain number may stand beside a Value."""
    w = [V(0.5), V(-0.5), V(1.0), V(0.7)]
    losses = []
    for _ in range(20):
        total = 0
        for x, target in [(1.0, 2), (-1.0, 1), (2, 3.5)]:
            y = (w[0] * x).relu() * w[2] + (x * w[1]).relu() * w[3]
            total = total + (target - y) ** 2 / 3
        for p in w:
            p.grad = 0
        total.backward()
        for p in w:
            p.data -= 0.05 * p.grad
        losses.append(total.data)
    assert losses[-1] < 0.1 * losses[0]


def test_the_networks_of_micrograd_run_on_this_value(monkeypatch):
    nn = pytest.importorskip("micrograd.nn")
    monkeypatch.setattr(nn, "Value", Value)
    model = importlib.import_module("micrograd.nn").MLP(2, [4, 1])
    loss = (1 - model([1.0, -2.0])).relu()
    model.zero_grad()
    loss.backward()
    assert len(model.parameters()) == 17
    assert all(type(p.grad) is float for p in model.parameters())
