"""Running sums and products, and the order of elements."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.ops.peers import same_in_torch
from tinygrad_relu import Value
from tinygrad_relu.checking import Verdict, gradcheck

X = np.array([[3.0, -1.0, 2.0, 0.5], [0.1, 4.0, -2.0, 1.0]])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_along_an_axis_the_ops_are_pytorchs(axis):
    same_in_torch(lambda x: tg.cumsum(x, axis), lambda torch, x: torch.cumsum(x, axis), X)
    same_in_torch(lambda x: tg.cumprod(x, axis), lambda torch, x: torch.cumprod(x, axis), X)
    same_in_torch(lambda x: tg.sort(x, axis), lambda torch, x: torch.sort(x, axis)[0], X)


def test_the_middle_of_an_odd_number_is_pytorchs():
    same_in_torch(lambda x: tg.median(x, 1), lambda torch, x: torch.median(x, 1)[0], X[:, :3])


@pytest.mark.parametrize("zeros", [[1], [1, 3], [0, 1, 2, 3]])
def test_cumprod_is_right_where_elements_are_0(zeros):
    x = X[0].copy()
    x[zeros] = 0.0
    same_in_torch(lambda x: tg.cumprod(x, 0), lambda torch, x: torch.cumprod(x, 0), x)
    gradcheck(tg.cumprod, x, order=2)


@pytest.mark.parametrize("axis", [None, 0, (0, 2), (-1, 0), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_median_goes_over_any_axes(axis, keepdims):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    np.testing.assert_array_equal(
        np.median(Value(x), axis, keepdims=keepdims).data, np.median(x, axis, keepdims=keepdims)
    )
    gradcheck(lambda x: tg.median(x, axis, keepdims), x)


@pytest.mark.parametrize(
    ("x", "grad"),
    [
        ([1.0, 3.0, 2.0], [0, 0, 1]),
        ([4.0, 1.0, 3.0, 2.0], [0, 0, 0.5, 0.5]),
        ([2.0, 2.0, 1.0], [0.5, 0.5, 0]),
        ([5.0, 5.0, 5.0], [1 / 3, 1 / 3, 1 / 3]),
        ([1.0, 2.0, 2.0, 3.0], [0, 0.5, 0.5, 0]),
        ([1.0, 2.0, 3.0, 3.0], [0, 0.5, 0.25, 0.25]),
        ([7.0], [1]),
    ],
)
def test_equal_elements_in_the_middle_share(x, grad):
    v = Value(x)
    tg.median(v).backward()
    np.testing.assert_allclose(v.grad, grad)
    assert gradcheck(tg.median, x).verdict is not Verdict.KINK_OUTSIDE


def states(op, x):
    return [str(s) for s in np.ravel(tg.gradient_flow(op(Value(x)).sum()).edges[-1].states)]


def test_the_flow_tells_ties_and_what_was_not_chosen():
    assert states(tg.median, [1.0, 2.0, 2.0, 9.0]) == ["unselected", "flows", "flows", "unselected"]
    assert states(tg.median, [1.0, 2.0, 2.0]) == ["unselected", "kink", "kink"]
    assert states(tg.sort, [3.0, 1.0, 3.0, 2.0]) == ["kink", "flows", "kink", "flows"]


def test_a_kink_of_sort_is_seen_within_a_step():
    for x in ([1.0, 1.0 + 1e-5, 3.0], [1.0, 1.0, 3.0, 1.0], np.zeros(5)):
        verdicts = {e.verdict for e in gradcheck(tg.sort, x, order=2).elements}
        assert verdicts <= {Verdict.PASS, Verdict.KINK_INSIDE, Verdict.TOO_CLOSE}
    assert gradcheck(tg.sort, [1.0, 1.0, 3.0]).verdict is Verdict.KINK_INSIDE


def test_a_nan_takes_the_gradient_of_the_median_it_makes():
    x = Value([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]])
    tg.median(x, axis=1).sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]


def test_of_nothing_and_of_a_number():
    for op in (tg.sort, tg.cumsum, tg.cumprod):
        x = Value(np.zeros((0, 2)))
        op(x, axis=0).sum().backward()
        assert x.grad.shape == (0, 2)
    assert tg.median(Value(2.0)).data == 2.0
    assert tg.cumsum(Value(2.0)).data.tolist() == [2.0]
    assert tg.ptp(Value([1.0, 4.0, -1.0])).data == 5.0
