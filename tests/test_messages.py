"""What errors say: the op, the label, the shapes."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value
from tinygrad_relu.messages import describe, refused


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
    with pytest.raises(ValueError, match=r"^matmul of 'a' \(\), float: "):
        Value(1.0, "a") @ 2.0


def test_a_node_is_described_by_op_label_shape_and_line():
    x = Value([1.0, 2.0])
    assert describe(x) == "leaf of shape (2,)"
    with tg.track_source():
        y = x.sum()
    y.label = "total"
    assert describe(y) == f"the output of sum 'total' of shape () made at {__file__}:{y.source[1]}"


def test_a_refused_op_is_told_with_the_shapes_it_was_given_and_carries_them():
    x, weight = Value(np.ones((4, 3)), label="x"), np.ones((2, 3))
    told = refused(tg.matmul, (x, weight), (), ValueError("no"))
    assert isinstance(told, ValueError)
    assert str(told).startswith("matmul of 'x' (4, 3), (2, 3): no")
    assert told.refused == (tg.matmul, (x, weight), ())


def test_an_op_without_all_its_operands_cannot_be_drawn():
    assert not hasattr(refused(tg.matmul, (Value(1.0),), (), TypeError("no")), "refused")
