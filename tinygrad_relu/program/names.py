"""Names in a program: the learner's labels as identifiers, each once."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

#: What a program uses under its own name.
TAKEN = {"np", "math", "value_and_grad", "erfc", "float", "bool", "slice", "max", "min", "abs"}


def identifier(label: str) -> str:
    """A label as a name of Python; empty if nothing of it can stand in one.

    Examples
    --------
    >>> identifier("layer 1.weight"), identifier("h₁"), identifier("σ(z)"), identifier("0.bias")
    ('layer_1_weight', 'h1', 'σ_z', 'bias_0')
    """
    text = unicodedata.normalize("NFKC", label)
    text = "".join(c if f"a{c}".isidentifier() else " " for c in text)
    text = re.sub(r"\s+", "_", text.strip())
    number, rest = re.fullmatch(r"(\d*)_*(.*)", text).groups()  # type: ignore[union-attr]
    return f"{rest or 'v'}_{number}" if number else text


class Names:
    """Names that are taken.

    Examples
    --------
    >>> names = Names(["x"])
    >>> names.unique("x"), names.unique("relu#"), names.unique("relu#"), names.unique("lambda")
    ('x_1', 'relu1', 'relu2', 'lambda_1')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*TAKEN, *keyword.kwlist, *taken}
        self._last: Counter[str] = Counter()

    def unique(self, wanted: str) -> str:
        """This name, or one like it; a # is a number."""
        name = wanted
        while "#" in name or name in self.taken or f"d_{name}" in self.taken:
            self._last[wanted] += 1
            n = self._last[wanted]
            name = wanted.replace("#", str(n)) if "#" in wanted else f"{wanted}_{n}"
        self.taken |= {name, f"d_{name}"}
        return name
