"""Without the fast lane every result is the same, to the bit."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinygrad_relu import Value, ops

ROWS = [op for op in vars(ops).values() if getattr(op, "one", False) and op.elementwise]
ONE = [op for op in ROWS if op.signature.usual is not None]  # the others want a setting
NUMBERS = [0.0, -0.0, 1.0, -2.0, 1e300, 1e-320, float("inf"), float("nan")]
RAW = [*NUMBERS, 2, -3, True, np.float32(0.1), np.array([0.5, -0.0])]
TWO = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
}


def exact(a: Any) -> str:
    """A number, an array or some, in words that tell −0.0 from 0.0, and a float from an int."""
    if isinstance(a, list | tuple):
        return str([*map(exact, a)])
    return f"{a.dtype} {a.tolist()}" if isinstance(a, np.ndarray) else repr(a)


def told(seed: int) -> list[str]:
    """Everything about a random graph of scalars, some of which meet an array."""
    r = random.Random(seed)
    pool = [Value(r.choice([*NUMBERS, *(r.gauss(0, 2) for _ in range(8))])) for _ in range(3)]
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
            words.append(f"{y!r} {y.requires_grad} {exact(operands)} {exact(y.local_grads)}")
    if pool[-1].requires_grad:
        pool[-1].sum().backward()
    return [*words, *(exact([v.data, v.grad]) for v in pool)]


def tell() -> str:
    """What 1,000 random graphs come to, and whether there was a fast lane."""
    with np.errstate(all="ignore"):
        graphs = [" | ".join(told(seed)) for seed in range(1000)]
    return "\n".join([f"lane: {'tinygrad_relu.lanes' in sys.modules}", *graphs])


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with that file deleted, and its line."""
    folder = tmp_path_factory.mktemp("without")
    package = folder / "tinygrad_relu"
    leave = shutil.ignore_patterns("lanes.py", "__pycache__")
    shutil.copytree(Path(ops.__file__).parent.parent, package, ignore=leave)
    opening = (package / "__init__.py").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in opening if "tinygrad_relu.lanes" not in line]
    assert len(kept) == len(opening) - 1
    (package / "__init__.py").write_text("".join(kept), "utf-8")
    return folder


def test_a_thousand_graphs_are_the_same_without_the_file(without: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        env={**os.environ, "PYTHONPATH": str(without), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    with_lane, without_lane = tell().splitlines(), run.stdout.splitlines()
    assert (with_lane[0], without_lane[0]) == ("lane: True", "lane: False")
    for quick, slow in zip(with_lane[1:], without_lane[1:], strict=True):
        assert quick == slow


if __name__ == "__main__":
    print(tell())
