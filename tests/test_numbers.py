"""One text for one number."""

import numpy as np
import pytest

from tinygrad_relu.numbers import number


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (-0.0, "0"),
        (2.0, "2"),
        (-1e-320, "−1e−320"),
        (0.00776, "0.00776"),
        (-0.13984, "−0.1398"),
        (1.0625, "1.062"),
        (123456.7, "123457"),
        (1e9, "1e9"),
        (float("nan"), "NaN"),
        (float("-inf"), "−∞"),
        (np.float32(0.1), "0.1"),
    ],
)
def test_numbers(x, text):
    assert number(x) == text


def test_more_digits_where_they_are_asked_for():
    assert number(1.0001, 10) == "1.0001"
    assert number(12345.678, 10) == "12345.678"
    assert number(1e-5, 10) == number(1e-5) == "1e−5"
