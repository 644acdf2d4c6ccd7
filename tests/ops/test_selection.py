"""What is chosen from an array."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.ops.peers import same_in_torch
from tinygrad_relu import Value
from tinygrad_relu.checking import gradcheck

X, CUBE = np.arange(12.0).reshape(3, 4), np.arange(24.0).reshape(2, 3, 4)


def test_the_ops_are_pytorchs():
    places = np.array([[0, 3], [1, 1], [2, -1]], np.int64)
    for k in (-1, 0, 2):
        same_in_torch(lambda x, k=k: tg.tril(x, k), lambda torch, x, k=k: torch.tril(x, k), CUBE)
        same_in_torch(lambda x, k=k: tg.triu(x, k), lambda torch, x, k=k: torch.triu(x, k), CUBE)
        same_in_torch(lambda x, k=k: tg.diag(x, k), lambda torch, x, k=k: torch.diag(x, k), X)
        same_in_torch(lambda x, k=k: tg.diag(x, k), lambda torch, x, k=k: torch.diag(x, k), X[0])
    same_in_torch(tg.trace, lambda torch, x: torch.trace(x), X)
    same_in_torch(
        lambda x: tg.diagonal(x, 1, -1, 0), lambda torch, x: torch.diagonal(x, 1, -1, 0), CUBE
    )
    same_in_torch(
        lambda x: tg.take_along_axis(x, places, 1),
        lambda torch, x: torch.take_along_dim(x, torch.tensor(places % 4), 1),
        X,
    )
    same_in_torch(
        lambda x: tg.repeat(x, [2, 0, 1], 0),
        lambda torch, x: torch.repeat_interleave(x, torch.tensor([2, 0, 1]), 0),
        X,
    )


@pytest.mark.parametrize(
    "op",
    [
        lambda x: np.take(x, [[0, -1], [2, 2]], 1),
        lambda x: np.take(x, 5),
        lambda x: np.repeat(x, 2),
        lambda x: np.repeat(x, 3, -1),
        lambda x: np.repeat(x, [1, 0, 2], axis=0),
        lambda x: np.trace(x, 1),
        lambda x: np.diag(x[0], -2),
        lambda x: np.tril(x[0]),
        lambda x: np.take_along_axis(x, np.array([[0], [1], [0]], np.int64), 1),
    ],
)
def test_numpys_functions_are_the_rows(op):
    np.testing.assert_array_equal(op(Value(X)).data, op(X))
    gradcheck(op, X, order=2)


def test_what_was_not_chosen_says_so():
    def states(y):
        return tg.gradient_flow(y.sum()).edges[-1].states.tolist()

    assert states(np.take(Value([1.0, 2.0]), [1, 1])) == ["unselected", "flows"]
    assert states(np.repeat(Value([1.0, 2.0]), [0, 2])) == ["unselected", "flows"]
    assert states(np.tril(Value(np.ones((2, 2))))) == [["flows", "unselected"], ["flows", "flows"]]


def test_indices_outside_are_told():
    with pytest.raises(IndexError, match=r"take of 'x' \(2,\)"):
        tg.take(Value([1.0, 2.0], "x"), [2])


@pytest.mark.parametrize("op", [tg.tril, tg.triu])
def test_a_number_has_no_triangle(op):
    for x in (2.0, Value(2.0)):
        with pytest.raises(ValueError, match="a number has no triangle"):
            op(x)
