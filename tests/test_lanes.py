"""Without the fast lane every result is the same, to the bit."""

import random
from collections.abc import Iterator

import numpy as np
import pytest

from tinygrad_relu import Value, lanes, ops

ONE = [op for op in vars(ops).values() if getattr(op, "one", False) and op.elementwise]
RAW = [
    0.0,
    -0.0,
    1.0,
    -2.0,
    1e300,
    1e-320,
    float("inf"),
    float("nan"),
    2,
    -3,
    True,
    np.float32(0.1),
]
TWO = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


@pytest.fixture(autouse=True)
def _the_lane_is_open_again() -> Iterator[None]:
    yield
    lanes.take(lanes.FAST)


def told(seed: int) -> list[str]:
    """Everything about a random graph of scalars, in words that tell −0.0 from 0.0."""
    r = random.Random(seed)
    pool = [Value(r.choice([*RAW[:8], *(r.gauss(0, 2) for _ in range(8))])) for _ in range(3)]
    pool[0].requires_grad = r.random() < 0.8
    words: list[str] = []
    for _ in range(r.randint(1, 8)):
        a, b = r.choice(pool), r.choice([*pool, r.choice(RAW)])
        if r.random() < 0.4:
            y = r.choice(ONE)(a)
        elif r.random() < 0.3:
            y = a.relu(at_zero=r.choice([0, 0.5, 1]))
        else:
            y = TWO[r.choice([*TWO])](*((a, b) if r.random() < 0.8 else (b, a)))
        if isinstance(y, Value):
            pool.append(y)
            operands = [o.data if isinstance(o, Value) else o for o in y.operands]
            words.append(f"{y!r} {y.requires_grad} {operands} {y.local_grads}")
    if pool[-1].requires_grad:
        pool[-1].backward()
    return [*words, *(repr(v.grad) for v in pool)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_long_way_gives_the_same():
    seeds = range(1000)
    quick = [told(seed) for seed in seeds]
    lanes.take(lanes.LONG)
    assert [told(seed) for seed in seeds] == quick


def test_the_lane_is_taken_and_left():
    assert Value.__add__ is lanes.FAST[Value, "__add__"]
    lanes.take(lanes.LONG)
    assert Value.__add__ is not lanes.FAST[Value, "__add__"]
