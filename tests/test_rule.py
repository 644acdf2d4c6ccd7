"""The rule of a node, in the hand: local gradients, and the closure."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value


@pytest.mark.parametrize(
    ("f", "locals"),
    [
        (lambda a, b: a + b, (1.0, 1.0)),
        (lambda a, b: a - b, (1.0, -1.0)),
        (lambda a, b: a * b, (3.0, 2.0)),
        (lambda a, b: a / b, (1 / 3, -2 / 9)),
        (lambda a, b: 5 * b, (5.0,)),
        (lambda a, b: b**2, (6.0,)),
        (lambda a, b: a * a, (2.0, 2.0)),
        (lambda a, b: tg.maximum(a, b), (0.0, 1.0)),
        (lambda a, b: tg.where(True, a, b), (1.0, 0.0)),
        (lambda a, b: tg.prelu(-a, b), (3.0, -2.0)),
    ],
)
def test_local_grads_are_floats_aligned_with_the_parents(f, locals):
    y = f(Value(2.0), Value(3.0))
    assert y.local_grads == pytest.approx(locals)
    assert len(y.local_grads) == len(y.parents)
    assert {type(local) for local in y.local_grads} == {float}


def test_local_grad_is_that_of_a_one_parent_op():
    assert Value(2.0).relu().local_grad == 1.0
    assert Value(-2.0).relu().local_grad == 0.0
    assert Value(-2.0).leaky_relu(0.1).local_grad == 0.1
    assert Value([-1.0, 2.0]).relu().local_grad.tolist() == [0.0, 1.0]
    assert (Value(1.0) * Value(2.0)).local_grad is None
    assert Value([1.0, 2.0]).sum().local_grads is None


def test_local_grads_of_a_tensor_have_the_shape_of_the_output():
    y = Value(np.ones((3, 1))) * Value(np.full(2, 5.0))
    assert [local.shape for local in y.local_grads] == [(3, 2), (3, 2)]


CLOSURES = {
    "a + b": lambda a, b: a + b,
    "a * a": lambda a, b: a * a,
    "a / b": lambda a, b: a / b,
    "a ** b": lambda a, b: a**b,
    "2 - a": lambda a, b: 2 - a,
    "maximum": tg.maximum,
    "relu": lambda a, b: (a - 1.5).relu(),
    "hardtanh": lambda a, b: tg.hardtanh(a),
    "prelu": lambda a, b: tg.prelu(a - 2, b),
    "sum": lambda a, b: a.sum(axis=0),
    "max": lambda a, b: a.max(axis=-1),
    "softmax": lambda a, b: a.softmax(),
    "matmul": lambda a, b: a @ b,
    "linear": lambda a, b: tg.linear(a, b, np.ones(2)),
    "transpose": lambda a, b: a.T,
    "getitem": lambda a, b: a[[0, 0, 1]],
    "concatenate": lambda a, b: tg.concatenate([a, b, a]),
    "broadcast_to": lambda a, b: a.broadcast_to((3, 2, 2)),
    "mse_loss": tg.mse_loss,
    "record": lambda a, b: tg.record(
        a.data @ b.data, [a, b], lambda g: (g @ b.data.T, a.data.T @ g)
    ),
}


@pytest.mark.parametrize("f", CLOSURES.values(), ids=CLOSURES)
def test_the_closure_returns_what_the_pass_adds(f):
    a, b = Value([[1.0, 2.0], [2.0, 3.0]]), Value([[0.5, 1.5], [2.5, 1.0]])
    y = f(a, b)
    upstream = np.random.default_rng(0).normal(size=y.shape)
    contributions = y.backward_closure(upstream)
    assert len(contributions) == len(y.parents)
    y.backward(upstream)
    for leaf in (a, b):
        to_leaf = [c for c, p in zip(contributions, _leaves_of(y), strict=True) if p is leaf]
        np.testing.assert_array_equal(
            sum(to_leaf, np.zeros((2, 2))), 0 if leaf.grad is None else leaf.grad
        )


def _leaves_of(y):
    """The leaf behind each parent: itself, or what it was shifted from by a constant."""
    return [p if p.op is None else p.parents[0] for p in y.parents]


def test_elementwise_contributions_are_upstream_times_local():
    y = Value([1.0, 2.0]) * Value([3.0, 4.0])
    g = np.array([10.0, 100.0])
    for c, local in zip(y.backward_closure(g), y.local_grads, strict=True):
        np.testing.assert_array_equal(c, g * local)


def test_the_closure_has_none_for_a_parent_that_needs_no_gradient():
    y = Value(2.0) * Value(3.0, requires_grad=False)
    assert y.backward_closure(1.0) == (3.0, None)


def test_the_closure_refuses_an_upstream_of_another_shape():
    y = Value([1.0, 2.0]).relu()
    with pytest.raises(ValueError, match=r"relu of shape \(2,\).*upstream.*\(3,\)"):
        y.backward_closure([1.0, 1.0, 1.0])


def test_a_value_through_the_closure_gives_a_gradient_that_is_a_graph():
    x, g = Value(3.0), Value(1.0)
    (slope,) = (x**3).backward_closure(g)
    slope.backward()
    assert (slope.data, x.grad, g.grad) == (27.0, 18.0, 27.0)


def test_local_grads_of_a_tensor_have_the_dtype_of_the_output():
    y = Value(np.ones(2, np.float32)).relu()  # whose rule answers booleans
    assert y.local_grad.dtype == np.float32


def test_values_through_the_closure_have_the_shapes_of_the_parents():
    a, b, c = Value(np.ones((2, 3))), Value(np.ones(3)), Value(1.0)
    for y, shapes in ((a + b, [(2, 3), (3,)]), (c * a, [(), (2, 3)])):
        assert [piece.shape for piece in y.backward_closure(Value(np.ones((2, 3))))] == shapes
