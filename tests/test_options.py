"""Sizes, numbers and seeds: taken as they are meant, or refused by name."""

import numpy as np
import pytest

from tinygrad_relu import Value, options


class Shy:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize("given", [3, np.int8(3), np.array(3)])
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
