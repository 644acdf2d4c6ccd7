"""Whatever is given at a door: it is taken, or the error is in our words, not the insides'."""

import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn

X, Y = np.ones((4, 2)), np.ones((4, 1))
V = Value([[1.0, 2.0], [3.0, 4.0]], label="v")
MODEL = nn.MLP(2, [3, 1], rng=0)
LOSS = tg.mse_loss(MODEL(X), Y)
FLOW = tg.gradient_flow(LOSS)
REPORT = tg.inspect_units(MODEL, X)

HOSTILE = {
    "none": None,
    "str": "x",
    "object": object(),
    "list": [],
    "dict": {},
    "nan": float("nan"),
    "minus one": -1,
    "huge": 10**400,
    "complex": 1j,
    "value": Value([1.0, 2.0]),
    "module": nn.ReLU(),
    "class": int,
}

#: What Python and NumPy say of their own insides.
INSIDES = re.compile(
    r"object has no attribute|has no attribute '|object is not (callable|iterable|subscriptable)"
    r"|has no len|unsupported operand|not supported between|cannot be interpreted as an integer"
    r"|unhashable|must be real number, |int too large|is not iterable|object cannot be"
    r"|expected str, bytes|unexpected keyword|after \* must be|required argument|ufunc '"
)

#: A door: what is done with a hostile thing.
DOORS = {
    "Value": Value,
    "Value label": lambda a: Value(1.0, label=a),
    "data": lambda a: setattr(Value([1.0, 2.0]), "data", a),
    "grad": lambda a: setattr(Value([1.0, 2.0]), "grad", a),
    "v + a": lambda a: V + a,
    "a * v": lambda a: a * V,
    "v @ a": lambda a: V @ a,
    "v ** a": lambda a: V**a,
    "v[a]": lambda a: V[a],
    "backward": lambda a: V.sum().backward(a),
    "maximum": lambda a: tg.maximum(V, a),
    "where": lambda a: tg.where(V.data > 1, V, a),
    "stack": tg.stack,
    "concatenate": tg.concatenate,
    "mse_loss": lambda a: tg.mse_loss(V, a),
    "record data": lambda a: tg.record(a, [V], lambda g: g),
    "record parents": lambda a: tg.record(1.0, a, lambda g: g),
    "record closure": lambda a: tg.record(1.0, [V], a),
    "gradient_flow": tg.gradient_flow,
    "why_zero": FLOW.why_zero,
    "to_text": lambda a: FLOW.to_text(max_lines=a),
    "rankdir": lambda a: FLOW.to_dot(rankdir=a),
    "max_nodes": lambda a: FLOW.to_dot(max_nodes=a),
    "focus": lambda a: FLOW.to_dot(focus=a),
    "engine": lambda a: FLOW.to_svg(engine=a) if a is not None else None,
    "language": lambda a: FLOW.to_html(language=a) if a is not None else None,
    "save": lambda a: FLOW.save(a),
    "draw": tg.draw,
    "draw path": lambda a: tg.draw(LOSS, a) if a is not None else None,
    "draw_network": tg.draw_network,
    "draw_network X": lambda a: tg.draw_network(MODEL, a),
    "frames": tg.frames,
    "frames of": lambda a: tg.frames({"a": a}),
    "gradcheck": lambda a: tg.gradcheck(a, V) if a is not int else None,
    "gradcheck input": lambda a: tg.gradcheck(lambda v: (v * v).sum(), a),
    "gradcheck seed": lambda a: tg.gradcheck(lambda v: (v * v).sum(), V, seed=a),
    "inspect_units": lambda a: tg.inspect_units(a, X) if a is not int else None,
    "inspect_units X": lambda a: tg.inspect_units(MODEL, a),
    "batch_size": lambda a: tg.inspect_units(MODEL, X, batch_size=a),
    "report": lambda a: REPORT.to_text(max_units=a),
    "fit": lambda a: tg.fit(a, (X, Y), tg.mse_loss, None, 1),
    "fit loss": lambda a: tg.fit(MODEL, (X, Y), a, None, 1) if a is not int else None,
    "fit optimiser": lambda a: tg.fit(MODEL, (X, Y), tg.mse_loss, a, 1),
    "Sequential": nn.Sequential,
    "load_state_dict": nn.ReLU().load_state_dict,
    "to": nn.Linear(2, 2, rng=0).to,
}


@pytest.mark.parametrize("door", DOORS)
def test_no_call_ends_in_the_insides(door, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = {}
    for name, given in HOSTILE.items():
        try:
            DOORS[door](given)
        except (TypeError, ValueError, IndexError) as error:
            said[name] = str(error)
    assert not {name: text for name, text in said.items() if INSIDES.search(text)}


def test_an_op_of_plain_arrays_names_itself_and_the_shapes():
    with pytest.raises(TypeError, match=r"^relu of NoneType: an operand is a Value, a number or"):
        tg.relu(None)
    with pytest.raises(ValueError, match=r"^matmul of \(2,\), \(3,\): the last axis of the first"):
        tg.matmul(np.ones(2), np.ones(3))


@pytest.mark.parametrize(
    "door",
    [
        lambda masked: tg.inspect_units(MODEL, masked),
        lambda masked: tg.lab.Monitor(MODEL, masked),
        lambda masked: tg.training.accuracy(MODEL, masked, np.zeros(4, np.int64)),
        lambda masked: nn.Linear(2, 4, rng=0).load_state_dict(
            {"weight": masked, "bias": np.zeros(4)}
        ),
    ],
)
def test_no_door_loses_a_mask(door):
    with pytest.raises(
        TypeError, match=r"is a masked array, and its mask would be lost: a\.filled"
    ):
        door(np.ma.array(X, mask=X > 0))
