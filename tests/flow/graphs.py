"""Graphs for the flow tests: scalars and small tensors, rich in zeros, kinks and cuts."""

import numpy as np
from hypothesis import strategies as st

import tinygrad_relu as tg
from tinygrad_relu import Value

UNARY = ["relu", "tanh", "leaky_relu", "abs", "square", "hardtanh", "identity", "sigmoid"]
NUMBERS = [-40.0, -2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 40.0]


@st.composite
def scalar_graphs(draw, size=12):
    """A root and its leaves; operands are drawn from all that was made, so paths meet again."""
    leaves = [Value(draw(st.sampled_from(NUMBERS)), label=f"x{i}") for i in range(3)]
    made = list(leaves)
    for _ in range(draw(st.integers(1, size))):
        pick = st.sampled_from(made[-6:])
        kind = draw(st.sampled_from(["add", "sub", "mul", "maximum", "zero", *UNARY]))
        a, b = draw(pick), draw(pick)
        if kind in UNARY:
            made.append(getattr(a, kind)())
        elif kind == "zero":
            made.append(a * 0)
        else:
            made.append({"add": a + b, "sub": a - b, "mul": a * b, "maximum": a.maximum(b)}[kind])
    return made[-1], leaves


@st.composite
def tensor_graphs(draw):
    """A scalar root over a small network with a bias, a skip, a product and a reduction."""
    rows, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))

    def array(*shape):
        return np.array(
            draw(
                st.lists(st.sampled_from(NUMBERS), min_size=(n := int(np.prod(shape))), max_size=n)
            )
        ).reshape(shape)

    x = array(rows, 2)
    weight, bias, gain = Value(array(width, 2)), Value(array(width)), Value(array(width))
    h = tg.linear(x, weight, bias)
    h = getattr(h, draw(st.sampled_from(["relu", "tanh", "hardtanh", "leaky_relu"])))()
    if draw(st.booleans()):
        h = h * gain
    if draw(st.booleans()):
        h = (h - draw(st.sampled_from([0.0, 1.0]))).relu()
    if draw(st.booleans()):
        h = h + bias * 0
    root = {"sum": h.sum, "max": h.max, "mean": h.mean}[
        draw(st.sampled_from(["sum", "max", "mean"]))
    ]()
    return root, [weight, bias, gain]


def as_model(layers, ops):
    parameters = [(Value(W), Value(b)) for W, b in layers]

    def model(x):
        for i, (W, b) in enumerate(parameters):
            x = tg.linear(x, W, b)
            x = getattr(tg, ops[i])(x) if i < len(ops) else x
        return x

    return model


def one_of_each():
    """Units 0 … 6: dead, starved, constant, dormant, rare, always-on, live."""
    X = np.linspace(-1, 1, 201)[:, None]
    W = [[1.0], [1.0], [0.0], [0.001], [60.0], [1.0], [1.0]]
    b = [-5.0, 0.0, 2.0, 0.0, -59.5, 3.0, 0.0]
    out = [[1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]]
    return as_model([(W, b), (out, [0.0])], ["relu"]), X


#: Ways to write relu.
GATES = {
    "relu": lambda z: z.relu(),
    "where": lambda z: tg.where(z > 0, z, 0),
    "where not": lambda z: tg.where(z <= 0, 0, z),
    "times": lambda z: z * (z > 0),
    "times from the left": lambda z: (z >= 0) * z,
    "maximum": lambda z: np.maximum(z, 0),
    "clip": lambda z: z.clip(0),
    "record": lambda z: tg.record(np.maximum(z.data, 0), [z], lambda g: g * (z.data > 0)),
}
