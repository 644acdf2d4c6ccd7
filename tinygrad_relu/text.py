"""A text from anywhere, such as a label, as one line that can be read."""

from __future__ import annotations

import unicodedata


def clean(text: str, limit: int = 40) -> str:
    """One line of printable text: labels come from anywhere. What is blank is a visible blank.

    Examples
    --------
    >>> clean("a\\tb\\x00"), clean("x" * 50, limit=5), clean("\\t \\n")
    ('a b�', 'xxxx…', '␣')
    """
    given, text = text, "".join("�" if _unprintable(c) else c for c in " ".join(text.split()))
    if given and not any(c.isprintable() and c not in _BLANKS for c in text):
        return "␣"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _unprintable(c: str) -> bool:
    """Control characters, halves of a pair, what XML forbids, and what turns text around."""
    return unicodedata.category(c) in ("Cc", "Cs") or c in "\ufffe\uffff" or c in _TURNS


_BLANKS = " \u115f\u1160\u2800\u3164\uffa0"  #: printable, with nothing to see
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
