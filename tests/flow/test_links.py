"""Links: both ways across an op, against the pullback of one element at a time."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.flow.experiment import links
from tinygrad_relu import Value
from tinygrad_relu.flow.links import carried, down, leading_into, up

X = np.array([[1.0, 0.0, -2.0], [0.0, 3.0, 1.0]])
OPS = {
    "matmul": lambda x: x @ np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]]),
    "sum": lambda x: x.sum(axis=0),
    "sum of all": lambda x: x.sum(),
    "reshape": lambda x: x.reshape(3, 2),
    "max": lambda x: x.max(axis=1),
    "index": lambda x: x[:, [0, 0, 1]],
    "concatenate": lambda x: tg.concatenate([x, x * 2.0]),
    "softmax": lambda x: x.softmax(),
    "recorded": lambda x: tg.record(X[0], [x], lambda g: np.stack([g, 0 * g])),
}


@pytest.mark.parametrize("name", OPS)
def test_a_structural_op_carries_what_its_pullback_does(name):
    y = OPS[name](Value(X))
    flow = tg.gradient_flow(y, np.ones(y.shape) if y.ndim else None)
    edge = flow.edges[0]
    table = np.zeros((y.size, edge.parent.value.size), bool)
    for i, j, _, _ in links(edge):
        table[i, j] = True
    rng = np.random.default_rng(0)
    for _ in range(8):
        above = rng.random(y.shape) < 0.5
        below = rng.random(edge.parent.value.shape) < 0.5
        reached = (table & np.reshape(above, (-1, 1))).any(axis=0)
        leading = (table & np.ravel(below)).any(axis=1)
        np.testing.assert_array_equal(np.ravel(carried(flow.trace, 0, above)), reached)
        np.testing.assert_array_equal(np.ravel(leading_into(flow.trace, 0, below)), leading)


def test_masks_of_several_questions_cross_together():
    x = Value(np.array([1.0, -2.0, 3.0]))
    flow = tg.gradient_flow((x.reshape(1, 3) * np.ones((2, 1))).sum())
    mul = next(e.index for e in flow.edges if e.child.value.op.name == "mul")
    rows = np.zeros((3, 2, 3), bool)
    rows[0, 1, 2] = rows[1, 0, 0] = True
    np.testing.assert_array_equal(
        down(flow.trace, mul, rows)[:, 0], [[False, False, True], [True, False, False], [False] * 3]
    )
    assert up(flow.trace, mul, rows[:, :1])[1, :, 0].all()
