"""Losses: closed formulas, large scores, and the mistakes they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.testing import calls


def cross_entropy(logits, target):
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return -np.mean(np.log(np.take_along_axis(p, target[..., None], -1)))


def binary(logits, target):
    p = 1 / (1 + np.exp(-logits))
    return -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))


FORMULAS = {
    "mse_loss": lambda prediction, target: np.mean((prediction - target) ** 2),
    "cross_entropy": cross_entropy,
    "binary_cross_entropy_with_logits": binary,
    "hinge_loss": lambda score, target: np.mean(np.maximum(0, 1 - score * target)),
}


@pytest.mark.parametrize("name", FORMULAS)
@given(data=st.data())
def test_forward(name, data):
    call = data.draw(calls(name))
    y = call(*map(Value, call.inputs))
    assert type(y.data) is float
    expected = FORMULAS[name](*call.inputs, **call.settings)
    np.testing.assert_allclose(y.data, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("error")
def test_large_scores():
    right, wrong = np.array([1e4, 0.0]), np.array([0.0, 1e4])
    assert tg.cross_entropy(Value([right]), np.array([0], np.int64)).data == 0.0
    x = Value([wrong])
    y = tg.cross_entropy(x, np.array([0], np.int64))
    y.backward()
    assert y.data == 1e4
    np.testing.assert_array_equal(x.grad, [[-1.0, 1.0]])

    x = Value([-1e4, 1e4])
    y = tg.binary_cross_entropy_with_logits(x, np.array([1.0, 1.0]))
    y.backward()
    assert y.data == 5e3
    np.testing.assert_array_equal(x.grad, [-0.5, 0.0])


def test_a_small_binary_loss_is_not_rounded_to_0():
    for x, target in ((40.0, 1.0), (-40.0, 0.0)):
        y = tg.binary_cross_entropy_with_logits(x, target)
        assert y == pytest.approx(np.exp(-40.0), rel=1e-12, abs=0)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid")
def test_an_empty_batch_has_an_empty_gradient(name):
    classes = name == "cross_entropy"
    x = Value(np.zeros((0, 3) if classes else 0))
    y = getattr(tg, name)(x, np.zeros(0, np.int64) if classes else np.zeros(0))
    y.backward()
    assert np.isnan(y.data)
    assert x.grad.shape == x.shape


def test_hinge_on_its_kink():
    x = Value([1.0, 0.5, 2.0])
    tg.hinge_loss(x, np.array([1.0, 1.0, 1.0])).backward()
    np.testing.assert_allclose(x.grad, [0.0, -1 / 3, 0.0])


@pytest.mark.parametrize(
    ("f", "target"),
    [
        (tg.mse_loss, np.zeros(3)),
        (tg.hinge_loss, np.ones(3)),
        (tg.binary_cross_entropy_with_logits, np.zeros(3)),
        (tg.cross_entropy, np.zeros((3, 1), np.int64)),
        (tg.cross_entropy, np.array([0, 1, 7], np.int64)),
        (tg.cross_entropy, np.array([0, 0, -1], np.int64)),
    ],
)
def test_targets_that_do_not_fit_are_refused(f, target):
    with pytest.raises(ValueError, match=f"{f.name} of 'scores'"):
        f(Value(np.ones((3, 1)), label="scores"), target)


def test_classes_are_integers():
    with pytest.raises(TypeError, match="integers"):
        tg.cross_entropy(Value(np.ones((3, 2))), np.zeros(3))


def test_two_shapes_that_differ_are_both_named():
    with pytest.raises(ValueError, match=r"hinge_loss.*not \(2,\) and \(2, 1\)"):
        tg.hinge_loss(Value([1.0, 2.0]), np.ones((2, 1)))


@pytest.mark.parametrize(("x", "target"), [(40.0, 1.0), (-40.0, 0.0)])
def test_the_slope_of_a_small_binary_loss_is_not_rounded_to_0(x, target):
    for logit, right in ((x, target), (np.array([x]), np.array([target]))):
        v = Value(logit)
        y = tg.binary_cross_entropy_with_logits(v, right)
        y.backward()
        assert y.data == pytest.approx(4.248354255291589e-18, rel=1e-15, abs=0)
        assert np.ravel(v.grad)[0] == pytest.approx(
            -4.248354255291589e-18 * np.sign(x), rel=1e-15, abs=0
        )


def test_a_small_cross_entropy_and_its_slope_are_not_rounded_to_0():
    small = 5.7250371610987873e-20
    x = Value([[45.0, 0.0, 0.0]])
    y = tg.cross_entropy(x, np.array([0], np.int64))
    y.backward()
    assert y.data == pytest.approx(small, rel=1e-15, abs=0)
    np.testing.assert_allclose(x.grad, [[-small, small / 2, small / 2]], rtol=1e-15)
    (again,) = y.backward_closure(Value(2.0))
    np.testing.assert_allclose(again.data, 2 * x.grad, rtol=1e-15)


def test_a_loss_of_nothing_is_0_and_not_minus_0():
    assert str(tg.cross_entropy(np.array([[1e4, 0.0]]), np.array([0], np.int64))) == "0.0"
    assert str(tg.binary_cross_entropy_with_logits(np.array([1e4]), np.array([1.0]))) == "0.0"
