"""A text from anywhere, as one line that can be read."""

import pytest

from tinygrad_relu.text import clean


def test_every_language_is_kept() -> None:
    assert clean("重み 가중치 वज़न וזן") == "重み 가중치 वज़न וזן"
    assert clean("a\u202eb\uffff\ud800") == "a�b��"


@pytest.mark.parametrize("blank", [" ", "\x85", "\u3000", "\u200b", "\u2800", "\u3164"])
def test_what_is_blank_is_a_visible_blank(blank: str) -> None:
    assert clean(blank) == "␣"
