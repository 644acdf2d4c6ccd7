"""The legend explains what occurs, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_relu as tg
from tests.picture.reading import elements, texts
from tinygrad_relu import Value
from tinygrad_relu.picture.look import LOOKS

STATES = {
    "flows": lambda: Value(2.0).relu(),
    "shut": lambda: Value(-2.0).relu(),
    "kink": lambda: Value(0.0).relu(),
    "unselected": lambda: tg.maximum(Value(1.0), Value(2.0)),
    "by-zero": lambda: Value(1.0) * Value(0.0),
    "tiny": lambda: Value(20.0).tanh(),
    "underflow": lambda: (Value(1.0) * 1e-200) * 1e-200,
    "starved": lambda: (Value(1.0) * 2.0 - 5.0).relu(),
    "nonfinite": lambda: tg.sqrt(Value(0.0)),
    "unknown": lambda: tg.record(np.ones(2), [Value(np.ones(2))], lambda g: g * 0 + 1).sum(),
    "partly": lambda: Value(np.array([-1.0, 1.0])).relu().sum(),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_drawn_and_explained(state: str, capfd: pytest.CaptureFixture[str]) -> None:
    with np.errstate(all="ignore"):
        flow = tg.gradient_flow(STATES[state]())
        svg = flow.to_svg()
    assert state in {c for id, found in elements(svg).items() if "-edge-" in id for c in found}
    assert LOOKS[state].meaning in texts(svg)
    absent = {"shut", "kink", "tiny", "nonfinite"} - {s for e in flow.edges for s in e.counts}
    assert not {LOOKS[s].meaning for s in absent} & set(texts(svg))
    assert "rror" not in capfd.readouterr().err.replace("Fontconfig error", "")
