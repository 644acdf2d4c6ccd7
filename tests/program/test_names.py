"""Labels as names of Python."""

from __future__ import annotations

import keyword

import pytest

from tinygrad_relu.program.names import Names, identifier


@pytest.mark.parametrize("label", ["w", "0.weight", "σ", "h₁", "a b", "lambda", "\t", "1", "é-ü"])
def test_every_name_can_stand_in_a_program(label):
    name = Names().unique(identifier(label) or "x#")
    assert name.isidentifier()
    assert not keyword.iskeyword(name)


def test_no_gradient_has_the_name_of_a_value():
    names = Names()
    given = [names.unique(wanted) for wanted in ("d_x", "x", "x", "relu#", "relu1")]
    both = given + [f"d_{name}" for name in given]
    assert len(set(both)) == len(both)
