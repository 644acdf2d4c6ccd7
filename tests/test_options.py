"""What is given at the door: taken as it is meant, or refused by name."""

import numpy as np
import pytest

import tinygrad_relu as tg
from tinygrad_relu import Value, options


class Shy:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize("given", [3, np.int8(3), np.array(3, np.int64)])
def test_whole_numbers(given):
    assert options.whole("who", "n", given) == 3
    assert type(options.whole("who", "n", given)) is int
    assert options.wholes("who", "n", given) == 3
    assert options.wholes("who", "n", (given, 1)) == (3, 1)


@pytest.mark.parametrize("given", ["a", "3", 2.0, 1.5, True, np.bool_(True), None, [3], Shy(), 1j])
def test_what_is_no_whole_number(given):
    with pytest.raises(TypeError, match=r"^who: n is a whole number of at least 1, not "):
        options.whole("who", "n", given)


def test_too_small_a_number():
    with pytest.raises(ValueError, match=r"^who: n is a whole number of at least 2, not 1$"):
        options.whole("who", "n", 1, least=2)
    with pytest.raises(ValueError, match=r"at least 1, not 0$"):
        options.wholes("who", "n", (2, 0))


@pytest.mark.parametrize("given", [0.25, np.float32(0.25), np.array(0.25)])
def test_numbers(given):
    assert options.real("who", "x", given) == 0.25
    assert type(options.real("who", "x", given)) is float
    assert options.real("who", "x", -2, low=-np.inf) == -2.0


@pytest.mark.parametrize("given", ["1", b"1", None, [1.0], 1j, Shy(), {}])
def test_what_is_no_number(given):
    with pytest.raises(TypeError, match=r"^who: x is at least 0, not "):
        options.real("who", "x", given)


@pytest.mark.parametrize(
    ("given", "limits", "words"),
    [
        (-1, {}, "at least 0"),
        (np.nan, {}, "at least 0"),
        (np.inf, {}, "at least 0"),
        (0, {"above": True}, "above 0"),
        (1, {"below": 1.0}, "at least 0 and below 1"),
        (np.inf, {"low": -np.inf}, "a finite number"),
        (-np.inf, {"low": -np.inf}, "a finite number"),
    ],
)
def test_numbers_out_of_range(given, limits, words):
    with pytest.raises(ValueError, match=f"^who: x is {words}, not "):
        options.real("who", "x", given, **limits)


def test_seeds():
    source = np.random.default_rng(0)
    assert options.generator("who", source) is source
    assert options.generator("who", 5).random() == np.random.default_rng(5).random()
    for wrong in ("a", 1.5, -1, Value(1.0), object()):
        with pytest.raises((TypeError, ValueError), match=r"^who: rng is a seed .*, not "):
            options.generator("who", wrong)


V = tg.Value([1.0, 2.0])
MODEL = tg.nn.MLP(2, [1], rng=0)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: tg.gradient_flow(3.0), "gradient_flow: root is a Value, such as a loss, not 3.0"),
        (lambda: tg.draw(MODEL), "draw: root is a Value, .*Call it, and give what it returns"),
        (lambda: tg.draw(V.sum(), 3), "draw: path is the name of a file, not 3"),
        (lambda: tg.draw_network(3), "draw_network: network is a list of lists of Values"),
        (lambda: tg.draw_network(MODEL), r"draw_network\(model, X, path\)"),
        (lambda: tg.draw_network(MODEL, "x"), "X is an array of examples, real numbers"),
        (lambda: tg.frames([]), "frames: flows is a dict of flows by name"),
        (lambda: tg.gradcheck(3.0, V), "gradcheck: f is a function of the inputs, not 3.0"),
        (lambda: tg.gradcheck(tg.sum, V, seed="x"), "gradcheck: seed is a seed"),
        (lambda: tg.inspect_units(3.0, V), "model is a function of X, such as a Module, not 3.0"),
        (lambda: tg.inspect_units(MODEL, "x"), "X is an array of examples, real numbers"),
        (lambda: tg.gradient_flow(V.sum()).why_zero("V"), "leaf is a Value of the graph, not 'V'"),
        (lambda: tg.fit("x", None, tg.mse_loss, None, 1), "fit: model is a Module, .* not 'x'"),
        (lambda: tg.fit(MODEL, None, tg.mse_loss, "x", 1), "fit: optimiser is an Optimiser, .*'x'"),
        (lambda: MODEL.load_state_dict([]), "state is a dict of arrays by name"),
        (lambda: MODEL.to("x"), "float32 or float64, not 'x'"),
    ],
)
def test_a_wrong_type_is_told_what_was_wanted(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_a_word_is_one_of_a_few():
    flow = tg.gradient_flow(V.sum())
    for call, said in [
        (lambda: flow.to_dot(rankdir=V), "rankdir is 'LR' or 'RL' or 'TB' or 'BT', not Value"),
        (lambda: flow.to_html(start=3), "start is 'begin' or 'end', not 3"),
        (lambda: flow.to_svg(engine="x"), "engine is 'dot' or 'pygraphviz', not 'x'"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()
