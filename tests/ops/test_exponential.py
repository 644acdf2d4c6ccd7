"""Exponential functions and logarithms."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.ops.peers import same_in_torch
from tinygrad_relu import Value

X = np.array([[0.25, 1.0, 3.5], [0.01, 8.0, 0.9]])


@pytest.mark.parametrize(
    "name", ["exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "reciprocal"]
)
def test_a_function_of_one_number_is_pytorchs(name):
    same_in_torch(getattr(tg, name), lambda torch, x: getattr(torch, name)(x), X)


@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_a_sum_of_powers_is_pytorchs(name):
    a, b = np.array([[0.5], [-2.0]]), np.array([3.0, -0.25, 0.5])
    same_in_torch(getattr(tg, name), lambda torch, *x: getattr(torch, name)(*x), a, b)


@pytest.mark.parametrize("op", [tg.logaddexp, tg.logaddexp2])
def test_a_sum_of_powers_shares_its_gradient_where_the_powers_do_not_fit(op):
    assert op(Value(2000.0), Value(2000.0)).local_grads == (0.5, 0.5)
    assert op(Value(-2000.0), Value(2000.0)).local_grads == (0.0, 1.0)


@pytest.mark.filterwarnings("ignore:invalid value")
def test_two_equal_infinities_share():
    for a in (np.inf, -np.inf):
        assert tg.logaddexp(Value(a), Value(a)).local_grads == (0.5, 0.5)
    assert tg.logaddexp(Value(-np.inf), Value(1.0)).local_grads == (0.0, 1.0)
