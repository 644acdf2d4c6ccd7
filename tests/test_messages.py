"""What errors say: the op, the label, the shapes."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


@pytest.mark.parametrize(
    ("f", "error", "op"),
    [
        (lambda a, b: a + b, ValueError, "add"),
        (lambda a, b: a @ a, ValueError, "matmul"),
        (lambda a, b: tg.linear(a, b), ValueError, "linear"),
        (lambda a, b: tg.mse_loss(a, b), ValueError, "mse_loss"),
        (lambda a, b: a.reshape(5), ValueError, "reshape"),
        (lambda a, b: a[7], IndexError, "getitem"),
    ],
)
def test_a_shape_that_does_not_fit_names_op_label_and_shape(f, error, op):
    a, b = Value(np.ones((2, 3)), label="left"), Value(np.ones((3, 2)), label="right")
    with pytest.raises(error, match=rf"^{op} of 'left' \(2, 3\)"):
        f(a, b)


def test_a_matrix_product_of_scalars_names_the_op():
    with pytest.raises(ValueError, match=r"^matmul of 'a' \(\), \(\)"):
        Value(1.0, "a") @ 2.0
