"""Trigonometric and hyperbolic functions, and their inverses."""

import math

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.ops.peers import same_in_torch
from tinygrad_relu import Value
from tinygrad_relu.checking import Verdict, gradcheck

X = np.array([[-0.9, -0.3, -1e-3], [0.05, 0.4, 0.75]])
NAMES = "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arctanh sinc"


@pytest.mark.parametrize("name", NAMES.split())
def test_a_function_of_one_number_is_pytorchs(name):
    same_in_torch(getattr(tg, name), lambda torch, x: getattr(torch, name)(x), X)


@pytest.mark.parametrize("name", ["arctan2", "hypot"])
def test_a_function_of_two_numbers_is_pytorchs(name):
    a, b = np.array([[0.5], [-2.0]]), np.array([3.0, -0.25, 1e-3])
    same_in_torch(getattr(tg, name), lambda torch, *x: getattr(torch, name)(*x), a, b)


def test_arccosh_is_pytorchs():
    same_in_torch(tg.arccosh, lambda torch, x: torch.arccosh(x), np.array([1.001, 2.0, 50.0]))


@pytest.mark.parametrize("x", [1e-7, 1e-3, 0.1, 0.1499, 0.1501, 0.3])
def test_sinc_keeps_its_digits_near_0(x):
    z = math.pi * x
    series = [(-1) ** n * 2 * n * z ** (2 * n - 1) / math.factorial(2 * n + 1) for n in range(15)]
    assert tg.sinc(Value(x)).local_grad == pytest.approx(math.pi * math.fsum(series), rel=2e-14)


def test_arctan2_and_hypot_take_numbers_whose_squares_do_not_fit():
    for size in (1e-200, 1e200):
        a, b = Value(3 * size), Value(4 * size)
        np.testing.assert_allclose(tg.hypot(a, b).local_grads, (0.6, 0.8))
        np.testing.assert_allclose(tg.arctan2(a, b).local_grads, (0.16 / size, -0.12 / size))


def test_at_the_origin_the_gradient_is_0_by_convention():
    for op in (tg.arctan2, tg.hypot):
        a, b = Value(0.0), Value(0.0)
        (op(a, b) + 0.0 * a).backward()
        assert (a.grad, b.grad) == (0.0, 0.0)
        assert tg.gradient_flow(op(a, b)).edges[0].state == "kink"


def test_the_jump_of_arctan2_is_a_kink_and_its_neighbourhood_is_none():
    assert tg.gradient_flow(tg.arctan2(Value(0.0), Value(-1.0))).edges[0].state == "kink"
    report = gradcheck(tg.arctan2, [1e-3, -1e-3, 0.0], [-1.0, -1.0, 1.0])
    assert report.verdict is Verdict.PASS


@pytest.mark.parametrize(("op", "ends"), [(tg.arcsin, 1.0), (tg.arctanh, 1.0), (tg.arccosh, 1.0)])
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_at_the_end_of_the_domain_the_gradient_is_infinite(op, ends):
    assert op(Value(ends)).local_grad == math.inf
