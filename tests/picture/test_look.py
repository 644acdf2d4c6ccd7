"""No two states look alike."""

from __future__ import annotations

from tinygrad_relu.picture.look import LOOKS


def test_states_differ_without_colour() -> None:
    drawn = [(look.style, look.mark) for look in LOOKS.values()]
    words = [(look.sign, look.word) for look in LOOKS.values()]
    assert len(set(words)) == len(words)
    same = {d for d in drawn if drawn.count(d) > 1}
    assert not same
