"""Whatever is given at a door: it is taken, or the error is in our words, not the insides'."""

import re

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, nn
from tinygrad_relu.lab import rescue

X, Y = np.ones((4, 2)), np.ones((4, 1))
V = Value([[1.0, 2.0], [3.0, 4.0]], label="v")
MODEL = nn.MLP(2, [3, 1], rng=0)
LOSS = tg.mse_loss(MODEL(X), Y)
FLOW = tg.gradient_flow(LOSS)
REPORT = tg.inspect_units(MODEL, X)
MONITOR = tg.lab.Monitor(MODEL, X, 1)

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
    r"|missing \d+ required|indices must be integers or|index-sized|Maximum allowed"
    r"|truth value of an array|only 0-dimensional"
    r"|expected str, bytes|unexpected keyword|after \* must be|required argument|ufunc '"
)


def fitted(**options):
    model = nn.MLP(2, [1], rng=0)
    usual = {"data": (X, Y), "loss": tg.mse_loss, "epochs": 1, "progress": False}
    return tg.fit(model, **{**usual, **options}, optimiser=tg.optim.SGD(model.parameters()))


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
    "v < a": lambda a: a > V,
    "a > v": lambda a: a > V,
    "array < v": lambda a: np.array([a]) < V,
    "argmax": lambda a: V.argmax(a),
    "any": lambda a: V.any(keepdims=a),
    "axis": lambda a: V.sum(axis=a),
    "keepdims": lambda a: V.sum(keepdims=a),
    "shape": lambda a: V.reshape(a),
    "shape *": lambda a: V.reshape(2, a),
    "axes": lambda a: V.transpose(a),
    "swapaxes": lambda a: V.swapaxes(a, 0),
    "expand_dims": lambda a: V.expand_dims(a),
    "broadcast_to": lambda a: V.broadcast_to(a),
    "concatenate axis": lambda a: tg.concatenate([V, V], axis=a),
    "fold size": lambda a: tg.fold(np.ones((1, 4, 4)), a, 2),
    "round": lambda a: round(Value(1.5), a),
    "v.label": lambda a: setattr(Value(1.0), "label", a),
    "edge_at": FLOW.edge_at,
    "node": FLOW.node,
    "report[a]": lambda a: REPORT[a],
    "layer[a]": lambda a: REPORT[0][a],
    "inspect_units tau": lambda a: tg.inspect_units(MODEL, X, tau=a),
    "draw_network network": lambda a: tg.draw_network(a, X=X) if a is not int else None,
    "draw_network units": lambda a: tg.draw_network(MODEL, X, max_units=a),
    "gradcheck order": lambda a: tg.gradcheck(lambda v: (v * v).sum(), V, order=a),
    "fit checkpoint": lambda a: fitted(checkpoint=a) if a is not None else None,
    "fit data": lambda a: fitted(data=(a, Y)),
    "fit drop_last": lambda a: fitted(drop_last=a),
    "accuracy": lambda a: tg.lab.accuracy(a, X, Y) if a is not int else None,
    "accuracy X": lambda a: tg.lab.accuracy(MODEL, a, Y),
    "batches": lambda a: list(tg.lab.batches((X, Y), 2, drop_last=a)),
    "sweep": lambda a: tg.lab.sweep(dict, a, progress=False),
    "sweep values": lambda a: tg.lab.sweep(dict, {"a": a}, progress=False),
    "sweep seeds": lambda a: tg.lab.sweep(dict, {"a": []}, seeds=a),
    "Monitor": lambda a: tg.lab.Monitor(a, X) if a is not int else None,
    "Monitor X": lambda a: tg.lab.Monitor(MODEL, a),
    "Monitor every": lambda a: tg.lab.Monitor(MODEL, X, a),
    "story": lambda a: MONITOR.story(a),
    "story of a layer": lambda a: MONITOR.story((a, 0)),
    "story of a unit": lambda a: MONITOR.story((0, a)),
    "series": lambda a: MONITOR.series(a),
    "series of": lambda a: MONITOR.series("norm", a),
    "redraw_dead": lambda a: rescue.redraw_dead(MODEL, X, states=a),
    "redraw_dead rule": lambda a: rescue.redraw_dead(MODEL, X, rule=a) if a is not int else None,
    "redo": lambda a: rescue.redo(MODEL, X, a),
    "redo tau": lambda a: rescue.redo(MODEL, X, tau=a),
    "push_bias": lambda a: rescue.push_bias(MODEL, X, to=a),
    "switch_activation": lambda a: rescue.switch_activation(nn.MLP(1, [1, 1]), a),
    "lower_learning_rate": rescue.lower_learning_rate,
    "lower by": lambda a: rescue.lower_learning_rate(tg.optim.SGD([Value(1.0)]), a),
    "Activation": nn.Activation,
    "Linear bias": lambda a: nn.Linear(2, 2, bias=a),
    "Linear size": lambda a: nn.Linear(2, a),
    "MLP scalar": lambda a: nn.MLP(2, [1], scalar=a),
    "Flatten": nn.Flatten(),
    "Neurons": nn.Neurons(2, 2),
    "train": lambda a: nn.ReLU().train(a),
    "MLP[a]": lambda a: MODEL[a],
    "init shape": nn.init.he_normal,
    "init mode": lambda a: nn.init.he_normal((2, 2), mode=a),
    "init uniform": lambda a: nn.init.uniform(2, low=a),
    "optimiser": tg.optim.Adam,
    "optimiser state": lambda a: tg.optim.Adam([Value(1.0)]).load_state_dict(a),
    "clip": lambda a: tg.optim.clip_grad_norm([Value(1.0)], a),
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
        except (TypeError, ValueError, LookupError) as error:
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
